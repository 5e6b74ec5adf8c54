//! Jobs: what is put into the queue of a pool.

use super::{LocationSlot, ThreadSlot, Total};

/// What one thread ran of the jobs that one place asked for. Counts are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Jobs {
    /// Where they were asked for.
    pub at: LocationSlot,
    /// Who ran them, or waited for them.
    pub thread: ThreadSlot,
    /// How many it ran, those that still run included.
    pub run: u64,
    /// Those among them that it took from the queue of the thread that had made them.
    pub stolen: u64,
    /// Those among them that came from outside of the pool, or were meant for this thread.
    pub handed_in: u64,
    /// How often it waited for jobs that others had.
    pub waits: u64,
    /// How long, in nanoseconds: without the time in which it ran other jobs meanwhile.
    pub wait_ns: Total,
}
