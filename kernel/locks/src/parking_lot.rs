//! What the files below find in `parking_lot` beside them.

mod condvar;
mod raw_mutex;
mod raw_rwlock;

pub use condvar::{Condvar, WaitTimeoutResult};
pub use raw_mutex::RawMutex;
pub use raw_rwlock::RawRwLock;
