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
//!
//! event, 32 bytes, little endian
//!   0      1   2      4          8        12       16             24             32
//!   ┌──────┬───┬──────┬──────────┬────────┬────────┬──────────────┬──────────────┐
//!   │ kind │flg│ waitk│ target   │ place  │ extra  │ start, ticks │ end, ticks   │
//!   └──────┴───┴──────┴──────────┴────────┴────────┴──────────────┴──────────────┘
//! kind    1 wait 2 hold 3 send 4 receive 5 spawn 6 thread start 7 thread end 8 notify 9 unpark
//!         10 panic 11 failed try 12 drop
//! flags   bit 0: shared access, `send`, `notify_all`, or ended by a panic
//!         bits 4..8: how a wait ended (`WaitOutcome`)
//! waitk   wait: its kind (`WaitKind`), 16 bits; hold, send, receive: `more`, so many further uses are counted into
//!         this event, all between start and end; while a `Run` goes on, those of the run are not in it yet
//! target  object or thread;  place: location
//! extra   wait: who woke it; send, receive: queue length; notify: how many it woke
//! ```
//!
//! Index 0 of every table is unused: it means "none".

#![expect(
    missing_docs,
    reason = "fields and sizes are named after what they hold; what is not plain is said"
)]

use std::mem::offset_of;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64};

/// First eight bytes of a recording.
pub const MAGIC: u64 = u64::from_le_bytes(*b"FEARLESS");
/// Changes whenever a byte changes its meaning.
pub const VERSION: u32 = 1;

pub const THREADS: usize = 16_384;
pub const OBJECTS: usize = 32_768;
pub const LOCATIONS: usize = 16_384;
pub const INTERNED: usize = 8_192;
pub const STRING_BYTES: usize = 4 << 20;
pub const CHUNKS: usize = 30_720;
pub const EVENTS_PER_CHUNK: usize = 31;
pub const VERDICTS: usize = 16;
pub const VERDICT_EDGES: usize = 32;
pub const PANICS: usize = 64;
pub const PANIC_BYTES: usize = 1024;
pub const HELD: usize = 20;
pub const SHARES: usize = 4;
pub const NAME_BYTES: usize = 64;
pub const SPARE_WAKES: usize = 64;

/// `Header::ticking`
pub const TICKING: u32 = 1;
pub const TICKER_SLEEPS: u32 = 2;

/// One use more, in an event's `more`.
pub const ONE_MORE: u64 = 1 << 16;
/// The bits of an event's `more`, and the greatest number in them.
pub const MORE_BITS: u64 = 0xFFFF << 16;
pub const MORE_LIMIT: u32 = 0xFFFF;

/// A word to sleep on.
#[repr(C)]
pub struct Wake {
    /// The futex. Changes with every wake-up.
    pub word: AtomicU32,
    /// At least as many as sleep on `word`; see `futex.rs`.
    pub waiters: AtomicU32,
    /// The thread that woke last.
    pub waker: AtomicU32,
}

#[repr(C, align(64))]
pub struct Header {
    pub magic: AtomicU64,
    pub version: AtomicU32,
    /// 0 monotonic nanoseconds, 1 the processor's counter.
    pub clock: AtomicU32,
    /// Of the cell process, 0 before it attached.
    pub pid: AtomicU32,
    /// The flags of `Attention`. The only word that every operation reads.
    pub attention: AtomicU32,
    /// Changes when what runs rely on may have changed, and every millisecond while `ticking`; see
    /// `writer/runs.rs`.
    pub pulse: AtomicU32,
    /// [`TICKING`], [`TICKER_SLEEPS`], or 0 before either.
    pub ticking: AtomicU32,
    /// Set by whoever needs the ticks to go on.
    pub needs_ticks: AtomicU32,
    pub cancel_cell: AtomicU32,
    /// `Mode` for the next cell.
    pub mode: AtomicU32,
    pub cell: AtomicU32,
    /// Thread that runs the cells.
    pub main: AtomicU32,
    pub cell_begin: AtomicU64,
    /// 0 while the cell runs.
    pub cell_end: AtomicU64,
    pub cancel_at: AtomicU64,
    pub next_order: AtomicU64,
    /// Entries given out so far; an entry above was never used.
    pub threads_used: AtomicU32,
    pub objects_used: AtomicU32,
    pub chunks_used: AtomicU32,
    pub strings_used: AtomicU32,
    /// Lists of entries to reuse: index in the low half, a change count in the high half.
    pub free_threads: AtomicU64,
    pub free_objects: AtomicU64,
    pub free_chunks: AtomicU64,
    /// Chunks in use now.
    pub chunks_busy: AtomicU32,
    pub verdicts_used: AtomicU32,
    pub panics_used: AtomicU32,
    pub locations_used: AtomicU32,
    pub lost_threads: AtomicU64,
    pub lost_objects: AtomicU64,
    pub lost_acquisitions: AtomicU64,
    pub lost_sent: AtomicU64,
    pub lost_received: AtomicU64,
    /// What one operation adds, in 1/1024 ns: see `CostOf`.
    pub costs: [AtomicU32; 16],
    /// How long a hold seems to take in which nothing is done, in ticks of the clock: one that is timed as all are, and
    /// one of many in a row.
    pub empty_hold: AtomicU32,
    pub empty_hold_in_run: AtomicU32,
    /// For objects without an entry, by address.
    pub spare_wakes: [Wake; SPARE_WAKES],
}

/// Indices of `Header::costs`; with [`COUNTS_ONLY`] added, the cost when only counters are recorded.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub enum CostOf {
    /// Lock and unlock, one of many in a row.
    Exclusive = 0,
    /// Read lock and unlock.
    Shared = 1,
    /// One message sent.
    Send = 2,
    /// One message received.
    Receive = 3,
    /// What writing an event down adds to that.
    Event = 4,
    /// A thread spawned and joined.
    Thread = 5,
    /// A line printed.
    Line = 6,
}

/// See [`CostOf`].
pub const COUNTS_ONLY: usize = 8;

#[repr(C)]
pub struct Held {
    pub object: AtomicU32,
    pub place: AtomicU32,
    pub since: AtomicU64,
}

/// Uses of one object by one thread from one place, of which only the first is timed; see `writer/runs.rs`. Written
/// by one thread at a time. How many uses there were since is the difference between a counter and `base`.
#[repr(C)]
pub struct Run {
    /// The thread's stamp while the run goes on, 0 while none does.
    pub stamp: AtomicU64,
    /// The address of the place.
    pub at: AtomicU64,
    /// When its timed use began.
    pub begun: AtomicU64,
    /// Whose it is or was.
    pub thread: AtomicU32,
    /// The pulse with which it goes on.
    pub pulse: AtomicU32,
    /// The counter after its timed use, and when the next use is to be timed; lower halves.
    pub base: AtomicU32,
    pub until: AtomicU32,
    /// How long the timed use took, in ticks; 0 for messages.
    pub took: AtomicU32,
    /// The event that the uses are to be counted into ([`EventRef`]); 0 for none.
    pub event: AtomicU32,
    /// Timed uses in a row, all fast.
    pub streak: AtomicU32,
    /// Odd while a run begins or ends.
    pub version: AtomicU32,
}

/// What one thread counts of its uses of one object by the side of others: shared holds, or messages sent. Shared
/// counters that every reader adds to would cost more than the lock itself. A lock's are added to its own when another
/// object needs the place.
#[repr(C)]
pub struct Share {
    /// The object in the upper half, the `EventKind` of the uses in the lower one; 0 for none.
    pub key: AtomicU64,
    pub generation: AtomicU32,
    /// Where a hold was taken that has no slot in `ThreadEntry::held`.
    pub place: AtomicU32,
    /// Twice the number of uses; odd while the last one is a hold that has no slot in `ThreadEntry::held`.
    pub uses: AtomicU64,
    pub hold_total: AtomicU64,
    pub hold_max: AtomicU64,
    pub run: Run,
}

/// `ThreadEntry::state`
pub const THREAD_FREE: u32 = 0;
pub const THREAD_ALIVE: u32 = 1;
pub const THREAD_FINISHED: u32 = 2;
pub const THREAD_PANICKED: u32 = 3;

/// `ThreadEntry::phase`: not waiting.
pub const PHASE_RUNNING: u32 = 0;
/// Has announced a wait, and will try once more.
pub const PHASE_ANNOUNCED: u32 = 1;
/// Has tried once more and sleeps, without a deadline.
pub const PHASE_STUCK: u32 = 2;
/// Waits with a deadline.
pub const PHASE_TIMED: u32 = 3;

/// `ThreadEntry::flags`
pub const FLAG_MAIN: u32 = 1;
pub const FLAG_FOREIGN: u32 = 2;
pub const FLAG_JOINED: u32 = 4;
/// Must not be made to unwind: the deadlock detector picks another one, a stop waits for it.
pub const FLAG_NO_UNWIND: u32 = 8;
/// Spawned by a dependency: a stop unwinds it from the user's own code only.
pub const FLAG_DEPENDENCY: u32 = 16;
/// Its closure has returned; the destructors of its thread locals may still run.
pub const FLAG_LEAVING: u32 = 32;
/// It was proved that it can never go on, and it can't be made to unwind: it stays where it is.
pub const FLAG_GIVEN_UP: u32 = 64;

/// `ThreadEntry::wait_flags`
pub const WAIT_SHARED_OR_SEND: u32 = 1;
pub const WAIT_TIMED: u32 = 2;
/// Can't be made to unwind.
pub const WAIT_NO_UNWIND: u32 = 4;

#[repr(C, align(64))]
pub struct ThreadEntry {
    pub state: AtomicU32,
    /// Changes when the entry is given out again.
    pub generation: AtomicU32,
    pub cell: AtomicU32,
    pub ordinal: AtomicU32,
    pub os_tid: AtomicU32,
    pub flags: AtomicU32,
    pub parent: AtomicU32,
    pub spawned_at: AtomicU32,
    pub start: AtomicU64,
    pub end: AtomicU64,
    /// CPU time, noted when the thread ends. The main thread's, noted when a cell begins, and what the cell took
    /// when it ends.
    pub cpu_ns: AtomicU64,
    /// Threads of one scope share a number; 0 outside.
    pub scope: AtomicU64,
    /// Counts waits, so that two looks at one thread can tell whether it is still the same wait.
    pub wait_sequence: AtomicU32,
    pub phase: AtomicU32,
    pub wait_kind: AtomicU32,
    pub wait_flags: AtomicU32,
    pub wait_target: AtomicU32,
    pub wait_at: AtomicU32,
    /// Where it sleeps (`WakeRef`), and the word's value then.
    pub wait_on: AtomicU32,
    pub wait_seen: AtomicU32,
    pub wait_since: AtomicU64,
    /// For the end of a scope: its number.
    pub wait_scope: AtomicU64,
    /// Slot of the verdict that it is the victim of, plus 1.
    pub verdict: AtomicU32,
    /// Next of the free list.
    pub next: AtomicU32,
    /// For what only this thread is told of.
    pub own: Wake,
    /// For those who wait for its end.
    pub ended: Wake,
    pub blocked: [AtomicU64; 8],
    pub lines: AtomicU64,
    /// Events up to the current chunk; those in it are counted there.
    pub events: AtomicU64,
    /// All its events when the current cell began.
    pub events_before: AtomicU64,
    pub first_chunk: AtomicU32,
    pub last_chunk: AtomicU32,
    pub chunk_count: AtomicU32,
    pub name_length: AtomicU32,
    /// Shared locks held beyond the table.
    pub held_beyond: AtomicU32,
    pub reserved: AtomicU32,
    pub name: [AtomicU8; NAME_BYTES],
    pub held: [Held; HELD],
    pub shares: [Share; SHARES],
}

/// `ObjectEntry::uses`: one use, in its upper half.
pub const ONE_USE: u64 = 1 << 32;
/// The lower half of `ObjectEntry::uses`: nobody holds it.
pub const NO_OWNER: u32 = 0;
/// The lower half of `ObjectEntry::uses`: a thread holds it that found the table of threads full.
pub const UNKNOWN_OWNER: u32 = u32::MAX;

/// `ObjectEntry::flags`
pub const OBJECT_DROPPED: u32 = 1;
pub const OBJECT_POISONED: u32 = 2;

#[repr(C, align(64))]
pub struct ObjectEntry {
    // First and second line: what an exclusive holder writes, or the one receiver of a channel.
    /// The holder in the lower half ([`NO_OWNER`], [`UNKNOWN_OWNER`]), exclusive acquisitions or messages received in
    /// the upper one. A mutex has no other lock than this word; for other objects the holder writes it.
    pub uses: AtomicU64,
    /// Added to the upper half of `uses`, which would overflow otherwise.
    pub uses_before: AtomicU64,
    /// For those who wait for the lock, a message, an opening.
    pub wake: Wake,
    /// Threads that wait for exclusive access to a reader–writer lock.
    pub writers_waiting: AtomicU32,
    pub since: AtomicU64,
    pub hold_total: AtomicU64,
    pub hold_max: AtomicU64,
    pub place: AtomicU32,
    pub spare: AtomicU32,
    pub run: Run,
    pub spare_long: AtomicU64,
    // Third line: what threads write that don't hold it.
    pub reads: AtomicU64,
    pub contended: AtomicU64,
    pub failed_tries: AtomicU64,
    pub wait_total: AtomicU64,
    pub wait_max: AtomicU64,
    pub shared_total: AtomicU64,
    pub shared_max: AtomicU64,
    pub spare_line: AtomicU64,
    // Fourth line: what senders write.
    /// Messages sent by the thread that sent first, and by all others.
    pub sent_by_first: AtomicU64,
    pub sent_by_others: AtomicU64,
    pub max_queued: AtomicU64,
    pub send_wait_total: AtomicU64,
    pub send_wait_max: AtomicU64,
    pub senders: AtomicU32,
    pub receiver: AtomicU32,
    /// For senders that wait for room.
    pub wake_senders: Wake,
    /// The thread that has sent first. It alone writes `sent_by_first`.
    pub first_sender: AtomicU32,
    // The rest changes rarely.
    /// `ObjectKind`, 0 while the entry is free or not yet filled in.
    pub kind: AtomicU32,
    pub generation: AtomicU32,
    pub cell: AtomicU32,
    pub created_at: AtomicU32,
    pub flags: AtomicU32,
    pub next: AtomicU32,
    pub order: AtomicU64,
    pub address: AtomicU64,
    pub lost: AtomicU64,
    /// `StringRef`
    pub type_name: AtomicU64,
    /// Plus 1; 0 without a bound.
    pub capacity: AtomicU64,
    pub waits: AtomicU64,
    pub notifies: AtomicU64,
    pub notifies_unheard: AtomicU64,
    pub generations: AtomicU64,
}

#[repr(C)]
pub struct LocationEntry {
    /// The key; 0 when free. Claimed with a compare-exchange.
    pub address: AtomicU64,
    /// `StringRef`
    pub file: AtomicU64,
    /// `StringRef`
    pub image: AtomicU64,
    pub line: AtomicU32,
    pub column: AtomicU32,
    /// 1 when the rest may be read.
    pub ready: AtomicU32,
    /// 1 when it is code of a dependency rather than of a cell.
    pub dependency: AtomicU32,
    pub spare: AtomicU64,
}

#[repr(C)]
pub struct Event {
    /// kind, flags, wait kind, target
    pub what: AtomicU64,
    /// place, extra
    pub place: AtomicU64,
    pub start: AtomicU64,
    pub end: AtomicU64,
}

#[repr(C)]
pub struct Chunk {
    /// Changes before and after the chunk gets another owner: odd in between.
    pub version: AtomicU32,
    pub owner: AtomicU32,
    pub owner_generation: AtomicU32,
    /// Events written so far.
    pub count: AtomicU32,
    /// Number of the first event among its owner's.
    pub first: AtomicU64,
    pub next: AtomicU32,
    /// The cell in which its owner went on to another chunk; 0 before.
    pub closed_in: AtomicU32,
    pub events: [Event; EVENTS_PER_CHUNK],
}

/// Names an event by its place: 32 × its chunk + its slot. 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventRef(pub u32);

const _: () = assert!(EVENTS_PER_CHUNK <= 32 && CHUNKS <= 1 << 27);

impl EventRef {
    pub const fn of(chunk: u32, slot: u32) -> EventRef {
        EventRef(chunk * 32 + slot)
    }
}

#[repr(C)]
pub struct VerdictEdge {
    pub waiter: AtomicU32,
    pub holder: AtomicU32,
    pub held_since: AtomicU32,
    pub kind: AtomicU32,
    pub flags: AtomicU32,
    pub target: AtomicU32,
    pub at: AtomicU32,
    pub spare: AtomicU32,
    pub since: AtomicU64,
}

#[repr(C)]
pub struct VerdictEntry {
    /// Odd while it is being written.
    pub version: AtomicU32,
    pub kind: AtomicU32,
    pub victim: AtomicU32,
    pub edge_count: AtomicU32,
    pub at: AtomicU64,
    pub cell: AtomicU32,
    pub spare: AtomicU32,
    pub edges: [VerdictEdge; VERDICT_EDGES],
}

#[repr(C)]
pub struct PanicEntry {
    /// Odd while it is being written.
    pub version: AtomicU32,
    pub thread: AtomicU32,
    pub at: AtomicU64,
    pub place: AtomicU32,
    pub length: AtomicU32,
    pub message: [AtomicU8; PANIC_BYTES],
}

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
    assert!(size_of::<LocationEntry>() == 48);
    assert!(size_of::<Header>() <= 4096);
    assert!(offset_of!(Layout, verdicts) == 4096);
    assert!(offset_of!(Layout, chunks) % 1024 == 0);
    assert!(offset_of!(ObjectEntry, run) == 64);
    assert!(offset_of!(ObjectEntry, reads) == 128);
    assert!(offset_of!(ObjectEntry, sent_by_first) == 192);
    assert!(SIZE < 64 << 20);
};

/// Names one of the wake words, so that it can be stored in the recording and checked by a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WakeRef(pub u32);

impl WakeRef {
    /// Nothing.
    pub const NONE: WakeRef = WakeRef(0);

    /// An object's: for those who want it, or receive.
    pub const fn object(index: u32) -> WakeRef {
        WakeRef(1 << 28 | index)
    }

    /// An object's: for those who send.
    pub const fn senders(index: u32) -> WakeRef {
        WakeRef(2 << 28 | index)
    }

    /// A thread's own.
    pub const fn own(index: u32) -> WakeRef {
        WakeRef(3 << 28 | index)
    }

    /// A thread's end.
    pub const fn ended(index: u32) -> WakeRef {
        WakeRef(4 << 28 | index)
    }

    /// A spare one, for an object without an entry.
    pub const fn spare(slot: u32) -> WakeRef {
        WakeRef(5 << 28 | slot)
    }
}

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
            5 => self.header.spare_wakes.get(index),
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
