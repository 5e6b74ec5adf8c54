//! A task that works for long without an `await` that gives its worker back.
//!
//! Asks for a poll of more than 100 ms of a task that shares its worker with others, in which the
//! thread did not block (that is another finding) nor hand its worker over (`block_in_place`).

use std::collections::BTreeMap;

use record::snapshot::{Action, Event, TaskKind, ThreadSlot};

use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Severity};
use crate::words::units::{counted, duration};

/// Shorter polls are nobody's harm.
const LONG: u64 = 100_000_000;

/// A finding for each task that does.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut waits: BTreeMap<ThreadSlot, Vec<&Event>> = BTreeMap::new();
    for event in facts.events_at(&facts.scan.waits) {
        waits.entry(event.thread).or_default().push(event);
    }
    let mut tasks: BTreeMap<usize, (u64, u64, ThreadSlot)> = BTreeMap::new();
    for event in facts.events_at(&facts.scan.polls) {
        let Action::Poll {
            task, handed_over, ..
        } = event.action
        else {
            continue;
        };
        let length = event.end_ns - event.start_ns;
        if handed_over || length < LONG {
            continue;
        }
        let waited: u64 = waits
            .get(&event.thread)
            .into_iter()
            .flatten()
            .filter(|wait| wait.start_ns >= event.start_ns && wait.end_ns <= event.end_ns)
            .map(|wait| wait.end_ns - wait.start_ns)
            .sum();
        let worked = length.saturating_sub(waited);
        let Some(position) = facts.task_position(task).filter(|_| worked >= LONG) else {
            continue;
        };
        let (times, longest, thread) = tasks.entry(position).or_insert((0, 0, event.thread));
        *times += 1;
        if worked > *longest {
            (*longest, *thread) = (worked, event.thread);
        }
    }
    let mut tasks: Vec<_> = tasks.into_iter().collect();
    tasks.retain(|(position, _)| {
        let kind = facts.snapshot.tasks[*position].kind;
        matches!(kind, TaskKind::Spawned | TaskKind::Local)
    });
    tasks.sort_by_key(|(_, (_, longest, _))| std::cmp::Reverse(*longest));
    let finding = |(position, found)| finding(facts, position, found);
    tasks.into_iter().map(finding).collect()
}

fn finding(
    facts: &Facts<'_>,
    position: usize,
    (times, longest, thread): (u64, u64, ThreadSlot),
) -> Finding {
    let task = &facts.snapshot.tasks[position];
    let often = match times {
        1 => String::new(),
        n => format!(", and more than 100 ms {} in all", counted(n, "time")),
    };
    let title = format!(
        "{} kept its worker for {} without an `await` that gives it back{often}",
        facts.task_words(task.index),
        duration(longest)
    );
    let detail = "Meanwhile that thread could poll no other task. Give long work to \
                  `tokio::task::spawn_blocking`, or to a thread pool, or let others run now and \
                  then with `tokio::task::yield_now().await`.";
    Finding::new(FindingKind::LongPoll, Severity::Warning, title, detail)
        .threads([facts.thread_id(thread)])
        .tasks([facts.task_id(task.index)])
        .at([facts.at(task.spawned_at)])
}
