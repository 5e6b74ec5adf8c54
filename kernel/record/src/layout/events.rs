//! Events and their chunks.

use std::sync::atomic::{AtomicU32, AtomicU64};

pub const EVENTS_PER_CHUNK: usize = 31;

/// One use more, in an event's `more`.
pub const ONE_MORE: u64 = 1 << 16;
/// The bits of an event's `more`, and the greatest number in them.
pub const MORE_BITS: u64 = 0xFFFF << 16;
pub const MORE_LIMIT: u32 = 0xFFFF;

/// Events by number, as in the table of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// A wait.
    Wait = 1,
    /// A lock was held.
    Hold = 2,
    /// A message was sent.
    Send = 3,
    /// A message was received.
    Receive = 4,
    /// A thread was spawned.
    Spawn = 5,
    /// The thread began.
    ThreadStart = 6,
    /// The thread ended.
    ThreadEnd = 7,
    /// A condition variable was notified.
    Notify = 8,
    /// A thread was unparked.
    Unpark = 9,
    /// A panic began.
    Panic = 10,
    /// A `try_lock` failed.
    TryFailed = 11,
    /// An object was dropped.
    Drop = 12,
    /// A task was polled.
    Poll = 13,
    /// Branches of a `select!` were not polled, time and again.
    PassedOver = 14,
}

#[repr(C)]
pub struct Event {
    /// kind, flags, wait kind, target
    pub what: AtomicU64,
    /// place, extra
    pub place: AtomicU64,
    pub start: AtomicU64,
    pub end: AtomicU64,
}

#[repr(C)]
pub struct Chunk {
    /// Changes before and after the chunk gets another owner: odd in between.
    pub version: AtomicU32,
    pub owner: AtomicU32,
    pub owner_generation: AtomicU32,
    /// Events written so far.
    pub count: AtomicU32,
    /// Number of the first event among its owner's.
    pub first: AtomicU64,
    pub next: AtomicU32,
    /// The cell in which its owner went on to another chunk; 0 before.
    pub closed_in: AtomicU32,
    pub events: [Event; EVENTS_PER_CHUNK],
}

/// Names an event by its place: 32 × its chunk + its slot. 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventRef(pub u32);

impl EventRef {
    pub const fn of(chunk: u32, slot: u32) -> EventRef {
        EventRef(chunk * 32 + slot)
    }
}
