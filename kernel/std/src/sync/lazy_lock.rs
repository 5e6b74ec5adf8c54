//! `std::sync::LazyLock`: a value that is made at its first use.

use real::cell::UnsafeCell;
use real::fmt;
use real::mem;
use real::ops::{Deref, DerefMut};
use real::panic::{Location, RefUnwindSafe, UnwindSafe};
use real::prelude::rust_2024::*;

use super::once::{Progress, RawOnce};
use crate::probe::{Meta, ObjectKind, Place};

/// A value that is initialised at its first use. The same as `std::sync::LazyLock`, except that an
/// initialiser that needs its own value is found.
pub struct LazyLock<T, F = fn() -> T> {
    once: RawOnce,
    /// `Value` exactly when `once` is complete. Written by the one thread that runs `once`, or
    /// through an exclusive reference.
    data: UnsafeCell<Data<T, F>>,
}

enum Data<T, F> {
    Initialiser(F),
    Value(T),
    /// The initialiser runs, or has panicked.
    Gone,
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    const META: Meta = Meta::of::<T>(ObjectKind::LazyLock);

    /// A value that `f` will make. The same as std's.
    #[inline]
    #[track_caller]
    pub const fn new(f: F) -> LazyLock<T, F> {
        LazyLock {
            once: RawOnce::new(),
            data: UnsafeCell::new(Data::Initialiser(f)),
        }
    }

    /// The value, made now if need be. The same as std's.
    ///
    /// # Panics
    ///
    /// When the initialiser does, did, or needs this very value.
    #[inline]
    #[track_caller]
    pub fn force(this: &LazyLock<T, F>) -> &T {
        if !this.once.is_known_complete() {
            this.initialise(Location::caller());
        }
        match this.value() {
            Some(value) => value,
            None => poisoned_panic(),
        }
    }

    /// The value, made now if need be. The same as std's.
    ///
    /// # Panics
    ///
    /// When the initialiser does or did.
    #[inline]
    #[track_caller]
    pub fn force_mut(this: &mut LazyLock<T, F>) -> &mut T {
        if this.once.state() == Progress::Incomplete {
            // Poisoned for the case that the initialiser unwinds.
            this.once.set_state(Progress::Poisoned);
            if let Data::Initialiser(f) = mem::replace(this.data.get_mut(), Data::Gone) {
                *this.data.get_mut() = Data::Value(f());
                this.once.set_state(Progress::Complete);
            }
        }
        match LazyLock::get_mut(this) {
            Some(value) => value,
            None => poisoned_panic(),
        }
    }

    #[cold]
    fn initialise(&self, at: Place) {
        self.once.call(&Self::META, true, at, &mut |state| {
            if state.is_poisoned() {
                // The caller panics, where it is known at which place of the program.
                state.poison();
                return;
            }
            let data = self.data.get();
            // SAFETY: `once` runs one thread at a time here and never after it is complete, and
            // nobody else looks at `data` before that.
            if let Data::Initialiser(f) = unsafe { mem::replace(&mut *data, Data::Gone) } {
                let value = f();
                // SAFETY: as above; no reference was kept while `f` ran.
                unsafe { *data = Data::Value(value) };
            }
        });
    }
}

impl<T, F> LazyLock<T, F> {
    /// The value, if it was made already. The same as std's.
    #[inline]
    pub fn get_mut(this: &mut LazyLock<T, F>) -> Option<&mut T> {
        match this.data.get_mut() {
            Data::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The value, if it was made already. The same as std's.
    #[inline]
    #[track_caller]
    pub fn get(this: &LazyLock<T, F>) -> Option<&T> {
        let meta = const { &Meta::of::<T>(ObjectKind::LazyLock) };
        if !this.once.look(meta, Location::caller()) {
            return None;
        }
        this.value()
    }

    /// The value, within an operation.
    #[inline]
    fn value(&self) -> Option<&T> {
        if !self.once.is_complete() {
            return None;
        }
        // SAFETY: `once` is complete, so nobody writes to `data` any more through a shared
        // reference.
        match unsafe { &*self.data.get() } {
            Data::Value(value) => Some(value),
            _ => None,
        }
    }
}

#[cfg(fearless_suite)]
impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// Unstable in std: only for std's own tests.
    pub fn into_inner(mut this: Self) -> Result<T, F> {
        match mem::replace(this.data.get_mut(), Data::Gone) {
            Data::Value(value) => Ok(value),
            Data::Initialiser(f) => Err(f),
            Data::Gone => poisoned_panic(),
        }
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn poisoned_panic() -> ! {
    real::panic!("LazyLock instance has previously been poisoned")
}

// SAFETY: a shared reference gives out `&T` to any thread (`T: Sync`), any thread may run the
// initialiser and drop it (`F: Send`), and the value is made by one and dropped by another (`T:
// Send`).
unsafe impl<T: Sync + Send, F: Send> Sync for LazyLock<T, F> {}

impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}
impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}

impl<T, F> Drop for LazyLock<T, F> {
    // For the drop check alone: std's has a `Drop`, so `T` and `F` must outlive it there too.
    fn drop(&mut self) {}
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[inline]
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        LazyLock::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[inline]
    #[track_caller]
    fn default() -> LazyLock<T> {
        LazyLock::new(T::default)
    }
}

impl<T, F> From<T> for LazyLock<T, F> {
    #[inline]
    #[track_caller]
    fn from(value: T) -> Self {
        let mut once = RawOnce::new();
        once.set_state(Progress::Complete);
        LazyLock {
            once,
            data: UnsafeCell::new(Data::Value(value)),
        }
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_tuple("LazyLock");
        match LazyLock::get(self) {
            Some(value) => d.field(value),
            None => d.field(&real::format_args!("<uninit>")),
        };
        d.finish()
    }
}
