//! A mutex without data.

use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, Ordering};
use real::time::Instant;

use crate::probe::{self, Access, Id, InRun, Kept, Library, Meta, ObjectEntry, ObjectKind, Place};

static META: Meta = Meta::of_library(Library::ParkingLot, ObjectKind::Mutex);

/// A mutex without data, guards and poison.
pub struct Mutex {
    id: Id,
    /// 1 while it is taken, if it has no entry.
    fallback: AtomicU32,
    kept: Kept,
}

impl Mutex {
    /// Where in it stands at which place it was made.
    pub const CREATED: usize = real::mem::offset_of!(Mutex, id) + Id::CREATED;

    /// One that nobody has, made by the caller.
    #[inline]
    #[track_caller]
    pub const fn new() -> Mutex {
        Mutex {
            id: Id::new(),
            fallback: AtomicU32::new(0),
            kept: Kept::of_nobody(),
        }
    }

    /// Takes it.
    #[inline(never)]
    #[track_caller]
    pub fn lock(&self) {
        let at = Location::caller();
        match probe::reacquire(&self.id, at) {
            Some(hold) => self.kept.in_run(hold),
            None => {
                self.lock_recorded(at, None);
            }
        }
    }

    /// Takes it at a place.
    pub(super) fn lock_at(&self, at: Place) {
        self.lock_recorded(at, None);
    }

    /// Takes it, unless the deadline passes before: whether it did.
    #[inline(never)]
    #[track_caller]
    pub fn lock_until(&self, deadline: Option<Instant>) -> bool {
        self.lock_recorded(Location::caller(), deadline)
    }

    #[cold]
    #[inline(never)]
    fn lock_recorded(&self, at: Place, deadline: Option<Instant>) -> bool {
        let object = probe::resolve(&self.id, &META);
        let attempt = || probe::try_take(object, &self.fallback).then_some(());
        let until = |wait: probe::Wait| wait.until(deadline);
        let taken = probe::acquire_as(&self.id, &META, Access::Mutex, at, until, attempt);
        if taken.is_some() {
            self.kept.recorded();
        }
        taken.is_some()
    }

    /// Takes it if nobody has it.
    #[inline(never)]
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        let at = Location::caller();
        if let Some(hold) = probe::reacquire(&self.id, at) {
            self.kept.in_run(hold);
            return true;
        }
        let object = probe::resolve(&self.id, &META);
        let taken = probe::try_acquire(&self.id, &META, Access::Mutex, at, || {
            probe::try_take(object, &self.fallback).then_some(())
        });
        if taken.is_some() {
            self.kept.recorded();
        }
        taken.is_some()
    }

    /// Gives it back.
    #[inline(never)]
    pub fn unlock(&self) {
        let in_run = self.kept.get(&self.id);
        if !in_run.is_some_and(probe::release_in_run) {
            self.unlock_recorded(in_run);
        }
    }

    #[cold]
    #[inline(never)]
    fn unlock_recorded(&self, in_run: Option<InRun<&'static ObjectEntry>>) {
        let unlock = || probe::give_back(&self.id, &self.fallback);
        match in_run {
            Some(hold) => probe::release_after_run(&self.id, Access::Mutex, hold, unlock),
            None => probe::release(&self.id, Access::Mutex, unlock),
        }
    }

    /// Gives it back, and lets somebody who waits for it have it.
    #[inline(never)]
    pub fn unlock_for_others(&self) {
        let waited_for = probe::resolved(&self.id).is_some_and(probe::is_waited_for);
        self.unlock();
        if waited_for {
            crate::thread::yield_now();
        }
    }

    /// Lets somebody who waits for it have it in between.
    #[inline(never)]
    #[track_caller]
    pub fn bump(&self) {
        if probe::resolved(&self.id).is_some_and(probe::is_waited_for) {
            self.unlock_for_others();
            let at = Location::caller();
            probe::without_unwinding(|| self.lock_at(at));
        }
    }

    /// Whether somebody has it.
    pub fn is_locked(&self) -> bool {
        match probe::entry(&self.id) {
            Some(entry) => entry.owner() != 0,
            None => self.fallback.load(Ordering::Relaxed) != 0,
        }
    }
}

impl Default for Mutex {
    #[track_caller]
    fn default() -> Mutex {
        Mutex::new()
    }
}
