//! Words to sleep on, and their names.

use std::sync::atomic::AtomicU32;

use crate::ids::{ObjectSlot, ThreadSlot};

/// `Wake::waiters`: one who waited was woken to take a lock, and has not looked yet.
pub const LOOKS: u32 = 1 << 31;

/// A word to sleep on.
#[repr(C)]
pub struct Wake {
    /// The futex. Changes with every wake-up.
    pub word: AtomicU32,
    /// At least as many as sleep on `word`, and [`LOOKS`]; see `futex.rs`.
    pub waiters: AtomicU32,
    /// The thread that woke last.
    pub waker: AtomicU32,
}

/// Names one of the wake words, so that it can be stored in the recording and checked by a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WakeRef(pub u32);

impl WakeRef {
    /// Nothing.
    pub const NONE: WakeRef = WakeRef(0);

    /// An object's: for those who want it, or receive.
    pub const fn object(object: ObjectSlot) -> WakeRef {
        WakeRef(1 << 28 | object.0)
    }

    /// An object's: for those who send.
    pub const fn senders(object: ObjectSlot) -> WakeRef {
        WakeRef(2 << 28 | object.0)
    }

    /// A thread's own.
    pub const fn own(thread: ThreadSlot) -> WakeRef {
        WakeRef(3 << 28 | thread.0)
    }

    /// A thread's end.
    pub const fn ended(thread: ThreadSlot) -> WakeRef {
        WakeRef(4 << 28 | thread.0)
    }

    /// The fallback of an object without an entry.
    pub const fn fallback(slot: u32) -> WakeRef {
        WakeRef(5 << 28 | slot)
    }
}
