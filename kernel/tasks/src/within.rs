//! Within what a thread is: whoever gives his waker away there gives it to that.

use std::cell::Cell;
use std::probe::tasks::{self, TaskWait};

std::thread_local! {
    /// The resource in which the thread is.
    static WITHIN: Cell<Option<TaskWait>> = const { Cell::new(None) };
}

/// Where the thread was before. What is entered within a resource is a part of it: a mutex has a
/// semaphore.
#[derive(Debug)]
pub(crate) struct Within(Option<Option<TaskWait>>);

impl Within {
    /// Within nothing more than before.
    pub(crate) const NOTHING: Within = Within(None);

    /// Within what is waited for so.
    pub(crate) fn of(wait: TaskWait) -> Within {
        match WITHIN.get() {
            Some(_) => Within(None),
            before => {
                WITHIN.set(Some(wait));
                Within(Some(before))
            }
        }
    }

    /// Whether it is not within anything else.
    pub(crate) fn is_outermost(&self) -> bool {
        self.0.is_some()
    }

    /// In what the thread is.
    pub(crate) fn current() -> Option<TaskWait> {
        WITHIN.get()
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        if let Some(before) = self.0 {
            WITHIN.set(before);
        }
    }
}

/// Somebody asks for something and gives his waker away for it, until this is dropped.
#[derive(Debug)]
pub struct Asking {
    wait: TaskWait,
    within: Within,
}

impl Asking {
    pub(crate) fn new(wait: TaskWait) -> Asking {
        Asking {
            wait,
            within: Within::of(wait),
        }
    }

    /// It is not there yet. What is a part of something else is not told.
    pub fn waits(&self) {
        if self.within.is_outermost() {
            tasks::task_waits(self.wait);
        }
    }

    /// It is there.
    pub fn is_there(&self) {
        if self.within.is_outermost() {
            tasks::task_waits_no_longer(self.wait);
        }
    }
}
