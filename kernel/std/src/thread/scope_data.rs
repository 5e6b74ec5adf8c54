//! What a scope and its threads know of each other.

use real::sync::atomic::{AtomicBool, Ordering};

use super::current::Thread;
use crate::probe::ScopeMark;

/// What a scope's threads know of it.
pub(super) struct ScopeData {
    pub(super) mark: ScopeMark,
    pub(super) a_thread_panicked: AtomicBool,
    pub(super) main_thread: Thread,
}

impl ScopeData {
    pub(super) fn add_thread(&self) {
        // So many threads can't be, unless handles are forgotten by the billion.
        if self.mark.add() > usize::MAX / 2 {
            self.mark.remove();
            real::panic!("too many running threads in thread scope");
        }
    }

    pub(super) fn remove_thread(&self, panicked: bool) {
        if panicked {
            self.a_thread_panicked.store(true, Ordering::Relaxed);
        }
        self.mark.remove();
    }
}
