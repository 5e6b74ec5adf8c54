//! Locks: taking, holding and giving back.
//!
//! An exclusive holder writes the object's counters with plain loads and stores: it is alone. Shared
//! holders count in their own thread's entry (`Share`), which costs no rivalry for a cache line.
//! A wait's end is the beginning of the hold, so that a lock without rivals costs two time stamps, or none at all where
//! it is taken over and over (`record/src/writer/runs.rs`).

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use real::thread::panicking;

use record::futex::order_wake;
use record::layout::{ATTENTION_COUNTS, EventRef, ObjectEntry, Share, ThreadEntry};
use record::snapshot::WaitOutcome;
use record::uses::add;
use record::writer::{self, EventKind, Local, Uses};

use super::objects::{Id, Meta, Object, resolve, resolved};
use super::waiting::{Wait, block_as};
use super::{Place, WaitKind, attention, calls, counts_only, with_thread};

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
        if attention(local) & !ATTENTION_COUNTS != 0 {
            calls::stop_here(local, entry, at);
        }
        if let Some(guard) = attempt() {
            hold_now(local, entry, object, access, at);
            return guard;
        }
        let (guard, since) = contended(local, object, kind, access, at, attempt);
        hold(local, entry, object, access, at, since);
        guard
    })
}

/// Takes a mutex unless somebody has it. `spare` is the lock of one that has no entry.
pub fn try_take(object: Object, spare: &AtomicU32) -> bool {
    match object.entry(writer::layout()) {
        Some(mutex) => mutex.try_take(writer::with(Local::as_owner)),
        None => {
            let taken = spare.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed);
            taken.is_ok()
        }
    }
}

/// Gives back what [`try_take`] has taken; for [`release`].
pub fn give_back(id: &Id, spare: &AtomicU32) {
    match resolved(id).and_then(|object| object.entry(writer::layout())) {
        Some(mutex) => mutex.give_back(),
        None => {
            spare.swap(0, Ordering::AcqRel);
        }
    }
}

/// Takes and records a mutex that nobody has, if the calling thread takes it over and over from one place. `None` if
/// not; then nothing was done. Never in a thread that is panicking.
#[inline(always)]
pub fn lock_again(id: &Id, at: Place) -> Option<&'static ObjectEntry> {
    let at = real::ptr::from_ref(at) as usize;
    writer::lock_again(writer::existing()?, id.index(), at)
}

/// Gives back what [`lock_again`] has taken. `false` if nothing was done: then [`unlock_at_last`] is to be called.
#[inline(always)]
pub fn unlock_again(mutex: &'static ObjectEntry) -> bool {
    let may = writer::existing().is_some_and(|layout| writer::may_unlock(layout, mutex));
    if may {
        mutex.give_back();
        // From here on the user's object may be gone; its entry stays until the cell is over.
        order_wake();
        if mutex.wake.is_wanted() {
            wake_locker(mutex);
        }
    }
    may
}

#[cold]
#[inline(never)]
fn wake_locker(mutex: &ObjectEntry) {
    writer::with(|local| mutex.wake.wake_one(local.index()));
}

/// Gives back what [`lock_again`] has taken and [`unlock_again`] has not: it is timed after all.
pub fn unlock_at_last(id: &Id, mutex: &'static ObjectEntry, unlock: impl FnOnce()) {
    let since = writer::with(|local| Uses::of_lock(id.index(), mutex).stop(local));
    mutex.since.store(since, Ordering::Relaxed);
    release(id, Access::Mutex, unlock);
}

/// The same as [`lock_again`] for shared access; `enter` takes the lock.
#[inline(always)]
pub fn share_again(id: &Id, at: Place, enter: impl FnOnce() -> bool) -> Option<&'static Share> {
    let (index, at) = (id.index(), real::ptr::from_ref(at) as usize);
    let layout = writer::existing()?;
    let (share, _) = writer::share_again(layout, EventKind::Hold, index, at)?;
    let lock = layout.objects.get(index as usize)?;
    if lock.writers_waiting.load(Ordering::SeqCst) != 0 || !enter() {
        return None;
    }
    add(&share.uses, 1);
    Some(share)
}

/// Gives back what [`share_again`] has taken. `false` if nothing was done: then [`unshare_at_last`] is to be called.
#[inline(always)]
pub fn unshare_again(id: &Id, share: &Share, leave: impl FnOnce()) -> bool {
    let index = id.index();
    let Some(layout) = writer::existing() else {
        return false;
    };
    let Some(lock) = layout.objects.get(index as usize) else {
        return false;
    };
    // Another lock may have needed the share's place meanwhile.
    let may = share.key.load(Ordering::Relaxed) == Share::key(index, EventKind::Hold as u8)
        && writer::may_unshare(layout, share, lock);
    if may {
        add(&share.uses, 1);
        leave();
        order_wake();
        if lock.wake.is_wanted() {
            wake_next(Object::at(index));
        }
    }
    may
}

/// Gives back what [`share_again`] has taken and [`unshare_again`] has not: it is timed after all.
pub fn unshare_at_last(id: &Id, leave: impl FnOnce()) {
    with_thread(|local, thread| {
        let share = thread.share(EventKind::Hold, id.index());
        if share.object() == id.index() && share.is_held() {
            hold_in_slot(local, thread, share);
        }
    });
    release(id, Access::Shared, leave);
}

/// Notes a hold that only its share knew of in a slot of the thread's, with its place and beginning.
#[cold]
fn hold_in_slot(local: &Local, thread: &ThreadEntry, share: &Share) {
    add(&share.uses, 1);
    let since = Uses::of_share(share).stop(local);
    let place = share.place.load(Ordering::Relaxed);
    take_slot(thread, share.object(), place, since);
}

/// Notes what the thread holds from now on; only its number, if there is no slot.
#[inline]
fn take_slot(thread: &ThreadEntry, object: u32, place: u32, since: u64) {
    let free = |slot: &&record::layout::Held| slot.object.load(Ordering::Relaxed) == 0;
    if let Some(slot) = thread.held.iter().find(free) {
        slot.place.store(place, Ordering::Relaxed);
        slot.since.store(since, Ordering::Relaxed);
        slot.object.store(object, Ordering::Relaxed);
    } else {
        let beyond = thread.held_beyond.load(Ordering::Relaxed);
        thread.held_beyond.store(beyond + 1, Ordering::Relaxed);
    }
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
    let address = real::ptr::from_ref(at) as usize;
    match access {
        Access::Exclusive => lock.taken(local.as_owner()),
        Access::Mutex => {
            let uses = Uses::of_lock(object.index, lock);
            if since != 0 {
                uses.begin(local, address, since);
            } else if !panicking() {
                uses.begin_counting(local, address);
            }
        }
        Access::Shared => return hold_shared(local, thread, lock, object.index, at, since),
    }
    lock.place.store(local.place(at), Ordering::Relaxed);
    lock.since.store(since, Ordering::Relaxed);
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
    let (uses, address) = (Uses::of_share(share), real::ptr::from_ref(at) as usize);
    if since != 0 {
        uses.begin(local, address, since);
    } else if !panicking() {
        uses.begin_counting(local, address);
    }
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

    #[inline]
    fn write(self, local: &Local, object: u32, access: Access) -> Option<EventRef> {
        if self.since == 0 {
            return None;
        }
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
        )
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
    if held.since != 0 {
        let time = held.until.saturating_sub(held.since);
        add(&lock.hold_total, time);
        raise(&lock.hold_max, time);
    }
    if access == Access::Exclusive {
        lock.given_back();
        return held;
    }
    let uses = Uses::of_lock(index, lock);
    if held.since != 0 && !panicking() && uses.end(local.layout(), held.since, held.until) {
        // The one event that is written while the lock is held: others will be counted into it.
        uses.open(local, held.write(local, index, access));
        return Held::NOTHING;
    }
    held
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
    if held.since != 0 {
        let time = held.until.saturating_sub(held.since);
        let share = share(local, thread, lock, EventKind::Hold, index);
        add(&share.hold_total, time);
        raise(&share.hold_max, time);
        let uses = Uses::of_share(share);
        if uses.end(local.layout(), held.since, held.until) && !panicking() {
            uses.open(local, held.write(local, index, Access::Shared));
            return Held::NOTHING;
        }
    }
    held
}

/// This thread's share of uses of one kind of an object.
#[inline]
pub(super) fn share<'a>(
    local: &Local,
    thread: &'a ThreadEntry,
    object: &ObjectEntry,
    kind: EventKind,
    index: u32,
) -> &'a Share {
    let (share, key) = (thread.share(kind, index), Share::key(index, kind as u8));
    let generation = object.generation.load(Ordering::Relaxed);
    if share.key.load(Ordering::Relaxed) != key
        || share.generation.load(Ordering::Relaxed) != generation
    {
        push_out(local, thread, share);
        share.generation.store(generation, Ordering::Relaxed);
        share.key.store(key, Ordering::Release);
    }
    share
}

/// Adds a share to its object's own counters and empties it.
#[cold]
#[inline(never)]
pub(super) fn push_out(local: &Local, thread: &ThreadEntry, share: &Share) {
    if share.is_held() {
        hold_in_slot(local, thread, share);
    }
    let (layout, index) = (local.layout(), share.object());
    Uses::of_share(share).finish(local);
    if let Some(lock) = layout.objects.get(index as usize).filter(|_| index != 0)
        && share.counts_holds()
        && lock.generation.load(Ordering::Relaxed) == share.generation.load(Ordering::Relaxed)
    {
        share.key.store(0, Ordering::Release);
        lock.reads
            .fetch_add(share.uses.load(Ordering::Relaxed) / 2, Ordering::Relaxed);
        lock.shared_total
            .fetch_add(share.hold_total.load(Ordering::Relaxed), Ordering::Relaxed);
        lock.shared_max
            .fetch_max(share.hold_max.load(Ordering::Relaxed), Ordering::Relaxed);
    }
    share.empty();
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
