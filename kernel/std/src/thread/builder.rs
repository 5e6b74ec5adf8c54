//! Spawning.

use real::io;
use real::panic::{AssertUnwindSafe, Location, catch_unwind};
use real::prelude::rust_2024::*;
use real::sync::Arc;

use super::current::{self, Thread};
use super::handle::{JoinHandle, Joiner, Packet};
use super::scope_data::ScopeData;
use crate::probe::{self, Child, Parker, Place};

/// Spawns a new thread, returning a [`JoinHandle`] for it. The same as `std::thread::spawn`.
///
/// # Panics
///
/// If the OS fails to create a thread.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T,
    F: Send + 'static,
    T: Send + 'static,
{
    match Builder::new().spawn(f) {
        Ok(handle) => handle,
        Err(error) => not_spawned(error),
    }
}

/// Not generic, so that no cell is compiled with what an error of the system's may hold.
#[cold]
#[track_caller]
fn not_spawned(error: io::Error) -> ! {
    real::panic!("failed to spawn thread: {error:?}")
}

/// Thread factory, which can be used in order to configure the properties of a new thread. The same
/// as `std::thread::Builder`.
#[must_use = "must eventually spawn the thread"]
#[derive(Debug)]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

/// Takes the recording's entry back unless the thread was started.
struct Unstarted<'a>(&'a Child);

impl Drop for Unstarted<'_> {
    fn drop(&mut self) {
        probe::spawn_failed(self.0);
    }
}

impl Builder {
    /// Generates the base configuration for spawning a thread. The same as
    /// `std::thread::Builder::new`.
    #[expect(clippy::new_without_default, reason = "std's has none")]
    pub fn new() -> Builder {
        Builder {
            name: None,
            stack_size: None,
        }
    }

    /// Names the thread-to-be. The same as `std::thread::Builder::name`.
    pub fn name(mut self, name: String) -> Builder {
        self.name = Some(name);
        self
    }

    /// Sets the size of the stack (in bytes) for the new thread. The same as
    /// `std::thread::Builder::stack_size`.
    pub fn stack_size(mut self, size: usize) -> Builder {
        self.stack_size = Some(size);
        self
    }

    /// Spawns a new thread. The same as `std::thread::Builder::spawn`.
    ///
    /// # Errors
    ///
    /// If the OS fails to create a thread.
    ///
    /// # Panics
    ///
    /// If a thread name was set and it contained null bytes.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T,
        F: Send + 'static,
        T: Send + 'static,
    {
        // SAFETY: everything is `'static`, so nothing can be gone while the thread runs.
        unsafe { self.spawn_unchecked(f) }
    }

    /// Spawns a new thread without any lifetime restrictions. The same as
    /// `std::thread::Builder::spawn_unchecked`.
    ///
    /// # Errors
    ///
    /// If the OS fails to create a thread.
    ///
    /// # Panics
    ///
    /// If a thread name was set and it contained null bytes.
    ///
    /// # Safety
    ///
    /// The caller has to ensure that the spawned thread does not outlive any references in the
    /// closure and its return type.
    #[track_caller]
    pub unsafe fn spawn_unchecked<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T,
        F: Send,
        T: Send,
    {
        // SAFETY: the caller's promise.
        unsafe { self.start(None, f, Location::caller()) }.map(JoinHandle::new)
    }

    /// Starts the thread.
    ///
    /// # Safety
    ///
    /// As for `spawn_unchecked`.
    pub(super) unsafe fn start<F, T>(
        self,
        scope: Option<Arc<ScopeData>>,
        f: F,
        at: Place,
    ) -> io::Result<Joiner<T>>
    where
        F: FnOnce() -> T,
        F: Send,
        T: Send,
    {
        let number = scope.as_ref().map_or(0, |scope| scope.mark.number());
        let packet = Arc::new(Packet::new(scope));
        let theirs = Arc::clone(&packet);
        let run = Box::new(move || {
            let result = catch_unwind(AssertUnwindSafe(f));
            probe::body_ends(result.is_err());
            theirs.set(result);
        });
        // SAFETY: the caller's promise. The packet, which may hold what the closure returns, is
        // dropped by the thread before it counts as ended, or by the handle.
        let (native, thread, child) = unsafe { self.launch(number, run, at) }?;
        Ok(Joiner::new(native, thread, child, packet))
    }

    /// Starts a thread in the scope of this number, if it isn't 0. All that is the same whatever
    /// the thread does is here: it is compiled with `std`, and not into each program.
    ///
    /// # Safety
    ///
    /// What `run` refers to lives until it was called and dropped.
    unsafe fn launch<'run>(
        self,
        scope: u64,
        run: Box<dyn FnOnce() + Send + 'run>,
        at: Place,
    ) -> io::Result<(real::thread::JoinHandle<()>, Thread, Child)> {
        let child = probe::spawning(self.name.as_deref(), scope, at);
        let unstarted = Unstarted(&child);
        let parker = Arc::new(Parker::of(&child));
        let (their_child, their_parker) = (child.clone(), Arc::clone(&parker));
        let body = move || {
            let _stack = probe::watch_stack();
            probe::started(&their_child);
            current::adopt(their_parker);
            run();
        };
        let mut builder = real::thread::Builder::new();
        if let Some(name) = self.name {
            builder = builder.name(name);
        }
        if let Some(size) = self.stack_size {
            builder = builder.stack_size(size);
        }
        // SAFETY: the caller's promise.
        let native = unsafe { builder.spawn_unchecked(body) }?;
        real::mem::forget(unstarted);
        let thread = Thread::new(native.thread().clone(), parker);
        Ok((native, thread, child))
    }
}
