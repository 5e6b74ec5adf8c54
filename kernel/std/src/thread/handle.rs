//! Waiting for a thread, and its result.

use real::any::Any;
use real::cell::UnsafeCell;
use real::fmt;
use real::marker::PhantomData;
use real::panic::{AssertUnwindSafe, Location, catch_unwind};
use real::prelude::rust_2024::*;
use real::sync::{Arc, Mutex, PoisonError};
use real::thread::Result;

use super::current::Thread;
use super::scope_data::ScopeData;
use crate::probe::{self, Child, Place};

/// What a thread leaves behind. Dropped by the last of thread and handle.
pub(super) struct Packet<T> {
    result: Mutex<Option<Result<T>>>,
    scope: Option<Arc<ScopeData>>,
}

impl<T> Packet<T> {
    pub(super) fn new(scope: Option<Arc<ScopeData>>) -> Packet<T> {
        if let Some(scope) = &scope {
            scope.add_thread();
        }
        Packet {
            result: Mutex::new(None),
            scope,
        }
    }

    pub(super) fn set(&self, result: Result<T>) {
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    }
}

impl<T> Drop for Packet<T> {
    fn drop(&mut self) {
        let result = self
            .result
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        // A panic that was not handed to a joiner: see `scope`.
        let unhandled = matches!(result, Some(Err(_)));
        // What the result borrows from the scope must be gone before the scope can end.
        if catch_unwind(AssertUnwindSafe(|| *result = None)).is_err() {
            real::eprintln!("fatal runtime error: thread result panicked on drop, aborting");
            real::process::abort();
        }
        if let Some(scope) = &self.scope {
            scope.remove_thread(unhandled);
        }
    }
}

/// The thread of a handle: when this is dropped, nobody can wait for it any more.
struct Tie(Child);

impl Drop for Tie {
    fn drop(&mut self) {
        probe::detached(&self.0);
    }
}

/// What `JoinHandle` and `ScopedJoinHandle` have in common.
pub(super) struct Joiner<T> {
    native: real::thread::JoinHandle<()>,
    thread: Thread,
    tie: Tie,
    packet: Arc<Packet<T>>,
}

impl<T> Joiner<T> {
    pub(super) fn new(
        native: real::thread::JoinHandle<()>,
        thread: Thread,
        child: Child,
        packet: Arc<Packet<T>>,
    ) -> Joiner<T> {
        Joiner {
            native,
            thread,
            tie: Tie(child),
            packet,
        }
    }

    pub(super) fn thread(&self) -> &Thread {
        &self.thread
    }

    pub(super) fn is_finished(&self, at: Place) -> bool {
        self.tie.0.is_looked_at(at);
        Arc::strong_count(&self.packet) == 1
    }

    pub(super) fn join(self, at: Place) -> Result<T> {
        self.tie.0.wait_for_end(at);
        probe::joined(&self.tie.0);
        let result = self
            .packet
            .result
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // With a result the last destructor has run, and nothing of the thread is left but the
        // system's own part: to sleep for that once more would take longer than all the rest.
        // Without one its closure never returned: it was ended by `pthread_exit`, say.
        result.unwrap_or_else(|| Err(without_result(self.native)))
    }

    #[cfg(unix)]
    fn native(&self) -> &real::thread::JoinHandle<()> {
        &self.native
    }

    #[cfg(unix)]
    fn into_native(self) -> real::thread::JoinHandle<()> {
        self.native
    }
}

/// What is told of a thread that has left nothing: it ends here at the latest.
#[cold]
fn without_result(native: real::thread::JoinHandle<()>) -> Box<dyn Any + Send> {
    match native.join() {
        Err(panic) => panic,
        Ok(()) => Box::new("the thread ended without a result"),
    }
}

/// An owned permission to join on a thread. The same as `std::thread::JoinHandle`.
pub struct JoinHandle<T> {
    joiner: Joiner<T>,
    /// As std's, it is not unwind safe.
    not_unwind_safe: PhantomData<&'static UnsafeCell<()>>,
}

// SAFETY: a handle reaches the result only by consuming itself, and `spawn` demands `T: Send`.
unsafe impl<T> Send for JoinHandle<T> {}
// SAFETY: a shared handle gives the `Thread` only.
unsafe impl<T> Sync for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    pub(super) fn new(joiner: Joiner<T>) -> JoinHandle<T> {
        JoinHandle {
            joiner,
            not_unwind_safe: PhantomData,
        }
    }

    /// Extracts a handle to the underlying thread. The same as `std::thread::JoinHandle::thread`.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        self.joiner.thread()
    }

    /// Waits for the associated thread to finish. The same as `std::thread::JoinHandle::join`.
    ///
    /// # Errors
    ///
    /// The payload of the thread's panic.
    ///
    /// # Panics
    ///
    /// Where the real one would wait for ever, or the user has stopped the cell.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.joiner.join(Location::caller())
    }

    /// Checks if the associated thread has finished running its main function. The same as
    /// `std::thread::JoinHandle::is_finished`.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.joiner.is_finished(Location::caller())
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

#[cfg(unix)]
impl<T> real::os::unix::thread::JoinHandleExt for JoinHandle<T> {
    fn as_pthread_t(&self) -> real::os::unix::thread::RawPthread {
        self.joiner.native().as_pthread_t()
    }

    fn into_pthread_t(self) -> real::os::unix::thread::RawPthread {
        self.joiner.into_native().into_pthread_t()
    }
}
