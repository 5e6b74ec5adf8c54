//! The bytes of a recording. Everything in it is an atomic integer, so that a reader in another
//! process, or a stray write of user code, can at worst yield numbers that make no sense.
//!
//! ```text
//! offset        size        what
//! 0             4 KiB       Header: magic, version, clock, the current cell, limits used, overflow
//! 4 KiB         20.5 KiB    verdicts: what the deadlock detector proved, a ring of 16
//! 24.5 KiB      65.5 KiB    panics, a ring of 64
//! 90 KiB        16 MiB      threads,   16,384 × 1 KiB
//!               12 MiB      objects,   32,768 × 384 B
//!               768 KiB     locations, 16,384 × 48 B: a hash table keyed by the Location's address
//!               64 KiB      interned,   8,192 × 8 B:  a hash table of strings
//!               4 MiB       strings,   bytes, UTF-8
//!               30 MiB      chunks,    30,720 × 1 KiB: 32 B header, 31 events of 32 B
//!               4 MiB       tasks,     32,768 × 128 B
//!               512 KiB     jobs,      8,192 × 64 B
//!
//! event, 32 bytes, little endian
//!   0      1   2      4          8        12       16             24             32
//!   ┌──────┬───┬──────┬──────────┬────────┬────────┬──────────────┬──────────────┐
//!   │ kind │flg│ waitk│ target   │ place  │ extra  │ start, ticks │ end, ticks   │
//!   └──────┴───┴──────┴──────────┴────────┴────────┴──────────────┴──────────────┘
//! kind    1 wait 2 hold 3 send 4 receive 5 spawn 6 thread start 7 thread end 8 notify 9 unpark
//!         10 panic 11 failed try 12 drop 13 poll 14 passed over
//! flags   bit 0: shared access, `send`, `notify_all`, or ended by a panic
//!         bits 4..8: how a wait ended (`WaitOutcome`)
//! waitk   wait: its kind (`WaitKind`), 16 bits; hold, send, receive: `more`, so many further uses
//!         are counted into this event, none before its start nor a millisecond later; while a
//!         `SampledRun` goes on, its uses are not in it yet
//! target  object or thread;  place: location
//! extra   wait: who woke it; send, receive: queue length; notify: how many it woke
//!
//! A poll of a task (target) has in its flags how it ended (bits 0..2, `PollOutcome`;
//! bit 3: `POLL_HANDED_OVER`) and for what
//! the task waits then (bits 4..8, `TaskWaitKind`), in `waitk` the object, task or place of that, in
//! `extra` who had woken it (bit 31: a thread), and in `place` how long before, in units of 64
//! ticks.
//!
//! Branches of a `select!` (at `place`) that were passed over by a task (target) from start to end
//! are bits of `waitk`, and `extra` says in how many rounds.
//! ```
//!
//! Index 0 of every table is unused: it means "none".

#![expect(
    missing_docs,
    reason = "fields and sizes are named after what they hold; what is not plain is said"
)]

mod events;
mod header;
mod jobs;
mod objects;
mod places;
mod sampled;
mod tasks;
mod threads;
mod verdicts;
mod wake;

use std::mem::offset_of;
use std::sync::atomic::{AtomicU8, AtomicU64};

pub use events::*;
pub use header::*;
pub use jobs::*;
pub use objects::*;
pub use places::*;
pub use sampled::*;
pub use tasks::*;
pub use threads::*;
pub use verdicts::*;
pub use wake::*;

/// First eight bytes of a recording.
pub const MAGIC: u64 = u64::from_le_bytes(*b"FEARLESS");
/// Changes whenever a byte changes its meaning.
pub const VERSION: u32 = 1;

pub const THREADS: usize = 16_384;
pub const OBJECTS: usize = 32_768;
pub const LOCATIONS: usize = 16_384;
pub const INTERNED: usize = 8_192;
pub const STRING_BYTES: usize = 4 << 20;
pub const TASKS: usize = 32_768;
pub const JOBS: usize = 8_192;
pub const CHUNKS: usize = 30_720;
pub const VERDICTS: usize = 16;
pub const PANICS: usize = 64;

/// The whole recording.
#[repr(C, align(4096))]
pub struct Layout {
    pub header: Header,
    header_rest: [u8; 4096 - size_of::<Header>()],
    pub verdicts: [VerdictEntry; VERDICTS],
    pub panics: [PanicEntry; PANICS],
    pub threads: [ThreadEntry; THREADS],
    pub objects: [ObjectEntry; OBJECTS],
    pub locations: [LocationEntry; LOCATIONS],
    pub interned: [AtomicU64; INTERNED],
    pub strings: [AtomicU8; STRING_BYTES],
    chunk_align: [AlignTo1024; 0],
    pub chunks: [Chunk; CHUNKS],
    pub tasks: [TaskEntry; TASKS],
    pub jobs: [JobsEntry; JOBS],
}

#[repr(align(1024))]
struct AlignTo1024;

/// Bytes of a recording.
pub const SIZE: usize = size_of::<Layout>();

const _: () = {
    assert!(size_of::<Event>() == 32);
    assert!(size_of::<Chunk>() == 1024);
    assert!(size_of::<ThreadEntry>() == 1024);
    assert!(size_of::<ObjectEntry>() == 384);
    assert!(size_of::<TaskEntry>() == 128);
    assert!(size_of::<JobsEntry>() == 64);
    assert!(size_of::<LocationEntry>() == 48);
    assert!(size_of::<Header>() <= 4096);
    assert!(offset_of!(Layout, verdicts) == 4096);
    assert!(offset_of!(Layout, chunks) % 1024 == 0);
    assert!(offset_of!(ObjectEntry, run) == 64);
    assert!(offset_of!(ObjectEntry, reads) == 128);
    assert!(offset_of!(ObjectEntry, sent_by_first) == 192);
    assert!(SIZE < 72 << 20);
    // An `EventRef` names all of them.
    assert!(EVENTS_PER_CHUNK <= 32 && CHUNKS <= 1 << 27);
    // A poll names what its task waits for in 16 bits.
    assert!(OBJECTS <= 1 << 16 && TASKS <= 1 << 16 && LOCATIONS <= 1 << 16);
    // A job names where it was asked for in 15 bits, and who made it in 16.
    assert!(LOCATIONS <= 1 << 15 && THREADS <= 1 << 16);
};

impl Layout {
    /// The event that `at` names, if it names one.
    pub fn event(&self, at: EventRef) -> Option<&Event> {
        let chunk = (at.0 / 32) as usize;
        let chunk = self.chunks.get(chunk).filter(|_| chunk != 0)?;
        chunk.events.get((at.0 % 32) as usize)
    }

    /// The word that `at` names, if it names one.
    pub fn wake(&self, at: WakeRef) -> Option<&Wake> {
        let index = (at.0 & 0x0FFF_FFFF) as usize;
        match at.0 >> 28 {
            1 => self.objects.get(index).map(|entry| &entry.wake),
            2 => self.objects.get(index).map(|entry| &entry.wake_senders),
            3 => self.threads.get(index).map(|entry| &entry.own),
            4 => self.threads.get(index).map(|entry| &entry.ended),
            5 => self.header.fallback_wakes.get(index),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of bytes at the head of this file, held to what the compiler lays out.
    #[test]
    fn the_table_of_bytes_is_true() {
        let table = [
            (offset_of!(Layout, header), size_of::<[u8; 4096]>()),
            (
                offset_of!(Layout, verdicts),
                size_of::<[VerdictEntry; VERDICTS]>(),
            ),
            (
                offset_of!(Layout, panics),
                size_of::<[PanicEntry; PANICS]>(),
            ),
            (offset_of!(Layout, threads), 16 << 20),
            (offset_of!(Layout, objects), 12 << 20),
            (offset_of!(Layout, locations), 768 << 10),
            (offset_of!(Layout, interned), 64 << 10),
            (offset_of!(Layout, strings), 4 << 20),
            (offset_of!(Layout, chunks), 30 << 20),
            (offset_of!(Layout, tasks), 4 << 20),
            (offset_of!(Layout, jobs), 512 << 10),
        ];
        for pair in table.windows(2) {
            let gap = pair[1].0 - (pair[0].0 + pair[0].1);
            assert!(gap < 4096, "{pair:?}");
        }
        assert_eq!(offset_of!(Layout, verdicts), 4 << 10);
        assert_eq!(offset_of!(Layout, panics), 25_088);
        assert_eq!(offset_of!(Layout, threads), 90 << 10);
    }

    #[test]
    fn an_event_keeps_its_bytes() {
        assert_eq!(offset_of!(Event, what), 0);
        assert_eq!(offset_of!(Event, place), 8);
        assert_eq!(offset_of!(Event, start), 16);
        assert_eq!(offset_of!(Event, end), 24);
        assert_eq!(offset_of!(Chunk, events), 32);
    }
}
