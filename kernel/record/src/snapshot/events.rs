//! What threads did, one event after the other.

use super::{
    Actor, LocationSlot, ObjectSlot, PollOutcome, TaskSlot, TaskWait, ThreadSlot, WaitKind,
    WaitOutcome, WaitTarget,
};

/// One thing that a thread did. Instants have `start_ns == end_ns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who did it.
    pub thread: ThreadSlot,
    /// Its number among all events of the thread; consecutive where there is no gap.
    pub sequence: u64,
    /// When it began.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// Where in the source, or 0.
    pub at: LocationSlot,
    /// How many times in a row it was done, all between start and end: more than once for locks
    /// held and messages sent or received by the million, of which few are timed. Counters count
    /// them all.
    pub times: u32,
    /// What it was.
    pub action: Action,
}

/// What an [`Event`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The thread waited from start to end.
    Wait {
        /// The kind of waiting.
        kind: WaitKind,
        /// What would have ended it, or did.
        target: WaitTarget,
        /// See [`Waiting::shared_or_send`].
        shared_or_send: bool,
        /// The thread whose release, message, notification or end woke it, or 0.
        waker: ThreadSlot,
        /// How it ended.
        outcome: WaitOutcome,
    },
    /// The thread held a lock (or ran an initialiser) from start to end.
    Hold {
        /// The lock.
        object: ObjectSlot,
        /// Whether it was shared (`RwLock::read`).
        shared: bool,
    },
    /// A message was sent.
    Send {
        /// The channel.
        object: ObjectSlot,
        /// Messages in the queue afterwards, as far as the sender could see.
        queued: u32,
    },
    /// A message was received.
    Receive {
        /// The channel.
        object: ObjectSlot,
        /// Messages in the queue afterwards, as far as the receiver could see.
        queued: u32,
    },
    /// A thread was spawned.
    Spawn {
        /// The new thread.
        thread: ThreadSlot,
    },
    /// The thread began to run.
    ThreadStart,
    /// The thread ended.
    ThreadEnd {
        /// Whether by a panic.
        panicked: bool,
    },
    /// A condition variable was notified.
    Notify {
        /// The condition variable.
        object: ObjectSlot,
        /// Whether by `notify_all`.
        all: bool,
        /// How many threads it woke.
        woken: u32,
    },
    /// A thread was unparked.
    Unpark {
        /// Whom.
        thread: ThreadSlot,
    },
    /// A panic began.
    Panic,
    /// A `lock` that was found taken by `try_lock`, or a failed `try_read`, `try_write`.
    TryFailed {
        /// The lock.
        object: ObjectSlot,
    },
    /// The thread polled a task from start to end.
    Poll {
        /// The task.
        task: TaskSlot,
        /// How it ended.
        outcome: PollOutcome,
        /// Whether another thread took over its worker meanwhile (`block_in_place`).
        handed_over: bool,
        /// What the task waits for then.
        waits: TaskWait,
        /// Who had woken it; `None` when that is not known.
        woken_by: Option<Actor>,
        /// How long before the poll it was woken.
        delay_ns: u64,
    },
    /// A task has chosen a branch of a `select!`, and not polled others, time and again.
    PassedOver {
        /// The task.
        task: TaskSlot,
        /// The branches that were not polled in all that time: a bit each.
        branches: u16,
        /// How often one was chosen.
        rounds: u32,
    },
    /// An object was dropped; for channels, the receiver was.
    Drop {
        /// The object.
        object: ObjectSlot,
    },
}

/// Events that were overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Whose.
    pub thread: ThreadSlot,
    /// From the end of the last event before it.
    pub start_ns: u64,
    /// To the start of the first event after it.
    pub end_ns: u64,
    /// How many.
    pub events: u64,
}
