//! A task's entry: a future that a runtime polls, on this thread or on that.

use std::sync::atomic::{AtomicU32, AtomicU64};

/// `TaskEntry::state`
pub const TASK_FREE: u32 = 0;
pub const TASK_ALIVE: u32 = 1;
pub const TASK_FINISHED: u32 = 2;
pub const TASK_ABORTED: u32 = 3;
pub const TASK_PANICKED: u32 = 4;

/// Stands before a thread's index where a task's would stand: `TaskEntry::spawned_by`, `woken_by`
/// and a poll's `extra`.
pub const BY_THREAD: u32 = 1 << 31;

/// `TaskEntry::flags`: it has let somebody else than a recorded resource wake it.
pub const TASK_WAITS_ELSEWHERE: u32 = 1;
/// `TaskEntry::flags`: somebody has been given what came of it.
pub const TASK_JOINED: u32 = 2;
/// `TaskEntry::flags`: its handle was dropped.
pub const TASK_DETACHED: u32 = 4;
/// `TaskEntry::flags`: its waker is not the runtime's own, but whoever is given it tells so.
pub const TASK_WAKER_KNOWN: u32 = 8;
/// `TaskEntry::flags`: its end was asked for by its handle.
pub const TASK_CANCELLED: u32 = 16;

/// `TaskEntry::polled_since`: stands for the moment at which a poll began, where only counters are
/// kept.
pub const ONLY_COUNTED: u64 = 1;

/// What is added to `TaskEntry::flags` each time that it may have given something to others. The
/// bits above count that, and may overflow.
pub const TASK_GAVE: u32 = 1 << 8;

/// A poll's flags: its thread is no worker any more, since it has handed that over
/// (`block_in_place`).
pub const POLL_HANDED_OVER: u8 = 8;

/// So many ticks of the clock are one unit of the time between a wake-up and the poll, in a poll's
/// `place`.
pub const DELAY_UNIT: u64 = 64;

#[repr(C, align(64))]
pub struct TaskEntry {
    pub state: AtomicU32,
    /// Changes when the entry is given out again.
    pub generation: AtomicU32,
    pub cell: AtomicU32,
    pub ordinal: AtomicU32,
    pub spawned_at: AtomicU32,
    /// A task, or [`BY_THREAD`] and a thread.
    pub spawned_by: AtomicU32,
    pub next: AtomicU32,
    /// `TaskKind`
    pub kind: AtomicU32,
    pub start: AtomicU64,
    /// When its last poll ended; of a task that has ended, when it did.
    pub end: AtomicU64,
    /// `StringRef`
    pub name: AtomicU64,
    // What the thread writes that polls it.
    pub polls: AtomicU64,
    pub busy: AtomicU64,
    pub longest: AtomicU64,
    pub scheduled: AtomicU64,
    /// Since when it is polled; 0 while it is not.
    pub polled_since: AtomicU64,
    /// The thread that polls it, or polled it last.
    pub polled_by: AtomicU32,
    /// What it waits for, as in a poll's flags and `waitk`.
    pub wait: AtomicU32,
    // What those write who wake it.
    pub wakes: AtomicU64,
    /// When it was woken first since its last poll began; 0 if it was not.
    pub woken_at: AtomicU64,
    pub woken_by: AtomicU32,
    pub flags: AtomicU32,
}
