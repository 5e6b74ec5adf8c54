//! How many threads there are, and which of them sleep without a deadline.

use real::collections::BTreeSet;
use real::prelude::rust_2024::*;
use real::sync::OnceLock;
use real::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use record::ThreadSlot;
use record::clock;
use record::layout::*;

use super::look::{entries, is_at_work, word};

/// Threads that sleep without a deadline.
static STUCK: AtomicUsize = AtomicUsize::new(0);
/// Threads that have an entry and have not ended.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
/// The runtime's own threads.
static HELPERS: OnceLock<BTreeSet<u32>> = OnceLock::new();

/// The same threads, a bit each, so that the end of a thread need not look at all that ever were.
static STUCK_BITS: [AtomicU64; THREADS / 64] = [const { AtomicU64::new(0) }; THREADS / 64];

fn bit_of(thread: ThreadSlot) -> (&'static AtomicU64, u64) {
    let thread = thread.index() % THREADS;
    (&STUCK_BITS[thread / 64], 1 << (thread % 64))
}

/// The thread goes to sleep without a deadline.
pub fn mark_stuck(thread: ThreadSlot) {
    let (bits, bit) = bit_of(thread);
    bits.fetch_or(bit, Ordering::SeqCst);
    STUCK.fetch_add(1, Ordering::SeqCst);
}

/// It does not sleep any more.
pub fn mark_running(thread: ThreadSlot) {
    STUCK.fetch_sub(1, Ordering::SeqCst);
    let (bits, bit) = bit_of(thread);
    bits.fetch_and(!bit, Ordering::SeqCst);
}

/// The threads that sleep without a deadline.
pub(super) fn stuck(layout: &Layout) -> impl Iterator<Item = ThreadSlot> {
    let used = (word(&layout.header.threads_used) as usize).min(THREADS - 1);
    (0_u32..)
        .zip(&STUCK_BITS[..=used / 64])
        .flat_map(|(word, bits)| {
            let mut left = bits.load(Ordering::SeqCst);
            real::iter::from_fn(move || {
                let next = left.trailing_zeros();
                left &= left.wrapping_sub(1);
                (next < 64).then_some(ThreadSlot(word * 64 + next))
            })
        })
}

/// One more thread has an entry and has not ended.
pub fn thread_begins() {
    ALIVE.fetch_add(1, Ordering::SeqCst);
}

/// One less.
pub fn thread_ends() {
    ALIVE.fetch_sub(1, Ordering::SeqCst);
}

/// Takes the calling thread alone for the runtime's own, where it is the only one.
pub fn know_no_helpers() {
    let _ = HELPERS.set(BTreeSet::from([record::memory::thread_id()]));
}

/// Takes all threads that live now for the runtime's own, which don't act on the user's objects,
/// unless that is known.
pub fn know_helpers(layout: &Layout) {
    let helpers = HELPERS.get_or_init(|| threads_of_process().unwrap_or_default());
    let besides = helpers.len().saturating_sub(1) as u32;
    layout.header.helpers.store(besides, Ordering::Relaxed);
}

/// How long after its end a thread may still be listed by the system.
const GOING_NS: u64 = 200_000_000;

/// Whether every thread of the process is known: alive in the recording, just ended, or the
/// runtime's own.
pub(super) fn all_known(layout: &Layout, tasks: &BTreeSet<u32>) -> bool {
    let now = clock::now();
    let mut known = BTreeSet::new();
    for (_, entry) in entries(layout) {
        // Ticks are at most nanoseconds on all clocks slower than 1 GHz, and a third of one on fast
        // ones.
        let just_ended = now.saturating_sub(entry.end.load(Ordering::SeqCst)) < GOING_NS;
        if is_at_work(entry) || just_ended {
            known.insert(word(&entry.os_tid));
        }
    }
    let helpers = HELPERS.get();
    tasks
        .iter()
        .all(|task| known.contains(task) || helpers.is_some_and(|helpers| helpers.contains(task)))
}

/// The ids of all threads of this process; `None` where the system does not tell.
pub(super) fn threads_of_process() -> Option<BTreeSet<u32>> {
    let tasks = real::fs::read_dir("/proc/self/task").ok()?;
    tasks
        .map(|task| task.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}

/// Whether every thread that is counted seems to sleep without a deadline. Wrong only while one is
/// just going to sleep.
pub(super) fn seem_all_stuck() -> bool {
    STUCK.load(Ordering::SeqCst) >= ALIVE.load(Ordering::SeqCst)
}
