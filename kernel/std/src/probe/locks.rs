//! Locks: taking, holding and giving back.
//!
//! An exclusive holder writes the object's counters with plain loads and stores: it is alone. Shared
//! holders count in their own thread's entry (`Share`), which costs no rivalry for a cache line.
//! A wait's end is the beginning of the hold, so that a lock without rivals costs two time stamps.

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU64, Ordering};
use real::thread::panicking;

use record::futex::order_wake;
use record::layout::{ATTENTION_COUNTS, Layout, ObjectEntry, Share, ThreadEntry};
use record::snapshot::WaitOutcome;
use record::writer::{self, EventKind, Local, Run, ThreadRun, Written};

use super::objects::{Id, Meta, Object, resolve, resolved};
use super::waiting::{Wait, block_as};
use super::{Place, WaitKind, attention, calls, counts_only, with_thread};

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

/// Records that the calling thread has just taken an exclusive lock, if it does so over and over from one place:
/// returns the run that goes on. `None` if not, and nothing was recorded. For the lock's holder. Never in a thread
/// that is panicking.
#[inline(always)]
pub fn acquired_again(id: &Id, at: Place) -> Option<&'static Run> {
    let run = Run::of_lock(id.index())?;
    let known = run.goes_on(writer::existing()?, real::ptr::from_ref(at) as usize)?;
    known.entry.owner.store(known.thread, Ordering::Relaxed);
    add(&known.entry.acquisitions, 1);
    Some(run)
}

/// Gives back what [`acquired_again`] has recorded.
#[inline(always)]
pub fn release_again(run: &Run, unlock: impl FnOnce()) -> Released {
    let Some(known) = writer::existing().and_then(|layout| run.count_hold(layout)) else {
        return Released::NotYet;
    };
    add(&known.entry.hold_total, known.took);
    known.entry.owner.store(0, Ordering::Relaxed);
    unlock();
    // From here on the user's object may be gone; its entry stays until the cell is over.
    order_wake();
    if known.entry.wake.is_wanted() {
        Released::Wanted(Object::at(known.object))
    } else {
        Released::Done
    }
}

/// Gives back what [`acquired_again`] has recorded and [`release_again`] has not: it is timed after all.
pub fn release_at_last(id: &Id, run: &Run, unlock: impl FnOnce()) {
    let since = run.stop();
    if let Some(lock) = Object::at(id.index()).entry(writer::layout())
        && lock.since.load(Ordering::Relaxed) != 0
    {
        // It began after the last timed use had ended.
        lock.since.store(since, Ordering::Relaxed);
    }
    release(id, Access::Exclusive, unlock);
}

/// The same as [`acquired_again`] for shared access, but before the lock is taken: `enter` takes it.
#[inline(always)]
pub fn share_again(id: &Id, at: Place, enter: impl FnOnce() -> bool) -> Option<&'static ThreadRun> {
    let index = id.index();
    let run = writer::thread_run(EventKind::Hold, index)?;
    let known =
        run.goes_on_sharing(writer::existing()?, index, real::ptr::from_ref(at) as usize)?;
    if known.entry.writers_waiting.load(Ordering::SeqCst) != 0 || !enter() {
        return None;
    }
    known.held.object.store(index, Ordering::Relaxed);
    add(&known.share.reads, 1);
    Some(run)
}

/// Gives back what [`share_again`] has taken.
#[inline(always)]
pub fn unshare_again(run: &ThreadRun, leave: impl FnOnce()) -> Released {
    let Some(known) = writer::existing().and_then(|layout| run.count_shared_hold(layout)) else {
        return Released::NotYet;
    };
    add(&known.share.hold_total, known.took);
    known.held.object.store(0, Ordering::Relaxed);
    leave();
    order_wake();
    if known.entry.wake.is_wanted() {
        Released::Wanted(Object::at(known.object))
    } else {
        Released::Done
    }
}

/// Gives back what [`share_again`] has taken and [`unshare_again`] has not.
pub fn unshare_at_last(id: &Id, leave: impl FnOnce()) {
    let index = id.index();
    with_thread(|local, thread| {
        let since = local.run(EventKind::Hold, index).stop(index);
        let slot = thread
            .held
            .iter()
            .rev()
            .find(|slot| slot.object.load(Ordering::Relaxed) == index);
        if let (Some(since), Some(slot)) = (since, slot)
            && slot.since.load(Ordering::Relaxed) != 0
        {
            slot.since.store(since, Ordering::Relaxed);
        }
    });
    release(id, Access::Shared, leave);
}

/// How [`release_again`] went.
pub enum Released {
    /// The lock was given back.
    Done,
    /// The lock was given back, and [`wake_next`] is to be called with this.
    Wanted(Object),
    /// Nothing was done: [`release_at_last`] is to be called.
    NotYet,
}

/// Gives back what [`acquired_again`] has recorded.
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
        Access::Exclusive => {
            if let Some(run) = Run::of_lock(object.index) {
                let (which, at) = ((object.index, lock), real::ptr::from_ref(at) as usize);
                if since != 0 {
                    run.begin(local, which, at, since);
                } else if !panicking() {
                    run.begin_counting(local, which, at);
                }
            }
            lock.place.store(local.place(at), Ordering::Relaxed);
            lock.since.store(since, Ordering::Relaxed);
            lock.owner.store(local.index(), Ordering::Relaxed);
            add(&lock.acquisitions, 1);
        }
        Access::Shared => hold_shared(local, thread, lock, object.index, at, since),
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
    let share = share(local.layout(), thread, lock, index);
    add(&share.reads, 1);
    let free = |slot: &&'static record::layout::Held| slot.object.load(Ordering::Relaxed) == 0;
    if let Some(slot) = thread.held.iter().find(free) {
        slot.place.store(local.place(at), Ordering::Relaxed);
        slot.since.store(since, Ordering::Relaxed);
        slot.object.store(index, Ordering::Relaxed);
        local.run(EventKind::Hold, index).begin_sharing(
            local,
            (index, lock),
            slot,
            share,
            real::ptr::from_ref(at) as usize,
            since,
        );
        return;
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
    fn write(self, local: &Local, object: u32, access: Access) -> Option<Written> {
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
    match access {
        Access::Exclusive => {
            let place = lock.place.load(Ordering::Relaxed);
            let held = Held::since(lock.since.load(Ordering::Relaxed), place, local);
            if held.since != 0 {
                let time = held.until.saturating_sub(held.since);
                add(&lock.hold_total, time);
                raise(&lock.hold_max, time);
            }
            let run = Run::of_lock(index).filter(|_| held.since != 0 && !panicking());
            let held = match run {
                // The one event that is written while the lock is held: others will be counted into it.
                Some(run) if run.end(local.layout(), held.until) => {
                    run.open(local.layout(), held.write(local, index, access));
                    Held::NOTHING
                }
                _ => held,
            };
            lock.owner.store(0, Ordering::Relaxed);
            held
        }
        Access::Shared => end_shared(local, thread, lock, index),
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
        return Held::NOTHING;
    };
    let place = slot.place.load(Ordering::Relaxed);
    let held = Held::since(slot.since.load(Ordering::Relaxed), place, local);
    slot.object.store(0, Ordering::Relaxed);
    if held.since != 0 {
        let time = held.until.saturating_sub(held.since);
        let share = share(local.layout(), thread, lock, index);
        add(&share.hold_total, time);
        raise(&share.hold_max, time);
        let run = local.run(EventKind::Hold, index);
        if run.end_sharing(local.layout(), index, held.until) && !panicking() {
            run.open(local.layout(), held.write(local, index, Access::Shared));
            return Held::NOTHING;
        }
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
