//! What follows from a proof: it is written down, and one thread has to unwind.

use real::collections::BTreeSet;
use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::ThreadSlot;
use record::clock;
use record::layout::*;
use record::snapshot::VerdictKind;
use record::writer;

use super::census::stuck;
use super::look::{detector, entry, look, word};
use super::needs::{Edge, needs};
use super::victim::{UnwindsFrom, may_unwind_at};
use crate::probe::place_with_calls;

/// Writes the verdict down and tells its victim: `wanted` if nobody can unwind more safely.
pub(super) fn condemn(layout: &Layout, kind: VerdictKind, edges: &[Edge], wanted: ThreadSlot) {
    let is_waiter = edges.iter().any(|(seen, _)| seen.thread == wanted);
    let others = edges.iter().map(|(seen, _)| seen.thread);
    let victim = real::iter::once(wanted)
        .filter(|_| is_waiter)
        .chain(others)
        .filter_map(|thread| Some((thread, may_unwind(layout, thread)?)))
        .min_by_key(|(_, from)| *from)
        .map(|(thread, _)| thread);
    if let Some(victim) = victim {
        let slot = write_down(layout, kind, edges, victim);
        return tell(layout, victim, slot, wanted);
    }
    if !is_known(layout, kind, edges) {
        give_up(layout, kind, edges, wanted);
    }
}

/// Has the thread find its verdict.
fn tell(layout: &Layout, victim: ThreadSlot, slot: u32, waker: ThreadSlot) {
    let Some(entry) = entry(layout, victim) else {
        return;
    };
    entry.verdict.store(slot + 1, Ordering::SeqCst);
    if let Some(wake) = layout.wake(WakeRef(word(&entry.wait_on))) {
        wake.wake_all(waker);
    }
}

/// None of the threads of a deadlock can be made to unwind. They stay where they are, and whoever
/// waits for them unwinds instead. If that is the main thread and it can't, there is no victim: the
/// kernel has to end the process.
fn give_up(layout: &Layout, kind: VerdictKind, edges: &[Edge], waker: ThreadSlot) {
    let lost = lost_with(layout, edges);
    let is_main = |thread: &ThreadSlot| {
        entry(layout, *thread).is_some_and(|entry| word(&entry.flags) & FLAG_MAIN != 0)
    };
    let unwinds = |thread: &ThreadSlot| may_unwind(layout, *thread).is_some();
    if lost
        .iter()
        .any(|thread| is_main(thread) && !unwinds(thread))
    {
        write_down(layout, kind, edges, ThreadSlot::NONE);
        return;
    }
    let (freed, stay): (Vec<ThreadSlot>, Vec<ThreadSlot>) = lost.into_iter().partition(unwinds);
    let slot = write_down(layout, kind, edges, ThreadSlot(word(&layout.header.main)));
    for entry in stay.into_iter().filter_map(|thread| entry(layout, thread)) {
        entry.flags.fetch_or(FLAG_GIVEN_UP, Ordering::SeqCst);
    }
    for victim in freed {
        tell(layout, victim, slot, waker);
    }
}

/// The threads of a deadlock, and all that wait for one of them.
fn lost_with(layout: &Layout, edges: &[Edge]) -> BTreeSet<ThreadSlot> {
    let mut lost: BTreeSet<ThreadSlot> = edges.iter().map(|(seen, _)| seen.thread).collect();
    loop {
        let more: Vec<ThreadSlot> = stuck(layout)
            .filter(|thread| !lost.contains(thread) && look(layout, *thread).is_some())
            .filter(|thread| {
                needs(layout, *thread)
                    .iter()
                    .any(|need| lost.contains(&need.holder))
            })
            .collect();
        if more.is_empty() {
            return lost;
        }
        lost.extend(more);
    }
}

/// From where the thread can be made to unwind out of its wait; `None`: not at all.
fn may_unwind(layout: &Layout, thread: ThreadSlot) -> Option<UnwindsFrom> {
    let entry = entry(layout, thread)?;
    if word(&entry.wait_flags) & WAIT_NO_UNWIND != 0 {
        return None;
    }
    may_unwind_at(layout, entry, word(&entry.wait_at))
}

/// Whether the same verdict without a victim stands written already.
fn is_known(layout: &Layout, kind: VerdictKind, edges: &[Edge]) -> bool {
    let since = |edge: &Edge| {
        layout.threads[edge.0.thread.index()]
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
                        word(&known.waiter) == edge.0.thread.0
                            && known.since.load(Ordering::SeqCst) == since(edge)
                    })
            })
    })
}

fn write_down(layout: &Layout, kind: VerdictKind, edges: &[Edge], victim: ThreadSlot) -> u32 {
    let slot = layout.header.verdicts_used.fetch_add(1, Ordering::SeqCst) % VERDICTS as u32;
    let verdict = &layout.verdicts[slot as usize];
    verdict.version.fetch_or(1, Ordering::AcqRel);
    let set = |at: &real::sync::atomic::AtomicU32, value: u32| at.store(value, Ordering::Relaxed);
    set(&verdict.kind, kind as u32);
    set(&verdict.victim, victim.0);
    set(&verdict.cell, word(&layout.header.cell));
    verdict.at.store(clock::now(), Ordering::Relaxed);
    set(&verdict.edge_count, edges.len().min(VERDICT_EDGES) as u32);
    for ((seen, need), to) in edges.iter().zip(&verdict.edges) {
        let waiter = &layout.threads[seen.thread.index()];
        set(&to.waiter, seen.thread.0);
        set(&to.holder, need.holder.0);
        set(&to.held_since, need.taken_at);
        set(&to.kind, word(&waiter.wait_kind));
        set(&to.flags, word(&waiter.wait_flags));
        set(&to.target, word(&waiter.wait_target));
        // Who closes a circle has not slept yet, so nobody has looked for what led there.
        let at = word(&waiter.wait_at);
        let own = writer::with(|local| {
            (local.thread() == seen.thread).then(|| place_with_calls(local, at))
        });
        set(&to.at, own.unwrap_or(at));
        to.since
            .store(waiter.wait_since.load(Ordering::Relaxed), Ordering::Relaxed);
    }
    verdict.version.fetch_add(1, Ordering::AcqRel);
    slot
}

/// Condemns the waiter of `edge`, if it is of `cell` and still in the same wait.
pub fn free(layout: &Layout, edge: &VerdictEdge, cell: u32, slot: u32) {
    let _one = detector();
    let thread = ThreadSlot(word(&edge.waiter));
    let Some(waiter) = entry(layout, thread) else {
        return;
    };
    let same = look(layout, thread).is_some()
        && waiter.wait_since.load(Ordering::SeqCst) == edge.since.load(Ordering::SeqCst)
        && word(&waiter.cell) == cell
        && may_unwind(layout, thread).is_some();
    if same {
        tell(layout, thread, slot, ThreadSlot::NONE);
    }
}
