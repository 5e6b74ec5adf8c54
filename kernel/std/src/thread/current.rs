//! Handles to threads, and parking.

use real::cell::RefCell;
use real::fmt;
use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::{Arc, OnceLock};
use real::thread::ThreadId;

use crate::probe::Parker;

real::thread_local! {
    static PARKER: RefCell<Option<Arc<Parker>>> = const { RefCell::new(None) };
}

/// The calling thread's parker. Where its thread locals are gone already, one that nobody else
/// knows.
pub(crate) fn parker() -> Arc<Parker> {
    let mine = PARKER.try_with(|slot| {
        Arc::clone(slot.borrow_mut().get_or_insert_with(|| {
            let parker = Parker::new();
            parker.adopt();
            Arc::new(parker)
        }))
    });
    mine.unwrap_or_else(|_| Arc::new(Parker::new()))
}

/// Makes `parker` the calling thread's.
pub(super) fn adopt(parker: Arc<Parker>) {
    parker.adopt();
    // Thread locals of a thread that has just started are there.
    let _ = PARKER.try_with(|slot| slot.replace(Some(parker)));
}

/// The thread that runs cells. It was started by another copy of std than ours, which alone knows
/// its name.
static MAIN: OnceLock<ThreadId> = OnceLock::new();

/// Makes the calling thread the one that is called `main`.
pub(crate) fn become_main() {
    let _ = MAIN.set(real::thread::current().id());
}

/// A handle to a thread. The same as `std::thread::Thread`.
#[derive(Clone)]
pub struct Thread {
    theirs: real::thread::Thread,
    parker: Arc<Parker>,
}

/// Gets a handle to the thread that invokes it. The same as `std::thread::current`.
#[must_use]
pub fn current() -> Thread {
    Thread::new(real::thread::current(), parker())
}

impl Thread {
    pub(super) fn new(theirs: real::thread::Thread, parker: Arc<Parker>) -> Thread {
        Thread { theirs, parker }
    }

    /// Atomically makes the handle's token available if it is not already. The same as
    /// `std::thread::Thread::unpark`.
    #[inline]
    #[track_caller]
    pub fn unpark(&self) {
        self.parker.unpark(Location::caller());
    }

    /// Gets the thread's unique identifier. The same as `std::thread::Thread::id`.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        self.theirs.id()
    }

    /// Gets the thread's name. The same as `std::thread::Thread::name`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let is_main = || MAIN.get() == Some(&self.id());
        self.theirs.name().or_else(|| is_main().then_some("main"))
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
