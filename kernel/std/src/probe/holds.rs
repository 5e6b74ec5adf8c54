//! Holding a lock: what is counted and timed from when it was taken until it is given back.
//!
//! An exclusive holder writes the object's counters with plain loads and stores: it is alone.
//! Shared holders count in their own thread's entry (`Share`), which costs no rivalry for a cache
//! line.

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU64, Ordering};
use real::thread::panicking;

use record::layout::{
    EventKind, EventRef, HoldSlot, Layout, OBJECT_OF_RUNTIME, OBJECT_UPGRADABLE, ObjectEntry,
    ThreadEntry,
};
use record::uses::add;
use record::writer::{Local, NewEvent, Uses};

use super::current::counts_only;
use super::objects::{Object, Place};
use super::operation::Operation;
use super::shares::{share, take_slot};

/// How a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// By one thread alone.
    Exclusive,
    /// The same for a mutex: by [`try_take`], which names the holder and counts already.
    Mutex,
    /// Together with other readers.
    Shared,
    /// By one thread beside readers, which can make it exclusive.
    Upgradable,
}

impl Access {
    pub(super) const fn taking(self) -> Operation {
        match self {
            Access::Exclusive | Access::Mutex => Operation::Lock,
            Access::Shared | Access::Upgradable => Operation::Read,
        }
    }

    pub(super) const fn trying(self) -> Operation {
        match self {
            Access::Exclusive | Access::Mutex => Operation::TryLock,
            Access::Shared | Access::Upgradable => Operation::TryRead,
        }
    }

    pub(super) const fn giving_back(self) -> Operation {
        match self {
            Access::Exclusive | Access::Mutex => Operation::Unlock,
            Access::Shared | Access::Upgradable => Operation::EndRead,
        }
    }
}

/// Raises a maximum that only the calling thread writes at this moment.
#[inline]
pub(super) fn raise(maximum: &AtomicU64, to: u64) {
    if to > maximum.load(Ordering::Relaxed) {
        maximum.store(to, Ordering::Relaxed);
    }
}

/// What was taken, how, where and when.
#[derive(Clone, Copy)]
pub(super) struct Taking {
    pub(super) object: Object,
    pub(super) access: Access,
    pub(super) at: Place,
    /// 0 if that is not timed.
    pub(super) since: u64,
}

/// Holding begins after the lock was taken, and is not timed while only counters are wanted.
#[inline]
pub(super) fn hold_now(
    local: &Local,
    thread: &'static ThreadEntry,
    object: Object,
    access: Access,
    at: Place,
) {
    let taking = Taking {
        object,
        access,
        at,
        since: if counts_only(local) { 0 } else { local.now() },
    };
    hold(local, thread, taking);
}

#[inline]
pub(super) fn hold(local: &Local, thread: &'static ThreadEntry, taking: Taking) {
    let Taking {
        object,
        access,
        at,
        since,
    } = taking;
    let Some(lock) = object.entry(local.layout()) else {
        return lost(local);
    };
    match access {
        Access::Exclusive => {
            lock.taken(local.as_owner());
            begin(Uses::of_lock(object.index.0, lock), local, at, since);
        }
        Access::Mutex => begin(Uses::of_lock(object.index.0, lock), local, at, since),
        Access::Shared => return hold_shared(local, thread, lock, taking),
        Access::Upgradable => {
            lock.flags.fetch_or(OBJECT_UPGRADABLE, Ordering::Relaxed);
            lock.taken_upgradable(local.as_owner());
        }
    }
    local.enter(lock);
    lock.place.store(local.place(at), Ordering::Relaxed);
    lock.since.store(since, Ordering::Relaxed);
}

/// A hold begins, and is timed unless `since` is 0.
#[inline(always)]
fn begin(uses: Uses, local: &Local, at: Place, since: u64) {
    let address = real::ptr::from_ref(at) as usize;
    if since != 0 {
        uses.begin(local, address, since);
    } else if !panicking() {
        uses.begin_counting(local, address);
    }
}

#[cold]
fn lost(local: &Local) {
    local
        .layout()
        .header
        .lost_acquisitions
        .fetch_add(1, Ordering::Relaxed);
}

#[inline]
fn hold_shared(
    local: &Local,
    thread: &'static ThreadEntry,
    lock: &'static ObjectEntry,
    taking: Taking,
) {
    let Taking { at, since, .. } = taking;
    let index = taking.object.index.0;
    let place = local.place(at);
    if lock.library().guards_may_move() {
        // Of many locks each is used now and then: a share would change its object each time.
        lock.reads.fetch_add(1, Ordering::Relaxed);
    } else {
        let share = share(local, thread, lock, EventKind::Hold, index);
        add(&share.uses, 2);
        begin(Uses::of_share(share), local, at, since);
        share.place.store(place, Ordering::Relaxed);
    }
    local.enter(lock);
    take_slot(thread, index, place, since);
}

/// How long something was held, until it is written down: after the lock is given back.
#[derive(Clone, Copy)]
pub(super) struct TimedHold {
    place: u32,
    since: u64,
    until: u64,
}

impl TimedHold {
    /// What was not timed, or is written down already.
    const NOTHING: TimedHold = TimedHold {
        place: 0,
        since: 0,
        until: 0,
    };

    /// TimedHold until now, if it was timed.
    #[inline]
    fn since(since: u64, place: u32, local: &Local) -> TimedHold {
        match since {
            0 => TimedHold::NOTHING,
            _ => TimedHold {
                place,
                since,
                until: local.now(),
            },
        }
    }

    /// Adds it to its counters.
    #[inline(always)]
    fn count(self, local: &Local, uses: Uses, total: &AtomicU64, longest: &AtomicU64) {
        if self.since != 0 {
            let ticks = self.until.saturating_sub(self.since);
            let time = uses.hold_time(local.layout(), ticks);
            add(total, time);
            raise(longest, time);
        }
    }

    /// Writes it down at once if others will be counted into its event: the one that is written
    /// while the lock is held. Returns what is still to be written.
    #[inline(always)]
    fn begin_sampled_run(
        self,
        local: &Local,
        uses: Uses,
        object: u32,
        access: Access,
    ) -> TimedHold {
        if self.since != 0 && uses.end(local.layout(), self.since, self.until) && !panicking() {
            uses.open(local, self.write(local, object, access));
            return TimedHold::NOTHING;
        }
        self
    }

    #[inline]
    pub(super) fn write(self, local: &Local, object: u32, access: Access) -> Option<EventRef> {
        if self.since == 0 {
            return None;
        }
        local.event(NewEvent {
            flags: u8::from(access == Access::Shared),
            target: object,
            place: self.place,
            start: self.since,
            end: self.until,
            ..NewEvent::of(EventKind::Hold)
        })
    }
}

#[inline]
pub(super) fn end_hold(
    local: &Local,
    thread: &ThreadEntry,
    lock: &ObjectEntry,
    index: u32,
    access: Access,
) -> TimedHold {
    local.leave(lock);
    if access == Access::Shared {
        return end_shared(local, thread, lock, index);
    }
    if local.task.get().is_some() && lock.flags.load(Ordering::Relaxed) & OBJECT_OF_RUNTIME == 0 {
        local.gives();
    }
    let place = lock.place.load(Ordering::Relaxed);
    let held = TimedHold::since(lock.since.load(Ordering::Relaxed), place, local);
    let uses = Uses::of_lock(index, lock);
    held.count(local, uses, &lock.hold_total, &lock.hold_max);
    if access == Access::Upgradable {
        lock.given_back();
        lock.flags.fetch_and(!OBJECT_UPGRADABLE, Ordering::Relaxed);
        return held;
    }
    let held = held.begin_sampled_run(local, uses, index, access);
    if access == Access::Exclusive {
        lock.given_back();
    }
    held
}

#[inline]
fn end_shared(local: &Local, thread: &ThreadEntry, lock: &ObjectEntry, index: u32) -> TimedHold {
    let mine = thread
        .held
        .iter()
        .rev()
        .find(|slot| slot.object.load(Ordering::Relaxed) == index);
    let Some(slot) = mine else {
        match thread.held_beyond.load(Ordering::Relaxed) {
            0 => end_for_another(local.layout(), lock, index),
            beyond => thread.held_beyond.store(beyond - 1, Ordering::Relaxed),
        }
        return TimedHold::NOTHING;
    };
    let place = slot.place.load(Ordering::Relaxed);
    let held = TimedHold::since(slot.since.load(Ordering::Relaxed), place, local);
    slot.object.store(0, Ordering::Relaxed);
    if held.since == 0 {
        return held;
    }
    if lock.library().guards_may_move() {
        let empty = u64::from(local.layout().header.empty_hold.load(Ordering::Relaxed));
        let time = held.until.saturating_sub(held.since).saturating_sub(empty);
        lock.shared_total.fetch_add(time, Ordering::Relaxed);
        lock.shared_max.fetch_max(time, Ordering::Relaxed);
        return held;
    }
    let share = share(local, thread, lock, EventKind::Hold, index);
    let uses = Uses::of_share(share);
    held.count(local, uses, &share.hold_total, &share.hold_max);
    held.begin_sampled_run(local, uses, index, Access::Shared)
}

/// Ends a shared hold of another thread's, whose guard has come to the calling one.
#[cold]
fn end_for_another(layout: &Layout, lock: &ObjectEntry, index: u32) {
    if lock.library().guards_may_move() {
        let mut holds = layout.threads.iter().flat_map(|thread| &thread.held);
        let ends = |held: &HoldSlot| {
            let (done, seen) = (Ordering::AcqRel, Ordering::Relaxed);
            held.object.compare_exchange(index, 0, done, seen).is_ok()
        };
        holds.any(ends);
    }
}
