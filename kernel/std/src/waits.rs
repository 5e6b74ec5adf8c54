//! Who waits for whom: proofs that some threads can never go on.
//!
//! Looked at when a thread is about to sleep without a deadline, and when a thread ends. Three proofs:
//!
//! - **Cycle**: threads wait for locks, initialisers or the ends of threads in a ring. Each of them needs
//!   *all* it waits for, so a ring is proof enough, whatever others do.
//! - **Holder ended**: a lock's holder has ended without giving it back, or a thread that others wait for was given up
//!   (see `verdict.rs`).
//! - **Nobody can run**: every thread of the process sleeps in one of our waits, without a deadline, and
//!   no wake-up is on its way. Who could send, notify or unpark is not known, but nobody is left.
//!
//! All looks at other threads' entries are made twice: a thread whose count of waits is the same both times
//! has slept in between, so it held at both times, and at every moment between them, what it holds.

use real::collections::BTreeSet;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use real::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use record::clock;
use record::layout::*;
use record::snapshot::{VerdictKind, WaitKind};

use crate::graph::cycle_through;

mod explain;
mod needs;
mod verdict;

pub use explain::explanation;
use needs::needs;
use verdict::condemn;
pub use verdict::free;

/// Threads that sleep without a deadline.
static STUCK: AtomicUsize = AtomicUsize::new(0);
/// Threads that have an entry and have not ended.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
/// The runtime's own threads.
static HELPERS: OnceLock<BTreeSet<u32>> = OnceLock::new();

/// The same threads, a bit each, so that the end of a thread need not look at all that ever were.
static STUCK_BITS: [AtomicU64; THREADS / 64] = [const { AtomicU64::new(0) }; THREADS / 64];

fn bit_of(thread: u32) -> (&'static AtomicU64, u64) {
    let thread = thread as usize % THREADS;
    (&STUCK_BITS[thread / 64], 1 << (thread % 64))
}

pub fn is_stuck(thread: u32) {
    let (bits, bit) = bit_of(thread);
    bits.fetch_or(bit, Ordering::SeqCst);
    STUCK.fetch_add(1, Ordering::SeqCst);
}

pub fn runs_again(thread: u32) {
    STUCK.fetch_sub(1, Ordering::SeqCst);
    let (bits, bit) = bit_of(thread);
    bits.fetch_and(!bit, Ordering::SeqCst);
}

/// The threads that sleep without a deadline.
fn stuck(layout: &Layout) -> impl Iterator<Item = u32> {
    let used = (word(&layout.header.threads_used) as usize).min(THREADS - 1);
    (0_u32..)
        .zip(&STUCK_BITS[..=used / 64])
        .flat_map(|(word, bits)| {
            let mut left = bits.load(Ordering::SeqCst);
            real::iter::from_fn(move || {
                let next = left.trailing_zeros();
                left &= left.wrapping_sub(1);
                (next < 64).then_some(word * 64 + next)
            })
        })
}

pub fn is_alive() {
    ALIVE.fetch_add(1, Ordering::SeqCst);
}

pub fn has_ended() {
    ALIVE.fetch_sub(1, Ordering::SeqCst);
}

/// Takes all threads that live now for the runtime's own, which don't act on the user's objects.
pub fn know_helpers() {
    let _ = HELPERS.set(threads_of_process().unwrap_or_default());
}

/// One look at the graph at a time: of two threads that close one ring, only one is condemned.
fn detector() -> MutexGuard<'static, ()> {
    static DETECTOR: Mutex<()> = Mutex::new(());
    DETECTOR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Somebody whom a waiting thread needs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Need {
    holder: u32,
    /// Where the holder took the lock; 0 for other needs.
    taken_at: u32,
}

/// A thread's wait, as it was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    thread: u32,
    sequence: u32,
    /// The value of the word that it sleeps on. A wake-up changes the word before it can wake.
    asleep_at: u32,
}

fn word(at: &real::sync::atomic::AtomicU32) -> u32 {
    at.load(Ordering::SeqCst)
}

fn entry(layout: &Layout, thread: u32) -> Option<&ThreadEntry> {
    layout.threads.get(thread as usize).filter(|_| thread != 0)
}

fn entries(layout: &Layout) -> impl Iterator<Item = (u32, &ThreadEntry)> {
    let used = (word(&layout.header.threads_used) as usize).min(THREADS - 1);
    layout.threads[..=used]
        .iter()
        .enumerate()
        .skip(1)
        .map(|(index, entry)| (index as u32, entry))
}

/// Whether code of the thread may still run: its own, or the destructors of its thread locals.
fn is_at_work(entry: &ThreadEntry) -> bool {
    word(&entry.state) == THREAD_ALIVE || word(&entry.flags) & FLAG_LEAVING != 0
}

/// Whether it was proved that the thread can never go on, and it can't be made to unwind.
fn is_given_up(entry: &ThreadEntry) -> bool {
    word(&entry.flags) & FLAG_GIVEN_UP != 0
}

/// The thread's wait, if it waits without a deadline and has not been condemned yet.
fn look(layout: &Layout, thread: u32) -> Option<Seen> {
    let entry = entry(layout, thread)?;
    // Before the phase. A thread that was woken and goes on waiting changes its phase, then `wait_seen`: so a value
    // that it has not gone to sleep on yet is never seen with the phase of its last sleep.
    let seen = Seen {
        thread,
        sequence: word(&entry.wait_sequence),
        asleep_at: word(&entry.wait_seen),
    };
    let waits = matches!(word(&entry.phase), PHASE_ANNOUNCED | PHASE_STUCK);
    (is_at_work(entry) && waits && word(&entry.verdict) == 0).then_some(seen)
}

/// Looks at the graph because `me` is about to sleep. Who has to unwind finds its verdict in its entry.
pub fn check(layout: &Layout, me: u32) {
    if entry(layout, me).is_some_and(is_given_up) {
        return;
    }
    if has_cycle(layout, me) {
        let _one = detector();
        if let Some(edges) = proved_cycle(layout, me) {
            condemn(layout, VerdictKind::Cycle, &edges, me);
            return;
        }
    }
    if let Some(need) = ended_holder(layout, me) {
        let _one = detector();
        let same = ended_holder(layout, me) == Some(need);
        if let Some(seen) = look(layout, me).filter(|_| same) {
            condemn(layout, VerdictKind::HolderEnded, &[(seen, need)], me);
            return;
        }
    }
    check_all(layout, me);
}

/// Looks at the graph because `me` is ending.
pub fn thread_ended(layout: &Layout, me: u32) {
    for waiter in stuck(layout) {
        if ended_holder(layout, waiter).is_some_and(|need| need.holder == me) {
            check(layout, waiter);
        }
    }
    check_all(layout, me);
}

fn has_cycle(layout: &Layout, me: u32) -> bool {
    cycle(layout, me).is_some()
}

fn cycle(layout: &Layout, me: u32) -> Option<Vec<u32>> {
    look(layout, me)?;
    cycle_through(me, |thread| {
        if look(layout, thread).is_none() {
            return Vec::new();
        }
        needs(layout, thread)
            .into_iter()
            .map(|need| need.holder)
            .collect()
    })
}

type Edge = (Seen, Need);

/// A ring through `me` all of whose threads slept while all its edges were seen.
fn proved_cycle(layout: &Layout, me: u32) -> Option<Vec<Edge>> {
    let ring = cycle(layout, me)?;
    let seen: Vec<Seen> = ring
        .iter()
        .map(|thread| look(layout, *thread))
        .collect::<Option<_>>()?;
    let mut edges = Vec::new();
    for (position, waiter) in seen.iter().enumerate() {
        let next = ring[(position + 1) % ring.len()];
        let need = needs(layout, waiter.thread)
            .into_iter()
            .find(|need| need.holder == next)?;
        edges.push((*waiter, need));
    }
    still(layout, &seen).then_some(edges)
}

fn still(layout: &Layout, seen: &[Seen]) -> bool {
    seen.iter()
        .all(|before| look(layout, before.thread) == Some(*before))
}

/// Somebody for whom `me` waits in vain: the holder of a lock who has ended, or a thread that was given up.
fn ended_holder(layout: &Layout, me: u32) -> Option<Need> {
    look(layout, me)?;
    let joins = word(&entry(layout, me)?.wait_kind) == WaitKind::Join as u32;
    needs(layout, me).into_iter().find(|need| {
        entry(layout, need.holder).is_some_and(|holder| {
            let ended = matches!(word(&holder.state), THREAD_FINISHED | THREAD_PANICKED);
            // A guard in a thread local is given back later.
            is_given_up(holder) || !joins && ended && word(&holder.flags) & FLAG_LEAVING == 0
        })
    })
}

/// The proof that nobody can run, and its verdict.
fn check_all(layout: &Layout, me: u32) {
    // Cheap, and wrong only while a thread is just going to sleep: then that one looks itself. The second is what the end
    // of a thread finds that another one joins.
    if STUCK.load(Ordering::SeqCst) < ALIVE.load(Ordering::SeqCst)
        || stuck(layout).any(|thread| {
            let asleep_at = word(&layout.threads[thread as usize % THREADS].wait_seen);
            is_woken(layout, thread, asleep_at)
        })
    {
        return;
    }
    let _one = detector();
    let Some(seen) = all_stuck(layout) else {
        return;
    };
    let Some(tasks) = threads_of_process() else {
        return;
    };
    if !all_known(layout, &tasks) || !still(layout, &seen) || !words_unchanged(layout, &seen) {
        return;
    }
    // A ring says more, and may have been closed just now by one that comes to look at it only after us.
    if let Some(edges) = seen
        .iter()
        .find_map(|seen| proved_cycle(layout, seen.thread))
    {
        let closed_it = edges.iter().any(|(seen, _)| seen.thread == me);
        let victim = if closed_it { me } else { edges[0].0.thread };
        return condemn(layout, VerdictKind::Cycle, &edges, victim);
    }
    let edges: Vec<Edge> = seen
        .iter()
        .map(|seen| {
            (
                *seen,
                needs(layout, seen.thread).first().copied().unwrap_or(Need {
                    holder: 0,
                    taken_at: 0,
                }),
            )
        })
        .collect();
    let main = seen
        .iter()
        .find(|seen| word(&layout.threads[seen.thread as usize].flags) & FLAG_MAIN != 0);
    let victim = main.map_or(me, |main| main.thread);
    condemn(layout, VerdictKind::NobodyCanRun, &edges, victim);
}

/// Everybody, if all sleep and no wake-up is on its way.
fn all_stuck(layout: &Layout) -> Option<Vec<Seen>> {
    let mut all = Vec::new();
    for (index, entry) in entries(layout) {
        if !is_at_work(entry) || is_given_up(entry) {
            continue;
        }
        let seen = look(layout, index).filter(|_| word(&entry.phase) == PHASE_STUCK)?;
        all.push(seen);
    }
    (words_unchanged(layout, &all) && !all.is_empty()).then_some(all)
}

fn words_unchanged(layout: &Layout, seen: &[Seen]) -> bool {
    seen.iter()
        .all(|seen| !is_woken(layout, seen.thread, seen.asleep_at))
}

/// Whether a wake-up is on its way to a thread that went to sleep when its word was `asleep_at`, or may be.
fn is_woken(layout: &Layout, thread: u32, asleep_at: u32) -> bool {
    let waiter = &layout.threads[thread as usize % THREADS];
    let wake = layout.wake(WakeRef(word(&waiter.wait_on)));
    wake.is_none_or(|wake| word(&wake.word) != asleep_at)
}

/// How long after its end a thread may still be listed by the system.
const GOING_NS: u64 = 200_000_000;

/// Whether every thread of the process is known: alive in the recording, just ended, or the runtime's own.
fn all_known(layout: &Layout, tasks: &BTreeSet<u32>) -> bool {
    let now = clock::now();
    let mut known = BTreeSet::new();
    for (_, entry) in entries(layout) {
        // Ticks are at most nanoseconds on all clocks slower than 1 GHz, and a third of one on fast ones.
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
fn threads_of_process() -> Option<BTreeSet<u32>> {
    let tasks = real::fs::read_dir("/proc/self/task").ok()?;
    tasks
        .map(|task| task.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}
