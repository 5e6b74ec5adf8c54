//! Looking at other threads' entries, which may change meanwhile.
//!
//! All looks are made twice: a thread whose count of waits is the same both times has slept in
//! between, so it held at both times, and at every moment between them, what it holds.

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, Ordering};
use real::sync::{Mutex, MutexGuard, PoisonError};

use record::ThreadSlot;
use record::layout::*;

/// One look at the graph at a time: of two threads that close one ring, only one is condemned.
pub(super) fn detector() -> MutexGuard<'static, ()> {
    static DETECTOR: Mutex<()> = Mutex::new(());
    DETECTOR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread's wait, as it was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) thread: ThreadSlot,
    pub(super) sequence: u32,
    /// The value of the word that it sleeps on. A wake-up changes the word before it can wake.
    pub(super) asleep_at: u32,
}

pub(super) fn word(at: &AtomicU32) -> u32 {
    at.load(Ordering::SeqCst)
}

pub(super) fn entry(layout: &Layout, thread: ThreadSlot) -> Option<&ThreadEntry> {
    layout
        .threads
        .get(thread.index())
        .filter(|_| thread.is_some())
}

pub(super) fn entries(layout: &Layout) -> impl Iterator<Item = (ThreadSlot, &ThreadEntry)> {
    let used = (word(&layout.header.threads_used) as usize).min(THREADS - 1);
    layout.threads[..=used]
        .iter()
        .enumerate()
        .skip(1)
        .map(|(index, entry)| (ThreadSlot(index as u32), entry))
}

/// Whether code of the thread may still run: its own, or the destructors of its thread locals.
pub(super) fn is_at_work(entry: &ThreadEntry) -> bool {
    word(&entry.state) == THREAD_ALIVE || word(&entry.flags) & FLAG_LEAVING != 0
}

/// Whether it was proved that the thread can never go on, and it can't be made to unwind.
pub(super) fn is_given_up(entry: &ThreadEntry) -> bool {
    word(&entry.flags) & FLAG_GIVEN_UP != 0
}

/// The thread's wait, if it waits without a deadline and has not been condemned yet.
pub(super) fn look(layout: &Layout, thread: ThreadSlot) -> Option<Seen> {
    let entry = entry(layout, thread)?;
    // Before the phase. A thread that was woken and goes on waiting changes its phase, then
    // `wait_seen`: so a value that it has not gone to sleep on yet is never seen with the phase of
    // its last sleep.
    let seen = Seen {
        thread,
        sequence: word(&entry.wait_sequence),
        asleep_at: word(&entry.wait_seen),
    };
    let waits = matches!(word(&entry.phase), PHASE_ANNOUNCED | PHASE_STUCK);
    (is_at_work(entry) && waits && word(&entry.verdict) == 0).then_some(seen)
}

pub(super) fn still(layout: &Layout, seen: &[Seen]) -> bool {
    seen.iter()
        .all(|before| look(layout, before.thread) == Some(*before))
}

pub(super) fn words_unchanged(layout: &Layout, seen: &[Seen]) -> bool {
    seen.iter()
        .all(|seen| !is_woken(layout, seen.thread, seen.asleep_at))
}

/// Whether a wake-up is on its way to a thread that went to sleep when its word was `asleep_at`, or
/// may be.
pub(super) fn is_woken(layout: &Layout, thread: ThreadSlot, asleep_at: u32) -> bool {
    let waiter = &layout.threads[thread.index() % THREADS];
    let wake = layout.wake(WakeRef(word(&waiter.wait_on)));
    wake.is_none_or(|wake| word(&wake.word) != asleep_at)
}
