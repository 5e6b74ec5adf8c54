//! `std::sync::RwLock`: one word that counts readers, everything else behind the probe.
//!
//! As std's on Linux, a lock for which a writer waits lets no new reader in. So a thread that reads
//! twice can deadlock with a writer in between, and that is found.

mod guards;
#[cfg(fearless_suite)]
mod mapped;
mod raw;

use real::cell::UnsafeCell;
use real::fmt;
use real::panic::{Location, RefUnwindSafe, UnwindSafe};
use real::prelude::rust_2024::*;
#[cfg(fearless_suite)]
use real::sync::PoisonError;
use real::sync::atomic::Ordering;
use real::sync::{LockResult, TryLockError, TryLockResult};

use crate::probe::{self, Operand, Operation};
use raw::Raw;

pub use raw::RwLock;

pub use guards::{RwLockReadGuard, RwLockWriteGuard};
#[cfg(fearless_suite)]
pub use mapped::{MappedRwLockReadGuard, MappedRwLockWriteGuard};

impl<T> RwLock<T> {
    /// An unlocked lock around `t`. The same as std's.
    #[inline]
    #[track_caller]
    pub const fn new(t: T) -> RwLock<T> {
        RwLock {
            raw: Raw::new(),
            data: UnsafeCell::new(t),
        }
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Locks for reading, together with other readers. The same as std's, except that it unwinds
    /// when the cell is stopped or a deadlock is proved.
    ///
    /// # Errors
    ///
    /// When the lock is poisoned.
    #[inline]
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let in_run = self.raw.read(&Self::META, Location::caller());
        self.raw.checked(RwLockReadGuard::new(self, in_run))
    }

    /// Locks for reading if that takes no waiting. The same as std's.
    ///
    /// # Errors
    ///
    /// When it would have to wait, or the lock is poisoned.
    #[inline]
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        if !self.raw.try_read(&Self::META, Location::caller()) {
            return Err(TryLockError::WouldBlock);
        }
        Ok(self.raw.checked(RwLockReadGuard::new(self, None))?)
    }

    /// Locks for writing, alone. The same as std's, except that it unwinds when the cell is stopped
    /// or a deadlock is proved.
    ///
    /// # Errors
    ///
    /// When the lock is poisoned.
    #[inline]
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        self.raw.write(&Self::META, Location::caller());
        self.raw.checked(RwLockWriteGuard::new(self))
    }

    /// Locks for writing if that takes no waiting. The same as std's.
    ///
    /// # Errors
    ///
    /// When it would have to wait, or the lock is poisoned.
    #[inline]
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        if !self.raw.try_write(&Self::META, Location::caller()) {
            return Err(TryLockError::WouldBlock);
        }
        Ok(self.raw.checked(RwLockWriteGuard::new(self))?)
    }

    /// Whether a panic has poisoned the lock. The same as std's.
    #[inline]
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        let lock = Operand::Of(&self.raw.id, &Self::META);
        probe::sync_point(Operation::IsPoisoned, lock, Some(Location::caller()));
        self.raw.is_poisoned()
    }

    /// Has the lock count as not poisoned. The same as std's.
    #[inline]
    #[track_caller]
    pub fn clear_poison(&self) {
        let lock = Operand::Of(&self.raw.id, &Self::META);
        probe::sync_point(Operation::ClearPoison, lock, Some(Location::caller()));
        self.raw.poisoned.store(false, Ordering::Relaxed);
        probe::poison(&self.raw.id, false);
    }

    /// The data, without the lock. The same as std's.
    ///
    /// # Errors
    ///
    /// When the lock is poisoned.
    pub fn into_inner(self) -> LockResult<T>
    where
        T: Sized,
    {
        let RwLock { raw, data } = self;
        raw.checked(data.into_inner())
    }

    /// The data, without locking. The same as std's.
    ///
    /// # Errors
    ///
    /// When the lock is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.raw.checked(self.data.get_mut())
    }
}

/// Unstable in std: only for std's own tests.
#[cfg(fearless_suite)]
impl<T> RwLock<T> {
    /// A clone of the data.
    pub fn get_cloned(&self) -> Result<T, PoisonError<()>>
    where
        T: Clone,
    {
        self.read()
            .map(|data| data.clone())
            .map_err(|_| PoisonError::new(()))
    }

    /// Replaces the data and drops the old.
    pub fn set(&self, value: T) -> Result<(), PoisonError<T>> {
        self.replace(value).map(drop)
    }

    /// Replaces the data and returns the old.
    pub fn replace(&self, value: T) -> LockResult<T> {
        match self.write() {
            Ok(mut data) => Ok(real::mem::replace(&mut *data, value)),
            Err(_) => Err(PoisonError::new(value)),
        }
    }
}

// SAFETY: sending the lock sends its data, and nothing else of it belongs to a thread.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: readers share `&T` (`T: Sync`), and a writer may move the data out and another one in
// (`T: Send`); `raw` keeps them apart.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(data) => d.field("data", &&*data),
            Err(TryLockError::Poisoned(poisoned)) => d.field("data", &&**poisoned.get_ref()),
            Err(TryLockError::WouldBlock) => d.field("data", &real::format_args!("<locked>")),
        };
        d.field("poisoned", &self.raw.is_poisoned());
        d.finish_non_exhaustive()
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> RwLock<T> {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(t: T) -> Self {
        RwLock::new(t)
    }
}
