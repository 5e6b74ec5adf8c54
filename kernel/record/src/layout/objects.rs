//! An object's entry.

use std::sync::atomic::{AtomicU32, AtomicU64};

use super::sampled::SampledRun;
use super::wake::Wake;

/// `ObjectEntry::uses`: one use, in its upper half.
pub const ONE_USE: u64 = 1 << 32;
/// The lower half of `ObjectEntry::uses`: nobody holds it.
pub const NO_OWNER: u32 = 0;
/// The lower half of `ObjectEntry::uses`: a thread holds it that found the table of threads full.
pub const UNKNOWN_OWNER: u32 = u32::MAX;

/// `ObjectEntry::flags`
pub const OBJECT_DROPPED: u32 = 1;
pub const OBJECT_POISONED: u32 = 2;
/// Who has it may have been given it by another task.
pub const OBJECT_HANDED_ON: u32 = 4;
/// Who holds it exclusively has upgradable access only: readers come in beside.
pub const OBJECT_UPGRADABLE: u32 = 8;
/// A runtime of tasks has it for itself: nothing goes through it from task to task.
pub const OBJECT_OF_RUNTIME: u32 = 16;
/// Where a `Library` begins in the flags.
pub const OBJECT_LIBRARY: u32 = 24;

#[repr(C, align(64))]
pub struct ObjectEntry {
    // First and second line: what an exclusive holder writes, or the one receiver of a channel.
    /// The holder in the lower half ([`NO_OWNER`], [`UNKNOWN_OWNER`]), exclusive acquisitions or
    /// messages received in the upper one. A mutex has no other lock than this word; for other
    /// objects the holder writes it.
    pub uses: AtomicU64,
    /// Added to the upper half of `uses`, which would overflow otherwise.
    pub uses_before: AtomicU64,
    /// For senders that wait for room: the receiver looks here.
    pub wake_senders: Wake,
    /// Threads that wait for exclusive access to a reader–writer lock.
    pub writers_waiting: AtomicU32,
    pub since: AtomicU64,
    pub hold_total: AtomicU64,
    pub hold_max: AtomicU64,
    pub place: AtomicU32,
    /// The task that holds it, of a runtime's locks.
    pub task: AtomicU32,
    pub run: SampledRun,
    /// What stands for it in the epoch of who holds it (`writer/local.rs`).
    pub mark: AtomicU64,
    // Third line: what threads write that don't hold it.
    pub reads: AtomicU64,
    pub contended: AtomicU64,
    pub failed_tries: AtomicU64,
    pub wait_total: AtomicU64,
    pub wait_max: AtomicU64,
    pub shared_total: AtomicU64,
    pub shared_max: AtomicU64,
    pub unused_line: AtomicU64,
    // Fourth line: what senders write; and where a lock's holder looks who waits.
    /// Messages sent by the thread that sent first, and by all others.
    pub sent_by_first: AtomicU64,
    pub sent_by_others: AtomicU64,
    pub max_queued: AtomicU64,
    /// How many were received when the first sender last looked.
    pub received_seen: AtomicU64,
    /// In a controlled program, the address of the `Location` where it was made: there `created_at`
    /// is 0.
    pub made_at: AtomicU64,
    /// Senders alive; of a runtime's locks, how many holds have ended and were not told so yet.
    pub senders: AtomicU32,
    /// Whether the receiver is alive; of a runtime's locks, the flags of their holder when it took
    /// them, of which [`TASK_GAVE`](super::TASK_GAVE) counts.
    pub receiver: AtomicU32,
    /// For those who wait for the lock, a message, an opening.
    pub wake: Wake,
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
    /// Of a channel of tasks: those of the messages sent that were sent while no cell ran.
    pub notifies: AtomicU64,
    /// Of a channel of tasks: the same of those received.
    pub notifies_unheard: AtomicU64,
    pub generations: AtomicU64,
    pub send_wait_total: AtomicU64,
    pub send_wait_max: AtomicU64,
}
