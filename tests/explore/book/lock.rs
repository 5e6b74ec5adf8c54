//! A lock with three states, whose waiters sleep.

use std::cell::UnsafeCell;
use std::sync::Mutex as Queue;
use std::sync::atomic::{AtomicU8, Ordering::*};
use std::thread::{self, Thread};

const FREE: u8 = 0;
const TAKEN: u8 = 1;
const AWAITED: u8 = 2;

#[derive(Default)]
struct Lock {
    state: AtomicU8,
    waiters: Queue<Vec<Thread>>,
    value: UnsafeCell<u32>,
}

// SAFETY: the value is used only between `lock` and `unlock`, by one thread.
unsafe impl Sync for Lock {}

impl Lock {
    fn lock(&self) {
        if self
            .state
            .compare_exchange(FREE, TAKEN, Acquire, Relaxed)
            .is_ok()
        {
            return;
        }
        loop {
            self.waiters.lock().unwrap().push(thread::current());
            if self.state.swap(AWAITED, Acquire) == FREE {
                return;
            }
            thread::park();
        }
    }

    fn unlock(&self) {
        if self.state.swap(FREE, Release) == AWAITED {
            for waiter in self.waiters.lock().unwrap().drain(..) {
                waiter.unpark();
            }
        }
    }

    fn add(&self) {
        self.lock();
        // SAFETY: the lock is held.
        unsafe { *self.value.get() += 1 };
        self.unlock();
    }
}

fn main() {
    let lock = Lock::default();
    thread::scope(|scope| {
        scope.spawn(|| lock.add());
        scope.spawn(|| lock.add());
    });
    assert_eq!(lock.value.into_inner(), 2);
}
