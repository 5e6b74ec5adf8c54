//! Waiting: for what, on whom, and how it ended.

use super::{LocationSlot, ObjectSlot, ThreadSlot};

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

/// The other side of a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WaitTarget {
    /// The clock, an `unpark`, the end of a scope, or what found its table full.
    #[default]
    Nothing,
    /// A lock, channel, condition variable, barrier or initialiser.
    Object(ObjectSlot),
    /// The thread that is joined.
    Thread(ThreadSlot),
}

impl WaitTarget {
    /// What the recording says: one number, which the kind of wait explains.
    pub const fn of(kind: WaitKind, slot: u32) -> WaitTarget {
        match kind {
            _ if slot == 0 => WaitTarget::Nothing,
            WaitKind::Join => WaitTarget::Thread(ThreadSlot(slot)),
            WaitKind::Park | WaitKind::Sleep => WaitTarget::Nothing,
            _ => WaitTarget::Object(ObjectSlot(slot)),
        }
    }

    /// The object, or none.
    pub const fn object(self) -> ObjectSlot {
        match self {
            WaitTarget::Object(object) => object,
            WaitTarget::Nothing | WaitTarget::Thread(_) => ObjectSlot::NONE,
        }
    }

    /// The thread, or none.
    pub const fn thread(self) -> ThreadSlot {
        match self {
            WaitTarget::Thread(thread) => thread,
            WaitTarget::Nothing | WaitTarget::Object(_) => ThreadSlot::NONE,
        }
    }
}

/// What a blocked thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The kind of waiting.
    pub kind: WaitKind,
    /// What would end it.
    pub target: WaitTarget,
    /// Whether a channel wait is a `send` (into a full channel) rather than a `recv`, or a lock
    /// wait is for shared access (`RwLock::read`).
    pub shared_or_send: bool,
    /// Whether the wait ends by itself at a deadline.
    pub timed: bool,
    /// Where in the source.
    pub at: LocationSlot,
    /// Since when.
    pub since_ns: u64,
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
