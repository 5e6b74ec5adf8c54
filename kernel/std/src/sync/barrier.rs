//! `std::sync::Barrier`: counts its waits and how often it opened.

use real::fmt;
use real::panic::{Location, RefUnwindSafe};
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicUsize, Ordering};
use real::sync::{Mutex, PoisonError};

use crate::probe::{self, Id, Meta, Object, ObjectKind, Operation, Place, Wait, WaitKind};

static META: Meta = Meta::of::<()>(ObjectKind::Barrier);

/// Enables several threads to wait for each other. The same as `std::sync::Barrier`, except that a
/// barrier that can never fill is found.
pub struct Barrier {
    id: Id,
    /// Threads that wait in this generation; held for a few instructions.
    arrived: Mutex<usize>,
    /// How often it opened; changes only while `arrived` is locked.
    generation: AtomicUsize,
    size: usize,
}

/// What [`Barrier::wait`] returns. The same as `std::sync::BarrierWaitResult`.
pub struct BarrierWaitResult(bool);

impl Barrier {
    /// A barrier for `n` threads. The same as std's.
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn new(n: usize) -> Barrier {
        Barrier {
            id: Id::new(),
            arrived: Mutex::new(0),
            generation: AtomicUsize::new(0),
            size: n,
        }
    }

    /// Blocks until `n` threads have called it. The same as std's, except that it unwinds when the
    /// cell is stopped or a deadlock is proved.
    #[inline]
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        self.wait_at(Location::caller())
    }

    fn wait_at(&self, at: Place) -> BarrierWaitResult {
        let object = probe::resolve(&self.id, &META);
        probe::sync_point(Operation::BarrierWait, object, Some(at));
        probe::set_capacity(object, self.size as u64);
        probe::count_wait(object);
        let generation = {
            let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
            *arrived += 1;
            if *arrived >= self.size {
                *arrived = 0;
                probe::barrier_opened(object, at);
                self.generation.fetch_add(1, Ordering::SeqCst);
                drop(arrived);
                probe::wake_all(object);
                return BarrierWaitResult(true);
            }
            self.generation.load(Ordering::Relaxed)
        };
        self.sleep(generation, object, at);
        BarrierWaitResult(false)
    }

    fn sleep(&self, generation: usize, object: Object, at: Place) {
        let leave = Leave {
            barrier: self,
            generation,
        };
        let opened = || (self.generation.load(Ordering::SeqCst) != generation).then_some(());
        let _ = probe::block(Wait::on(WaitKind::Barrier, object, at), opened);
        real::mem::forget(leave);
    }
}

/// Takes a thread out of its generation when it leaves by unwinding, so that the barrier can still
/// be used by the others.
struct Leave<'a> {
    barrier: &'a Barrier,
    generation: usize,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut arrived = self
            .barrier
            .arrived
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.barrier.generation.load(Ordering::Relaxed) == self.generation {
            *arrived -= 1;
        }
    }
}

impl RefUnwindSafe for Barrier {}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

impl BarrierWaitResult {
    /// Whether this thread is the one of its generation that opened the barrier. The same as std's.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult")
            .field("is_leader", &self.is_leader())
            .finish()
    }
}
