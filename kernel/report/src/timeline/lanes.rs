//! Which threads get a lane of their own when there are too many.

use std::collections::BTreeSet;

use record::snapshot::{Action, ThreadSlot, ThreadState, WaitKind};

use super::path::Stretch;
use crate::analyse::{Facts, ended_well, length};

/// Most threads with a lane of their own.
const LANES: usize = 12;

/// The positions of the threads that explain most, in order of their ids.
pub(super) fn choose(facts: &Facts<'_>, path: &[Stretch]) -> Vec<usize> {
    let snapshot = facts.snapshot;
    let mut positions: Vec<usize> = (0..snapshot.threads.len())
        .filter(|&position| facts.thread_ids[position] != 0)
        .collect();
    if positions.len() > LANES {
        let worth = worth(facts, path);
        positions.sort_by_key(|&position| {
            (
                std::cmp::Reverse(worth[position]),
                facts.thread_ids[position],
            )
        });
        positions.truncate(LANES);
    }
    positions.sort_by_key(|&position| facts.thread_ids[position]);
    positions
}

/// By position: how much a thread's lane would explain: first the main thread, deadlocks and
/// panics, then the critical path, then time waited for others and time others waited for it.
fn worth(facts: &Facts<'_>, path: &[Stretch]) -> Vec<(u32, u64)> {
    let snapshot = facts.snapshot;
    let mut worth = vec![(0, 0); snapshot.threads.len()];
    let in_deadlock: BTreeSet<ThreadSlot> = snapshot
        .verdicts
        .iter()
        .flat_map(|verdict| &verdict.edges)
        .flat_map(|edge| [edge.waiter, edge.holder])
        .collect();
    for (position, thread) in snapshot.threads.iter().enumerate() {
        if thread.is_main {
            worth[position].0 += 100;
        }
        if in_deadlock.contains(&thread.index) {
            worth[position].0 += 50;
        }
        if thread.state == ThreadState::Panicked {
            worth[position].0 += 20;
        }
        let waits = [
            WaitKind::Lock,
            WaitKind::Channel,
            WaitKind::Condvar,
            WaitKind::Barrier,
        ];
        worth[position].1 = waits.iter().fold(0u64, |sum, &kind| {
            sum.saturating_add(thread.blocked_ns[kind as usize])
        });
    }
    for stretch in path {
        let long = stretch.end - stretch.start > snapshot.wall_ns / 50;
        worth[stretch.position].0 += if long { 5 } else { 0 };
    }
    for &position in &facts.scan.waits {
        let event = &snapshot.events[position as usize];
        if let Action::Wait {
            kind,
            waker,
            outcome,
            ..
        } = event.action
            && kind != WaitKind::Join
            && ended_well(outcome)
            && let Some(position) = facts.thread_position(waker)
        {
            worth[position].1 = worth[position].1.saturating_add(length(event));
        }
    }
    for (position, more) in kept_others_waiting(facts) {
        worth[position].1 = worth[position].1.saturating_add(more);
    }
    // A path through hundreds of short threads must not drown those that waited.
    for worth in &mut worth {
        worth.0 = if worth.0 >= 20 {
            worth.0
        } else {
            worth.0.min(5)
        };
    }
    worth
}

/// How long each long hold of a contended lock kept others waiting, about: its length, for each of
/// those who waited for that lock on average. A waker alone is only the last who held it.
fn kept_others_waiting(facts: &Facts<'_>) -> Vec<(usize, u64)> {
    let snapshot = facts.snapshot;
    let wall = u128::from(snapshot.wall_ns.max(1));
    let mut kept = Vec::new();
    for event in &snapshot.events {
        let Action::Hold { object, .. } = event.action else {
            continue;
        };
        if length(event) < snapshot.wall_ns / 100 {
            continue;
        }
        let waited = facts
            .object(object)
            .map_or(0, |object| object.counters.wait_ns.total);
        if let Some(position) = facts.thread_position(event.thread) {
            let for_all = u128::from(length(event)) * u128::from(waited) / wall;
            kept.push((position, u64::try_from(for_all).unwrap_or(u64::MAX)));
        }
    }
    kept
}
