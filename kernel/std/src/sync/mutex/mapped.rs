//! `MappedMutexGuard`: unstable in std, here for std's own tests alone.

use real::fmt;
use real::marker::PhantomData;
use real::mem::ManuallyDrop;
use real::ops::{Deref, DerefMut};
use real::prelude::rust_2024::*;
use real::ptr::NonNull;

use super::{MutexGuard, Raw, Taken};

/// A guard of a part of a mutex's data. The same as `std::sync::MappedMutexGuard`.
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MappedMutexGuard<'a, T: ?Sized + 'a> {
    data: NonNull<T>,
    raw: &'a Raw,
    taken: Taken,
    /// Not `Send`, as std's.
    real: PhantomData<real::sync::MutexGuard<'a, ()>>,
    variance: PhantomData<&'a mut T>,
}

// SAFETY: a shared guard gives `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for MappedMutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Makes a guard of a part of the locked data.
    pub fn map<U: ?Sized, F: FnOnce(&mut T) -> &mut U>(
        mut orig: Self,
        f: F,
    ) -> MappedMutexGuard<'a, U> {
        let data = NonNull::from(f(&mut *orig));
        let orig = ManuallyDrop::new(orig);
        MappedMutexGuard {
            data,
            raw: &orig.lock.raw,
            taken: orig.taken,
            real: PhantomData,
            variance: PhantomData,
        }
    }

    /// Makes a guard of a part of the locked data, if there is that part.
    ///
    /// # Errors
    ///
    /// The guard itself.
    pub fn filter_map<U: ?Sized, F>(mut orig: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(data) = f(&mut *orig).map(NonNull::from) else {
            return Err(orig);
        };
        let orig = ManuallyDrop::new(orig);
        Ok(MappedMutexGuard {
            data,
            raw: &orig.lock.raw,
            taken: orig.taken,
            real: PhantomData,
            variance: PhantomData,
        })
    }
}

impl<'a, T: ?Sized> MappedMutexGuard<'a, T> {
    /// Makes a guard of a part of this part.
    pub fn map<U: ?Sized, F: FnOnce(&mut T) -> &mut U>(
        mut orig: Self,
        f: F,
    ) -> MappedMutexGuard<'a, U> {
        let data = NonNull::from(f(&mut *orig));
        orig.with(data)
    }

    /// Makes a guard of a part of this part, if there is that part.
    ///
    /// # Errors
    ///
    /// The guard itself.
    pub fn filter_map<U: ?Sized, F>(mut orig: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match f(&mut *orig).map(NonNull::from) {
            Some(data) => Ok(orig.with(data)),
            None => Err(orig),
        }
    }

    fn with<U: ?Sized>(self, data: NonNull<U>) -> MappedMutexGuard<'a, U> {
        let orig = ManuallyDrop::new(self);
        MappedMutexGuard {
            data,
            raw: orig.raw,
            taken: orig.taken,
            real: PhantomData,
            variance: PhantomData,
        }
    }
}

impl<T: ?Sized> Deref for MappedMutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `data` is part of what the lock protects, and the guard holds the lock.
        unsafe { self.data.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for MappedMutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed uniquely itself.
        unsafe { self.data.as_mut() }
    }
}

impl<T: ?Sized> Drop for MappedMutexGuard<'_, T> {
    fn drop(&mut self) {
        self.raw.unlock(self.taken);
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MappedMutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MappedMutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
