//! Initialised once, under a lock; whoever sees that it is done must see what was done.

use std::cell::UnsafeCell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::*};
use std::thread;

const MENDED: bool = false;

#[derive(Default)]
struct Once {
    is_done: AtomicBool,
    lock: Mutex<()>,
    value: UnsafeCell<u32>,
}

// SAFETY: the value is written once, under the lock; the broken twin lets others read it too early.
unsafe impl Sync for Once {}

impl Once {
    fn get(&self) -> u32 {
        if !self.is_done.load(if MENDED { Acquire } else { Relaxed }) {
            let _only_one = self.lock.lock().unwrap();
            if !self.is_done.load(Relaxed) {
                // SAFETY: the lock is held, and nobody reads before it is done.
                unsafe { *self.value.get() = 42 };
                self.is_done.store(true, Release);
            }
        }
        // SAFETY: it is done.
        unsafe { *self.value.get() }
    }
}

fn main() {
    let once = Once::default();
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(once.get(), 42));
        scope.spawn(|| assert_eq!(once.get(), 42));
    });
}
