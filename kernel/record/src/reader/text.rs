//! Strings and source places of the recording.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU8, Ordering};

use super::entries::{long, word};
use crate::layout::*;
use crate::snapshot::{Location, LocationSlot};
use crate::texts::from_text;

/// No single string is longer than this: paths and type names are not, in a recording that makes
/// sense.
const LONGEST: usize = 4096;
/// Nor all strings of a snapshot together; a recording that makes sense stores each once.
const ALL_STRINGS: usize = 2 * STRING_BYTES;

/// Reads strings, up to a sum; collects which source places are referred to.
pub struct Places<'a> {
    layout: &'a Layout,
    used: BTreeSet<LocationSlot>,
    left: usize,
}

impl<'a> Places<'a> {
    pub fn new(layout: &'a Layout) -> Places<'a> {
        Places {
            layout,
            used: BTreeSet::new(),
            left: ALL_STRINGS,
        }
    }

    /// `index` if there is such a place, otherwise 0.
    pub fn use_place(&mut self, index: LocationSlot) -> LocationSlot {
        let known = self
            .layout
            .locations
            .get(index.index())
            .filter(|_| index != LocationSlot::NONE);
        if known.is_none_or(|entry| entry.ready.load(Ordering::Acquire) != 1) {
            return LocationSlot::NONE;
        }
        self.used.insert(index);
        index
    }

    /// The string that a `StringRef` names; empty if it names none.
    pub fn string(&mut self, at: u64) -> String {
        let (start, length) = ((at >> 32) as usize, (at as u32 as usize).min(LONGEST));
        let bytes = self
            .layout
            .strings
            .get(start..start.saturating_add(length))
            .unwrap_or_default();
        if bytes.len() > self.left {
            return String::new();
        }
        self.left -= bytes.len();
        self::bytes(bytes)
    }

    /// All places that were referred to.
    pub fn read(mut self) -> Vec<Location> {
        let used = std::mem::take(&mut self.used);
        used.into_iter()
            .map(|index| {
                let entry = &self.layout.locations[index.index()];
                Location {
                    index,
                    file: self.string(long(&entry.file)),
                    image: self.string(long(&entry.image)),
                    line: word(&entry.line),
                    column: word(&entry.column),
                    calls: from_text(&self.string(long(&entry.calls))),
                }
            })
            .collect()
    }
}

/// Bytes as text; what is not UTF-8 is replaced.
pub fn bytes(bytes: &[AtomicU8]) -> String {
    let bytes: Vec<u8> = bytes
        .iter()
        .map(|byte| byte.load(Ordering::Relaxed))
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
