//! The lock itself, under its guards: one word that counts readers, and the data.

use real::cell::UnsafeCell;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use real::sync::{LockResult, PoisonError};

use crate::probe::{self, Access, Id, InRun, Kept, Meta, ObjectKind, Operation, Place, Share};

/// A reader-writer lock. The same as `std::sync::RwLock`, except that it records who holds it,
/// counts reads and writes apart, and that a deadlock over it is found.
pub struct RwLock<T: ?Sized> {
    pub(super) raw: Raw,
    /// Reached by readers while `raw` counts them, and by the one writer. Last, so that a lock of a
    /// sized type coerces to one of an unsized type.
    pub(super) data: UnsafeCell<T>,
}

impl<T: ?Sized> RwLock<T> {
    pub(super) const META: Meta = Meta::of::<T>(ObjectKind::RwLock);
}

/// The lock without its data; not generic, so that it is compiled here and not in every cell.
pub(super) struct Raw {
    pub(super) id: Id,
    /// How many readers, or [`WRITER`].
    state: AtomicU32,
    /// How its writer has taken it.
    kept: Kept,
    pub(super) poisoned: AtomicBool,
}

const WRITER: u32 = u32::MAX;

impl Raw {
    #[inline]
    #[track_caller]
    pub(super) const fn new() -> Raw {
        Raw {
            id: Id::new(),
            state: AtomicU32::new(0),
            kept: Kept::of_nobody(),
            poisoned: AtomicBool::new(false),
        }
    }

    /// Takes the lock for reading; returns what counts it, if it is one of many: see
    /// [`probe::reacquire_shared`].
    #[inline(never)]
    pub(super) fn read(&self, meta: &'static Meta, at: Place) -> Option<InRun<&'static Share>> {
        match probe::reacquire_shared(&self.id, at, || self.enter_reader()) {
            None => self.read_recorded(meta, at),
            hold => hold,
        }
    }

    #[cold]
    #[inline(never)]
    fn read_recorded(&self, meta: &'static Meta, at: Place) -> Option<InRun<&'static Share>> {
        probe::acquire(&self.id, meta, Access::Shared, at, || {
            self.enter_reader_in_turn()
        });
        // Hidden from the compiler, which would call this, and return `None` itself.
        real::hint::black_box(None)
    }

    pub(super) fn try_read(&self, meta: &'static Meta, at: Place) -> bool {
        probe::try_acquire(&self.id, meta, Access::Shared, at, || {
            self.enter_reader_in_turn()
        })
        .is_some()
    }

    #[inline(never)]
    pub(super) fn write(&self, meta: &'static Meta, at: Place) {
        let enter = || self.enter_writer().is_some();
        if !self
            .kept
            .reacquire(&self.id, at, enter, || self.leave_writer())
        {
            self.write_recorded(meta, at);
        }
    }

    #[cold]
    #[inline(never)]
    fn write_recorded(&self, meta: &'static Meta, at: Place) {
        let leaves = WriterLeaves(self);
        probe::acquire(&self.id, meta, Access::Exclusive, at, || {
            self.enter_writer()
        });
        real::mem::forget(leaves);
        self.kept.recorded();
    }

    pub(super) fn try_write(&self, meta: &'static Meta, at: Place) -> bool {
        let taken = probe::try_acquire(&self.id, meta, Access::Exclusive, at, || {
            self.enter_writer()
        });
        if taken.is_some() {
            self.kept.recorded();
        }
        taken.is_some()
    }

    fn enter_reader_in_turn(&self) -> Option<()> {
        if probe::resolved(&self.id).is_some_and(probe::writer_waits) {
            return None;
        }
        self.enter_reader().then_some(())
    }

    #[inline]
    fn enter_reader(&self) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while state < WRITER - 1 {
            let more = state + 1;
            match self.state.compare_exchange_weak(
                state,
                more,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    fn enter_writer(&self) -> Option<()> {
        let entered = self
            .state
            .compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed);
        entered.ok().map(|_| ())
    }

    /// Ends a read; `in_run` is what [`Raw::read`] has returned.
    #[inline(never)]
    pub(super) fn end_read(&self, in_run: Option<InRun<&'static Share>>) {
        if let Some(hold) = in_run
            && probe::release_shared_in_run(&self.id, hold, || self.leave_reader())
        {
            return;
        }
        self.end_read_recorded(in_run);
    }

    #[cold]
    #[inline(never)]
    fn end_read_recorded(&self, in_run: Option<InRun<&'static Share>>) {
        let leave = || self.leave_reader();
        match in_run {
            Some(hold) => probe::release_shared_after_run(&self.id, hold, leave),
            None => probe::release(&self.id, Access::Shared, leave),
        }
    }

    #[inline]
    fn leave_reader(&self) {
        self.state.fetch_sub(1, Ordering::AcqRel);
    }

    /// Ends a write; `panicked` tells whether a panic began during it.
    #[inline(never)]
    pub(super) fn end_write(&self, panicked: bool) {
        if panicked {
            self.poisoned.store(true, Ordering::Relaxed);
            probe::poison(&self.id, true);
        }
        self.kept.release(&self.id, || self.leave_writer());
    }

    #[inline]
    fn leave_writer(&self) {
        self.state.swap(0, Ordering::AcqRel);
    }

    /// Turns a write into a read, without a moment in which another writer could come in.
    pub(super) fn downgrade(&self, meta: &'static Meta, at: Place) {
        let object = probe::resolve(&self.id, meta);
        probe::sync_point(Operation::Downgrade, object, Some(at));
        self.kept.time(&self.id);
        probe::giving_back(object, Access::Exclusive);
        self.state.store(1, Ordering::Release);
        probe::wake_all(object);
        probe::took(object, Access::Shared, at);
    }

    #[inline]
    pub(super) fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Relaxed)
    }

    /// `value`, wrapped in an error if the lock is poisoned.
    #[inline]
    pub(super) fn checked<V>(&self, value: V) -> LockResult<V> {
        if self.is_poisoned() && !probe::hides_poison() {
            Err(PoisonError::new(value))
        } else {
            Ok(value)
        }
    }
}

/// Lets the readers in that queued up behind a writer which leaves by unwinding.
struct WriterLeaves<'a>(&'a Raw);

impl Drop for WriterLeaves<'_> {
    fn drop(&mut self) {
        if let Some(object) = probe::resolved(&self.0.id) {
            probe::wake_all(object);
        }
    }
}
