//! What the file below finds in `dashmap` beside it.

mod lock;

pub use lock::{RawRwLock, RwLock, RwLockReadGuard, RwLockWriteGuard};
