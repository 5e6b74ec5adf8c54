//! Proofs that some threads can never go on.
//!
//! Looked at when a thread is about to sleep without a deadline, and when a thread ends. Three
//! proofs:
//!
//! - **Cycle**: threads wait for locks, initialisers or the ends of threads in a ring. Each of them
//!   needs *all* it waits for, so a ring is proof enough, whatever others do.
//! - **Holder ended**: a lock's holder has ended without giving it back, or a thread that others
//!   wait for was given up (see `verdict.rs`).
//! - **Nobody can run**: every thread of the process sleeps in one of our waits, without a
//!   deadline, and no wake-up is on its way. Who could send, notify or unpark is not known, but
//!   nobody is left.

use real::prelude::rust_2024::*;

use record::ThreadSlot;
use record::layout::*;
use record::snapshot::{VerdictKind, WaitKind};

use super::census::{all_known, seem_all_stuck, stuck, threads_of_process};
use super::graph::cycle_through;
use super::look::{
    Seen, detector, entries, entry, is_at_work, is_given_up, is_woken, look, still, word,
    words_unchanged,
};
use super::needs::{Edge, Need, needs, seems_to_need};
use super::verdict::condemn;

/// Looks at the graph because `me` is about to sleep. Who has to unwind finds its verdict in its
/// entry.
pub fn check(layout: &Layout, me: ThreadSlot) {
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
pub fn check_end_of(layout: &Layout, me: ThreadSlot) {
    for waiter in stuck(layout) {
        if ended_holder(layout, waiter).is_some_and(|need| need.holder == me) {
            check(layout, waiter);
        }
    }
    check_all(layout, me);
}

fn has_cycle(layout: &Layout, me: ThreadSlot) -> bool {
    cycle(layout, me).is_some()
}

fn cycle(layout: &Layout, me: ThreadSlot) -> Option<Vec<ThreadSlot>> {
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

/// A ring through `me` all of whose threads slept while all its edges were seen.
fn proved_cycle(layout: &Layout, me: ThreadSlot) -> Option<Vec<Edge>> {
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

/// Somebody for whom `me` waits in vain: the holder of a lock who has ended, or a thread that was
/// given up.
fn ended_holder(layout: &Layout, me: ThreadSlot) -> Option<Need> {
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
fn check_all(layout: &Layout, me: ThreadSlot) {
    // Cheap, and wrong only while a thread is just going to sleep: then that one looks itself. The
    // second is what the end of a thread finds that another one joins.
    if !seem_all_stuck()
        || stuck(layout).any(|thread| {
            let asleep_at = word(&layout.threads[thread.index() % THREADS].wait_seen);
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
    // A ring says more, and may have been closed just now by one that comes to look at it only
    // after us.
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
                seems_to_need(layout, seen.thread)
                    .first()
                    .copied()
                    .unwrap_or(Need {
                        holder: ThreadSlot::NONE,
                        taken_at: 0,
                    }),
            )
        })
        .collect();
    let main = seen
        .iter()
        .find(|seen| word(&layout.threads[seen.thread.index()].flags) & FLAG_MAIN != 0);
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
