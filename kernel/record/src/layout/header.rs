//! The first page: what is true of the whole recording.

use std::sync::atomic::{AtomicU32, AtomicU64};

use super::wake::Wake;

pub const FALLBACK_WAKES: usize = 64;

/// `Header::ticking`
pub const TICKING: u32 = 1;
pub const TICKER_SLEEPS: u32 = 2;

#[repr(C, align(64))]
pub struct Header {
    pub magic: AtomicU64,
    pub version: AtomicU32,
    /// 0 monotonic nanoseconds, 1 the processor's counter.
    pub clock: AtomicU32,
    /// Of the cell process, 0 before it attached.
    pub pid: AtomicU32,
    /// The flags of `Attention`. The only word that every operation reads.
    pub attention: AtomicU32,
    /// Changes when what sampled runs rely on may have changed, and every millisecond while
    /// `ticking`; see `writer/sampled.rs`.
    pub heartbeat: AtomicU32,
    /// [`TICKING`], [`TICKER_SLEEPS`], or 0 before either.
    pub ticking: AtomicU32,
    /// Set by whoever needs the ticks to go on.
    pub needs_ticks: AtomicU32,
    pub cancel_cell: AtomicU32,
    /// `Mode` for the next cell.
    pub mode: AtomicU32,
    pub cell: AtomicU32,
    /// Thread that runs the cells.
    pub main: AtomicU32,
    pub cell_begin: AtomicU64,
    /// 0 while the cell runs.
    pub cell_end: AtomicU64,
    pub cancel_at: AtomicU64,
    pub next_order: AtomicU64,
    /// Entries given out so far; an entry above was never used.
    pub threads_used: AtomicU32,
    pub objects_used: AtomicU32,
    pub chunks_used: AtomicU32,
    pub strings_used: AtomicU32,
    /// Lists of entries to reuse: index in the low half, a change count in the high half.
    pub free_threads: AtomicU64,
    pub free_objects: AtomicU64,
    pub free_chunks: AtomicU64,
    /// Chunks in use now.
    pub chunks_busy: AtomicU32,
    pub verdicts_used: AtomicU32,
    pub panics_used: AtomicU32,
    pub locations_used: AtomicU32,
    pub lost_threads: AtomicU64,
    pub lost_objects: AtomicU64,
    pub lost_acquisitions: AtomicU64,
    pub lost_sent: AtomicU64,
    pub lost_received: AtomicU64,
    /// What one operation adds, in 1/1024 ns: see `CostOf`.
    pub costs: [AtomicU32; 2 * COUNTS_ONLY],
    /// How long a hold seems to take in which nothing is done, in ticks of the clock: one that is
    /// timed as all are, and one of many in a row.
    pub empty_hold: AtomicU32,
    pub empty_hold_in_run: AtomicU32,
    /// For objects without an entry, by address.
    pub fallback_wakes: [Wake; FALLBACK_WAKES],
    pub tasks_used: AtomicU32,
    /// 0 to record tasks, 1 to leave them out.
    pub without_tasks: AtomicU32,
    pub free_tasks: AtomicU64,
    pub lost_tasks: AtomicU64,
    /// Threads that the process had before it ran code of a cell, besides the one that runs it.
    pub helpers: AtomicU32,
    /// 1 as soon as a task was left out or did not fit in the table: it may be alive.
    pub tasks_unseen: AtomicU32,
    /// Whether the process had threads that aren't recorded when the kernel looked last.
    pub threads_unseen: AtomicU32,
    pub jobs_used: AtomicU32,
    pub free_jobs: AtomicU64,
}

/// Indices of `Header::costs`; with [`COUNTS_ONLY`] added, the cost when only counters are
/// recorded.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub enum CostOf {
    /// Lock and unlock, one of many in a row.
    Exclusive = 0,
    /// Read lock and unlock.
    Shared = 1,
    /// One message sent, where the channel has no bound.
    Send = 2,
    /// One message received, where the channel has no bound.
    Receive = 3,
    /// What writing an event down adds to that.
    Event = 4,
    /// A thread spawned and joined.
    Thread = 5,
    /// A line printed.
    Line = 6,
    /// One message sent into a bounded channel, or received from it.
    Bounded = 7,
    /// Write lock and unlock of a reader–writer lock.
    Write = 8,
    /// One message that a crate's channel tells of: its whole time is added.
    OfCrate = 9,
}

/// See [`CostOf`].
pub const COUNTS_ONLY: usize = 16;
