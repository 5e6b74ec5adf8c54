//! Who woke whom, and the chain that decided how long the cell took.
//!
//! The critical path is followed backwards from the end of the cell's main thread: where the thread
//! had just waited, the path goes on with whoever ended that wait; where it began, with whoever
//! spawned it.

use record::snapshot::{Action, WaitKind};

use crate::analyse::{Facts, ended_well, length};
use crate::model::{Activity, Arrow, Step};

/// A stretch of the critical path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The thread's position.
    pub(super) position: usize,
    /// From.
    pub(super) start: u64,
    /// To.
    pub(super) end: u64,
}

/// Most stretches followed, and most arrows.
const STRETCHES: usize = 400;
const ARROWS: usize = 12;

/// A wait that someone else ended.
struct Wait {
    start: u64,
    end: u64,
    waker: usize,
}

/// The critical path, first stretch first.
pub(super) fn critical(facts: &Facts<'_>) -> Vec<Stretch> {
    let snapshot = facts.snapshot;
    let main = snapshot
        .threads
        .iter()
        .position(|thread| thread.is_main && thread.cell == snapshot.cell)
        .or_else(|| (0..snapshot.threads.len()).find(|&position| facts.thread_ids[position] != 0));
    let Some(mut position) = main else {
        return Vec::new();
    };
    let waits = waits_by_thread(facts);
    let mut time = snapshot.threads[position]
        .end_ns
        .unwrap_or(snapshot.wall_ns)
        .min(snapshot.wall_ns);
    let mut stretches: Vec<Stretch> = Vec::new();
    while stretches.len() < STRETCHES {
        let thread = &snapshot.threads[position];
        let before = waits[position].partition_point(|wait| wait.end <= time);
        let last = before.checked_sub(1).map(|last| &waits[position][last]);
        let (from, next, back_at) = match last {
            Some(wait) => {
                // A thread may be woken, and wait for a core, long after its waker has ended.
                let ended = snapshot.threads[wait.waker].end_ns.unwrap_or(u64::MAX);
                let handed_over = wait.end.min(ended).max(wait.start);
                (handed_over, Some(wait.waker), handed_over)
            }
            None => {
                let parent = facts
                    .thread_position(thread.parent)
                    .filter(|&parent| parent != position);
                (thread.start_ns, parent, thread.start_ns)
            }
        };
        // Wakers that have waited for each other at one instant would go round for ever.
        let from = from.min(time);
        if stretches
            .last()
            .is_some_and(|later| later.position == position && later.start == from)
        {
            break;
        }
        stretches.push(Stretch {
            position,
            start: from,
            end: time,
        });
        let Some(next) = next else { break };
        let stuck = back_at >= time && stretches.len() > 1 && {
            let round = stretches
                .iter()
                .rev()
                .take_while(|stretch| stretch.start == from);
            round.filter(|stretch| stretch.position == next).count() > 0
        };
        if stuck || back_at == 0 {
            break;
        }
        time = back_at;
        position = next;
    }
    stretches.reverse();
    stretches.retain(|stretch| stretch.end > stretch.start);
    stretches
}

fn waits_by_thread(facts: &Facts<'_>) -> Vec<Vec<Wait>> {
    let mut waits: Vec<Vec<Wait>> = Vec::new();
    waits.resize_with(facts.snapshot.threads.len(), Vec::new);
    for &position in &facts.scan.waits {
        let event = &facts.snapshot.events[position as usize];
        let Action::Wait {
            kind,
            target,
            waker,
            outcome,
            ..
        } = event.action
        else {
            continue;
        };
        let (Some(position), true) = (facts.thread_position(event.thread), ended_well(outcome))
        else {
            continue;
        };
        let waker = facts.thread_position(waker).or_else(|| {
            facts
                .thread_position(target)
                .filter(|_| kind == WaitKind::Join)
        });
        if let Some(waker) = waker.filter(|&waker| waker != position) {
            waits[position].push(Wait {
                start: event.start_ns,
                end: event.end_ns,
                waker,
            });
        }
    }
    for waits in &mut waits {
        waits.sort_by_key(|wait| (wait.end, wait.start));
    }
    waits
}

/// The path as the report shows it: only what lies on lanes.
pub(super) fn on_lanes(
    facts: &Facts<'_>,
    path: &[Stretch],
    lane_of: &[Option<usize>],
) -> Vec<Step> {
    // With one thread there is nothing to choose between.
    if lane_of.iter().flatten().count() < 2 {
        return Vec::new();
    }
    path.iter()
        .filter(|stretch| lane_of[stretch.position].is_some())
        .map(|stretch| Step {
            thread: facts.thread_ids[stretch.position],
            start_ns: stretch.start,
            end_ns: stretch.end,
        })
        .take(200)
        .collect()
}

/// Arrows for the longest waits between threads that have a lane, in order of time.
pub(super) fn arrows(facts: &Facts<'_>, lane_of: &[Option<usize>]) -> Vec<Arrow> {
    let snapshot = facts.snapshot;
    let mut arrows = Vec::new();
    for &position in &facts.scan.waits {
        let event = &snapshot.events[position as usize];
        let Action::Wait {
            kind,
            target,
            waker,
            outcome,
            ..
        } = event.action
        else {
            continue;
        };
        let length = length(event);
        if kind == WaitKind::Sleep || !ended_well(outcome) || length < snapshot.wall_ns / 64 {
            continue;
        }
        let waker = if waker == 0 && kind == WaitKind::Join {
            target
        } else {
            waker
        };
        let (Some(from), Some(to)) = (
            facts.thread_position(waker),
            facts.thread_position(event.thread),
        ) else {
            continue;
        };
        if from != to && lane_of[from].is_some() && lane_of[to].is_some() {
            arrows.push(Arrow {
                from: facts.thread_ids[from],
                to: facts.thread_ids[to],
                at_ns: event.end_ns,
                wait_ns: length,
                state: Activity::of_wait(kind),
                object: facts.wait_ref(kind, target),
            });
        }
    }
    arrows.sort_by_key(|arrow| (std::cmp::Reverse(arrow.wait_ns), arrow.at_ns, arrow.to));
    arrows.truncate(ARROWS);
    arrows.sort_by_key(|arrow| (arrow.at_ns, arrow.from, arrow.to));
    arrows
}
