//! A counted pointer that frees its value without having seen what the others did with it.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering::*, fence};
use std::thread;

const MENDED: bool = false;

struct Counted {
    owners: AtomicUsize,
    value: u32,
}

struct Own(NonNull<Counted>);

// SAFETY: the value is only read, and freed by its last owner; the broken twin breaks that promise.
unsafe impl Send for Own {}

impl Own {
    fn new(value: u32) -> Own {
        let owners = AtomicUsize::new(1);
        Own(NonNull::from(Box::leak(Box::new(Counted { owners, value }))))
    }

    fn counted(&self) -> &Counted {
        // SAFETY: it lives as long as an owner.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for Own {
    fn clone(&self) -> Own {
        self.counted().owners.fetch_add(1, Relaxed);
        Own(self.0)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if self.counted().owners.fetch_sub(1, Release) == 1 {
            if MENDED {
                fence(Acquire);
            }
            // SAFETY: this was the last owner.
            drop(unsafe { Box::from_raw(self.0.as_ptr()) });
        }
    }
}

fn main() {
    let mine = Own::new(7);
    let yours = mine.clone();
    let reader = thread::spawn(move || assert_eq!(yours.counted().value, 7));
    drop(mine);
    reader.join().unwrap();
}
