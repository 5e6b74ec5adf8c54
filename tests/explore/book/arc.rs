//! A counted pointer with weak ones, as the standard library's, in two counts.

use std::cell::UnsafeCell;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*, fence};
use std::thread;

struct Counted<T> {
    strong: AtomicUsize,
    /// The weak ones, and one for all strong ones.
    weak: AtomicUsize,
    value: UnsafeCell<ManuallyDrop<T>>,
}

struct Shared<T>(NonNull<Counted<T>>);
struct Weak<T>(NonNull<Counted<T>>);

// SAFETY: the counts are atomic, and the value is dropped by whoever drops the last strong one.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Send for Weak<T> {}

impl<T> Shared<T> {
    fn new(value: T) -> Self {
        let counted = Counted {
            strong: AtomicUsize::new(1),
            weak: AtomicUsize::new(1),
            value: UnsafeCell::new(ManuallyDrop::new(value)),
        };
        Shared(NonNull::from(Box::leak(Box::new(counted))))
    }

    fn counted(&self) -> &Counted<T> {
        // SAFETY: it lives as long as one of the pointers.
        unsafe { self.0.as_ref() }
    }

    fn downgrade(&self) -> Weak<T> {
        self.counted().weak.fetch_add(1, Relaxed);
        Weak(self.0)
    }
}

impl<T> Weak<T> {
    fn upgrade(&self) -> Option<Shared<T>> {
        // SAFETY: it lives as long as one of the pointers.
        let strong = unsafe { &self.0.as_ref().strong };
        let mut count = strong.load(Relaxed);
        while count > 0 {
            match strong.compare_exchange_weak(count, count + 1, Acquire, Relaxed) {
                Ok(_) => return Some(Shared(self.0)),
                Err(now) => count = now,
            }
        }
        None
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        self.counted().strong.fetch_add(1, Relaxed);
        Shared(self.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: there is a strong one, so nobody has dropped it.
        unsafe { &*self.counted().value.get() }
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        if self.counted().strong.fetch_sub(1, Release) == 1 {
            fence(Acquire);
            // SAFETY: this was the last strong one.
            unsafe { ManuallyDrop::drop(&mut *self.counted().value.get()) };
            drop(Weak(self.0));
        }
    }
}

impl<T> Drop for Weak<T> {
    fn drop(&mut self) {
        // SAFETY: it lives as long as one of the pointers.
        if unsafe { self.0.as_ref() }.weak.fetch_sub(1, Release) == 1 {
            fence(Acquire);
            // SAFETY: this was the last of all.
            drop(unsafe { Box::from_raw(self.0.as_ptr()) });
        }
    }
}

struct Told<'a>(&'a AtomicBool, String);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        assert_eq!(self.1, "mine");
        assert!(!self.0.swap(true, Relaxed), "dropped twice");
    }
}

fn main() {
    let dropped = AtomicBool::new(false);
    let first = Shared::new(Told(&dropped, "mine".into()));
    let (second, weak) = (first.clone(), first.downgrade());
    thread::scope(|scope| {
        scope.spawn(move || assert_eq!(second.1.len(), 4));
        scope.spawn(move || {
            if let Some(third) = weak.upgrade() {
                assert_eq!(third.1, "mine");
            }
        });
        drop(first);
    });
    assert!(dropped.into_inner());
}
