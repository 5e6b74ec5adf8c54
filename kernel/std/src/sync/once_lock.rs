//! `std::sync::OnceLock`: the value lies in a real one, our [`RawOnce`] decides who initialises it.

use real::fmt;
use real::panic::{Location, RefUnwindSafe, UnwindSafe};
use real::prelude::rust_2024::*;
use real::sync::OnceLock as RealOnceLock;

use super::once::{Progress, RawOnce};
use crate::probe::{Meta, ObjectKind, Place};

/// A cell that can be written only once. The same as `std::sync::OnceLock`, except that an
/// initialiser that waits for itself is found.
pub struct OnceLock<T> {
    once: RawOnce,
    value: RealOnceLock<T>,
}

impl<T> OnceLock<T> {
    const META: Meta = Meta::of::<T>(ObjectKind::OnceLock);

    /// An empty cell. The same as std's.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn new() -> OnceLock<T> {
        OnceLock {
            once: RawOnce::new(),
            value: RealOnceLock::new(),
        }
    }

    /// The value, if there is one. The same as std's.
    #[inline]
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        if self.once.look(&Self::META, Location::caller()) {
            self.value.get()
        } else {
            None
        }
    }

    /// The value, if there is one. The same as std's.
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut()
    }

    /// Waits until there is a value. The same as std's.
    #[inline]
    #[track_caller]
    pub fn wait(&self) -> &T {
        loop {
            self.once.wait(&Self::META, true, Location::caller());
            if let Some(value) = self.value.get() {
                return value;
            }
        }
    }

    /// Writes the value if there is none. The same as std's.
    ///
    /// # Errors
    ///
    /// The value, when there is one already.
    #[inline]
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init_at(Location::caller(), || value.take());
        match value {
            None => Ok(()),
            Some(value) => Err(value),
        }
    }

    /// The value; `f` makes it if there is none. The same as std's.
    ///
    /// # Panics
    ///
    /// When `f` does, or needs this very value.
    #[inline]
    #[track_caller]
    pub fn get_or_init<F>(&self, f: F) -> &T
    where
        F: FnOnce() -> T,
    {
        let mut f = Some(f);
        loop {
            if let Some(value) = self.get_or_init_at(Location::caller(), || f.take().map(|f| f())) {
                return value;
            }
        }
    }

    /// Takes the value out. The same as std's.
    #[inline]
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Takes the value out; the cell is as new. The same as std's.
    #[inline]
    pub fn take(&mut self) -> Option<T> {
        self.once.set_state(Progress::Incomplete);
        self.value.take()
    }

    /// The value, after `f` had its chance to make one; `f` may give none.
    fn get_or_init_at(&self, at: Place, f: impl FnOnce() -> Option<T>) -> Option<&T> {
        if self.once.is_known_complete() {
            return self.value.get();
        }
        let mut f = Some(f);
        self.once.call(&Self::META, true, at, &mut |state| {
            match f.take().and_then(|f| f()) {
                // Only the thread whose turn it is sets the value, so it finds none.
                Some(value) => drop(self.value.set(value)),
                None => state.poison(),
            }
        });
        self.value.get()
    }
}

#[cfg(fearless_suite)]
impl<T> OnceLock<T> {
    /// Unstable in std: only for std's own tests.
    #[track_caller]
    pub fn get_or_try_init<F, E>(&self, f: F) -> Result<&T, E>
    where
        F: FnOnce() -> Result<T, E>,
    {
        let mut error = None;
        let mut f = Some(f);
        loop {
            let value = self.get_or_init_at(Location::caller(), || {
                f.take()
                    .and_then(|f| f().map_err(|failed| error = Some(failed)).ok())
            });
            match (value, error.take()) {
                (Some(value), _) => return Ok(value),
                (None, Some(error)) => return Err(error),
                (None, None) => {}
            }
        }
    }
}

impl<T> Default for OnceLock<T> {
    #[inline]
    #[track_caller]
    fn default() -> OnceLock<T> {
        OnceLock::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_tuple("OnceLock");
        match self.get() {
            Some(value) => d.field(value),
            None => d.field(&real::format_args!("<uninit>")),
        };
        d.finish()
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[inline]
    #[track_caller]
    fn clone(&self) -> OnceLock<T> {
        match self.get() {
            Some(value) => OnceLock::from(value.clone()),
            None => OnceLock::new(),
        }
    }
}

impl<T> From<T> for OnceLock<T> {
    #[inline]
    #[track_caller]
    fn from(value: T) -> Self {
        let mut once = RawOnce::new();
        once.set_state(Progress::Complete);
        OnceLock {
            once,
            value: RealOnceLock::from(value),
        }
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    #[inline]
    fn eq(&self, other: &OnceLock<T>) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}
impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}
