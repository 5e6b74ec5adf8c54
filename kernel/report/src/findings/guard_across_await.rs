//! A guard of a lock that blocks threads, of std's or of a crate's, that a task keeps while it is
//! not polled.
//!
//! Asks for a hold that began within a poll and ended after it, on the same thread, where the poll
//! ended since the task had to wait. Meanwhile that thread polls other tasks: one that wants the
//! lock blocks the thread, and so the task that would give it back. Holds that are counted together
//! are left out, and so are moments.

use std::collections::{BTreeMap, BTreeSet};

use record::snapshot::{
    Action, Event, LocationSlot, ObjectSlot, PollOutcome, TaskSlot, ThreadSlot,
};

use super::shared::took_its_course;
use crate::analyse::{Facts, length};
use crate::model::{At, Finding, FindingKind, Severity};
use crate::words::units::{counted, duration};

/// Shorter ones may be a clock's doing.
const FLOOR: u64 = 1_000_000;

/// The holds of one lock from one line.
#[derive(Default)]
struct Held {
    times: u64,
    longest: u64,
    tasks: BTreeSet<TaskSlot>,
}

/// A finding for each lock and line.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if facts.snapshot.tasks.is_empty() || !took_its_course(facts) {
        return Vec::new();
    }
    let mut polls: BTreeMap<ThreadSlot, Vec<(&Event, TaskSlot)>> = BTreeMap::new();
    for event in facts.events_at(&facts.scan.polls) {
        if let Action::Poll { task, outcome, .. } = event.action
            && outcome == PollOutcome::Pending
        {
            polls.entry(event.thread).or_default().push((event, task));
        }
    }
    for polls in polls.values_mut() {
        polls.sort_by_key(|(event, _)| event.start_ns);
    }
    let mut found: BTreeMap<(ObjectSlot, LocationSlot), Held> = BTreeMap::new();
    for hold in facts.events_at(&facts.scan.holds) {
        let in_cell = matches!(facts.at(hold.at), Some(At::Cell { .. }));
        let Action::Hold { object, .. } = hold.action else {
            continue;
        };
        let is_one = hold.times == 1 && length(hold) >= FLOOR && in_cell;
        let around = polls
            .get(&hold.thread)
            .filter(|_| is_one)
            .and_then(|polls| around(polls, hold));
        if let Some(task) = around {
            let held = found.entry((object, hold.at)).or_default();
            held.times += 1;
            held.longest = held.longest.max(length(hold));
            held.tasks.insert(task);
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, held)| std::cmp::Reverse(held.longest));
    let finding = |((object, at), held)| finding(facts, object, at, &held);
    found.into_iter().map(finding).collect()
}

/// The task within whose poll the hold began, if it outlasted that poll.
fn around(polls: &[(&Event, TaskSlot)], hold: &Event) -> Option<TaskSlot> {
    let next = polls.partition_point(|(poll, _)| poll.start_ns <= hold.start_ns);
    let (poll, task) = polls.get(next.checked_sub(1)?)?;
    (hold.start_ns < poll.end_ns && hold.end_ns > poll.end_ns).then_some(*task)
}

fn finding(facts: &Facts<'_>, object: ObjectSlot, at: LocationSlot, held: &Held) -> Finding {
    let who = match held.tasks.first() {
        Some(&task) if held.tasks.len() == 1 => facts.task_words(task),
        _ => counted(held.tasks.len() as u64, "task"),
    };
    let what = facts.what(object);
    let times = match held.times {
        1 => String::new(),
        times => format!(", {}", counted(times, "time")),
    };
    let title = format!(
        "{who} held {what} across an `await`{}: for {}{times}",
        facts.at_suffix(at),
        duration(held.longest),
    );
    let detail = "While the task waits, its thread polls others. One of them that locks it blocks \
                  the thread, and with it the task that would give it back: then nothing goes on \
                  any more. End the guard's block before the `await`, or use tokio's `Mutex`.";
    Finding::new(
        FindingKind::StdGuardAcrossAwait,
        Severity::Warning,
        title,
        detail,
    )
    .tasks(held.tasks.iter().map(|&task| facts.task_id(task)))
    .objects([facts.object_ref(object)])
    .at([facts.at(at)])
}
