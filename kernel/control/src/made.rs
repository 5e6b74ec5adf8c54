//! What objects of our `std` and threads are to the search, and where objects were made.

use std::sync::atomic::Ordering::{Acquire, Relaxed};

use explore::Object;
use record::writer;

use crate::places;

/// What tells keys of one kind from those of others.
const OBJECT: u64 = 1 << 61;
const THREAD: u64 = 1 << 60;
/// What a thread is parked by.
const TOKEN: u64 = 1 << 59;

/// An object of our `std` that a run has used.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// What it is to the search.
    pub object: Object,
    /// What it is to the recording: an `ObjectKind`.
    pub kind: u32,
    /// Where it was made; see `places.rs`.
    pub place: u32,
    /// Its rank by time of creation, as the recording has it.
    pub order: u64,
}

/// What an object is to the search, by its index in the recording.
pub fn of_object(slot: u32) -> Object {
    Object(OBJECT | u64::from(slot))
}

/// What a thread is to the search, by its index in the recording, for who joins it.
pub fn of_thread(slot: u32) -> Object {
    Object(THREAD | u64::from(slot))
}

/// What a thread is parked by is to the search, by the thread's index in the recording.
pub fn of_token(slot: u32) -> Object {
    Object(TOKEN | u64::from(slot))
}

/// The objects that were used so far.
pub fn objects() -> Vec<Made> {
    let layout = writer::layout();
    let used = layout.header.objects_used.load(Acquire) as usize;
    let entries = (0..).zip(&layout.objects).take(used + 1);
    let made = entries.filter_map(|(slot, entry)| {
        let place = places::of_address(entry.made_at.load(Relaxed))?;
        Some(Made {
            object: of_object(slot),
            kind: entry.kind.load(Relaxed),
            place,
            order: entry.order.load(Relaxed),
        })
    });
    made.collect()
}
