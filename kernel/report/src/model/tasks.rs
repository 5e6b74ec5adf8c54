//! The table of tasks: futures that a runtime polls.

use serde::Serialize;

use super::named::named;
use super::{place::At, reference::Ref};

/// As what a task was given to its runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpawnKind {
    /// Any worker polls it.
    #[default]
    Spawn,
    /// The calling thread polls it, and sleeps in between.
    BlockOn,
    /// One thread polls it.
    SpawnLocal,
    /// A thread of its own runs it, all at once.
    SpawnBlocking,
}

named!(SpawnKind {
    Spawn = "spawn",
    BlockOn = "block_on",
    SpawnLocal = "spawn_local",
    SpawnBlocking = "spawn_blocking",
});

/// A task's state when the report was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskStatus {
    /// It returned.
    Finished,
    /// It was dropped before: aborted, or its runtime was shut down.
    Aborted,
    /// It panicked.
    Panicked,
    /// A thread polls it.
    Running,
    /// It was woken, and waits for a worker.
    Scheduled,
    /// It waits to be woken.
    #[default]
    Idle,
}

named!(TaskStatus {
    Finished = "finished",
    Aborted = "aborted",
    Panicked = "panicked",
    Running = "running",
    Scheduled = "scheduled",
    Idle = "idle",
});

/// What an idle task waits for.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum TaskWaitsFor {
    /// An id in `locks`.
    Lock(u32),
    /// A message: an id in `channels`.
    Channel(u32),
    /// To be notified: an id in `condvars`.
    Condvar(u32),
    /// A permit: an id in `semaphores`.
    Semaphore(u32),
    /// The others: an id in `barriers`.
    Barrier(u32),
    /// An id in `tasks`.
    Task(u32),
    /// One of a set of tasks.
    Tasks,
    /// The clock.
    Timer,
    /// A socket, a pipe, a signal.
    Io,
    /// Room in a channel: an id in `channels`.
    Room(u32),
    /// The message of a channel for one.
    Oneshot,
    /// One of several.
    Several,
}

/// Who woke a task, and how often, as far as the events are there.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
pub struct WokenBy {
    /// A task, or a thread that polled none.
    pub by: Ref,
    /// How often.
    pub times: u64,
}

/// One task.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct TaskRow {
    /// Its number in this report.
    pub id: u32,
    /// `task 2`, or `task 3 of [5]` for a task of an earlier cell.
    pub label: String,
    /// The name it was given.
    pub name: Option<String>,
    /// Whose task it is: `tokio`.
    pub runtime: &'static str,
    /// As what it was spawned.
    pub kind: SpawnKind,
    /// Where it was spawned.
    pub spawned_at: Option<At>,
    /// The task, or the thread, that spawned it.
    pub spawned_by: Option<Ref>,
    /// When it was spawned.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: Option<u64>,
    /// How often it was polled.
    pub polls: u64,
    /// How often it was woken.
    pub wakes: u64,
    /// The time of its polls.
    pub busy_ns: u64,
    /// The time between a wake-up and the poll that followed.
    pub scheduled_ns: u64,
    /// The rest of its life.
    pub idle_ns: u64,
    /// The longest poll.
    pub longest_poll_ns: u64,
    /// The threads that polled it, as far as the events are there.
    pub workers: Vec<u32>,
    /// Who woke it most often.
    pub woken_by: Vec<WokenBy>,
    /// What it is doing.
    pub state: TaskStatus,
    /// What it waits for, when it is idle and that is known.
    pub waiting_for: Option<TaskWaitsFor>,
    /// What it waits for, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
}
