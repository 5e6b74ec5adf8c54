//! Data races: two accesses to the same memory, one of them a plain one and one a write, that
//! nothing orders.
//!
//! An access is remembered as an epoch, a thread and how far it had come (Flanagan and Freund,
//! "FastTrack: efficient and precise dynamic race detection", PLDI 2009); what a thread knows of the
//! others comes from [`Memory::knows`](crate::Memory::knows). Bytes are told apart.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::point::ThreadId;

/// An access that may race.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// Who.
    pub thread: ThreadId,
    /// The step of the run, or how many came before.
    pub step: u32,
    /// The place in the source.
    pub place: u32,
    /// It changes memory.
    pub writes: bool,
    /// It is atomic: two of those never race.
    pub atomic: bool,
    /// It frees the memory.
    pub frees: bool,
}

/// Two accesses that nothing orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Race {
    /// The earlier one in this run.
    pub first: Touch,
    /// The later one.
    pub second: Touch,
}

/// An access to some bytes of a word.
#[derive(Clone, Copy, Debug)]
struct Known {
    bytes: u8,
    number: u32,
    touch: Touch,
}

/// What was accessed, by whom, when.
#[derive(Debug, Default)]
pub struct Races {
    words: HashMap<u64, Vec<Known>, BuildHasherDefault<Mixed>>,
}

/// Numbers of words, which lie close together, spread over a table. Each access looks there.
#[derive(Debug, Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, 6.4).
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}

/// The bytes of a word from one to another.
fn bytes(from: u64, to: u64) -> u8 {
    (((1u16 << (to - from)) - 1) << from) as u8
}

/// The words of a stretch of memory, each with its bytes.
fn words(address: u64, size: u64) -> impl Iterator<Item = (u64, u8)> {
    let end = address.saturating_add(size);
    let first = address >> 3;
    let last = end.saturating_sub(1) >> 3;
    (first..=last).filter(move |_| size > 0).map(move |word| {
        let start = word << 3;
        let from = address.max(start) - start;
        let to = end.min(start.saturating_add(8)) - start;
        (word, bytes(from, to))
    })
}

impl Races {
    /// Nothing was accessed so far.
    pub fn new() -> Races {
        Races::default()
    }

    /// An access; the race that it completes, if it does. `knows` is what its thread knows of each
    /// thread, itself included.
    pub fn access(&mut self, address: u64, size: u64, touch: Touch, knows: &[u32]) -> Option<Race> {
        let known_of = |thread: ThreadId| knows.get(thread.0 as usize).copied().unwrap_or(0);
        let number = known_of(touch.thread);
        let mut race = None;
        for (word, bytes) in words(address, size) {
            let known = self.words.entry(word).or_default();
            for earlier in known.iter() {
                let together = earlier.bytes & bytes != 0;
                let changes = earlier.touch.writes || touch.writes;
                let plain = !earlier.touch.atomic || !touch.atomic;
                let ordered = earlier.number <= known_of(earlier.touch.thread);
                if together && changes && plain && !ordered && race.is_none() {
                    race = Some(Race {
                        first: earlier.touch,
                        second: touch,
                    });
                }
            }
            // Whoever races with an access that this one covers races with this one, too.
            known.retain(|earlier| {
                let covered = earlier.bytes & !bytes == 0;
                let ordered = earlier.number <= known_of(earlier.touch.thread);
                let stronger = (touch.writes || !earlier.touch.writes)
                    && (!touch.atomic || earlier.touch.atomic);
                !(covered && ordered && stronger)
            });
            known.push(Known {
                bytes,
                number,
                touch,
            });
        }
        race
    }

    /// The memory is freed, which is a write to all of it: the race with an access that nothing
    /// orders before. From now on it is used for something else.
    pub fn free(&mut self, address: u64, size: u64, touch: Touch, knows: &[u32]) -> Option<Race> {
        let known_of = |thread: ThreadId| knows.get(thread.0 as usize).copied().unwrap_or(0);
        // Blocks begin and end with a word.
        let touched = self.touched(address, size);
        let mut accesses = touched
            .iter()
            .filter_map(|word| self.words.get(word))
            .flatten();
        let race = accesses
            .find(|earlier| earlier.number > known_of(earlier.touch.thread))
            .map(|earlier| Race {
                first: earlier.touch,
                second: touch,
            });
        self.forget(address, size);
        race
    }

    /// The memory is used for something else from now on.
    pub fn forget(&mut self, address: u64, size: u64) {
        let touched = self.touched(address, size);
        for (word, bytes) in touched.iter().flat_map(|word| {
            let start = (word << 3).max(address);
            let end = ((word << 3).saturating_add(8)).min(address.saturating_add(size));
            words(start, end - start)
        }) {
            let Some(known) = self.words.get_mut(&word) else {
                continue;
            };
            for access in known.iter_mut() {
                access.bytes &= !bytes;
            }
            known.retain(|access| access.bytes != 0);
            if known.is_empty() {
                self.words.remove(&word);
            }
        }
    }

    /// The words of a stretch of memory that were accessed, in order.
    fn touched(&self, address: u64, size: u64) -> Vec<u64> {
        let Some(last) = size.checked_sub(1) else {
            return Vec::new();
        };
        let (from, to) = (address >> 3, address.saturating_add(last) >> 3);
        if to - from < self.words.len() as u64 {
            let known = |word: &u64| self.words.contains_key(word);
            return (from..=to).filter(known).collect();
        }
        // A large stretch is mostly memory that nobody touched.
        let within = |word: &&u64| (from..=to).contains(*word);
        let mut touched: Vec<u64> = self.words.keys().filter(within).copied().collect();
        touched.sort_unstable();
        touched
    }

    /// Forgets all, for another run.
    pub fn clear(&mut self) {
        self.words.clear();
    }
}
