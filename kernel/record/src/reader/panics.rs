//! Panics.

use std::sync::atomic::Ordering;

use super::entries::{long, word};
use super::text::{self, Places};
use super::times::Times;
use crate::layout::{Layout, PANIC_BYTES};
use crate::snapshot::{LocationSlot, Panic, ThreadSlot};

/// The panics of the cell, by time.
pub fn read(layout: &Layout, times: Times, places: &mut Places) -> Vec<Panic> {
    let mut found: Vec<Panic> = layout
        .panics
        .iter()
        .filter_map(|entry| {
            let version = entry.version.load(Ordering::Acquire);
            let at = long(&entry.at);
            if version == 0 || version % 2 == 1 || at < times.begin || times.is_after(at) {
                return None;
            }
            let length = (word(&entry.length) as usize).min(PANIC_BYTES);
            Some(Panic {
                thread: ThreadSlot(word(&entry.thread)),
                at_ns: times.moment(at),
                at: places.use_place(LocationSlot(word(&entry.place))),
                message: text::bytes(&entry.message[..length]),
            })
        })
        .collect();
    found.sort_by_key(|panic| panic.at_ns);
    found
}
