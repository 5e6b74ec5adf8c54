//! Numbers of threads.

use std::ops::{Deref, DerefMut};

/// As many threads stand in place; numbers of more are a list.
const FEW: usize = 7;

/// A number for each of some threads. Each step copies several of these: most programs have few
/// threads, and nothing is allocated for them.
#[derive(Clone, Debug)]
pub(super) enum Counts {
    Few(u32, [u32; FEW]),
    Many(Vec<u32>),
}

impl Default for Counts {
    fn default() -> Counts {
        Counts::Few(0, [0; FEW])
    }
}

impl Counts {
    /// Has so many numbers at least; new ones are 0.
    #[inline]
    pub(super) fn extend_to(&mut self, length: usize) {
        match self {
            Counts::Few(count, _) if length <= FEW => *count = (*count).max(length as u32),
            Counts::Few(..) => {
                let mut all = self.to_vec();
                all.resize(length, 0);
                *self = Counts::Many(all);
            }
            Counts::Many(all) if length > all.len() => all.resize(length, 0),
            Counts::Many(_) => {}
        }
    }
}

impl Deref for Counts {
    type Target = [u32];

    #[inline]
    fn deref(&self) -> &[u32] {
        match self {
            Counts::Few(count, few) => &few[..*count as usize],
            Counts::Many(all) => all,
        }
    }
}

impl DerefMut for Counts {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u32] {
        match self {
            Counts::Few(count, few) => &mut few[..*count as usize],
            Counts::Many(all) => all,
        }
    }
}

impl PartialEq for Counts {
    fn eq(&self, other: &Counts) -> bool {
        **self == **other
    }
}

impl Eq for Counts {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_become_many_with_what_they_are() {
        let mut counts = Counts::default();
        for length in 1..20 {
            counts.extend_to(length);
            counts[length - 1] = length as u32;
            counts.extend_to(length / 2);
            assert!(counts.iter().copied().eq(1..=length as u32));
        }
        assert_eq!(counts.clone(), counts);
    }
}
