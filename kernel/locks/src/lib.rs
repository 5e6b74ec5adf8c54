//! Files of crates that bring locks of their own, as those crates are compiled for cells.
//!
//! The module `parking_lot` has three files of the crate of that name, and `dashmap` one: the
//! crate's rustc call is given a copy of its sources in which these stand in the place of its own.
//! All else of it stays. This package only sees to it that they compile, in the way the crate has
//! them.

mod dashmap;
mod parking_lot;

pub use dashmap::{RawRwLock as RawShardLock, RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use parking_lot::{Condvar, RawMutex, RawRwLock, WaitTimeoutResult};
