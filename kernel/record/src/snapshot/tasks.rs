//! Tasks: futures that a runtime polls, now on this thread, now on that.

use super::{LocationSlot, ObjectSlot, TaskSlot, ThreadSlot};

/// As what a task was given to its runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum TaskKind {
    /// `spawn`: any worker polls it.
    #[default]
    Spawned = 1,
    /// `block_on`: the calling thread polls it, and sleeps in between.
    BlockOn = 2,
    /// `spawn_local`: one thread polls it.
    Local = 3,
    /// `spawn_blocking`: a thread of its own runs it, all at once.
    Blocking = 4,
}

/// What a task is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskState {
    /// Polled at this moment.
    Running,
    /// Woken, and not polled yet.
    Scheduled,
    /// Neither.
    #[default]
    Idle,
    /// It has returned its value.
    Finished,
    /// It was dropped before: aborted, or its runtime was shut down.
    Aborted,
    /// It has panicked.
    Panicked,
}

/// Who did something to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Code that runs in a task.
    Task(TaskSlot),
    /// Code that runs in none.
    Thread(ThreadSlot),
}

/// What an idle task waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskWait {
    /// Not known: what the runtime tells nothing of.
    #[default]
    Unknown,
    /// A lock, a message, a notification, a barrier.
    Object(ObjectSlot),
    /// The end of a task.
    Task(TaskSlot),
    /// The clock. The place is that of the call.
    Timer(LocationSlot),
    /// A socket or a pipe.
    Io,
    /// Room in a bounded channel.
    Room(ObjectSlot),
    /// One of several, the clock or a socket among them.
    Several,
    /// One of several, which only code of this process can bring about.
    SeveralWithin,
    /// One of the tasks of a set.
    Tasks,
    /// Something in the runtime itself, which only code of this process can bring about.
    Inner,
    /// An object, but for so long only.
    ObjectUntil(ObjectSlot),
    /// The one message of a channel for one. The place is where it was made.
    Oneshot(LocationSlot),
}

impl TaskWait {
    /// As a poll's event and a task's entry have it: a kind and an index.
    pub const fn encoded(self) -> (u8, u16) {
        match self {
            TaskWait::Unknown => (0, 0),
            TaskWait::Object(object) => (1, object.0 as u16),
            TaskWait::Task(task) => (2, task.0 as u16),
            TaskWait::Timer(at) => (3, at.0 as u16),
            TaskWait::Io => (4, 0),
            TaskWait::Room(channel) => (5, channel.0 as u16),
            TaskWait::Several => (6, 0),
            TaskWait::ObjectUntil(object) => (7, object.0 as u16),
            TaskWait::Oneshot(at) => (8, at.0 as u16),
            TaskWait::SeveralWithin => (9, 0),
            TaskWait::Tasks => (10, 0),
            TaskWait::Inner => (11, 0),
        }
    }

    /// The inverse of [`TaskWait::encoded`].
    pub const fn decoded(kind: u8, index: u16) -> TaskWait {
        let index = index as u32;
        match kind {
            1 => TaskWait::Object(ObjectSlot(index)),
            2 => TaskWait::Task(TaskSlot(index)),
            3 => TaskWait::Timer(LocationSlot(index)),
            4 => TaskWait::Io,
            5 => TaskWait::Room(ObjectSlot(index)),
            6 => TaskWait::Several,
            7 => TaskWait::ObjectUntil(ObjectSlot(index)),
            8 => TaskWait::Oneshot(LocationSlot(index)),
            9 => TaskWait::SeveralWithin,
            10 => TaskWait::Tasks,
            11 => TaskWait::Inner,
            _ => TaskWait::Unknown,
        }
    }

    /// Waiting for this as well.
    pub fn and(self, other: TaskWait) -> TaskWait {
        match (self, other) {
            (TaskWait::Unknown, it) | (it, TaskWait::Unknown) => it,
            (one, other) if one == other => one,
            (timer @ TaskWait::Timer(_), TaskWait::Timer(_)) => timer,
            (TaskWait::Object(object), TaskWait::Timer(_))
            | (TaskWait::Timer(_), TaskWait::Object(object)) => TaskWait::ObjectUntil(object),
            (one, other) if one.is_within() && other.is_within() => TaskWait::SeveralWithin,
            _ => TaskWait::Several,
        }
    }

    /// Whether only code of this process can bring it about: neither the clock nor a socket.
    pub const fn is_within(self) -> bool {
        !matches!(
            self,
            TaskWait::Unknown
                | TaskWait::Timer(_)
                | TaskWait::Io
                | TaskWait::Several
                | TaskWait::ObjectUntil(_)
        )
    }
}

/// How a poll ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum PollOutcome {
    /// The task is not done.
    #[default]
    Pending = 0,
    /// It is.
    Ready = 1,
    /// It panicked.
    Panicked = 2,
}

/// One task. Counters are of this cell alone, and exact.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Task {
    /// Position in the table.
    pub index: TaskSlot,
    /// The cell it belongs to: the one whose code spawned it, directly or through other tasks.
    pub cell: u32,
    /// Its number within its cell, from 1.
    pub ordinal: u32,
    /// As what it was spawned.
    pub kind: TaskKind,
    /// The name that it was given.
    pub name: Option<String>,
    /// Where it was spawned, or 0.
    pub spawned_at: LocationSlot,
    /// By whom.
    pub spawned_by: Option<Actor>,
    /// When it was spawned.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: Option<u64>,
    /// How often it was polled.
    pub polls: u64,
    /// How often it was woken.
    pub wakes: u64,
    /// The time of its polls, that of the one in progress included.
    pub busy_ns: u64,
    /// The longest of them.
    pub longest_poll_ns: u64,
    /// The time between wake-ups and the polls that followed, that of the present included.
    pub scheduled_ns: u64,
    /// What it is doing now.
    pub state: TaskState,
    /// Since when it does that, as far as it is known.
    pub since_ns: Option<u64>,
    /// What it waits for, when it is idle.
    pub waits: TaskWait,
    /// Whether it has let somebody wake it whom the recording doesn't know: it may wait for more.
    pub waits_elsewhere: bool,
    /// Of `block_on`: whether it is known who has its waker.
    pub waker_is_known: bool,
    /// Whether somebody has been given what came of it.
    pub is_joined: bool,
    /// Whether its handle was dropped.
    pub is_detached: bool,
    /// Who has woken it, while it waits for a worker.
    pub woken_by: Option<Actor>,
    /// Whether the program has asked for its end.
    pub is_cancelled: bool,
    /// The thread that polls it, or polled it last, or 0.
    pub polled_by: ThreadSlot,
}
