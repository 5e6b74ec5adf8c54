//! Locks, channels and their like, with their counters.

use super::{LocationSlot, ObjectSlot, TaskSlot, ThreadSlot};

/// What threads of earlier cells did with an object between two cells. No part of the cell's
/// numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// The object.
    pub object: ObjectSlot,
    /// Locks: times acquired.
    pub acquisitions: u64,
    /// Channels: messages sent.
    pub sent: u64,
    /// Channels: messages received.
    pub received: u64,
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
    /// `tokio::sync::Mutex`
    TokioMutex = 11,
    /// `tokio::sync::RwLock`
    TokioRwLock = 12,
    /// `tokio::sync::Semaphore`
    TokioSemaphore = 13,
    /// `tokio::sync::Barrier`
    TokioBarrier = 14,
    /// `tokio::sync::mpsc::channel`
    TokioChannel = 32,
    /// `tokio::sync::mpsc::unbounded_channel`
    TokioUnboundedChannel = 33,
    /// All channels of `tokio::sync::oneshot` that one line made.
    TokioOneshot = 34,
    /// `tokio::sync::broadcast::channel`
    TokioBroadcast = 35,
    /// `tokio::sync::watch::channel`
    TokioWatch = 36,
    /// `tokio::sync::Notify`
    TokioNotify = 37,
}

impl ObjectKind {
    /// Whether it carries messages.
    pub const fn is_channel(self) -> bool {
        matches!(self, ObjectKind::Channel | ObjectKind::SyncChannel) || self.is_channel_of_tasks()
    }

    /// Whether it carries messages between tasks.
    pub const fn is_channel_of_tasks(self) -> bool {
        matches!(
            self,
            ObjectKind::TokioChannel
                | ObjectKind::TokioUnboundedChannel
                | ObjectKind::TokioOneshot
                | ObjectKind::TokioBroadcast
                | ObjectKind::TokioWatch
        )
    }

    /// Whether each message has one receiver: what was sent and not received is in the queue.
    pub const fn is_queue(self) -> bool {
        !matches!(self, ObjectKind::TokioBroadcast | ObjectKind::TokioWatch)
    }
}

/// Whose kind of lock or channel something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Library {
    /// The standard library's.
    #[default]
    Std = 0,
    /// `parking_lot`'s
    ParkingLot = 1,
    /// `crossbeam-channel`'s
    CrossbeamChannel = 2,
    /// `flume`'s
    Flume = 3,
    /// `async-channel`'s
    AsyncChannel = 4,
    /// `dashmap`'s: a part of a map, with a lock of its own.
    DashMap = 5,
}

impl Library {
    /// That with this number.
    pub const fn numbered(number: u32) -> Library {
        match number {
            1 => Library::ParkingLot,
            2 => Library::CrossbeamChannel,
            3 => Library::Flume,
            4 => Library::AsyncChannel,
            5 => Library::DashMap,
            _ => Library::Std,
        }
    }

    /// Whether a guard of its locks can be sent to another thread: then who holds one is not known
    /// for certain.
    pub const fn guards_may_move(self) -> bool {
        matches!(self, Library::DashMap)
    }
}

/// One lock, channel, condition variable, barrier or initialiser. Counters are of this cell alone,
/// and exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Position in the table.
    pub index: ObjectSlot,
    /// What it is.
    pub kind: ObjectKind,
    /// Whose.
    pub library: Library,
    /// The cell in which it was first used.
    pub cell: u32,
    /// Where it was made (`Mutex::new`, `mpsc::channel()`), or 0.
    pub created_at: LocationSlot,
    /// Its rank among all objects by time of creation, where known; otherwise by first use. Ties
    /// objects made by one line (`forks[0]`, `forks[1]` …) to their order. The lower half is what
    /// [`Object::rank_at_place`] tells.
    pub order: u64,
    /// Its address at first use.
    pub address: u64,
    /// The name of the protected or sent type, as `std::any::type_name` gives it.
    pub type_name: String,
    /// Whether it has been dropped.
    pub dropped: bool,
    /// Whether it is poisoned (locks).
    pub poisoned: bool,
    /// Threads that hold it now, or held it when the cell ended.
    pub held_by: Vec<ThreadSlot>,
    /// Since when that one thread holds it which does, where that was timed; not of shared holds.
    pub held_since_ns: Option<u64>,
    /// The task that holds it now, of a runtime's locks, or 0.
    pub held_by_task: TaskSlot,
    /// Its counters.
    pub counters: Counters,
}

impl Object {
    /// How many objects its place had made before it, used or not, where that is known.
    pub fn rank_at_place(&self) -> Option<u32> {
        rank_at_place(self.order)
    }
}

/// How many objects the place of one with this `order` had made before it; see [`Object::order`].
pub fn rank_at_place(order: u64) -> Option<u32> {
    (order as u32).checked_sub(1)
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

impl Counters {
    /// Whether an operation was counted. Time may have been without: that of a wait or of a hold
    /// from before the cell.
    pub fn tell_of_operations(&self) -> bool {
        [
            self.acquisitions,
            self.contended,
            self.failed_tries,
            self.sent,
            self.received,
            self.lost,
            self.waits,
            self.notifies,
            self.generations,
        ]
        .iter()
        .any(|&count| count > 0)
    }
}

/// A sum and its largest part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// The sum.
    pub total: u64,
    /// The largest part.
    pub max: u64,
}
