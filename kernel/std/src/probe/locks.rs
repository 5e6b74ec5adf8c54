//! Locks: taking and giving back.
//!
//! A wait's end is the beginning of the hold, so that a lock without rivals costs two timestamps,
//! or none at all where it is taken over and over (`record/src/writer/sampled.rs`).

use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;
use real::time::Instant;

use record::futex::order_wake;
use record::layout::{EventKind, ObjectEntry, ThreadEntry};
use record::snapshot::{ObjectKind, WaitKind, WaitOutcome};
use record::writer::{self, Local, NewEvent};

use super::current::{note, with_thread, with_thread_here};
use super::holds::{Access, Taking, end_hold, hold, hold_now};
use super::objects::{Id, Meta, Object, Place, resolve, resolved};
use super::operation::{Operand, Operation};
use super::sync_point::{in_vain, sync_point_of};
use super::waiting::{Wait, block_as};

/// Takes a lock: repeats `attempt` until it returns something, waiting in between, and records.
///
/// `attempt` must not block.
#[inline]
pub fn acquire<G>(
    id: &Id,
    meta: &'static Meta,
    access: Access,
    at: Place,
    attempt: impl FnMut() -> Option<G>,
) -> G {
    match acquire_as(id, meta, access, at, |wait| wait, attempt) {
        Some(guard) => guard,
        None => unreachable!("a wait without a deadline has timed out"),
    }
}

/// The same; `how` says more of the wait. `None`: its deadline has passed.
#[inline]
pub fn acquire_as<G>(
    id: &Id,
    meta: &'static Meta,
    access: Access,
    at: Place,
    how: impl FnOnce(Wait) -> Wait,
    mut attempt: impl FnMut() -> Option<G>,
) -> Option<G> {
    with_thread_here(|local, entry| {
        let object = resolve(id, meta);
        let operation = access.taking();
        sync_point_of((local, entry), operation, Operand::Object(object), Some(at));
        if let Some(guard) = attempt() {
            hold_now(local, entry, object, access, at);
            return Some(guard);
        }
        let wait = how(wait_for(object, access, at));
        match contended(local, object, wait, attempt) {
            (Some(guard), since) => {
                let taking = Taking {
                    object,
                    access,
                    at,
                    since,
                };
                hold(local, entry, taking);
                Some(guard)
            }
            (None, _) => {
                failed(local, object, at);
                None
            }
        }
    })
}

/// Makes the calling thread's upgradable access exclusive, as [`acquire_as`] takes a lock.
pub fn upgrade(
    object: Object,
    at: Place,
    deadline: Option<Instant>,
    mut attempt: impl FnMut() -> Option<()>,
) -> bool {
    with_thread(|local, entry| {
        let point = (local, entry);
        sync_point_of(point, Operation::Lock, Operand::Object(object), Some(at));
        if attempt().is_none() {
            let wait = Wait::on(WaitKind::Lock, object, at).upgrading();
            if contended(local, object, wait.until(deadline), attempt)
                .0
                .is_none()
            {
                failed(local, object, at);
                return false;
            }
        }
        give_back_now(local, entry, object, Access::Upgradable);
        hold_now(local, entry, object, Access::Exclusive, at);
        true
    })
}

fn wait_for(object: Object, access: Access, at: Place) -> Wait {
    let wait = Wait::on(WaitKind::Lock, object, at);
    match access {
        Access::Exclusive | Access::Mutex => wait,
        Access::Shared => wait.shared_or_send(),
        Access::Upgradable => wait.upgradable(),
    }
}

#[cold]
#[inline(never)]
fn contended<G>(
    local: &Local,
    object: Object,
    wait: Wait,
    attempt: impl FnMut() -> Option<G>,
) -> (Option<G>, u64) {
    if let Some(entry) = object.entry(local.layout()) {
        entry.contended.fetch_add(1, Ordering::Relaxed);
    }
    block_as(local, wait, attempt, |_| WaitOutcome::Done)
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
    in_vain();
    note(local, || NewEvent {
        target: object.index.0,
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
        let held = end_hold(local, entry, lock, object.index.0, access);
        unlock();
        // From here on the user's object may be gone; its entry stays until the cell is over.
        order_wake();
        if lock.wake.is_wanted() {
            wake_waiters(local, object);
        }
        held.write(local, object.index.0, access);
    });
}

/// Records that the calling thread holds `object` from now on (a lock without [`acquire`]). Never
/// unwinds.
pub fn took(object: Object, access: Access, at: Place) {
    with_thread(|local, entry| hold_now(local, entry, object, access, at));
}

/// Records that the calling thread gives `object` back; call it before it really does.
pub fn giving_back(object: Object, access: Access) {
    with_thread(|local, entry| give_back_now(local, entry, object, access));
}

fn give_back_now(local: &Local, thread: &ThreadEntry, object: Object, access: Access) {
    if let Some(lock) = object.entry(local.layout()) {
        let index = object.index.0;
        end_hold(local, thread, lock, index, access).write(local, index, access);
    }
}

/// Whether the calling thread holds `object` exclusively.
pub fn holds(object: Object) -> bool {
    with_thread(|local, _| {
        let owner = object.entry(local.layout()).map(ObjectEntry::owner);
        local.thread().is_some() && owner == Some(local.thread().0)
    })
}

/// Whether a thread waits for exclusive access to `object`, so that new readers must queue up.
#[inline]
pub fn writer_waits(object: Object) -> bool {
    object
        .entry(writer::layout())
        .is_some_and(|entry| entry.writers_waiting.load(Ordering::SeqCst) != 0)
}

/// Whether a thread waits for `object`.
pub fn is_waited_for(object: Object) -> bool {
    object.wake(writer::layout()).is_waited_on()
}

/// Wakes whoever may go on after a lock was given back: one for a mutex; all for a reader–writer
/// lock, where several readers may.
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
        .is_some_and(|entry| entry.kind.load(Ordering::Relaxed) == ObjectKind::Mutex as u32);
    if one_is_enough {
        wake.wake_successor(local.thread());
    } else if wake.is_wanted() {
        wake.wake_all(local.thread());
    }
}
