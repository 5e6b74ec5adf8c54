//! What the recording is told of a panic.

use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::layout::{EventKind, PANIC_BYTES, PANICS};
use record::writer::NewEvent;

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
