//! What a reader of the recording gets: plain owned data, checked, with times in nanoseconds.
//!
//! This is all that `report` knows of a recording. It never borrows from
//! the shared memory, so a cell process that goes on writing, or dies, cannot change it.
//!
//! Indices (`ThreadIndex`, `ObjectIndex`, `LocationIndex`) are positions in the tables of the
//! recording. 0 means "none" everywhere.

/// Position in the recording's thread table; 0 is "none".
pub type ThreadIndex = u32;
/// Position in the recording's object table; 0 is "none".
pub type ObjectIndex = u32;
/// Position in the recording's location table; 0 is "none".
pub type LocationIndex = u32;

/// One cell's view of the recording.
///
/// All times are nanoseconds since the cell began; what happened before is clamped to 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The execution count of the cell this is about.
    pub cell: u32,
    /// How long the cell has run when the snapshot was taken, or ran in all, in nanoseconds.
    pub wall_ns: u64,
    /// Whether the cell process had already marked the end of the cell.
    pub ended: bool,
    /// Whether only counters were recorded (`:record counts`), so that there is no timeline.
    pub counts_only: bool,
    /// Threads that belong to this cell, and threads of earlier cells that were alive in it, by
    /// index.
    pub threads: Vec<Thread>,
    /// Objects that were used in this cell, by index.
    pub objects: Vec<Object>,
    /// The cell whose end was seen before this one began, or 0 if that is not known.
    pub since_cell: u32,
    /// What threads of earlier cells did between the end of that cell and this one, by object.
    pub between: Vec<Between>,
    /// All events of this cell, sorted by start, then thread, then sequence number.
    pub events: Vec<Event>,
    /// Stretches of a thread's events that are not there any more.
    pub gaps: Vec<Gap>,
    /// Source places that the rest refers to, by index.
    pub locations: Vec<Location>,
    /// What the deadlock detector proved during this cell.
    pub verdicts: Vec<Verdict>,
    /// Panics that began during this cell.
    pub panics: Vec<Panic>,
    /// What did not fit in the tables.
    pub overflow: Overflow,
    /// The recorder's own estimate of the time it added in this cell, summed over threads, in
    /// nanoseconds.
    pub overhead_ns: u64,
}

/// What threads of earlier cells did with an object between two cells. No part of the cell's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// The object.
    pub object: ObjectIndex,
    /// Locks: times acquired.
    pub acquisitions: u64,
    /// Channels: messages sent.
    pub sent: u64,
    /// Channels: messages received.
    pub received: u64,
}

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
    pub index: ThreadIndex,
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
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// The thread that spawned it, or 0.
    pub parent: ThreadIndex,
    /// Where it was spawned, or 0.
    pub spawned_at: LocationIndex,
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
    pub held: Vec<ObjectIndex>,
    /// Lines printed in this cell, to stdout and stderr.
    pub lines_printed: u64,
    /// Whether someone joined it, or it belongs to a scope, which does.
    pub joined: bool,
    /// Number of its events in this cell, present or lost.
    pub events_written: u64,
}

/// Kinds of waiting, in the order of the report's `blocked_ns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum WaitKind {
    /// `Mutex::lock`, `RwLock::read`, `RwLock::write`: the target is an object.
    Lock = 0,
    /// `recv`, or `send` on a full `sync_channel`: the target is an object.
    Channel = 1,
    /// `JoinHandle::join` (the target is a thread) or the end of a scope (the target is 0).
    Join = 2,
    /// `Condvar::wait`: the target is an object.
    Condvar = 3,
    /// `Barrier::wait`: the target is an object.
    Barrier = 4,
    /// `Once`, `OnceLock`, `LazyLock` initialised by another thread: the target is an object.
    Once = 5,
    /// `thread::park`: no target.
    Park = 6,
    /// `thread::sleep`: no target.
    Sleep = 7,
}

impl WaitKind {
    /// How many kinds there are.
    pub const COUNT: usize = 8;
    /// All kinds, in order.
    pub const ALL: [WaitKind; Self::COUNT] = [
        WaitKind::Lock,
        WaitKind::Channel,
        WaitKind::Join,
        WaitKind::Condvar,
        WaitKind::Barrier,
        WaitKind::Once,
        WaitKind::Park,
        WaitKind::Sleep,
    ];
}

/// What a blocked thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The kind of waiting.
    pub kind: WaitKind,
    /// The object or, for [`WaitKind::Join`], the thread; 0 when there is none.
    pub target: u32,
    /// Whether a channel wait is a `send` (into a full channel) rather than a `recv`, or a lock
    /// wait is for shared access (`RwLock::read`).
    pub shared_or_send: bool,
    /// Whether the wait ends by itself at a deadline.
    pub timed: bool,
    /// Where in the source.
    pub at: LocationIndex,
    /// Since when.
    pub since_ns: u64,
}

/// Kinds of recorded objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ObjectKind {
    /// `std::sync::Mutex`
    Mutex = 1,
    /// `std::sync::RwLock`
    RwLock = 2,
    /// `std::sync::mpsc::channel`
    Channel = 3,
    /// `std::sync::mpsc::sync_channel`
    SyncChannel = 4,
    /// `std::sync::Condvar`
    Condvar = 5,
    /// `std::sync::Barrier`
    Barrier = 6,
    /// `std::sync::Once`
    Once = 7,
    /// `std::sync::OnceLock`
    OnceLock = 8,
    /// `std::sync::LazyLock`
    LazyLock = 9,
    /// The lock of `std::io::stdout()` or `stderr()`
    Stdio = 10,
}

/// One lock, channel, condition variable, barrier or initialiser. Counters are of this cell alone,
/// and exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Position in the table.
    pub index: ObjectIndex,
    /// What it is.
    pub kind: ObjectKind,
    /// The cell in which it was first used.
    pub cell: u32,
    /// Where it was made (`Mutex::new`, `mpsc::channel()`), or 0.
    pub created_at: LocationIndex,
    /// Its rank among all objects by time of creation, where known; otherwise by first use. Ties
    /// objects made by one line (`forks[0]`, `forks[1]` …) to their order.
    pub order: u64,
    /// Its address at first use.
    pub address: u64,
    /// The name of the protected or sent type, as `std::any::type_name` gives it.
    pub type_name: String,
    /// Whether it has been dropped.
    pub dropped: bool,
    /// Whether it is poisoned (locks).
    pub poisoned: bool,
    /// Threads that hold it now.
    pub held_by: Vec<ThreadIndex>,
    /// Its counters.
    pub counters: Counters,
}

/// An object's counters; which of them mean something depends on the kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Locks: times acquired, shared or exclusive. Once and its kin: initialisations run.
    pub acquisitions: u64,
    /// Locks: of these, shared (`RwLock::read`).
    pub reads: u64,
    /// Locks: times a thread found it taken and had to wait.
    pub contended: u64,
    /// Locks: failed `try_lock`, `try_read`, `try_write`.
    pub failed_tries: u64,
    /// Locks, condvars, barriers, once: time waited, summed over threads, and the longest; for
    /// channels the receiver's waiting.
    pub wait_ns: Total,
    /// Locks: time held.
    pub hold_ns: Total,
    /// Channels: messages sent.
    pub sent: u64,
    /// Channels: messages received.
    pub received: u64,
    /// Channels: messages that were in the queue when the receiver was dropped, or were refused.
    pub lost: u64,
    /// Channels: those of them that were refused, since the receiver was gone: their senders know.
    pub refused: u64,
    /// Channels: messages in the queue now.
    pub queued: u64,
    /// Channels: the longest the queue has been.
    pub max_queued: u64,
    /// Channels: senders alive now.
    pub senders: u64,
    /// Channels: whether the receiver is alive.
    pub receiver_alive: bool,
    /// Channels: time senders waited for room.
    pub send_wait_ns: Total,
    /// Channels: room for so many messages, `None` without a bound. Barriers: its size.
    pub capacity: Option<u64>,
    /// Condvars and barriers: calls of `wait`.
    pub waits: u64,
    /// Condvars: calls of `notify_one` and `notify_all`.
    pub notifies: u64,
    /// Condvars: of these, with nobody waiting.
    pub notifies_unheard: u64,
    /// Barriers: times it opened.
    pub generations: u64,
}

/// A sum and its largest part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// The sum.
    pub total: u64,
    /// The largest part.
    pub max: u64,
}

/// One thing that a thread did. Instants have `start_ns == end_ns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who did it.
    pub thread: ThreadIndex,
    /// Its number among all events of the thread; consecutive where there is no gap.
    pub sequence: u64,
    /// When it began.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// Where in the source, or 0.
    pub at: LocationIndex,
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
        /// The object or, for a join, the thread; 0 when there is none.
        target: u32,
        /// See [`Waiting::shared_or_send`].
        shared_or_send: bool,
        /// The thread whose release, message, notification or end woke it, or 0.
        waker: ThreadIndex,
        /// How it ended.
        outcome: WaitOutcome,
    },
    /// The thread held a lock (or ran an initialiser) from start to end.
    Hold {
        /// The lock.
        object: ObjectIndex,
        /// Whether it was shared (`RwLock::read`).
        shared: bool,
    },
    /// A message was sent.
    Send {
        /// The channel.
        object: ObjectIndex,
        /// Messages in the queue afterwards, as far as the sender could see.
        queued: u32,
    },
    /// A message was received.
    Receive {
        /// The channel.
        object: ObjectIndex,
        /// Messages in the queue afterwards, as far as the receiver could see.
        queued: u32,
    },
    /// A thread was spawned.
    Spawn {
        /// The new thread.
        thread: ThreadIndex,
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
        object: ObjectIndex,
        /// Whether by `notify_all`.
        all: bool,
        /// How many threads it woke.
        woken: u32,
    },
    /// A thread was unparked.
    Unpark {
        /// Whom.
        thread: ThreadIndex,
    },
    /// A panic began.
    Panic,
    /// A `lock` that was found taken by `try_lock`, or a failed `try_read`, `try_write`.
    TryFailed {
        /// The lock.
        object: ObjectIndex,
    },
    /// An object was dropped; for channels, the receiver was.
    Drop {
        /// The object.
        object: ObjectIndex,
    },
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WaitOutcome {
    /// With what was waited for.
    Done = 0,
    /// At its deadline.
    TimedOut = 1,
    /// The other side is gone (disconnected channel).
    Disconnected = 2,
    /// The user pressed stop.
    Cancelled = 3,
    /// The detector proved that it could never end.
    Deadlock = 4,
}

/// Events that were overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Whose.
    pub thread: ThreadIndex,
    /// From the end of the last event before it.
    pub start_ns: u64,
    /// To the start of the first event after it.
    pub end_ns: u64,
    /// How many.
    pub events: u64,
}

/// A place in source code, as the compiler knew it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Location {
    /// Position in the table.
    pub index: LocationIndex,
    /// The file, as `core::panic::Location::file` gives it.
    pub file: String,
    /// The shared object whose code it stands in (`libcode_7.so`), which tells a cell's build
    /// apart.
    pub image: String,
    /// 1-based line.
    pub line: u32,
    /// 1-based column.
    pub column: u32,
}

/// Whether a source file is one of the language's own crates. A function of our `std` that is
/// passed on as a value, `.map(Mutex::new)`, is called from there: such a place tells nothing, and
/// least of all that a dependency did it.
pub fn is_of_rust(file: &str) -> bool {
    const SOURCES: [&str; 3] = [
        "/library/core/src/",
        "/library/alloc/src/",
        "/library/std/src/",
    ];
    SOURCES.iter().any(|sources| file.contains(sources))
}

/// A proof that some threads can never go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Why.
    pub kind: VerdictKind,
    /// When it was found.
    pub at_ns: u64,
    /// The thread that was made to panic with the explanation; 0 if only the end of the process
    /// helps. Where it is none of the edges' waiters, these could not be made to panic: they stay
    /// where they are.
    pub victim: ThreadIndex,
    /// Who waits for what, held or owed by whom. In a cycle each edge's `holder` is the next
    /// edge's `waiter`, and the last one's is the first's.
    pub edges: Vec<VerdictEdge>,
}

/// Kinds of proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum VerdictKind {
    /// Threads wait for each other in a ring (a ring of one included).
    Cycle = 1,
    /// No thread of the process can run any more.
    NobodyCanRun = 2,
    /// What is waited for was held by a thread that has ended.
    HolderEnded = 3,
}

/// One thread's part in a [`Verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerdictEdge {
    /// Who waits.
    pub waiter: ThreadIndex,
    /// For what, and where.
    pub waiting: Waiting,
    /// Who would have to act, or 0 when nobody can.
    pub holder: ThreadIndex,
    /// Where the holder took it, or 0.
    pub held_since: LocationIndex,
}

/// A panic.
#[derive(Clone, Debug, PartialEq)]
pub struct Panic {
    /// Whose.
    pub thread: ThreadIndex,
    /// When.
    pub at_ns: u64,
    /// Where.
    pub at: LocationIndex,
    /// The message, cut to 1 KiB.
    pub message: String,
}

/// What did not fit in the tables, counted together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overflow {
    /// Threads without an entry of their own.
    pub threads: u64,
    /// Objects without an entry of their own.
    pub objects: u64,
    /// Acquisitions of locks among them.
    pub acquisitions: u64,
    /// Messages sent through channels among them.
    pub sent: u64,
    /// Messages received through channels among them.
    pub received: u64,
}

#[cfg(test)]
mod tests {
    use super::is_of_rust;

    #[test]
    fn the_language_s_own_crates_are_told_from_others() {
        assert!(is_of_rust("/rustc/abc/library/core/src/ops/function.rs"));
        assert!(!is_of_rust(
            "/home/x/.cargo/registry/src/index-1/library-1.0.0/src/core/src/lib.rs"
        ));
        assert!(!is_of_rust("src/lib.rs"));
    }
}
