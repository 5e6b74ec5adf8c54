//! Who waits for whom: proofs that some threads can never go on.
//!
//! Looked at when a thread is about to sleep without a deadline, and when a thread ends. Three proofs:
//!
//! - **Cycle**: threads wait for locks, initialisers or the ends of threads in a ring. Each of them needs
//!   *all* it waits for, so a ring is proof enough, whatever others do.
//! - **Holder ended**: a lock's holder has ended without giving it back.
//! - **Nobody can run**: every thread of the process sleeps in one of our waits, without a deadline, and
//!   no wake-up is on its way. Who could send, notify or unpark is not known, but nobody is left.
//!
//! All looks at other threads' entries are made twice: a thread whose count of waits is the same both times
//! has slept in between, so it held at both times, and at every moment between them, what it holds.

use real::collections::BTreeSet;
use real::format;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use real::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use record::clock;
use record::layout::*;
use record::snapshot::{VerdictKind, WaitKind};

use crate::graph::cycle_through;

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
#[derive(Clone, Copy)]
struct Seen {
    thread: u32,
    sequence: u32,
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

/// The thread's wait, if it waits without a deadline and has not been condemned yet.
fn look(layout: &Layout, thread: u32) -> Option<Seen> {
    let entry = entry(layout, thread)?;
    let waits = matches!(word(&entry.phase), PHASE_ANNOUNCED | PHASE_STUCK);
    let alive = word(&entry.state) == THREAD_ALIVE;
    (alive && waits && word(&entry.verdict) == 0).then(|| Seen {
        thread,
        sequence: word(&entry.wait_sequence),
    })
}

/// Everybody whom `thread` waits for, all of whom have to act before it can go on.
fn needs(layout: &Layout, thread: u32) -> Vec<Need> {
    let Some(waiter) = entry(layout, thread) else {
        return Vec::new();
    };
    let (kind, target) = (word(&waiter.wait_kind), word(&waiter.wait_target));
    if kind == WaitKind::Join as u32 {
        return joins(layout, waiter, target);
    }
    if kind != WaitKind::Lock as u32 && kind != WaitKind::Once as u32 {
        return Vec::new();
    }
    let Some(lock) = layout.objects.get(target as usize).filter(|_| target != 0) else {
        return Vec::new();
    };
    let owner = word(&lock.owner);
    if owner != 0 {
        return Vec::from([Need {
            holder: owner,
            taken_at: word(&lock.place),
        }]);
    }
    if word(&lock.kind) != record::snapshot::ObjectKind::RwLock as u32 {
        return Vec::new();
    }
    let wants_shared = word(&waiter.wait_flags) & WAIT_SHARED_OR_SEND != 0;
    if wants_shared {
        waiting_writers(layout, target)
    } else {
        readers(layout, target)
    }
}

fn joins(layout: &Layout, waiter: &ThreadEntry, target: u32) -> Vec<Need> {
    let alive = |entry: &ThreadEntry| word(&entry.state) == THREAD_ALIVE;
    let need = |holder| Need {
        holder,
        taken_at: 0,
    };
    let scope = waiter.wait_scope.load(Ordering::SeqCst);
    if scope == 0 {
        return entry(layout, target)
            .filter(|entry| alive(entry))
            .map(|_| need(target))
            .into_iter()
            .collect();
    }
    entries(layout)
        .filter(|(_, entry)| alive(entry) && entry.scope.load(Ordering::SeqCst) == scope)
        .map(|(index, _)| need(index))
        .collect()
}

fn readers(layout: &Layout, lock: u32) -> Vec<Need> {
    entries(layout)
        .filter(|(_, entry)| word(&entry.state) != THREAD_FREE)
        .filter_map(|(index, entry)| {
            let held = entry.held.iter().find(|held| word(&held.object) == lock)?;
            Some(Need {
                holder: index,
                taken_at: word(&held.place),
            })
        })
        .collect()
}

/// A reader queues up behind writers that wait.
fn waiting_writers(layout: &Layout, lock: u32) -> Vec<Need> {
    entries(layout)
        .filter(|(index, entry)| {
            look(layout, *index).is_some()
                && word(&entry.wait_kind) == WaitKind::Lock as u32
                && word(&entry.wait_target) == lock
                && word(&entry.wait_flags) & WAIT_SHARED_OR_SEND == 0
        })
        .map(|(index, _)| Need {
            holder: index,
            taken_at: 0,
        })
        .collect()
}

/// Looks at the graph because `me` is about to sleep. Who has to unwind finds its verdict in its entry.
pub fn check(layout: &Layout, me: u32) {
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
    seen.iter().all(|before| {
        look(layout, before.thread).is_some_and(|now| now.sequence == before.sequence)
    })
}

/// A holder, now ended, of what `me` waits for.
fn ended_holder(layout: &Layout, me: u32) -> Option<Need> {
    look(layout, me)?;
    if word(&entry(layout, me)?.wait_kind) == WaitKind::Join as u32 {
        return None;
    }
    needs(layout, me).into_iter().find(|need| {
        entry(layout, need.holder).is_some_and(|holder| {
            let ended = matches!(word(&holder.state), THREAD_FINISHED | THREAD_PANICKED);
            // A guard in a thread local is given back later.
            ended && word(&holder.flags) & FLAG_LEAVING == 0
        })
    })
}

/// The proof that nobody can run, and its verdict.
fn check_all(layout: &Layout, me: u32) {
    // Cheap, and wrong only while a thread is just going to sleep: then that one looks itself.
    if STUCK.load(Ordering::SeqCst) < ALIVE.load(Ordering::SeqCst) {
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
        if word(&entry.state) != THREAD_ALIVE {
            if word(&entry.flags) & FLAG_LEAVING != 0 {
                return None;
            }
            continue;
        }
        let seen = look(layout, index).filter(|_| word(&entry.phase) == PHASE_STUCK)?;
        all.push(seen);
    }
    (words_unchanged(layout, &all) && !all.is_empty()).then_some(all)
}

fn words_unchanged(layout: &Layout, seen: &[Seen]) -> bool {
    seen.iter().all(|seen| {
        let waiter = &layout.threads[seen.thread as usize];
        let wake = layout.wake(WakeRef(word(&waiter.wait_on)));
        wake.is_some_and(|wake| word(&wake.word) == word(&waiter.wait_seen))
    })
}

/// How long after its end a thread may still be listed by the system.
const GOING_NS: u64 = 200_000_000;

/// Whether every thread of the process is known: alive in the recording, just ended, or the runtime's own.
fn all_known(layout: &Layout, tasks: &BTreeSet<u32>) -> bool {
    let now = clock::now();
    let mut known = BTreeSet::new();
    for (_, entry) in entries(layout) {
        let alive = word(&entry.state) == THREAD_ALIVE;
        // Ticks are at most nanoseconds on all clocks slower than 1 GHz, and a third of one on fast ones.
        let just_ended = now.saturating_sub(entry.end.load(Ordering::SeqCst)) < GOING_NS;
        if alive || just_ended {
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

/// Writes the verdict down and tells its victim: `wanted` if it can unwind, otherwise the first who can.
fn condemn(layout: &Layout, kind: VerdictKind, edges: &[Edge], wanted: u32) {
    let can_unwind = |thread: u32| {
        entry(layout, thread).is_some_and(|entry| word(&entry.wait_flags) & WAIT_NO_UNWIND == 0)
    };
    let others = edges.iter().map(|(seen, _)| seen.thread);
    let is_waiter = edges.iter().any(|(seen, _)| seen.thread == wanted);
    let victim = real::iter::once(wanted)
        .filter(|_| is_waiter)
        .chain(others)
        .find(|thread| can_unwind(*thread));
    if victim.is_none() && is_known(layout, kind, edges) {
        return;
    }
    let slot = write_down(layout, kind, edges, victim.unwrap_or(0));
    if let Some(entry) = victim.and_then(|victim| entry(layout, victim)) {
        entry.verdict.store(slot + 1, Ordering::SeqCst);
        if let Some(wake) = layout.wake(WakeRef(word(&entry.wait_on))) {
            wake.wake_all(wanted);
        }
    }
}

/// Whether the same verdict without a victim stands written already.
fn is_known(layout: &Layout, kind: VerdictKind, edges: &[Edge]) -> bool {
    let since = |edge: &Edge| {
        layout.threads[edge.0.thread as usize]
            .wait_since
            .load(Ordering::SeqCst)
    };
    layout.verdicts.iter().any(|verdict| {
        word(&verdict.kind) == kind as u32
            && word(&verdict.victim) == 0
            && edges.first().is_some_and(|edge| {
                verdict.edges[..(word(&verdict.edge_count) as usize).min(VERDICT_EDGES)]
                    .iter()
                    .any(|known| {
                        word(&known.waiter) == edge.0.thread
                            && known.since.load(Ordering::SeqCst) == since(edge)
                    })
            })
    })
}

fn write_down(layout: &Layout, kind: VerdictKind, edges: &[Edge], victim: u32) -> u32 {
    let slot = layout.header.verdicts_used.fetch_add(1, Ordering::SeqCst) % VERDICTS as u32;
    let verdict = &layout.verdicts[slot as usize];
    verdict.version.fetch_or(1, Ordering::AcqRel);
    let set = |at: &real::sync::atomic::AtomicU32, value: u32| at.store(value, Ordering::Relaxed);
    set(&verdict.kind, kind as u32);
    set(&verdict.victim, victim);
    set(&verdict.cell, word(&layout.header.cell));
    verdict.at.store(clock::now(), Ordering::Relaxed);
    set(&verdict.edge_count, edges.len().min(VERDICT_EDGES) as u32);
    for ((seen, need), to) in edges.iter().zip(&verdict.edges) {
        let waiter = &layout.threads[seen.thread as usize];
        set(&to.waiter, seen.thread);
        set(&to.holder, need.holder);
        set(&to.held_since, need.taken_at);
        set(&to.kind, word(&waiter.wait_kind));
        set(&to.flags, word(&waiter.wait_flags));
        set(&to.target, word(&waiter.wait_target));
        set(&to.at, word(&waiter.wait_at));
        to.since
            .store(waiter.wait_since.load(Ordering::Relaxed), Ordering::Relaxed);
    }
    verdict.version.fetch_add(1, Ordering::AcqRel);
    slot
}

/// A verdict in plain words, for the payload of the panic.
pub fn explanation(layout: &Layout, slot: u32) -> String {
    let Some(verdict) = layout.verdicts.get(slot as usize) else {
        return String::from("deadlock");
    };
    let edges = &verdict.edges[..(word(&verdict.edge_count) as usize).min(VERDICT_EDGES)];
    let mut text = String::from(match word(&verdict.kind) {
        kind if kind == VerdictKind::Cycle as u32 && edges.len() == 1 => {
            "deadlock: this thread waits for something that only it can give"
        }
        kind if kind == VerdictKind::Cycle as u32 => {
            "deadlock: these threads wait for each other in a ring"
        }
        kind if kind == VerdictKind::HolderEnded as u32 => {
            "deadlock: what is waited for was held by a thread that has ended"
        }
        _ => "deadlock: every thread waits, and nobody is left who could wake one",
    });
    for edge in edges {
        text.push_str("\n  ");
        text.push_str(&explain_edge(layout, edge));
    }
    text
}

fn explain_edge(layout: &Layout, edge: &VerdictEdge) -> String {
    let waiter = thread_name(layout, word(&edge.waiter));
    let at = place(layout, word(&edge.at));
    let kind = WaitKind::ALL.get(word(&edge.kind) as usize).copied();
    let (target, send) = (
        word(&edge.target),
        word(&edge.flags) & WAIT_SHARED_OR_SEND != 0,
    );
    let what = match kind {
        Some(WaitKind::Join) if target == 0 => String::from("the end of its scope's threads"),
        Some(WaitKind::Join) => format!("the end of {}", thread_name(layout, target)),
        Some(WaitKind::Park) => String::from("an unpark"),
        Some(WaitKind::Channel) if send => format!("room in {}", object_name(layout, target)),
        Some(WaitKind::Channel) => format!("a message from {}", object_name(layout, target)),
        Some(WaitKind::Condvar) => format!("a notification of {}", object_name(layout, target)),
        _ => object_name(layout, target),
    };
    let mut text = format!("{waiter} waits at {at} for {what}");
    let holder = word(&edge.holder);
    if holder != 0 && kind != Some(WaitKind::Join) {
        let since = match word(&edge.held_since) {
            0 => String::new(),
            taken => format!(" since {}", place(layout, taken)),
        };
        let verb = if word(&edge.held_since) == 0 {
            "comes before it in the queue"
        } else {
            "holds it"
        };
        text.push_str(&format!("; {} {verb}{since}", thread_name(layout, holder)));
    }
    text
}

fn thread_name(layout: &Layout, thread: u32) -> String {
    entry(layout, thread).map_or_else(
        || String::from("a thread"),
        |entry| format!("T{}", word(&entry.ordinal)),
    )
}

fn place(layout: &Layout, index: u32) -> String {
    match layout.locations.get(index as usize).filter(|_| index != 0) {
        Some(entry) => {
            let file = layout.text(entry.file.load(Ordering::SeqCst));
            format!("{file}:{}:{}", word(&entry.line), word(&entry.column))
        }
        None => String::from("an unknown place"),
    }
}

fn object_name(layout: &Layout, index: u32) -> String {
    let Some(entry) = layout.objects.get(index as usize).filter(|_| index != 0) else {
        return String::from("an object");
    };
    let kind = match word(&entry.kind) {
        1 => "Mutex",
        2 => "RwLock",
        3 => "channel",
        4 => "sync_channel",
        5 => "Condvar",
        6 => "Barrier",
        7 => "Once",
        8 => "OnceLock",
        9 => "LazyLock",
        _ => "lock of a standard stream",
    };
    let typed = match layout.text(entry.type_name.load(Ordering::SeqCst)) {
        unit if unit.is_empty() || unit == "()" => String::from(kind),
        inner => format!("{kind}<{inner}>"),
    };
    match word(&entry.created_at) {
        0 => format!("the {typed}"),
        created => format!("the {typed} made at {}", place(layout, created)),
    }
}

/// Condemns the waiter of `edge`, if it is of `cell` and still in the same wait.
pub fn free(layout: &Layout, edge: &VerdictEdge, cell: u32, slot: u32) {
    let _one = detector();
    let thread = word(&edge.waiter);
    let Some(waiter) = entry(layout, thread) else {
        return;
    };
    let same = look(layout, thread).is_some()
        && waiter.wait_since.load(Ordering::SeqCst) == edge.since.load(Ordering::SeqCst)
        && word(&waiter.cell) == cell
        && word(&waiter.wait_flags) & WAIT_NO_UNWIND == 0;
    if same {
        waiter.verdict.store(slot + 1, Ordering::SeqCst);
        if let Some(wake) = layout.wake(WakeRef(word(&waiter.wait_on))) {
            wake.wake_all(0);
        }
    }
}
