//! Strings and source places: each is stored once, in hash tables without locks.

use std::panic::Location;
use std::path::Path;
use std::ptr::from_ref;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::attention::Attention;
use crate::layout::*;
use crate::memory;

/// A string in the recording: offset in the upper half, length in the lower; 0 is the empty string.
pub type StringRef = u64;

/// How far a hash table is searched.
const PROBES: usize = 128;

impl Layout {
    /// Stores `text` once; 0 when there is no room any more, or it is empty.
    pub fn intern(&self, text: &str) -> StringRef {
        if text.is_empty() {
            return 0;
        }
        let hash = hash_bytes(text.as_bytes());
        let mut written = 0;
        for probe in 0..PROBES {
            let slot = &self.interned[(hash as usize).wrapping_add(probe) % INTERNED];
            let mut there = slot.load(Ordering::Acquire);
            if there == 0 {
                if written == 0 {
                    written = self.write_string(text);
                    if written == 0 {
                        return 0;
                    }
                }
                match slot.compare_exchange(0, written, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => return written,
                    Err(now) => there = now,
                }
            }
            if self.is_string(there, text) {
                return there;
            }
        }
        if written != 0 {
            written
        } else {
            self.write_string(text)
        }
    }

    fn write_string(&self, text: &str) -> StringRef {
        let length = text.len();
        let taken =
            self.header
                .strings_used
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                    (used as usize + length <= STRING_BYTES).then(|| used + length as u32)
                });
        let Ok(start) = taken else { return 0 };
        for (byte, place) in text.bytes().zip(&self.strings[start as usize..]) {
            place.store(byte, Ordering::Relaxed);
        }
        u64::from(start) << 32 | length as u64
    }

    fn is_string(&self, at: StringRef, text: &str) -> bool {
        let (start, length) = ((at >> 32) as usize, at as u32 as usize);
        length == text.len()
            && self
                .strings
                .get(start..start + length)
                .is_some_and(|bytes| {
                    bytes
                        .iter()
                        .zip(text.bytes())
                        .all(|(there, byte)| there.load(Ordering::Relaxed) == byte)
                })
    }

    /// The string that `at` names (a `StringRef`); empty if it names none.
    pub fn text(&self, at: StringRef) -> String {
        let (start, length) = ((at >> 32) as usize, at as u32 as usize);
        let bytes = self
            .strings
            .get(start..start.saturating_add(length))
            .unwrap_or_default();
        let bytes: Vec<u8> = bytes
            .iter()
            .map(|byte| byte.load(Ordering::Relaxed))
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The index of a source place, by the address of its `Location`; 0 when the table is full.
    pub fn location(&self, at: &Location<'_>) -> u32 {
        let address = from_ref(at) as usize;
        self.place(address as u64, address, (at.file(), at.line(), at.column()))
    }

    /// The same of a place of which only the parts are known: `file` lies where the place's
    /// `Location` has it.
    pub fn location_of(&self, file: &str, line: u32, column: u32) -> u32 {
        let address = file.as_ptr() as usize;
        // No `Location` lies at an odd address.
        let key = hash_word(address as u64 ^ u64::from(line) << 40 ^ u64::from(column) << 56) | 1;
        self.place(key, address, (file, line, column))
    }

    /// The index of the place with index `place`, reached by these calls in the library of a cell
    /// (offsets, the innermost first).
    pub fn location_called(&self, place: u32, library: &str, offsets: &[u64]) -> u32 {
        // Not so many that none are left for the places themselves.
        let used = self.header.locations_used.load(Ordering::Relaxed) as usize;
        let written = self.header.strings_used.load(Ordering::Relaxed) as usize;
        let Some(plain) = self.locations.get(place as usize) else {
            return place;
        };
        if used > LOCATIONS / 2 || written > STRING_BYTES / 2 {
            return place;
        }
        let calls = as_text(offsets);
        let of_calls = hash_bytes(library.as_bytes()) ^ hash_bytes(calls.as_bytes()).rotate_left(8);
        // No `Location` lies at an odd address.
        let key = hash_word(plain.address.load(Ordering::Relaxed) ^ of_calls) | 1;
        self.place_by(key, |entry| {
            entry.calls.store(self.intern(&calls), Ordering::Relaxed);
            entry.image.store(self.intern(library), Ordering::Relaxed);
            let file = self.text(plain.file.load(Ordering::Relaxed));
            let (line, column) = (&plain.line, &plain.column);
            let of = |word: &AtomicU32| word.load(Ordering::Relaxed);
            self.fill_location(entry, (&file, of(line), of(column)));
        })
    }

    /// The index of the place with this key, which is part of the code at `address`; none in a
    /// controlled program: there each step knows its place, and nobody reads the recording's.
    fn place(&self, key: u64, address: usize, at: (&str, u32, u32)) -> u32 {
        if self.attention().has(Attention::CONTROLLED) {
            return 0;
        }
        self.place_by(key, |entry| {
            let image = memory::image_of(address).map_or(0, |image| self.intern(image));
            entry.image.store(image, Ordering::Relaxed);
            self.fill_location(entry, at);
        })
    }

    /// The index of the place with this key, which `fill` describes if it is new.
    fn place_by(&self, key: u64, fill: impl FnOnce(&LocationEntry)) -> u32 {
        let hash = hash_word(key) as usize;
        for probe in 0..PROBES {
            let index = (hash.wrapping_add(probe) % (LOCATIONS - 1)) + 1;
            let entry = &self.locations[index];
            let there = match entry.address.load(Ordering::Acquire) {
                0 => match entry.address.compare_exchange(
                    0,
                    key,
                    Ordering::AcqRel,
                    Ordering::Acquire,
                ) {
                    Ok(_) => {
                        fill(entry);
                        return index as u32;
                    }
                    Err(now) => now,
                },
                there => there,
            };
            if there == key {
                return index as u32;
            }
        }
        0
    }

    fn fill_location(&self, entry: &LocationEntry, (file, line, column): (&str, u32, u32)) {
        entry.file.store(self.intern(file), Ordering::Relaxed);
        entry.line.store(line, Ordering::Relaxed);
        entry.column.store(column, Ordering::Relaxed);
        // cargo gives the files of a cell's own crate relative to it, those of its dependencies in
        // full.
        let dependency = Path::new(file).is_absolute();
        entry
            .dependency
            .store(u32::from(dependency), Ordering::Relaxed);
        entry.ready.store(1, Ordering::Release);
        self.header.locations_used.fetch_add(1, Ordering::Relaxed);
    }
}

/// Offsets of calls as a recording keeps them: in hexadecimal digits.
pub(crate) fn as_text(offsets: &[u64]) -> String {
    let words: Vec<String> = offsets.iter().map(|it| format!("{it:x}")).collect();
    words.join(",")
}

/// Back from [`as_text`]; what is no number is left out.
pub(crate) fn from_text(text: &str) -> Vec<u64> {
    let words = text.split(',');
    words
        .filter_map(|it| u64::from_str_radix(it, 16).ok())
        .collect()
}

fn hash_word(word: u64) -> u64 {
    let mixed = (word ^ word >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ mixed >> 29
}

/// FNV-1a.
fn hash_bytes(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3)
    });
    hash_word(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_kept_as_text() {
        let offsets = [0x1a2b, 0, 0xffff_ffff];
        assert_eq!(from_text(&as_text(&offsets)), offsets);
        assert_eq!(from_text(""), []);
    }
}
