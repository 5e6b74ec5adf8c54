//! `std::sync::Mutex`: the real one for its state and poisoning, the data beside it.
//!
//! The real mutex protects nothing (`()`), so that locking and unlocking are plain functions, compiled
//! here, and the generic shells that a cell compiles only call them.

#[cfg(fearless_suite)]
mod mapped;

use real::cell::UnsafeCell;
use real::fmt;
use real::mem::ManuallyDrop;
use real::ops::{Deref, DerefMut};
use real::panic::{Location, RefUnwindSafe, UnwindSafe};
use real::prelude::rust_2024::*;
use real::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use crate::probe::{self, Access, Id, Meta, ObjectKind, Place, WaitKind};

#[cfg(fearless_suite)]
pub use mapped::MappedMutexGuard;

type Raw = real::sync::Mutex<()>;
type RawGuard<'a> = real::sync::MutexGuard<'a, ()>;

/// A mutual exclusion primitive useful for protecting shared data. The same as `std::sync::Mutex`; the
/// report shows who held it, who waited, and for how long, and a deadlock panics instead of hanging.
pub struct Mutex<T: ?Sized> {
    id: Id,
    raw: Raw,
    data: UnsafeCell<T>,
}

/// An RAII implementation of a "scoped lock" of a mutex. The same as `std::sync::MutexGuard`.
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized + 'a> {
    lock: &'a Mutex<T>,
    raw: ManuallyDrop<RawGuard<'a>>,
}

#[inline(never)]
fn lock<'a>(id: &Id, raw: &'a Raw, meta: &'static Meta, at: Place) -> LockResult<RawGuard<'a>> {
    match probe::acquire_again(id, at, || attempt(raw)) {
        Some(guard) => guard,
        None => lock_anew(id, raw, meta, at),
    }
}

#[inline(never)]
fn try_lock<'a>(
    id: &Id,
    raw: &'a Raw,
    meta: &'static Meta,
    at: Place,
) -> Option<LockResult<RawGuard<'a>>> {
    probe::try_acquire(id, meta, Access::Exclusive, at, || attempt(raw))
}

#[inline]
fn attempt(raw: &Raw) -> Option<LockResult<RawGuard<'_>>> {
    match raw.try_lock() {
        Ok(guard) => Some(Ok(guard)),
        Err(TryLockError::Poisoned(poisoned)) => Some(Err(poisoned)),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// All but the shortest way to the lock, kept apart so that the shortest one stays short.
#[cold]
#[inline(never)]
fn lock_anew<'a>(
    id: &Id,
    raw: &'a Raw,
    meta: &'static Meta,
    at: Place,
) -> LockResult<RawGuard<'a>> {
    probe::acquire(id, meta, WaitKind::Lock, Access::Exclusive, at, || {
        attempt(raw)
    })
}

#[cold]
#[inline(never)]
fn unlock_anew(id: &Id, unlock: impl FnOnce()) {
    probe::release(id, Access::Exclusive, unlock);
}

#[inline(never)]
fn unlock(id: &Id, guard: RawGuard<'_>) {
    if let Some(unlock) = probe::release_again(id, || drop(guard)) {
        unlock_anew(id, unlock);
    }
}

/// The mutex that a guard has locked.
pub(super) fn guard_lock<'a, T: ?Sized>(guard: &MutexGuard<'a, T>) -> &'a Mutex<T> {
    guard.lock
}

impl<T> Mutex<T> {
    /// Creates a new mutex in an unlocked state ready for use. The same as `std::sync::Mutex::new`.
    #[inline]
    #[track_caller]
    pub const fn new(t: T) -> Mutex<T> {
        Mutex {
            id: Id::new(),
            raw: Raw::new(()),
            data: UnsafeCell::new(t),
        }
    }
}

impl<T: ?Sized> Mutex<T> {
    const META: Meta = Meta::of::<T>(ObjectKind::Mutex);

    /// Acquires the mutex, waiting until it is free. The same as `std::sync::Mutex::lock`.
    ///
    /// # Errors
    ///
    /// If another thread panicked while holding the mutex; the error carries the guard.
    ///
    /// # Panics
    ///
    /// Where the real one would wait for ever, or the user has stopped the cell.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        self.guard(lock(&self.id, &self.raw, &Self::META, Location::caller()))
    }

    /// Attempts to acquire the mutex without waiting. The same as `std::sync::Mutex::try_lock`.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if it is taken, `Poisoned` with the guard if a holder has panicked.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match try_lock(&self.id, &self.raw, &Self::META, Location::caller()) {
            Some(raw) => Ok(self.guard(raw)?),
            None => Err(TryLockError::WouldBlock),
        }
    }

    #[inline]
    fn guard<'a>(&'a self, raw: LockResult<RawGuard<'a>>) -> LockResult<MutexGuard<'a, T>> {
        let wrap = |raw| MutexGuard {
            lock: self,
            raw: ManuallyDrop::new(raw),
        };
        match raw {
            Ok(raw) => Ok(wrap(raw)),
            Err(poisoned) => Err(PoisonError::new(wrap(poisoned.into_inner()))),
        }
    }

    /// Determines whether the mutex is poisoned. The same as `std::sync::Mutex::is_poisoned`.
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.raw.is_poisoned()
    }

    /// Clears the poisoned state. The same as `std::sync::Mutex::clear_poison`.
    #[inline]
    pub fn clear_poison(&self) {
        self.raw.clear_poison();
        probe::poison(&self.id, false);
    }

    /// Consumes this mutex, returning the underlying data. The same as `std::sync::Mutex::into_inner`.
    ///
    /// # Errors
    ///
    /// If it is poisoned; the error carries the data.
    pub fn into_inner(self) -> LockResult<T>
    where
        T: Sized,
    {
        let poisoned = self.is_poisoned();
        checked(poisoned, self.data.into_inner())
    }

    /// Returns a mutable reference to the underlying data. The same as `std::sync::Mutex::get_mut`.
    ///
    /// # Errors
    ///
    /// If it is poisoned; the error carries the reference.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.is_poisoned();
        checked(poisoned, self.data.get_mut())
    }

    /// Returns a raw pointer to the underlying data. Unstable in std as well.
    #[cfg(fearless_suite)]
    pub const fn data_ptr(&self) -> *mut T {
        self.data.get()
    }
}

fn checked<V>(poisoned: bool, value: V) -> LockResult<V> {
    if poisoned {
        Err(PoisonError::new(value))
    } else {
        Ok(value)
    }
}

/// Unstable in std; here for std's own tests.
#[cfg(fearless_suite)]
impl<T> Mutex<T> {
    /// Returns the contained value by cloning it.
    ///
    /// # Errors
    ///
    /// If it is poisoned.
    pub fn get_cloned(&self) -> Result<T, PoisonError<()>>
    where
        T: Clone,
    {
        self.lock()
            .map(|data| data.clone())
            .map_err(|_| PoisonError::new(()))
    }

    /// Sets the contained value.
    ///
    /// # Errors
    ///
    /// If it is poisoned; the error carries `value`.
    pub fn set(&self, value: T) -> Result<(), PoisonError<T>> {
        self.replace(value).map(drop)
    }

    /// Replaces the contained value with `value`, and returns the old one.
    ///
    /// # Errors
    ///
    /// If it is poisoned; the error carries `value`.
    pub fn replace(&self, value: T) -> LockResult<T> {
        match self.lock() {
            Ok(mut data) => Ok(real::mem::replace(&mut *data, value)),
            Err(_) => Err(PoisonError::new(value)),
        }
    }
}

// SAFETY: sending the mutex sends its data, and nothing else of it belongs to a thread.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: `raw` lets one thread at a time reach the data, which `T: Send` allows to change threads.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

#[cfg(fearless_bootstrap)]
impl<T: ?Sized> !Send for MutexGuard<'_, T> {}
// SAFETY: a shared guard gives `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(t: T) -> Self {
        Mutex::new(t)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Mutex<T> {
        Mutex::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(data) => d.field("data", &&*data),
            Err(TryLockError::Poisoned(poisoned)) => d.field("data", &&**poisoned.get_ref()),
            Err(TryLockError::WouldBlock) => d.field("data", &"<locked>"),
        };
        d.field("poisoned", &self.is_poisoned());
        d.finish_non_exhaustive()
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock, so nobody else reaches the data.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock, and is borrowed uniquely itself.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: taken once: this is the guard's end, and `mapped` forgets guards it takes apart.
        let raw = unsafe { ManuallyDrop::take(&mut self.raw) };
        unlock(&self.lock.id, raw);
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
