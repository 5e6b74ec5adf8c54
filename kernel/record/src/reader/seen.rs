//! What was seen before a cell: the counters when it was compiled, and at the end of the one
//! before.

use super::objects::ObjectCounts;
use super::outside::Uses;
use super::threads::ThreadCounts;
use crate::snapshot::Overflow;

/// The counters as they were before a cell, to subtract from what is read after it.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// When it was taken, in ticks.
    pub(super) at: u64,
    pub(super) threads: Vec<Option<ThreadCounts>>,
    pub(super) objects: Vec<Option<ObjectCounts>>,
    pub(super) overflow: Overflow,
    /// The cell whose end was seen last, or 0.
    pub(super) since_cell: u32,
    /// What was used from that end on until the baseline was taken.
    pub(super) since_seen: Uses,
}

/// What the report of a cell has told: all uses up to the cell's end. What is used from there on
/// until the next cell begins is neither's, and told as such.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Of which process.
    pub(super) pid: u32,
    pub(super) cell: u32,
    pub(super) uses: Uses,
}

impl Baseline {
    /// Remembers what was used since `seen`, unless that was another process's.
    pub(super) fn since(&mut self, seen: &Seen, pid: u32) {
        if seen.pid != pid || seen.cell == 0 {
            return;
        }
        self.since_cell = seen.cell;
        for (index, counts) in (0..).zip(&self.objects) {
            if let Some(counts) = counts {
                let before = seen.uses.of(index, counts.generation());
                let since = counts.uses().less(before);
                self.since_seen.note(index, counts.generation(), since);
            }
        }
    }
}
