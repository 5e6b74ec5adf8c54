//! Guards of a part of an `RwLock`'s data. Unstable in std: compiled for std's own tests alone.

use real::marker::PhantomData;
use real::ops::{Deref, DerefMut};
use real::prelude::rust_2024::*;
use real::ptr::NonNull;
use real::{fmt, mem, thread};

use super::guards::{RwLockReadGuard, RwLockWriteGuard};
use super::raw::Raw;
use crate::probe::{InRun, Share};

/// Shared access to a part of an `RwLock`'s data.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct MappedRwLockReadGuard<'rwlock, T: ?Sized + 'rwlock> {
    data: NonNull<T>,
    raw: &'rwlock Raw,
    in_run: Option<InRun<&'static Share>>,
}

/// Exclusive access to a part of an `RwLock`'s data.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct MappedRwLockWriteGuard<'rwlock, T: ?Sized + 'rwlock> {
    data: NonNull<T>,
    raw: &'rwlock Raw,
    panicking: bool,
    variance: PhantomData<&'rwlock mut T>,
}

// SAFETY: a shared guard gives out nothing but `&T`.
unsafe impl<T: ?Sized + Sync> Sync for MappedRwLockReadGuard<'_, T> {}
// SAFETY: a shared guard gives out nothing but `&T`.
unsafe impl<T: ?Sized + Sync> Sync for MappedRwLockWriteGuard<'_, T> {}

macro_rules! mapping {
    ($guard:ident, $mapped:ident, ($($mutable:tt)?), $orig:ident => $data:expr, $make:expr) => {
        impl<'rwlock, T: ?Sized> $guard<'rwlock, T> {
            /// A guard of the part that `f` picks.
            pub fn map<U, F>(orig: Self, f: F) -> $mapped<'rwlock, U>
            where
                F: FnOnce(&$($mutable)? T) -> &$($mutable)? U,
                U: ?Sized,
            {
                let mut $orig = orig;
                let data = NonNull::from(f($data));
                let made = $make(&$orig, data);
                mem::forget($orig);
                made
            }

            /// A guard of the part that `f` picks, or the guard back.
            pub fn filter_map<U, F>(orig: Self, f: F) -> Result<$mapped<'rwlock, U>, Self>
            where
                F: FnOnce(&$($mutable)? T) -> Option<&$($mutable)? U>,
                U: ?Sized,
            {
                let mut $orig = orig;
                match f($data).map(NonNull::from) {
                    Some(data) => {
                        let made = $make(&$orig, data);
                        mem::forget($orig);
                        Ok(made)
                    }
                    None => Err($orig),
                }
            }
        }
    };
}

fn reader<'a, U: ?Sized>(
    raw: &'a Raw,
    in_run: Option<InRun<&'static Share>>,
    data: NonNull<U>,
) -> MappedRwLockReadGuard<'a, U> {
    MappedRwLockReadGuard { data, raw, in_run }
}

fn writer<'a, U: ?Sized>(
    raw: &'a Raw,
    panicking: bool,
    data: NonNull<U>,
) -> MappedRwLockWriteGuard<'a, U> {
    MappedRwLockWriteGuard {
        data,
        raw,
        panicking,
        variance: PhantomData,
    }
}

#[allow(unused_mut, reason = "one macro for shared and exclusive guards")]
mod made {
    use super::*;
    mapping!(
        RwLockReadGuard, MappedRwLockReadGuard, (),
        orig => {
            // SAFETY: the guard keeps the lock for reading as long as it lives, and so does the one
            // that is made from it.
            unsafe { orig.data.as_ref() }
        },
        |orig: &RwLockReadGuard<'rwlock, T>, data| reader(orig.raw, orig.in_run, data)
    );
    mapping!(
        MappedRwLockReadGuard, MappedRwLockReadGuard, (),
        orig => {
            // SAFETY: as above.
            unsafe { orig.data.as_ref() }
        },
        |orig: &MappedRwLockReadGuard<'rwlock, T>, data| reader(orig.raw, orig.in_run, data)
    );
    mapping!(
        RwLockWriteGuard, MappedRwLockWriteGuard, (mut),
        orig => {
            // SAFETY: the guard keeps the lock for writing as long as it lives, and so does the one
            // that is made from it; nobody else reaches the data.
            unsafe { &mut *orig.lock.data.get() }
        },
        |orig: &RwLockWriteGuard<'rwlock, T>, data| writer(&orig.lock.raw, orig.panicking, data)
    );
    mapping!(
        MappedRwLockWriteGuard, MappedRwLockWriteGuard, (mut),
        orig => {
            // SAFETY: as above.
            unsafe { orig.data.as_mut() }
        },
        |orig: &MappedRwLockWriteGuard<'rwlock, T>, data| writer(orig.raw, orig.panicking, data)
    );
}

impl<T: ?Sized> Drop for MappedRwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        self.raw.end_read(self.in_run);
    }
}

impl<T: ?Sized> Drop for MappedRwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        self.raw.end_write(!self.panicking && thread::panicking());
    }
}

impl<T: ?Sized> Deref for MappedRwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held for reading as long as the guard lives.
        unsafe { self.data.as_ref() }
    }
}

impl<T: ?Sized> Deref for MappedRwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held for writing as long as the guard lives.
        unsafe { self.data.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for MappedRwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held for writing as long as the guard lives.
        unsafe { self.data.as_mut() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MappedRwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MappedRwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
