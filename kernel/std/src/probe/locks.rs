//! Locks: taking, holding and giving back.
//!
//! An exclusive holder writes the object's counters with plain loads and stores: it is alone. Shared
//! holders count in their own thread's entry (`Share`), which costs no rivalry for a cache line.
//! A wait's end is the beginning of the hold, so that a lock without rivals costs two time stamps.

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU64, Ordering};

use record::futex::order_wake;
use record::layout::{ATTENTION_COUNTS, Layout, ObjectEntry, Share, ThreadEntry};
use record::snapshot::WaitOutcome;
use record::writer::{self, EventKind, Local};

use super::objects::{Id, Meta, Object, resolve, resolved};
use super::waiting::{Wait, block_as};
use super::{Place, WaitKind, attention, calls, counts_only, with_thread};

/// `ObjectEntry::flags`: its holder was panicking already when it took the lock.
const TAKEN_PANICKING: u32 = 1 << 8;

/// How a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// By one thread alone.
    Exclusive,
    /// Together with other readers.
    Shared,
}

/// Adds to a counter that only the calling thread writes at this moment.
#[inline]
pub(super) fn add(counter: &AtomicU64, more: u64) {
    counter.store(
        counter.load(Ordering::Relaxed).wrapping_add(more),
        Ordering::Relaxed,
    );
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
/// `kind` is `Lock` for locks and `Once` for initialisers. `attempt` must not block.
#[inline]
pub fn acquire<G>(
    id: &Id,
    meta: &'static Meta,
    kind: WaitKind,
    access: Access,
    at: Place,
    mut attempt: impl FnMut() -> Option<G>,
) -> G {
    with_thread(|local, entry| {
        let object = resolve(id, meta);
        let attention = attention(local);
        if attention & !ATTENTION_COUNTS != 0 {
            calls::stop_here(local, entry, at);
        }
        if let Some(guard) = attempt() {
            // Holding begins after the lock was taken, and is not counted without times.
            let since = if attention & ATTENTION_COUNTS == 0 {
                local.begin_stamp(object.index)
            } else {
                0
            };
            hold(local, entry, object, access, at, since);
            return guard;
        }
        let (guard, since) = contended(local, object, kind, access, at, attempt);
        hold(local, entry, object, access, at, since);
        guard
    })
}

/// [`acquire`] for a lock that this thread takes over and over: `None` when it is another one, or is taken; then
/// nothing has happened. For exclusive access.
#[inline(always)]
pub fn acquire_again<G>(id: &Id, at: Place, attempt: impl FnOnce() -> Option<G>) -> Option<G> {
    writer::with(|local| {
        let hot = local.hot_lock(id.index(), real::ptr::from_ref(at) as usize)?;
        if real::thread::panicking() {
            return None;
        }
        let guard = attempt()?;
        let since = if hot.counts_only {
            0
        } else {
            local.untimed_begin()
        };
        hot.entry.place.store(hot.place, Ordering::Relaxed);
        hot.entry.since.store(since, Ordering::Relaxed);
        hot.entry.owner.store(local.index(), Ordering::Relaxed);
        add(&hot.entry.acquisitions, 1);
        Some(guard)
    })
}

/// [`release`] of a lock that this thread takes over and over: gives `unlock` back when it is another one.
#[inline(always)]
pub fn release_again<F: FnOnce()>(id: &Id, unlock: F) -> Option<F> {
    writer::with(|local| {
        let index = id.index();
        let Some(lock) = local.remembered(index) else {
            return Some(unlock);
        };
        let (place, since) = (
            lock.place.load(Ordering::Relaxed),
            lock.since.load(Ordering::Relaxed),
        );
        if real::thread::panicking() || lock.wake.is_wanted() {
            return Some(unlock);
        }
        let until = match since {
            0 => 0,
            _ => match local.untimed_end(index, since) {
                Some(until) => until,
                None => return Some(unlock),
            },
        };
        add(&lock.hold_total, until - since);
        lock.owner.store(0, Ordering::Relaxed);
        unlock();
        order_wake();
        if lock.wake.is_wanted() {
            wake_next(local, Object::at(index));
        }
        if since != 0 {
            local.event(EventKind::Hold, 0, 0, index, place, 0, since, until);
        }
        None
    })
}

#[cold]
#[inline(never)]
fn contended<G>(
    local: &Local,
    object: Object,
    kind: WaitKind,
    access: Access,
    at: Place,
    attempt: impl FnMut() -> Option<G>,
) -> (G, u64) {
    if let Some(entry) = object.entry(local.layout()) {
        entry.contended.fetch_add(1, Ordering::Relaxed);
    }
    let wait = Wait::on(kind, object, at);
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
    with_thread(|local, entry| {
        let object = resolve(id, meta);
        if attention(local) & !ATTENTION_COUNTS != 0 {
            calls::stop_here(local, entry, at);
        }
        match attempt() {
            Some(guard) => {
                let since = if counts_only(local) {
                    0
                } else {
                    local.begin_stamp(object.index)
                };
                hold(local, entry, object, access, at, since);
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
    if !counts_only(local) {
        let now = local.now();
        local.event(
            EventKind::TryFailed,
            0,
            0,
            object.index,
            local.place(at),
            0,
            now,
            now,
        );
    }
}

/// Gives a lock back: records how long it was held, calls `unlock`, then wakes who waits for it.
/// Never touches `id` after `unlock`. `unlock` must change the lock's state by an atomic
/// read-modify-write, which orders it before the look at who waits.
#[inline]
pub fn release(id: &Id, access: Access, unlock: impl FnOnce()) {
    let Some(object) = resolved(id) else {
        return unlock();
    };
    with_thread(|local, entry| {
        let layout = local.layout();
        let Some(lock) = object.entry(layout) else {
            unlock();
            order_wake();
            wake_next(local, object);
            return;
        };
        let held = end_hold(local, entry, lock, object.index, access);
        unlock();
        // From here on the user's object may be gone; its entry stays until the cell is over.
        order_wake();
        if lock.wake.is_wanted() {
            wake_next(local, object);
        }
        held.write(local, object.index, access);
    });
}

/// Records that the calling thread holds `object` from now on (a lock without [`acquire`]). Never unwinds.
pub fn took(object: Object, access: Access, at: Place) {
    with_thread(|local, entry| {
        let since = if counts_only(local) { 0 } else { local.now() };
        hold(local, entry, object, access, at, since);
    });
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
        let owner = object
            .entry(local.layout())
            .map(|entry| entry.owner.load(Ordering::Relaxed));
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

#[inline]
fn hold(
    local: &Local,
    thread: &ThreadEntry,
    object: Object,
    access: Access,
    at: Place,
    since: u64,
) {
    let Some(lock) = object.entry(local.layout()) else {
        return lost(local, thread, access);
    };
    match access {
        Access::Exclusive => {
            let place = local.place(at);
            local.remember(object.index, lock, real::ptr::from_ref(at) as usize, place);
            lock.place.store(place, Ordering::Relaxed);
            lock.since.store(since, Ordering::Relaxed);
            lock.owner.store(local.index(), Ordering::Relaxed);
            add(&lock.acquisitions, 1);
            if real::thread::panicking() {
                lock.flags.fetch_or(TAKEN_PANICKING, Ordering::Relaxed);
            }
        }
        Access::Shared => hold_shared(local, thread, lock, object.index, at, since),
    }
}

#[cold]
fn lost(local: &Local, _thread: &ThreadEntry, _access: Access) {
    local
        .layout()
        .header
        .lost_acquisitions
        .fetch_add(1, Ordering::Relaxed);
}

#[inline]
fn hold_shared(
    local: &Local,
    thread: &ThreadEntry,
    lock: &ObjectEntry,
    index: u32,
    at: Place,
    since: u64,
) {
    add(&share(local.layout(), thread, lock, index).reads, 1);
    for slot in &thread.held {
        if slot.object.load(Ordering::Relaxed) == 0 {
            slot.place.store(local.place(at), Ordering::Relaxed);
            slot.since.store(since, Ordering::Relaxed);
            slot.object.store(index, Ordering::Relaxed);
            return;
        }
    }
    let beyond = thread.held_beyond.load(Ordering::Relaxed);
    thread.held_beyond.store(beyond + 1, Ordering::Relaxed);
}

/// How long something was held, until it is written down: after the lock is given back.
#[derive(Clone, Copy)]
struct Held {
    place: u32,
    since: u64,
    until: u64,
}

impl Held {
    #[inline]
    fn write(self, local: &Local, object: u32, access: Access) {
        if self.since != 0 {
            let shared = u8::from(access == Access::Shared);
            local.event(
                EventKind::Hold,
                shared,
                0,
                object,
                self.place,
                0,
                self.since,
                self.until,
            );
        }
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
    match access {
        Access::Exclusive => {
            let (place, since) = (
                lock.place.load(Ordering::Relaxed),
                lock.since.load(Ordering::Relaxed),
            );
            let mut held = Held {
                place,
                since,
                until: since,
            };
            if since != 0 {
                held.until = local.end_stamp(index, since, lock.wake.is_wanted());
                let time = held.until.saturating_sub(since);
                add(&lock.hold_total, time);
                raise(&lock.hold_max, time);
            }
            if real::thread::panicking() {
                note_panic(lock);
            }
            lock.owner.store(0, Ordering::Relaxed);
            held
        }
        Access::Shared => end_shared(local, thread, lock, index),
    }
}

/// A lock given back while panicking gets poisoned, unless it was taken while panicking.
#[cold]
fn note_panic(lock: &ObjectEntry) {
    let flags = lock.flags.fetch_and(!TAKEN_PANICKING, Ordering::Relaxed);
    let can_be_poisoned = lock.kind.load(Ordering::Relaxed) == super::ObjectKind::Mutex as u32;
    if flags & TAKEN_PANICKING == 0 && can_be_poisoned {
        lock.flags
            .fetch_or(record::layout::OBJECT_POISONED, Ordering::Relaxed);
    }
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
        return Held {
            place: 0,
            since: 0,
            until: 0,
        };
    };
    let (place, since) = (
        slot.place.load(Ordering::Relaxed),
        slot.since.load(Ordering::Relaxed),
    );
    slot.object.store(0, Ordering::Relaxed);
    let mut held = Held {
        place,
        since,
        until: since,
    };
    if since != 0 {
        held.until = local.end_stamp(index, since, lock.wake.is_wanted());
        let time = held.until.saturating_sub(since);
        let share = share(local.layout(), thread, lock, index);
        add(&share.hold_total, time);
        raise(&share.hold_max, time);
    }
    held
}

/// This thread's share of the lock's shared counters.
#[inline]
fn share<'a>(
    layout: &Layout,
    thread: &'a ThreadEntry,
    lock: &ObjectEntry,
    index: u32,
) -> &'a Share {
    let share = &thread.shares[index as usize % thread.shares.len()];
    if share.object.load(Ordering::Relaxed) != index
        || share.generation.load(Ordering::Relaxed) != lock.generation.load(Ordering::Relaxed)
    {
        push_out(layout, share);
        share
            .generation
            .store(lock.generation.load(Ordering::Relaxed), Ordering::Relaxed);
        share.object.store(index, Ordering::Release);
    }
    share
}

/// Adds a share to its object's own counters and empties it.
#[cold]
#[inline(never)]
pub(super) fn push_out(layout: &Layout, share: &Share) {
    let index = share.object.swap(0, Ordering::AcqRel);
    if let Some(lock) = layout.objects.get(index as usize).filter(|_| index != 0)
        && lock.generation.load(Ordering::Relaxed) == share.generation.load(Ordering::Relaxed)
    {
        lock.reads
            .fetch_add(share.reads.load(Ordering::Relaxed), Ordering::Relaxed);
        lock.shared_total
            .fetch_add(share.hold_total.load(Ordering::Relaxed), Ordering::Relaxed);
        lock.shared_max
            .fetch_max(share.hold_max.load(Ordering::Relaxed), Ordering::Relaxed);
    }
    share.reads.store(0, Ordering::Relaxed);
    share.hold_total.store(0, Ordering::Relaxed);
    share.hold_max.store(0, Ordering::Relaxed);
}

/// Wakes whoever may go on after a lock was given back: one for a mutex; all for a reader–writer lock,
/// where several readers may.
#[cold]
#[inline(never)]
fn wake_next(local: &Local, object: Object) {
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
