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

pub use crate::probe::{Library, Meta, ObjectKind, Place, without_unwinding};
pub use condvar::Condvar;
pub use mutex::Mutex;
pub use rwlock::{RwLock, Turn};

/// For what a crate keeps under a lock for a few instructions: what it does is told in other words.
pub mod unrecorded {
    pub use real::sync::{Mutex, MutexGuard};
}
