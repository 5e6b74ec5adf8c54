//! Data races: two accesses to the same memory, one of them a plain one and one a write, that
//! nothing orders. An access to memory that was freed is told as well, whatever orders the two.
//!
//! An access is remembered as an epoch, a thread and how far it had come (Flanagan and Freund,
//! "FastTrack: efficient and precise dynamic race detection", PLDI 2009); what a thread knows of
//! the others comes from [`Memory::knows`](crate::Memory::knows). Bytes are told apart.

mod shadow;
mod touch;

use crate::point::ThreadId;
use shadow::{Kept, Shadow};
use touch::Known;
pub use touch::Touch;

/// Two accesses that nothing orders; or the first one frees the memory, and the second one comes
/// after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Race {
    /// The earlier one in this run.
    pub first: Touch,
    /// The later one.
    pub second: Touch,
}

/// Of so many words that are freed at once all are noted, also those that nobody was seen to touch:
/// code that is not instrumented may have.
const NOTED_WHOLE: u64 = 512;

/// What was accessed, by whom, when.
#[derive(Debug, Default)]
pub struct Races {
    shadow: Shadow,
}

/// The bytes of a word from one to another.
fn bytes(from: u64, to: u64) -> u8 {
    (((1u16 << (to - from)) - 1) << from) as u8
}

/// The first and the last word of a stretch of memory.
fn words(address: u64, size: u64) -> Option<(u64, u64)> {
    let last = address.saturating_add(size.checked_sub(1)?);
    Some((address >> 3, last >> 3))
}

/// The bytes of a word that a stretch of memory covers, of which it is a part.
#[inline]
fn covered(word: u64, address: u64, end: u64) -> u8 {
    let start = word << 3;
    let from = address.max(start) - start;
    let to = end.min(start.saturating_add(8)) - start;
    bytes(from, to)
}

impl Races {
    /// Nothing was accessed so far.
    pub fn new() -> Races {
        Races::default()
    }

    /// An access; the race that it completes, if it does. `knows` is what its thread knows of each
    /// thread, itself included.
    pub fn access(&mut self, address: u64, size: u64, touch: Touch, knows: &[u32]) -> Option<Race> {
        let words = words(address, size)?;
        let end = address.saturating_add(size);
        let known_of = |thread: ThreadId| knows.get(thread.0 as usize).copied().unwrap_or(0);
        let mut race = None;
        let look = |earlier: &Known, new: &Known| {
            let together = earlier.bytes() & new.bytes() != 0;
            let changes = earlier.writes() || touch.writes;
            let plain = !earlier.is_atomic() || !touch.atomic;
            let ordered = earlier.number() <= known_of(earlier.thread());
            let races = changes && plain && !ordered || earlier.frees();
            if together && races && race.is_none() {
                race = Some(earlier.touch());
            }
            // Whoever races with an access that this one covers races with this one, too.
            let covered = earlier.bytes() & !new.bytes() == 0;
            let stronger =
                (touch.writes || !earlier.writes()) && (!touch.atomic || earlier.is_atomic());
            if covered && ordered && stronger {
                Kept::Goes
            } else {
                Kept::Stays
            }
        };
        let new = Known::new(touch, known_of(touch.thread));
        let ends = (
            covered(words.0, address, end),
            covered(words.1, address, end),
        );
        self.shadow.note(words, ends, new, look);
        race.map(|first| Race {
            first,
            second: touch,
        })
    }

    /// The memory is freed, which is a write to all of it: the race with an access that nothing
    /// orders before. From now on nobody may access it, until it is used for [something
    /// else](Races::forget); of a long stretch what was accessed before.
    pub fn free(&mut self, address: u64, size: u64, touch: Touch, knows: &[u32]) -> Option<Race> {
        let known_of = |thread: ThreadId| knows.get(thread.0 as usize).copied().unwrap_or(0);
        let end = address.saturating_add(size);
        let freed = Known::new(touch, known_of(touch.thread));
        let mut found: Option<(u64, Touch)> = None;
        let words = words(address, size)?;
        // Blocks begin and end with a word.
        self.shadow.each_within(words, |word, known| {
            let unordered = known.number() > known_of(known.thread());
            let wrong = unordered || known.frees();
            if wrong && found.is_none_or(|(lowest, _)| word < lowest) {
                found = Some((word, known.touch()));
            }
            *known = freed.to(covered(word, address, end));
        });
        if words.1 - words.0 < NOTED_WHOLE {
            let ends = (u8::MAX, u8::MAX);
            self.shadow.note(words, ends, freed, |_, _| Kept::Goes);
        }
        found.map(|(_, first)| Race {
            first,
            second: touch,
        })
    }

    /// The memory is used for something else from now on.
    pub fn forget(&mut self, address: u64, size: u64) {
        let end = address.saturating_add(size);
        if let Some(words) = words(address, size) {
            self.shadow.each_within(words, |word, known| {
                *known = known.to(known.bytes() & !covered(word, address, end));
            });
        }
    }

    /// Forgets all, for another run.
    pub fn clear(&mut self) {
        self.shadow.clear();
    }
}
