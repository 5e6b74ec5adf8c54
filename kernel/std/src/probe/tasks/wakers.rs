//! Whose wakers those are that are no task's own: those of `block_on`; and the threads of a
//! runtime.

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicBool, Ordering};
use real::sync::{Mutex, PoisonError};

use record::layout::{FLAG_POOLED, FLAG_TIMERS};
use record::writer;

use super::super::current::with_thread;
use super::task::{Task, is_alive};

/// The wakers of those that are alive, by what a waker points to.
static WAKERS: Mutex<Vec<(usize, Task)>> = Mutex::new(Vec::new());
/// Whether there are any.
static ANY: AtomicBool = AtomicBool::new(false);

/// The waker is that of a task.
pub(super) fn is_of(waker: usize, task: Task) {
    let mut wakers = WAKERS.lock().unwrap_or_else(PoisonError::into_inner);
    match wakers.iter_mut().find(|(known, _)| *known == waker) {
        Some(known) => known.1 = task,
        None => wakers.push((waker, task)),
    }
    ANY.store(true, Ordering::Relaxed);
}

/// Forgets wakers of tasks that have ended.
pub(super) fn forget() {
    let mut wakers = WAKERS.lock().unwrap_or_else(PoisonError::into_inner);
    wakers.retain(|(_, task)| task.entry(writer::layout()).is_some_and(is_alive));
}

/// Whose it is, of those that are no task's own.
pub(super) fn task_of(waker: usize) -> Option<Task> {
    if !ANY.load(Ordering::Relaxed) {
        return None;
    }
    let wakers = WAKERS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = wakers.iter().find(|(known, _)| *known == waker);
    known.map(|(_, task)| *task)
}

/// The calling thread belongs to a runtime: it does nothing but poll tasks and run what it is
/// given.
pub fn thread_is_pooled() {
    with_thread(|_, thread| {
        thread.flags.fetch_or(FLAG_POOLED, Ordering::Relaxed);
    });
}

/// The calling thread sleeps for a runtime until the first of its timers, or does so no longer.
pub fn sleeps_for_timers(sleeps: bool) {
    with_thread(|_, thread| match sleeps {
        true => thread.flags.fetch_or(FLAG_TIMERS, Ordering::Relaxed),
        false => thread.flags.fetch_and(!FLAG_TIMERS, Ordering::Relaxed),
    });
}
