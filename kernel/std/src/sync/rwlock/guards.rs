//! The guards of `RwLock`.

use real::fmt;
use real::marker::PhantomData;
use real::ops::{Deref, DerefMut};
use real::panic::Location;
use real::prelude::rust_2024::*;
use real::ptr::NonNull;
use real::thread;

use super::raw::{Raw, RwLock};
use crate::probe::{InRun, Share};

/// Shared access to an [`RwLock`]'s data, until it is dropped. The same as
/// `std::sync::RwLockReadGuard`.
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockReadGuard<'rwlock, T: ?Sized + 'rwlock> {
    // A pointer, as in std: a reference would have to stay valid until the end of a function that
    // drops the guard.
    pub(super) data: NonNull<T>,
    pub(super) raw: &'rwlock Raw,
    /// What `Raw::read` has returned.
    pub(super) in_run: Option<InRun<&'static Share>>,
    /// Not `Send`, and rustc says so with std's own name.
    pub(super) real: PhantomData<real::sync::RwLockReadGuard<'rwlock, T>>,
}

/// Exclusive access to an [`RwLock`]'s data, until it is dropped. The same as
/// `std::sync::RwLockWriteGuard`.
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockWriteGuard<'rwlock, T: ?Sized + 'rwlock> {
    pub(super) lock: &'rwlock RwLock<T>,
    /// Whether the thread panicked already when it took the lock; then it does not poison it.
    pub(super) panicking: bool,
    /// Not `Send`, and rustc says so with std's own name.
    real: PhantomData<real::sync::RwLockWriteGuard<'rwlock, T>>,
}

// SAFETY: a shared guard gives out nothing but `&T`.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: a shared guard gives out nothing but `&T`.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

#[cfg(fearless_bootstrap)]
impl<T: ?Sized> !Send for RwLockReadGuard<'_, T> {}
#[cfg(fearless_bootstrap)]
impl<T: ?Sized> !Send for RwLockWriteGuard<'_, T> {}

impl<'rwlock, T: ?Sized> RwLockReadGuard<'rwlock, T> {
    /// The guard of a lock that this thread has just taken for reading.
    pub(super) fn new(lock: &'rwlock RwLock<T>, in_run: Option<InRun<&'static Share>>) -> Self {
        // SAFETY: `UnsafeCell::get` never returns null.
        let data = unsafe { NonNull::new_unchecked(lock.data.get()) };
        RwLockReadGuard {
            data,
            raw: &lock.raw,
            in_run,
            real: PhantomData,
        }
    }
}

impl<'rwlock, T: ?Sized> RwLockWriteGuard<'rwlock, T> {
    /// The guard of a lock that this thread has just taken for writing.
    pub(super) fn new(lock: &'rwlock RwLock<T>) -> Self {
        RwLockWriteGuard {
            lock,
            panicking: thread::panicking(),
            real: PhantomData,
        }
    }

    /// Turns exclusive access into shared access, with no writer in between. The same as std's.
    #[track_caller]
    pub fn downgrade(s: Self) -> RwLockReadGuard<'rwlock, T> {
        let lock = s.lock;
        real::mem::forget(s);
        // Made first: it gives the lock back if recording unwinds.
        let guard = RwLockReadGuard::new(lock, None);
        lock.raw.downgrade(&RwLock::<T>::META, Location::caller());
        guard
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.raw.end_read(self.in_run);
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock
            .raw
            .end_write(!self.panicking && thread::panicking());
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held for reading as long as the guard lives, so nobody writes.
        unsafe { self.data.as_ref() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held for writing as long as the guard lives.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held for writing as long as the guard lives, and the guard is
        // borrowed exclusively.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
