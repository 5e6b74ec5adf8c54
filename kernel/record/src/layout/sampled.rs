//! A sampled run's words.

use std::sync::atomic::{AtomicU32, AtomicU64};

/// Uses of one object by one thread from one place, of which only the first is timed; see
/// `writer/sampled.rs`. Written by one thread at a time. How many uses there were since is the
/// difference between a counter and `base`.
#[repr(C)]
pub struct SampledRun {
    /// The thread's epoch while the run goes on, 0 while none does.
    pub epoch: AtomicU64,
    /// The address of the place.
    pub at: AtomicU64,
    /// When its timed use began.
    pub begun: AtomicU64,
    /// Whose it is or was.
    pub thread: AtomicU32,
    /// The heartbeat with which it goes on.
    pub heartbeat: AtomicU32,
    /// The counter after its timed use, and when the next use is to be timed; lower halves.
    pub base: AtomicU32,
    pub until: AtomicU32,
    /// How long the timed use took, in ticks; 0 for messages.
    pub took: AtomicU32,
    /// The event that the uses are to be counted into ([`EventRef`](super::EventRef)); 0 for none.
    pub event: AtomicU32,
    /// Timed uses in a row, all fast.
    pub fast_in_a_row: AtomicU32,
    /// Odd while a run begins or ends.
    pub version: AtomicU32,
}
