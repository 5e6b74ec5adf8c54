//! Threads: who they are, and what they do.

use super::{LocationSlot, ObjectSlot, ThreadSlot, WaitKind, Waiting};

/// What a thread is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThreadState {
    /// Spawned or running; this is also what a thread looks like that waits in I/O or in C code.
    #[default]
    Running,
    /// Waiting in one of our operations: see [`Thread::waiting`].
    Blocked,
    /// Its closure has returned.
    Finished,
    /// Its closure has panicked.
    Panicked,
}

/// One thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thread {
    /// Position in the table.
    pub index: ThreadSlot,
    /// The cell it belongs to: the one whose code spawned it, directly or through other threads.
    pub cell: u32,
    /// Its number within its cell: 1 is the thread that runs the cell, 2 the first one spawned.
    pub ordinal: u32,
    /// The operating system's thread id; 0 when it had not started yet.
    pub os_tid: u32,
    /// Whether it runs the cells.
    pub is_main: bool,
    /// Whether it was made by other means than std (a C library), and noticed at its first
    /// operation.
    pub is_foreign: bool,
    /// Whether it belongs to a runtime, and does nothing but what that gives it.
    pub is_pooled: bool,
    /// It sleeps for a runtime in which timers run.
    pub has_timers: bool,
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// The thread that spawned it, or 0.
    pub parent: ThreadSlot,
    /// Where it was spawned, or 0.
    pub spawned_at: LocationSlot,
    /// When it was spawned.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: Option<u64>,
    /// CPU time in this cell, where the system tells.
    pub cpu_ns: Option<u64>,
    /// Time spent waiting in this cell, the wait in progress included, by [`WaitKind`] (its `as
    /// usize`).
    pub blocked_ns: [u64; WaitKind::COUNT],
    /// What it is doing now.
    pub state: ThreadState,
    /// What it waits for, when blocked.
    pub waiting: Option<Waiting>,
    /// Locks and initialisers that it holds now.
    pub held: Vec<ObjectSlot>,
    /// Lines printed in this cell, to stdout and stderr.
    pub lines_printed: u64,
    /// Whether someone joined it, or it belongs to a scope, which does.
    pub joined: bool,
    /// Whether it was spawned with a `JoinHandle` that is still somewhere: who has it can wait for
    /// the thread.
    pub has_handle: bool,
    /// Number of its events in this cell, present or lost.
    pub events_written: u64,
}
