//! Tasks that wait for each other's locks.
//!
//! Asks for a ring: each task is idle and waits for a lock alone, which the next one holds. It must
//! have been so for some time before the report was made: then all of it was so at one moment. A
//! task that has let anything else wake it (another branch of a `select!`, say) is left out, and so
//! are locks whose guards can be given to other tasks.

use std::collections::BTreeSet;

use record::snapshot::{ObjectSlot, Task, TaskKind, TaskSlot, TaskState, TaskWait};

use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Severity};

/// For how long it must have been so.
const SETTLED: u64 = 10_000_000;

/// A finding for each ring.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut told: BTreeSet<TaskSlot> = BTreeSet::new();
    let mut findings = Vec::new();
    for task in &facts.snapshot.tasks {
        if told.contains(&task.index) {
            continue;
        }
        if let Some(ring) = ring(facts, task.index) {
            told.extend(ring.iter().map(|(task, _)| *task));
            findings.push(finding(facts, &ring));
        }
    }
    findings
}

/// The lock for which a task waits and nothing else.
fn waits_for(facts: &Facts<'_>, task: &Task) -> Option<ObjectSlot> {
    let settled = task
        .since_ns
        .is_some_and(|since| since.saturating_add(SETTLED) <= facts.snapshot.wall_ns);
    let may_be_woken = task.waits_elsewhere || task.kind == TaskKind::BlockOn;
    match task.waits {
        TaskWait::Object(lock) if task.state == TaskState::Idle && settled && !may_be_woken => {
            Some(lock)
        }
        _ => None,
    }
}

/// The ring that begins with a task and leads back to it: each with the lock that it waits for.
fn ring(facts: &Facts<'_>, first: TaskSlot) -> Option<Vec<(TaskSlot, ObjectSlot)>> {
    let mut ring = Vec::new();
    let mut task = first;
    while ring.len() <= facts.snapshot.tasks.len() {
        let position = facts.task_position(task)?;
        let lock = waits_for(facts, &facts.snapshot.tasks[position])?;
        ring.push((task, lock));
        task = facts.object(lock)?.held_by_task;
        if task == first {
            return Some(ring);
        }
    }
    None
}

fn finding(facts: &Facts<'_>, ring: &[(TaskSlot, ObjectSlot)]) -> Finding {
    let next = ring.iter().cycle().skip(1);
    let parts: Vec<String> = ring
        .iter()
        .zip(next)
        .map(|((task, lock), (holder, _))| {
            let (task, lock) = (facts.task_words(*task), facts.what(*lock));
            match ring.len() {
                1 => format!("{task} waits for {lock}, which it holds itself"),
                _ => format!(
                    "{task} waits for {lock}, held by {}",
                    facts.task_words(*holder)
                ),
            }
        })
        .collect();
    let title = format!("Deadlock among tasks: {}", parts.join("; "));
    let detail = "None of them is ever woken, unless somebody aborts one. Take the locks in the same \
                  order everywhere, or give one back before the `await` that takes the other.";
    let spawned = |task: TaskSlot| {
        let position = facts.task_position(task)?;
        facts.at(facts.snapshot.tasks[position].spawned_at)
    };
    Finding::new(FindingKind::Deadlock, Severity::Error, title, detail)
        .tasks(ring.iter().map(|(task, _)| facts.task_id(*task)))
        .objects(ring.iter().map(|(_, lock)| facts.object_ref(*lock)))
        .at(ring.iter().map(|(task, _)| spawned(*task)))
}
