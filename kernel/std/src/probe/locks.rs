//! Locks: taking, holding and giving back.
//!
//! An exclusive holder writes the object's counters with plain loads and stores: it is alone. Shared
//! holders count in their own thread's entry (`Share`), which costs no rivalry for a cache line.
//! A wait's end is the beginning of the hold, so that a lock without rivals costs two time stamps, or none at all where
//! it is taken over and over (`record/src/writer/runs.rs`).

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU64, Ordering};
use real::thread::panicking;

use record::futex::order_wake;
use record::layout::{EventRef, ObjectEntry, ThreadEntry};
use record::snapshot::WaitOutcome;
use record::uses::add;
use record::writer::{self, EventKind, Local, NewEvent, Uses};

use super::objects::{Id, Meta, Object, resolve, resolved};
use super::shares::{share, take_slot};
use super::sync_point::{Operand, Operation, sync_point_of};
use super::waiting::{Wait, block_as};
use super::{Place, WaitKind, counts_only, note, with_thread, with_thread_here};

/// How a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// By one thread alone.
    Exclusive,
    /// The same for a mutex: by [`try_take`], which names the holder and counts already.
    Mutex,
    /// Together with other readers.
    Shared,
}

impl Access {
    const fn taking(self) -> Operation {
        match self {
            Access::Exclusive | Access::Mutex => Operation::Lock,
            Access::Shared => Operation::Read,
        }
    }

    const fn trying(self) -> Operation {
        match self {
            Access::Exclusive | Access::Mutex => Operation::TryLock,
            Access::Shared => Operation::TryRead,
        }
    }

    const fn giving_back(self) -> Operation {
        match self {
            Access::Exclusive | Access::Mutex => Operation::Unlock,
            Access::Shared => Operation::EndRead,
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

/// Takes a lock: repeats `attempt` until it returns something, waiting in between, and records.
///
/// `attempt` must not block.
#[inline]
pub fn acquire<G>(
    id: &Id,
    meta: &'static Meta,
    access: Access,
    at: Place,
    mut attempt: impl FnMut() -> Option<G>,
) -> G {
    with_thread_here(|local, entry| {
        let object = resolve(id, meta);
        let operation = access.taking();
        sync_point_of((local, entry), operation, Operand::Object(object), Some(at));
        if let Some(guard) = attempt() {
            hold_now(local, entry, object, access, at);
            return guard;
        }
        let (guard, since) = contended(local, object, access, at, attempt);
        hold(local, entry, object, access, at, since);
        guard
    })
}

#[cold]
#[inline(never)]
fn contended<G>(
    local: &Local,
    object: Object,
    access: Access,
    at: Place,
    attempt: impl FnMut() -> Option<G>,
) -> (G, u64) {
    if let Some(entry) = object.entry(local.layout()) {
        entry.contended.fetch_add(1, Ordering::Relaxed);
    }
    let wait = Wait::on(WaitKind::Lock, object, at);
    let wait = if access == Access::Shared {
        wait.shared_or_send()
    } else {
        wait
    };
    match block_as(local, wait, attempt, |_| WaitOutcome::Done) {
        (Some(guard), ended) => (guard, ended),
        (None, _) => unreachable!("a wait without a deadline has timed out"),
    }
}

/// Tries once to take a lock, and records either the acquisition or the failure.
#[inline]
pub fn try_acquire<G>(
    id: &Id,
    meta: &'static Meta,
    access: Access,
    at: Place,
    attempt: impl FnOnce() -> Option<G>,
) -> Option<G> {
    with_thread_here(|local, entry| {
        let object = resolve(id, meta);
        let operation = access.trying();
        sync_point_of((local, entry), operation, Operand::Object(object), Some(at));
        match attempt() {
            Some(guard) => {
                hold_now(local, entry, object, access, at);
                Some(guard)
            }
            None => {
                failed(local, object, at);
                None
            }
        }
    })
}

#[cold]
fn failed(local: &Local, object: Object, at: Place) {
    if let Some(entry) = object.entry(local.layout()) {
        entry.failed_tries.fetch_add(1, Ordering::Relaxed);
    }
    note(local, || NewEvent {
        target: object.index,
        place: local.place(at),
        ..NewEvent::of(EventKind::TryFailed)
    });
}

/// Gives a lock back: records how long it was held, calls `unlock`, then wakes who waits for it.
/// Never touches `id` after `unlock`. `unlock` must change the lock's state by an atomic
/// read-modify-write, which orders it before the look at who waits.
#[inline]
pub fn release(id: &Id, access: Access, unlock: impl FnOnce()) {
    let Some(object) = resolved(id) else {
        return unlock();
    };
    with_thread_here(|local, entry| {
        let operation = access.giving_back();
        sync_point_of((local, entry), operation, Operand::Object(object), None);
        let layout = local.layout();
        let Some(lock) = object.entry(layout) else {
            unlock();
            order_wake();
            wake_waiters(local, object);
            return;
        };
        let held = end_hold(local, entry, lock, object.index, access);
        unlock();
        // From here on the user's object may be gone; its entry stays until the cell is over.
        order_wake();
        if lock.wake.is_wanted() {
            wake_waiters(local, object);
        }
        held.write(local, object.index, access);
    });
}

/// Records that the calling thread holds `object` from now on (a lock without [`acquire`]). Never unwinds.
pub fn took(object: Object, access: Access, at: Place) {
    with_thread(|local, entry| hold_now(local, entry, object, access, at));
}

/// Records that the calling thread gives `object` back; call it before it really does.
pub fn giving_back(object: Object, access: Access) {
    with_thread(|local, entry| {
        if let Some(lock) = object.entry(local.layout()) {
            end_hold(local, entry, lock, object.index, access).write(local, object.index, access);
        }
    });
}

/// Whether the calling thread holds `object` exclusively.
pub fn holds(object: Object) -> bool {
    with_thread(|local, _| {
        let owner = object.entry(local.layout()).map(ObjectEntry::owner);
        local.index() != 0 && owner == Some(local.index())
    })
}

/// Whether a thread waits for exclusive access to `object`, so that new readers must queue up.
#[inline]
pub fn writer_waits(object: Object) -> bool {
    object
        .entry(writer::layout())
        .is_some_and(|entry| entry.writers_waiting.load(Ordering::SeqCst) != 0)
}

/// Holding begins after the lock was taken, and is not timed while only counters are wanted.
#[inline]
fn hold_now(
    local: &Local,
    thread: &'static ThreadEntry,
    object: Object,
    access: Access,
    at: Place,
) {
    let since = if counts_only(local) { 0 } else { local.now() };
    hold(local, thread, object, access, at, since);
}

#[inline]
fn hold(
    local: &Local,
    thread: &'static ThreadEntry,
    object: Object,
    access: Access,
    at: Place,
    since: u64,
) {
    let Some(lock) = object.entry(local.layout()) else {
        return lost(local);
    };
    match access {
        Access::Exclusive => lock.taken(local.as_owner()),
        Access::Mutex => begin(Uses::of_lock(object.index, lock), local, at, since),
        Access::Shared => return hold_shared(local, thread, lock, object.index, at, since),
    }
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
    index: u32,
    at: Place,
    since: u64,
) {
    let share = share(local, thread, lock, EventKind::Hold, index);
    add(&share.uses, 2);
    begin(Uses::of_share(share), local, at, since);
    let place = local.place(at);
    share.place.store(place, Ordering::Relaxed);
    take_slot(thread, index, place, since);
}

/// How long something was held, until it is written down: after the lock is given back.
#[derive(Clone, Copy)]
struct Held {
    place: u32,
    since: u64,
    until: u64,
}

impl Held {
    /// What was not timed, or is written down already.
    const NOTHING: Held = Held {
        place: 0,
        since: 0,
        until: 0,
    };

    /// Held until now, if it was timed.
    #[inline]
    fn since(since: u64, place: u32, local: &Local) -> Held {
        match since {
            0 => Held::NOTHING,
            _ => Held {
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

    /// Writes it down at once if others will be counted into its event: the one that is written while the lock is held.
    /// Returns what is still to be written.
    #[inline(always)]
    fn begin_run(self, local: &Local, uses: Uses, object: u32, access: Access) -> Held {
        if self.since != 0 && uses.end(local.layout(), self.since, self.until) && !panicking() {
            uses.open(local, self.write(local, object, access));
            return Held::NOTHING;
        }
        self
    }

    #[inline]
    fn write(self, local: &Local, object: u32, access: Access) -> Option<EventRef> {
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
fn end_hold(
    local: &Local,
    thread: &ThreadEntry,
    lock: &ObjectEntry,
    index: u32,
    access: Access,
) -> Held {
    if access == Access::Shared {
        return end_shared(local, thread, lock, index);
    }
    let place = lock.place.load(Ordering::Relaxed);
    let held = Held::since(lock.since.load(Ordering::Relaxed), place, local);
    let uses = Uses::of_lock(index, lock);
    held.count(local, uses, &lock.hold_total, &lock.hold_max);
    if access == Access::Exclusive {
        lock.given_back();
        return held;
    }
    held.begin_run(local, uses, index, access)
}

#[inline]
fn end_shared(local: &Local, thread: &ThreadEntry, lock: &ObjectEntry, index: u32) -> Held {
    let mine = thread
        .held
        .iter()
        .rev()
        .find(|slot| slot.object.load(Ordering::Relaxed) == index);
    let Some(slot) = mine else {
        let beyond = thread.held_beyond.load(Ordering::Relaxed);
        thread
            .held_beyond
            .store(beyond.saturating_sub(1), Ordering::Relaxed);
        return Held::NOTHING;
    };
    let place = slot.place.load(Ordering::Relaxed);
    let held = Held::since(slot.since.load(Ordering::Relaxed), place, local);
    slot.object.store(0, Ordering::Relaxed);
    if held.since == 0 {
        return held;
    }
    let share = share(local, thread, lock, EventKind::Hold, index);
    let uses = Uses::of_share(share);
    held.count(local, uses, &share.hold_total, &share.hold_max);
    held.begin_run(local, uses, index, Access::Shared)
}

/// Wakes whoever may go on after a lock was given back: one for a mutex; all for a reader–writer lock,
/// where several readers may.
#[cold]
#[inline(never)]
pub fn wake_next(object: Object) {
    writer::with(|local| wake_waiters(local, object));
}

#[cold]
#[inline(never)]
fn wake_waiters(local: &Local, object: Object) {
    let layout = local.layout();
    let wake = object.wake(layout);
    let one_is_enough = object
        .entry(layout)
        .is_some_and(|entry| entry.kind.load(Ordering::Relaxed) == super::ObjectKind::Mutex as u32);
    if one_is_enough {
        wake.wake_one(local.index());
    } else if wake.is_wanted() {
        wake.wake_all(local.index());
    }
}
