//! `std::sync::poison`: the locks that can be poisoned, under the path that newer toolchains give
//! them. Differs from std's in that it needs no unstable feature.

pub use real::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

pub use super::condvar::Condvar;
pub use super::mutex::{Mutex, MutexGuard};
pub use super::rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
#[cfg(fearless_suite)]
pub use super::{MappedMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard};
