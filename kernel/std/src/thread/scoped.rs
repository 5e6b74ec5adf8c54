//! `thread::scope`: threads that may borrow from the stack of the one that spawns them.

use real::fmt;
use real::io;
use real::marker::PhantomData;
use real::panic::{AssertUnwindSafe, Location, catch_unwind};
use real::prelude::rust_2024::*;
use real::sync::Arc;
use real::sync::atomic::{AtomicBool, Ordering};
use real::thread::Result;

use super::builder::Builder;
use super::current::{Thread, current};
use super::handle::Joiner;
use super::scope_data::ScopeData;
use crate::panic::resume_unwind;
use crate::probe::{self, ScopeMark};

/// A scope to spawn scoped threads in. The same as `std::thread::Scope`.
pub struct Scope<'scope, 'env: 'scope> {
    data: Arc<ScopeData>,
    // Invariance over 'scope, to make sure that it cannot shrink.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// An owned permission to join on a scoped thread. The same as `std::thread::ScopedJoinHandle`.
pub struct ScopedJoinHandle<'scope, T> {
    joiner: Joiner<T>,
    scope: PhantomData<&'scope ()>,
}

/// Creates a scope for spawning scoped threads. The same as `std::thread::scope`.
///
/// # Panics
///
/// If any of the automatically joined threads panicked.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let at = Location::caller();
    let data = ScopeData {
        mark: ScopeMark::new(),
        a_thread_panicked: AtomicBool::new(false),
        main_thread: current(),
    };
    let scope = Scope {
        data: Arc::new(data),
        env: PhantomData,
        scope: PhantomData,
    };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    scope.data.mark.wait(at);
    match result {
        Err(panic) => resume_unwind(panic),
        Ok(_) if scope.data.a_thread_panicked.load(Ordering::Relaxed) => {
            // When the user has stopped the cell, that is why they panicked.
            probe::unwind_if_stopped(at);
            real::panic!("a scoped thread panicked")
        }
        Ok(result) => result,
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Spawns a new thread within a scope. The same as `std::thread::Scope::spawn`.
    ///
    /// # Panics
    ///
    /// If the OS fails to create a thread.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Builder::new()
            .spawn_scoped(self, f)
            .expect("failed to spawn thread")
    }
}

impl Builder {
    /// Spawns a new scoped thread. The same as `std::thread::Builder::spawn_scoped`.
    ///
    /// # Errors
    ///
    /// If the OS fails to create a thread.
    ///
    /// # Panics
    ///
    /// If a thread name was set and it contained null bytes.
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        // SAFETY: what lives for 'scope outlives the thread: `scope` does not return, normally or
        // by unwinding, before the thread has dropped its closure and its result.
        let joiner = unsafe { self.start(Some(Arc::clone(&scope.data)), f, Location::caller()) }?;
        Ok(ScopedJoinHandle {
            joiner,
            scope: PhantomData,
        })
    }
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Extracts a handle to the underlying thread. The same as
    /// `std::thread::ScopedJoinHandle::thread`.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        self.joiner.thread()
    }

    /// Waits for the associated thread to finish. The same as
    /// `std::thread::ScopedJoinHandle::join`.
    ///
    /// # Errors
    ///
    /// The payload of the thread's panic.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.joiner.join(Location::caller())
    }

    /// Checks if the associated thread has finished running its main function. The same as
    /// `std::thread::ScopedJoinHandle::is_finished`.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.joiner.is_finished(Location::caller())
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("num_running_threads", &self.data.mark.running())
            .field(
                "a_thread_panicked",
                &self.data.a_thread_panicked.load(Ordering::Relaxed),
            )
            .field("main_thread", &self.data.main_thread)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").finish_non_exhaustive()
    }
}
