//! What the recording is told of a panic.

use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::layout::{EventKind, PANIC_BYTES, PANICS};
use record::writer::{self, NewEvent};

use super::current::with_thread;
use super::stop::unwinding;

/// Records that a panic begins in the calling thread; for the panic hook, once a panic.
pub fn panic_started(at: &Location<'_>, message: &str) {
    unwinding();
    with_thread(|local, _| {
        let (layout, now) = (local.layout(), local.now());
        let place = layout.location(at);
        local.event(NewEvent {
            place,
            ..NewEvent::at(EventKind::Panic, now)
        });
        let slot = layout.header.panics_used.fetch_add(1, Ordering::Relaxed) as usize % PANICS;
        let entry = &layout.panics[slot];
        entry.version.fetch_or(1, Ordering::AcqRel);
        entry.thread.store(local.thread().0, Ordering::Relaxed);
        entry.at.store(now, Ordering::Relaxed);
        entry.place.store(place, Ordering::Relaxed);
        let length = message.floor_char_boundary(PANIC_BYTES);
        for (byte, to) in message.as_bytes()[..length].iter().zip(&entry.message) {
            to.store(*byte, Ordering::Relaxed);
        }
        entry.length.store(length as u32, Ordering::Relaxed);
        entry.version.fetch_add(1, Ordering::AcqRel);
    });
}

/// The calling thread calls `catch_unwind`: whether it was in none before. Each poll of a task is
/// within one.
#[inline]
pub(crate) fn enters_catch() -> bool {
    writer::with_inlined(|local| local.catches.replace(local.catches.get() + 1) == 0)
}

/// That call has ended: whether it was the outermost one.
#[inline]
pub(crate) fn leaves_catch() -> bool {
    writer::with_inlined(|local| {
        let left = local.catches.get().saturating_sub(1);
        local.catches.set(left);
        left == 0
    })
}

/// Whether the calling thread is outside of all calls of `catch_unwind`.
pub(crate) fn is_outside_of_catches() -> bool {
    writer::with_inlined(|local| local.catches.get() == 0)
}
