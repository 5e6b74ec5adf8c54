//! A task that was spawned and never polled.
//!
//! Asks for a task without a poll that was dropped so, or that has waited for its first poll for
//! more than 200 ms when the report is made. It did nothing, as if it had never been spawned:
//! nobody drives its runtime, or the runtime or its set is gone. One whose end the program has
//! asked for did as it was told.

use record::snapshot::{Task, TaskKind, TaskState};

use crate::analyse::Facts;
use crate::model::{At, Finding, FindingKind, Severity};
use crate::words::units::{counted, duration, list};

/// How long a task may wait for its first poll.
const LONG: u64 = 200_000_000;

/// One finding for all of them.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let snapshot = facts.snapshot;
    let never: Vec<&Task> = snapshot
        .tasks
        .iter()
        .filter(|task| {
            let is_own = task.cell == snapshot.cell && task.kind != TaskKind::BlockOn;
            let waited = snapshot.wall_ns.saturating_sub(task.start_ns);
            let is_over = task.state == TaskState::Aborted
                || task.state == TaskState::Scheduled && waited >= LONG;
            let in_cell = matches!(facts.at(task.spawned_at), Some(At::Cell { .. }));
            is_own && !task.is_cancelled && is_over && in_cell && task.polls == 0
        })
        .collect();
    if never.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = never.iter().map(|it| facts.task_words(it.index)).collect();
    let waits = never.iter().filter(|it| it.state == TaskState::Scheduled);
    let since = waits.map(|task| snapshot.wall_ns.saturating_sub(task.start_ns));
    let since = since.max();
    let how = match since {
        Some(since) => format!(" in {}", duration(since)),
        None => ", and dropped".to_owned(),
    };
    let verb = if never.len() == 1 { "was" } else { "were" };
    let title = format!(
        "{} {verb} never polled{how} ({})",
        list(&names, 3),
        counted(never.len() as u64, "task")
    );
    let detail = match since.is_some() {
        true => {
            "A task runs only while its runtime does: on a runtime of one thread, only within \
             `block_on`. Await the handles before that ends, or use a runtime with workers."
        }
        false => {
            "Its runtime, or the set in which it was, was dropped before its turn came. Await the \
             handles before that."
        }
    };
    vec![
        Finding::new(FindingKind::NeverPolled, Severity::Note, title, detail)
            .tasks(never.iter().map(|task| facts.task_id(task.index)))
            .at(never.iter().map(|task| facts.at(task.spawned_at))),
    ]
}
