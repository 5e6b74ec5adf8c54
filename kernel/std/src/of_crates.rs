//! Locks for crates that bring locks of their own: what stands in the place of theirs when they are
//! compiled for cells. And what their channels and their pools tell.
//!
//! As the twins, the locks are a primitive and calls of the probe. There are no guards and no data:
//! those are the crates' own.

pub mod channel;
mod condvar;
pub mod jobs;
mod mutex;
mod rwlock;
mod system;

pub use crate::probe::{Library, Meta, ObjectKind, Place, without_unwinding};
pub use condvar::Condvar;
pub use mutex::Mutex;
pub use rwlock::{RwLock, Turn};
pub use system::wait_in_system;

/// Invokes a closure and captures the cause of an unwinding panic, as the real one does. For a
/// runtime, which does so around each poll: whether a cell has panicked is told by those calls that
/// lie around it.
pub use real::panic::catch_unwind;

/// For what a crate keeps under a lock for a few instructions: what it does is told in other words.
pub mod unrecorded {
    pub use real::sync::{Mutex, MutexGuard};
}
