//! `std::sync`, with recording twins of everything that can make a thread wait.
//!
//! The rest is re-exported: `Arc`, `Weak`, `atomic`, the error types, and what is not stable yet.

pub use real::sync::*;

mod barrier;
pub(crate) mod condvar;
mod lazy_lock;
pub mod mpsc;
mod mutex;
mod once;
mod once_lock;
pub mod poison;
mod rwlock;

pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use lazy_lock::LazyLock;
#[cfg(fearless_suite)]
pub use mutex::MappedMutexGuard;
pub use mutex::{Mutex, MutexGuard};
#[allow(deprecated, reason = "std keeps it as well")]
pub use once::ONCE_INIT;
pub use once::{Once, OnceState};
pub use once_lock::OnceLock;
#[cfg(fearless_suite)]
pub use rwlock::{MappedRwLockReadGuard, MappedRwLockWriteGuard};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
