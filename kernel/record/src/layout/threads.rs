//! A thread's entry.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64};

use super::sampled::SampledRun;
use super::wake::Wake;

pub const HELD: usize = 20;
pub const SHARES: usize = 4;
pub const NAME_BYTES: usize = 64;

#[repr(C)]
pub struct HoldSlot {
    pub object: AtomicU32,
    pub place: AtomicU32,
    pub since: AtomicU64,
}

/// What one thread counts of its uses of one object by the side of others: shared holds, messages
/// sent, or received beside other receivers. Shared counters that every reader adds to would cost
/// more than the lock itself. A lock's are added to its own when another object needs the place.
#[repr(C)]
pub struct Share {
    /// The object in the upper half, the `EventKind` of the uses in the lower one; 0 for none.
    pub key: AtomicU64,
    pub generation: AtomicU32,
    /// Where a hold was taken that has no slot in `ThreadEntry::held`.
    pub place: AtomicU32,
    /// Twice the number of uses; odd while the last one is a hold that has no slot in
    /// `ThreadEntry::held`.
    pub uses: AtomicU64,
    pub hold_total: AtomicU64,
    pub hold_max: AtomicU64,
    pub run: SampledRun,
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
/// Its `JoinHandle` is gone.
pub const FLAG_DETACHED: u32 = 128;
/// A runtime's: it polls tasks, or runs what it is given.
pub const FLAG_POOLED: u32 = 256;
/// It sleeps for a runtime until the first of that one's timers.
pub const FLAG_TIMERS: u32 = 512;

/// `ThreadEntry::wait_flags`
pub const WAIT_SHARED_OR_SEND: u32 = 1;
pub const WAIT_TIMED: u32 = 2;
/// Can't be made to unwind.
pub const WAIT_NO_UNWIND: u32 = 4;
/// For upgradable access.
pub const WAIT_UPGRADABLE: u32 = 8;
/// Has upgradable access, and waits until the readers are gone.
pub const WAIT_UPGRADE: u32 = 16;
/// For shared access, without queueing up behind writers that wait.
pub const WAIT_BARGES: u32 = 32;

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
    /// CPU time: what it had used when the current cell began, and what it has used since then once
    /// it has ended. The main thread's ends with the cell.
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
    pub held: [HoldSlot; HELD],
    pub shares: [Share; SHARES],
}
