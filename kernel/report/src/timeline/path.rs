//! Who woke whom, and the chain that decided how long the cell took.
//!
//! The critical path is followed backwards from the end of the cell's main thread: where the thread
//! had just waited, the path goes on with whoever ended that wait; where it began, with whoever
//! spawned it.

use record::snapshot::{Action, ThreadSlot, WaitKind};

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
    let is_reported = |&position: &usize| facts.thread_ids[position] != 0;
    let main = snapshot
        .threads
        .iter()
        .position(|thread| thread.is_main && thread.cell == snapshot.cell)
        .or_else(|| (0..snapshot.threads.len()).find(is_reported));
    let Some(mut position) = main else {
        return Vec::new();
    };
    let waits = waits_by_thread(facts);
    let end = snapshot.threads[position].end_ns;
    let mut time = end.unwrap_or(snapshot.wall_ns).min(snapshot.wall_ns);
    let mut stretches: Vec<Stretch> = Vec::new();
    while stretches.len() < STRETCHES {
        let (back_at, before) = handed_over(facts, &waits[position], position, time);
        let stretch = Stretch {
            position,
            start: back_at.min(time),
            end: time,
        };
        let begins_alike =
            |later: &Stretch| later.position == stretch.position && later.start == stretch.start;
        if stretches.last().is_some_and(begins_alike) {
            break;
        }
        stretches.push(stretch);
        let Some(before) = before else { break };
        if back_at == 0 || back_at >= time && is_round(&stretches, stretch.start, before) {
            break;
        }
        time = back_at;
        position = before;
    }
    stretches.reverse();
    stretches.retain(|stretch| stretch.end > stretch.start);
    stretches
}

/// When the thread at `position` last got the path before `time`, and from whom.
fn handed_over(
    facts: &Facts<'_>,
    waits: &[Wait],
    position: usize,
    time: u64,
) -> (u64, Option<usize>) {
    let threads = &facts.snapshot.threads;
    let before = waits.partition_point(|wait| wait.end <= time);
    if let Some(wait) = before.checked_sub(1).map(|last| &waits[last]) {
        // A thread may be woken, and wait for a core, long after its waker has ended.
        let ended = threads[wait.waker].end_ns.unwrap_or(u64::MAX);
        return (wait.end.min(ended).max(wait.start), Some(wait.waker));
    }
    let thread = &threads[position];
    let parent = facts.thread_position(thread.parent);
    (thread.start_ns, parent.filter(|&parent| parent != position))
}

/// Whether a thread has been met already at this instant: wakers that have waited for each other
/// then would go round for ever.
fn is_round(stretches: &[Stretch], instant: u64, position: usize) -> bool {
    let mut here = stretches
        .iter()
        .rev()
        .take_while(|stretch| stretch.start == instant);
    stretches.len() > 1 && here.any(|stretch| stretch.position == position)
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
                .thread_position(target.thread())
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
    // With one thread there is nothing to choose between, a deadlock has no last step, and of
    // hundreds of threads most of the path lies in no lane.
    let lanes = lane_of.iter().flatten().count();
    let threads = facts.thread_ids.iter().filter(|&&id| id != 0).count();
    if !facts.snapshot.verdicts.is_empty() || lanes < 2 || lanes < threads {
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
        let waker = if waker == ThreadSlot::NONE && kind == WaitKind::Join {
            target.thread()
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
