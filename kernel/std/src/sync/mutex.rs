//! `std::sync::Mutex`: the word that says who holds it is its entry in the recording, behind the
//! probe.
//!
//! What does not depend on the data is plain functions, compiled here; the generic shells that a
//! cell compiles only call them.

#[cfg(fearless_suite)]
mod mapped;

use real::cell::UnsafeCell;
use real::fmt;
use real::marker::PhantomData;
use real::ops::{Deref, DerefMut};
use real::panic::{Location, RefUnwindSafe, UnwindSafe};
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use real::sync::{LockResult, PoisonError, TryLockError, TryLockResult};
use real::thread::panicking;

use crate::probe::{
    self, Access, Id, InRun, Meta, ObjectEntry, ObjectKind, Operand, Operation, Place,
};

#[cfg(fearless_suite)]
pub use mapped::MappedMutexGuard;

/// A mutual exclusion primitive useful for protecting shared data. The same as `std::sync::Mutex`;
/// the report shows who held it, who waited, and for how long, and a deadlock panics instead of
/// hanging.
pub struct Mutex<T: ?Sized> {
    raw: Raw,
    /// Reached by the one thread that has taken `raw`. Last, so that a mutex of a sized type
    /// coerces to one of an unsized type.
    data: UnsafeCell<T>,
}

/// An RAII implementation of a "scoped lock" of a mutex. The same as `std::sync::MutexGuard`.
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized + 'a> {
    lock: &'a Mutex<T>,
    taken: Taken,
    /// Not `Send`, and rustc says so with std's own name.
    real: PhantomData<real::sync::MutexGuard<'a, T>>,
}

/// The mutex without its data; not generic, so that it is compiled here and not in every cell.
struct Raw {
    id: Id,
    /// 1 while it is taken, if it has no entry.
    fallback: AtomicU32,
    poisoned: AtomicBool,
}

/// How a mutex was taken, until it is given back. No more than two words, which stay in registers:
/// written to the stack and read again, they would cost more than the lock.
#[derive(Clone, Copy)]
struct Taken {
    /// Of [`probe::reacquire`], if that took it.
    by: Option<&'static ObjectEntry>,
    /// What else that returned; if the mutex was taken otherwise, 1 by a thread that panicked
    /// already, which does not poison it.
    detail: u32,
}

impl Raw {
    #[inline(never)]
    fn lock(&self, meta: &'static Meta, at: Place) -> Taken {
        match probe::reacquire(&self.id, at) {
            Some(hold) => Taken::by(hold),
            None => self.lock_recorded(meta, at),
        }
    }

    /// All but the shortest way to the lock, kept apart so that the shortest one stays short.
    #[cold]
    #[inline(never)]
    fn lock_recorded(&self, meta: &'static Meta, at: Place) -> Taken {
        let object = probe::resolve(&self.id, meta);
        probe::acquire(&self.id, meta, Access::Mutex, at, || {
            probe::try_take(object, &self.fallback).then_some(())
        });
        Taken::recorded()
    }

    #[inline(never)]
    fn try_lock(&self, meta: &'static Meta, at: Place) -> Option<Taken> {
        if let Some(hold) = probe::reacquire(&self.id, at) {
            return Some(Taken::by(hold));
        }
        let object = probe::resolve(&self.id, meta);
        probe::try_acquire(&self.id, meta, Access::Mutex, at, || {
            probe::try_take(object, &self.fallback).then(Taken::recorded)
        })
    }

    #[inline(never)]
    fn unlock(&self, taken: Taken) {
        if let Some(hold) = taken.in_run()
            && probe::release_in_run(hold)
        {
            return;
        }
        self.unlock_recorded(taken);
    }

    #[cold]
    #[inline(never)]
    fn unlock_recorded(&self, taken: Taken) {
        if panicking() && !taken.was_panicking() {
            self.poisoned.store(true, Ordering::Relaxed);
            probe::poison(&self.id, true);
        }
        let unlock = || probe::give_back(&self.id, &self.fallback);
        match taken.in_run() {
            Some(hold) => probe::release_after_run(&self.id, Access::Mutex, hold, unlock),
            None => probe::release(&self.id, Access::Mutex, unlock),
        }
    }

    #[inline]
    fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Relaxed)
    }

    /// `value`, wrapped in an error if the mutex is poisoned.
    #[inline]
    fn checked<V>(&self, value: V) -> LockResult<V> {
        if self.is_poisoned() && !probe::hides_poison() {
            Err(PoisonError::new(value))
        } else {
            Ok(value)
        }
    }
}

impl Taken {
    #[inline(always)]
    fn by(hold: InRun<&'static ObjectEntry>) -> Taken {
        Taken {
            by: Some(hold.by),
            detail: hold.stamp,
        }
    }

    fn recorded() -> Taken {
        Taken {
            by: None,
            detail: u32::from(panicking()),
        }
    }

    #[inline(always)]
    fn in_run(self) -> Option<InRun<&'static ObjectEntry>> {
        let stamp = self.detail;
        self.by.map(|by| InRun { by, stamp })
    }

    fn was_panicking(self) -> bool {
        self.by.is_none() && self.detail != 0
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Its entry in the recording, if it has one.
    pub(crate) fn entry(&self) -> Option<&'static ObjectEntry> {
        probe::entry(&self.raw.id)
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
        let raw = Raw {
            id: Id::new(),
            fallback: AtomicU32::new(0),
            poisoned: AtomicBool::new(false),
        };
        Mutex {
            raw,
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
        self.guard(self.raw.lock(&Self::META, Location::caller()))
    }

    /// Attempts to acquire the mutex without waiting. The same as `std::sync::Mutex::try_lock`.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if it is taken, `Poisoned` with the guard if a holder has panicked.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match self.raw.try_lock(&Self::META, Location::caller()) {
            Some(taken) => Ok(self.guard(taken)?),
            None => Err(TryLockError::WouldBlock),
        }
    }

    #[inline]
    fn guard(&self, taken: Taken) -> LockResult<MutexGuard<'_, T>> {
        self.raw.checked(MutexGuard {
            lock: self,
            taken,
            real: PhantomData,
        })
    }

    /// Determines whether the mutex is poisoned. The same as `std::sync::Mutex::is_poisoned`.
    #[inline]
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        let lock = Operand::Of(&self.raw.id, &Self::META);
        probe::sync_point(Operation::IsPoisoned, lock, Some(Location::caller()));
        self.raw.is_poisoned()
    }

    /// Clears the poisoned state. The same as `std::sync::Mutex::clear_poison`.
    #[inline]
    #[track_caller]
    pub fn clear_poison(&self) {
        let lock = Operand::Of(&self.raw.id, &Self::META);
        probe::sync_point(Operation::ClearPoison, lock, Some(Location::caller()));
        self.raw.poisoned.store(false, Ordering::Relaxed);
        probe::poison(&self.raw.id, false);
    }

    /// Consumes this mutex, returning the underlying data. The same as
    /// `std::sync::Mutex::into_inner`.
    ///
    /// # Errors
    ///
    /// If it is poisoned; the error carries the data.
    pub fn into_inner(self) -> LockResult<T>
    where
        T: Sized,
    {
        let Mutex { raw, data } = self;
        raw.checked(data.into_inner())
    }

    /// Returns a mutable reference to the underlying data. The same as `std::sync::Mutex::get_mut`.
    ///
    /// # Errors
    ///
    /// If it is poisoned; the error carries the reference.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.raw.checked(self.data.get_mut())
    }

    /// Returns a raw pointer to the underlying data. Unstable in std as well.
    #[cfg(fearless_suite)]
    pub const fn data_ptr(&self) -> *mut T {
        self.data.get()
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
        d.field("poisoned", &self.raw.is_poisoned());
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
        self.lock.raw.unlock(self.taken);
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
