//! A pointer is published, and what it leads to is not.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::*};
use std::thread;

const MENDED: bool = false;

fn main() {
    let letter: AtomicPtr<u32> = AtomicPtr::new(ptr::null_mut());
    thread::scope(|scope| {
        scope.spawn(|| {
            let written = Box::into_raw(Box::new(42));
            letter.store(written, if MENDED { Release } else { Relaxed });
        });
        scope.spawn(|| {
            let found = letter.load(Acquire);
            if !found.is_null() {
                // SAFETY: it is freed when both threads have ended.
                assert_eq!(unsafe { *found }, 42);
            }
        });
    });
    // SAFETY: the first thread made it, and nobody else frees it.
    drop(unsafe { Box::from_raw(letter.into_inner()) });
}
