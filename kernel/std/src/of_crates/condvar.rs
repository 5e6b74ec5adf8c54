//! A condition variable for [`Mutex`].

use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicUsize, Ordering};
use real::time::Instant;

use super::mutex::Mutex;
use crate::probe::{Library, Meta, ObjectKind, without_unwinding};
use crate::sync::condvar::Waiters;

static META: Meta = Meta::of_library(Library::ParkingLot, ObjectKind::Condvar);

/// A condition variable. Who waits has its mutex again in any case, also when it unwinds, since the
/// guard stays with the caller.
pub struct Condvar {
    waiters: Waiters,
    /// The address of the mutex with which they wait. Changed while that is held.
    mutex: AtomicUsize,
}

impl Condvar {
    /// One that nobody waits on, made by the caller.
    #[inline]
    #[track_caller]
    pub const fn new() -> Condvar {
        Condvar {
            waiters: Waiters::new(&META),
            mutex: AtomicUsize::new(0),
        }
    }

    /// Waits for a notification, without the mutex meanwhile: whether it came before the deadline.
    ///
    /// # Panics
    ///
    /// If another thread waits with another mutex.
    #[track_caller]
    pub fn wait(&self, mutex: &Mutex, deadline: Option<Instant>) -> bool {
        let at = Location::caller();
        let address = real::ptr::from_ref(mutex) as usize;
        let before = self.mutex.swap(address, Ordering::SeqCst);
        if before != address && before != 0 && !self.waiters.is_empty() {
            self.mutex.store(before, Ordering::SeqCst);
            real::panic!("attempted to use a condition variable with more than one mutex");
        }
        let ticket = self.waiters.enter(at);
        mutex.unlock();
        let _again = Again(mutex, at);
        self.waiters.sleep(&ticket, deadline, at)
    }

    /// Whether a thread waits.
    pub fn is_waited_for(&self) -> bool {
        !self.waiters.is_empty()
    }

    /// Wakes the thread that has waited longest: whether there was one.
    #[track_caller]
    pub fn notify_one(&self) -> bool {
        self.waiters.notify_one(Location::caller())
    }

    /// Wakes all threads that wait: how many there were.
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        self.waiters.notify_all(Location::caller())
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Condvar {
        Condvar::new()
    }
}

/// Takes the mutex again, at the place of the wait.
struct Again<'a>(&'a Mutex, crate::probe::Place);

impl Drop for Again<'_> {
    fn drop(&mut self) {
        without_unwinding(|| self.0.lock_at(self.1));
    }
}
