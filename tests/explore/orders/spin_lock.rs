//! A spin lock whose unlocking publishes nothing.

use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering::*};
use std::thread;

const MENDED: bool = false;

#[derive(Default)]
struct SpinLock {
    is_locked: AtomicBool,
    value: UnsafeCell<u32>,
}

// SAFETY: the value is used only between `lock` and `unlock`; the broken twin breaks that promise.
unsafe impl Sync for SpinLock {}

impl SpinLock {
    fn lock(&self) {
        while self.is_locked.swap(true, Acquire) {
            spin_loop();
        }
    }

    fn unlock(&self) {
        self.is_locked
            .store(false, if MENDED { Release } else { Relaxed });
    }

    fn add(&self) {
        self.lock();
        // SAFETY: the lock is held.
        unsafe { *self.value.get() += 1 };
        self.unlock();
    }
}

fn main() {
    let lock = SpinLock::default();
    thread::scope(|scope| {
        scope.spawn(|| lock.add());
        scope.spawn(|| lock.add());
    });
    assert_eq!(lock.value.into_inner(), 2);
}
