//! Counters and instants of condition variables and barriers, and the mark of a poisoned lock.

use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::layout::{EventKind, OBJECT_POISONED};
use record::snapshot::{WaitKind, WaitOutcome};
use record::writer::{self, NewEvent};

use super::current::{note, with_thread};
use super::objects::Place;
use super::objects::{Id, Meta, Object, resolve, resolved};

/// Condition variables and barriers: counts a call of `wait`.
pub fn count_wait(object: Object) {
    with_thread(|local, _| {
        if let Some(entry) = object.entry(local.layout()) {
            entry.waits.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// Condition variables: counts and records a call of `notify_one` or `notify_all` that woke `woken`
/// waiters. Never unwinds.
pub fn notified(id: &Id, meta: &'static Meta, all: bool, woken: u32, at: Place) {
    with_thread(|local, _| {
        let object = resolve(id, meta);
        if let Some(entry) = object.entry(local.layout()) {
            entry.notifies.fetch_add(1, Ordering::Relaxed);
            if woken == 0 {
                entry.notifies_unheard.fetch_add(1, Ordering::Relaxed);
            }
        }
        note(local, || NewEvent {
            flags: u8::from(all),
            target: object.index.0,
            place: local.place(at),
            extra: woken,
            ..NewEvent::of(EventKind::Notify)
        });
    });
}

/// Barriers: counts an opening, and records that the thread which opens came to it: a wait of no
/// length. Never unwinds.
pub fn barrier_opened(object: Object, at: Place) {
    with_thread(|local, _| {
        if let Some(entry) = object.entry(local.layout()) {
            entry.generations.fetch_add(1, Ordering::Relaxed);
        }
        note(local, || NewEvent {
            flags: (WaitOutcome::Done as u8) << 4,
            wait: WaitKind::Barrier as u16,
            target: object.index.0,
            place: local.place(at),
            ..NewEvent::of(EventKind::Wait)
        });
    });
}

/// Barriers: tells the report its size.
pub fn set_capacity(object: Object, capacity: u64) {
    if let Some(entry) = object.entry(writer::layout()) {
        entry
            .capacity
            .store(capacity.saturating_add(1), Ordering::Relaxed);
    }
}

/// Marks a lock as poisoned, or not.
pub fn poison(id: &Id, poisoned: bool) {
    if let Some(entry) = resolved(id).and_then(|object| object.entry(writer::layout())) {
        if poisoned {
            entry.flags.fetch_or(OBJECT_POISONED, Ordering::Relaxed);
        } else {
            entry.flags.fetch_and(!OBJECT_POISONED, Ordering::Relaxed);
        }
    }
}
