//! The short way: locks that are taken over and over, where a sampled run goes on
//! (`record/src/writer/sampled.rs`).

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use record::futex::order_wake;
use record::layout::{EventKind, ObjectEntry, Share};
use record::writer::{self, InRun, Local, Uses};

use super::current::with_thread;
use super::holds::Access;
use super::locks::{release, wake_next};
use super::objects::Place;
use super::objects::{Id, Object, entry};
use super::shares::hold_in_slot;
use super::waiting::wake_successor_on;

/// Takes a mutex unless somebody has it. `fallback` is the lock of one that has no entry.
pub fn try_take(object: Object, fallback: &AtomicU32) -> bool {
    match object.entry(writer::layout()) {
        Some(mutex) => mutex.try_take(writer::with_inlined(Local::as_owner)),
        None => {
            let taken = fallback.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed);
            taken.is_ok()
        }
    }
}

/// Gives back what [`try_take`] has taken; for [`release`].
pub fn give_back(id: &Id, fallback: &AtomicU32) {
    match entry(id) {
        Some(mutex) => mutex.give_back(),
        None => {
            fallback.swap(0, Ordering::AcqRel);
        }
    }
}

/// Takes and records a mutex that nobody has, if the calling thread takes it over and over from one
/// place. `None` if not; then nothing was done. Never in a thread that is panicking.
#[inline(always)]
pub fn reacquire(id: &Id, at: Place) -> Option<InRun<&'static ObjectEntry>> {
    let at = real::ptr::from_ref(at) as usize;
    writer::reacquire_mutex(id.entry()?, at)
}

/// Gives back what [`reacquire`] has taken. `false` if nothing was done: then [`release_after_run`]
/// is to be called.
#[inline(always)]
pub fn release_in_run(hold: InRun<&'static ObjectEntry>) -> bool {
    let may = writer::end_exclusive(hold);
    if may {
        hold.by.give_back();
        // From here on the user's object may be gone; its entry stays until the cell is over.
        wake_successor_on(&hold.by.wake);
    }
    may
}

/// Wakes who waits for a lock that was given back. The user's object may be gone by now; its entry
/// stays until the cell is over.
#[inline(always)]
fn wake_for(index: u32, lock: &ObjectEntry) {
    order_wake();
    if lock.wake.is_wanted() {
        wake_next(Object::at(index));
    }
}

/// Gives back what was taken in a run and can't be given back in it: it is timed after all.
pub fn release_after_run(
    id: &Id,
    access: Access,
    hold: InRun<&'static ObjectEntry>,
    unlock: impl FnOnce(),
) {
    time_after_run(id, hold);
    release(id, access, unlock);
}

/// Has an exclusive hold that was taken in a run be timed after all.
fn time_after_run(id: &Id, hold: InRun<&'static ObjectEntry>) {
    let lock = hold.by;
    let since = writer::with(|local| {
        // A guard may have come here from another thread, which alone could say more.
        let hold = Some(hold).filter(|_| lock.owner() == local.as_owner());
        Uses::of_lock(id.index(), lock).stop(local, hold)
    });
    lock.since.store(since, Ordering::Relaxed);
}

/// How the holder of an exclusive lock has taken it, where there is no guard to say so. Only the
/// holder looks.
pub struct Kept(AtomicU64);

impl Kept {
    /// Of a hold that is recorded; others are a stamp of 32 bits.
    const RECORDED: u64 = u64::MAX;

    /// Of a lock that nobody has.
    pub const fn of_nobody() -> Kept {
        Kept(AtomicU64::new(Kept::RECORDED))
    }

    /// Takes a lock that has a word of its own by `enter`, as [`reacquire`] takes a mutex: whether
    /// it did. `leave` gives it back.
    #[inline(always)]
    pub fn reacquire(
        &self,
        id: &Id,
        at: Place,
        enter: impl FnOnce() -> bool,
        leave: impl FnOnce(),
    ) -> bool {
        let Some(lock) = id.entry() else {
            return false;
        };
        let at = real::ptr::from_ref(at) as usize;
        let hold = writer::reacquire_exclusive(lock, at, enter, || {
            let index = id.index();
            leave();
            wake_for(index, lock);
        });
        hold.inspect(|hold| self.in_run(*hold)).is_some()
    }

    /// Gives such a lock back by `leave`, however it was taken.
    #[inline(always)]
    pub fn release(&self, id: &Id, leave: impl FnOnce()) {
        match self.get(id) {
            Some(hold) if writer::end_exclusive(hold) => {
                let index = id.index();
                hold.by.given_back();
                leave();
                wake_for(index, hold.by);
            }
            Some(hold) => release_after_run(id, Access::Exclusive, hold, leave),
            None => release(id, Access::Exclusive, leave),
        }
    }

    /// Has its hold be timed after all, if it was taken in a run.
    pub fn time(&self, id: &Id) {
        if let Some(hold) = self.get(id) {
            time_after_run(id, hold);
        }
    }

    /// It was taken, and that is recorded.
    #[inline]
    pub fn recorded(&self) {
        self.0.store(Kept::RECORDED, Ordering::Relaxed);
    }

    /// It was taken in a run.
    #[inline]
    pub fn in_run(&self, hold: InRun<&'static ObjectEntry>) {
        self.0.store(hold.stamp.into(), Ordering::Relaxed);
    }

    /// How the lock with this id was taken, if in a run.
    #[inline]
    pub fn get(&self, id: &Id) -> Option<InRun<&'static ObjectEntry>> {
        let stamp = u32::try_from(self.0.load(Ordering::Relaxed)).ok()?;
        let by = entry(id)?;
        Some(InRun { by, stamp })
    }
}

/// The same as [`reacquire`] for shared access; `enter` takes the lock.
#[inline(always)]
pub fn reacquire_shared(
    id: &Id,
    at: Place,
    enter: impl FnOnce() -> bool,
) -> Option<InRun<&'static Share>> {
    let (index, at) = (id.index(), real::ptr::from_ref(at) as usize);
    writer::reacquire_shared(index, at, || {
        let lock = id.entry()?;
        (lock.writers_waiting.load(Ordering::SeqCst) == 0 && enter()).then_some(lock)
    })
}

/// Keeps what [`reacquire_shared`] has returned, for who has no guard to keep it.
#[inline(always)]
pub fn keep_shared(id: &Id, hold: InRun<&'static Share>) {
    writer::keep_shared(id.index(), hold);
}

/// What the calling thread has kept of its hold by [`keep_shared`]; none if it is a recorded one.
#[inline(always)]
pub fn kept_shared(id: &Id) -> Option<InRun<&'static Share>> {
    writer::kept_shared(id.index())
}

/// Gives back what [`reacquire_shared`] has taken. `false` if nothing was done: then
/// [`release_shared_after_run`] is to be called.
#[inline(always)]
pub fn release_shared_in_run(id: &Id, hold: InRun<&'static Share>, leave: impl FnOnce()) -> bool {
    let Some(lock) = id.entry() else {
        return false;
    };
    let index = id.index();
    let ended = writer::end_shared((index, lock), hold);
    if ended {
        leave();
        wake_for(index, lock);
    }
    ended
}

/// Gives back what [`reacquire_shared`] has taken and [`release_shared_in_run`] has not: it is
/// timed after all.
pub fn release_shared_after_run(id: &Id, hold: InRun<&'static Share>, leave: impl FnOnce()) {
    with_thread(|local, thread| {
        let share = thread.share(EventKind::Hold, id.index());
        if share.object() == id.index() && share.is_held() {
            hold_in_slot(local, thread, share, Some(hold));
        }
    });
    release(id, Access::Shared, leave);
}
