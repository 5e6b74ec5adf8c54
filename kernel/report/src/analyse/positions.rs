//! From the recording's tables to the snapshot's lists.
//!
//! The snapshot lists what took part, each with its place in the recording's tables. Here it is
//! found by that place. What the snapshot does not list has no position, and whatever refers to it
//! is left out.

use std::collections::HashMap;

/// From the recording's indices to positions in one of the snapshot's lists.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    dense: Vec<u32>,
    sparse: HashMap<u32, u32>,
}

impl Positions {
    /// Indices beyond this are looked up in a map, so that one absurd index costs no gigabytes.
    const DENSE: u32 = 1 << 20;

    /// Of a list with these indices, in its order.
    pub(crate) fn new(indices: impl Iterator<Item = u32>) -> Positions {
        let mut positions = Positions::default();
        for (position, index) in indices.enumerate() {
            let position = position as u32 + 1;
            if index >= Self::DENSE {
                positions.sparse.insert(index, position);
            } else if index > 0 {
                if positions.dense.len() <= index as usize {
                    positions.dense.resize(index as usize + 1, 0);
                }
                positions.dense[index as usize] = position;
            }
        }
        positions
    }

    /// The position of what has this `index`.
    pub(crate) fn get(&self, index: u32) -> Option<usize> {
        let position = if index < Self::DENSE {
            self.dense.get(index as usize).copied().unwrap_or(0)
        } else {
            self.sparse.get(&index).copied().unwrap_or(0)
        };
        (position as usize).checked_sub(1)
    }
}
