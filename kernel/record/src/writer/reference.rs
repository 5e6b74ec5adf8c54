//! An atomic reference to what lives as long as the process.

use std::marker::PhantomData;
use std::ptr::{from_ref, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering};

/// A reference, or none.
pub struct Reference<T: 'static> {
    address: AtomicPtr<T>,
    of: PhantomData<&'static T>,
}

impl<T> Reference<T> {
    /// None yet.
    pub const fn none() -> Reference<T> {
        Reference {
            address: AtomicPtr::new(null_mut()),
            of: PhantomData,
        }
    }

    /// What it refers to.
    #[inline(always)]
    pub fn get(&self) -> Option<&'static T> {
        // SAFETY: only `set` writes it, so it is null or was made from a `&'static T`.
        unsafe { self.address.load(Ordering::Acquire).as_ref() }
    }

    /// From here on it refers to something else, or to nothing.
    #[inline(always)]
    pub fn set(&self, to: Option<&'static T>) {
        let address = to.map_or(null_mut(), |to| from_ref(to).cast_mut());
        self.address.store(address, Ordering::Release);
    }
}
