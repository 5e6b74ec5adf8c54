//! Vector clocks.

use super::counts::Counts;
use crate::point::ThreadId;

/// Of each thread, how many of its operations came before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clock {
    /// What happens before.
    pub(super) before: Counts,
    /// What is before by coherence as well: it happens before a sequentially consistent fence that
    /// precedes one of ours.
    pub(super) coherent: Counts,
    /// So many sequentially consistent operations precede a fence of ours.
    pub(super) total: u32,
}

/// Of each thread, the later one.
#[inline]
pub(super) fn join(mine: &mut Counts, its: &[u32]) {
    mine.extend_to(its.len());
    for (mine, its) in mine.iter_mut().zip(its) {
        *mine = (*mine).max(*its);
    }
}

/// Whether a thread's operation of this number is within a clock.
pub(super) fn within(clock: &[u32], thread: ThreadId, number: u32) -> bool {
    clock
        .get(thread.0 as usize)
        .is_some_and(|known| *known >= number)
}

impl Clock {
    pub(super) fn join(&mut self, other: &Clock) {
        join(&mut self.before, &other.before);
        join(&mut self.coherent, &other.coherent);
        self.total = self.total.max(other.total);
    }
}
