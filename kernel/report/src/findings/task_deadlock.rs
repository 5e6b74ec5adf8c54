//! Tasks that wait for each other.
//!
//! A ring: each task is idle and waits for one thing alone, a lock that the next one holds or the
//! end of the next one; a task of this cell is in it, or waits for one that is. Or all of a
//! process: while a cell waits in `block_on`, every task waits for what only another task could
//! bring about (a message, a notification, a permit), and no thread is left that could do it for
//! them.
//!
//! It must have been so for some time before the report was made: then all of it was so at one
//! moment. A task that has let anything else wake it (a future of the program's own, say) is left
//! out, and so are the clock, sockets, and locks whose guards can be given to other tasks. For all
//! of a process, nobody may be there whom the recording doesn't know, and no timer may run, be it
//! one that no task asks for any more.

use std::collections::BTreeSet;
use std::iter::successors;

use record::snapshot::{ObjectSlot, Task, TaskKind, TaskSlot, TaskState, TaskWait, ThreadSlot};

use crate::analyse::Facts;
use crate::input::Outcome;
use crate::model::{Finding, FindingKind, Severity};
use crate::words::units::counted;

/// For how long a ring must have been so, and for how long all of a process.
const SETTLED: u64 = 10_000_000;
const ALL_SETTLED: u64 = 100_000_000;
/// Most tasks that a sentence names.
const NAMED: usize = 6;

/// A finding for each ring, or for all together.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut told: BTreeSet<TaskSlot> = BTreeSet::new();
    let mut findings = Vec::new();
    // A ring of earlier cells' tasks was told there, and is nothing to a cell that doesn't wait for
    // it.
    for task in own(facts).flat_map(|task| leads_to(facts, task)) {
        if told.contains(&task.index) {
            continue;
        }
        if let Some(ring) = ring(facts, task.index) {
            told.extend(ring.iter().map(|(task, _)| *task));
            findings.push(ring_finding(facts, &ring));
        }
    }
    if findings.is_empty() && is_over(facts) {
        findings.push(all_finding(facts));
    }
    if findings.is_empty() && matches!(facts.context.outcome, Outcome::Interrupted) {
        findings.clone_from(&facts.context.deadlocks_before_stop);
    }
    findings
}

/// Whether a task is idle, for some time, and nobody could wake it whom the recording doesn't know.
fn is_stuck(facts: &Facts<'_>, task: &Task, settled: u64) -> bool {
    let is_settled = task
        .since_ns
        .is_some_and(|since| since.saturating_add(settled) <= facts.snapshot.wall_ns);
    let is_known = task.kind != TaskKind::BlockOn || task.waker_is_known;
    task.state == TaskState::Idle && is_settled && is_known && !task.waits_elsewhere
}

/// The ring that begins with a task and leads back to it: each with what it waits for.
fn ring(facts: &Facts<'_>, first: TaskSlot) -> Option<Vec<(TaskSlot, TaskWait)>> {
    let mut ring = Vec::new();
    let mut at = first;
    while ring.len() <= facts.snapshot.tasks.len() {
        let task = &facts.snapshot.tasks[facts.task_position(at)?];
        if !is_stuck(facts, task, SETTLED) {
            return None;
        }
        ring.push((at, task.waits));
        at = holder(facts, task.waits).filter(|it| is_known_to_hold(facts, task.waits, *it))?;
        if at == first {
            return Some(ring);
        }
    }
    None
}

/// The tasks of this cell that are alive.
fn own<'f>(facts: &Facts<'f>) -> impl Iterator<Item = &'f Task> {
    alive(facts).filter(|task| task.cell == facts.snapshot.cell)
}

/// A task, the one that must act before its wait ends, and so on: each once.
fn leads_to<'f>(facts: &Facts<'f>, first: &'f Task) -> impl Iterator<Item = &'f Task> {
    let next = move |task: &&'f Task| {
        let position = facts.task_position(holder(facts, task.waits)?)?;
        Some(&facts.snapshot.tasks[position])
    };
    let mut seen = BTreeSet::new();
    successors(Some(first), next).take_while(move |task| seen.insert(task.index))
}

/// The one task that must act before such a wait ends.
fn holder(facts: &Facts<'_>, waits: TaskWait) -> Option<TaskSlot> {
    match waits {
        TaskWait::Object(lock) => {
            let holder = facts.object(lock)?.held_by_task;
            Some(holder).filter(|it| it.is_some())
        }
        TaskWait::Task(task) => Some(task),
        _ => None,
    }
}

/// Whether the one that has taken a lock still has its guard. The recording knows of what goes from
/// one thread to another; tasks that share a thread can give a guard away by a plain cell.
fn is_known_to_hold(facts: &Facts<'_>, waits: TaskWait, holder: TaskSlot) -> bool {
    let local = |at: usize| facts.snapshot.tasks[at].kind == TaskKind::Local;
    matches!(waits, TaskWait::Task(_)) || !facts.task_position(holder).is_some_and(local)
}

fn ring_finding(facts: &Facts<'_>, ring: &[(TaskSlot, TaskWait)]) -> Finding {
    let next = ring.iter().cycle().skip(1);
    let parts: Vec<String> = ring
        .iter()
        .zip(next)
        .map(|((task, waits), (holder, _))| {
            let does = facts.task_wait_words(*waits).unwrap_or_default();
            let task = facts.task_words(*task);
            match (waits, ring.len()) {
                (TaskWait::Task(_), 1) => format!("{task} joins itself"),
                (TaskWait::Task(_), _) => format!("{task} {does}"),
                (_, 1) => format!("{task} {does}, which it holds itself"),
                _ => format!("{task} {does}, held by {}", facts.task_words(*holder)),
            }
        })
        .collect();
    let title = format!("Deadlock among tasks: {}", parts.join("; "));
    let is_join = |(_, waits): &(TaskSlot, TaskWait)| matches!(waits, TaskWait::Task(_));
    let change = if ring.iter().all(is_join) {
        "Let one of them end without the `await` of the other's handle."
    } else if ring.iter().any(is_join) {
        "Give the lock back (drop its guard) before the `await` of the task that needs it."
    } else if ring.len() == 1 {
        "Drop the guard that it has before the `await` that locks again, or go on using it."
    } else {
        "Take the locks in the same order everywhere, or give one back before the `await` that \
         takes the other."
    };
    let detail = match ring.len() {
        1 => format!("It is never woken, unless somebody aborts it. {change}"),
        _ => format!("None of them is ever woken, unless somebody aborts one. {change}"),
    };
    finding(facts, title, detail, ring)
}

/// What is said of a deadlock that was proved of threads, whose main one waits for its tasks in
/// `block_on`: the threads of a runtime sleep since none of its tasks can go on.
pub(super) fn behind(facts: &Facts<'_>) -> Option<Finding> {
    let is_idle = |task: &Task| task.state == TaskState::Idle;
    (waits_in_block_on(facts) && alive(facts).all(is_idle)).then(|| all_finding(facts))
}

/// Whether the cell's own thread is in a `block_on`.
fn waits_in_block_on(facts: &Facts<'_>) -> bool {
    let mut threads = facts.snapshot.threads.iter();
    threads.any(|thread| thread.is_main && is_in_block_on(facts, thread.index))
}

fn is_in_block_on(facts: &Facts<'_>, thread: ThreadSlot) -> bool {
    alive(facts).any(|task| task.kind == TaskKind::BlockOn && task.polled_by == thread)
}

/// Whether a cell waits in `block_on`, and every task and thread there is waits for the others.
fn is_over(facts: &Facts<'_>) -> bool {
    let snapshot = facts.snapshot;
    let is_whole = snapshot.overflow == Default::default()
        && snapshot.verdicts.is_empty()
        && !snapshot.others_may_act;
    let has_ended = snapshot.ended && !matches!(facts.context.outcome, Outcome::Interrupted);
    let tasks_wait = alive(facts).all(|task| {
        task.waits.is_within() && is_stuck(facts, task, ALL_SETTLED) && is_empty(facts, task.waits)
    });
    // Whoever runs something else in a runtime's thread is a task that is polled.
    let has_settled = |since: u64| since.saturating_add(ALL_SETTLED) <= snapshot.wall_ns;
    let threads_wait = snapshot.threads.iter().all(|thread| {
        thread.end_ns.is_some_and(has_settled)
            || thread.is_pooled
            || is_in_block_on(facts, thread.index)
    });
    let has_timers = snapshot.threads.iter().any(|thread| thread.has_timers);
    is_whole && !has_timers && waits_in_block_on(facts) && !has_ended && tasks_wait && threads_wait
}

fn alive<'f>(facts: &Facts<'f>) -> impl Iterator<Item = &'f Task> {
    let is_alive = |task: &&Task| {
        matches!(
            task.state,
            TaskState::Idle | TaskState::Scheduled | TaskState::Running
        )
    };
    facts.snapshot.tasks.iter().filter(is_alive)
}

/// Whether what is waited for is not there yet.
fn is_empty(facts: &Facts<'_>, waits: TaskWait) -> bool {
    match waits {
        TaskWait::Object(object) => facts
            .object(object)
            .is_none_or(|object| object.counters.queued == 0),
        _ => true,
    }
}

fn all_finding(facts: &Facts<'_>) -> Finding {
    let order = in_order(facts);
    let parts: Vec<String> = order
        .iter()
        .take(NAMED)
        .map(|(task, waits)| {
            let does = facts.task_wait_words(*waits);
            let does = does.unwrap_or_else(|| "waits within tokio".to_owned());
            format!("{} {does}", facts.task_words(*task))
        })
        .collect();
    let more = match order.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let parts = parts.join("; ");
    let title = match order.len() {
        1 => format!("Deadlock: {parts}, and there is no other task that could end that"),
        2 => format!("Deadlock: both tasks wait for each other: {parts}"),
        n => format!("Deadlock: all {n} tasks wait for each other: {parts}{more}"),
    };
    let mut detail =
        "No task can go on, no timer and no socket is waited for, and no other thread \
                      is left that could send, notify or release something."
            .to_owned();
    let others = alive(facts).count() - order.len();
    if others > 0 {
        let tasks = counted(others as u64, "task");
        detail = format!("{detail} {tasks} of earlier cells can't, either.");
    }
    if let Some(advice) = order.iter().find_map(|(_, waits)| advice(facts, *waits)) {
        detail = format!("{detail} {advice}");
    }
    finding(facts, title, detail, &order)
}

/// The cell's tasks and those that they wait for, each before the one that it waits for, and those
/// of `block_on` first.
fn in_order(facts: &Facts<'_>) -> Vec<(TaskSlot, TaskWait)> {
    let mut roots: Vec<&Task> = own(facts).collect();
    roots.sort_by_key(|task| task.kind != TaskKind::BlockOn);
    let mut seen = BTreeSet::new();
    let mut order = Vec::new();
    for root in roots {
        let new = leads_to(facts, root).take_while(|task| seen.insert(task.index));
        order.extend(new.map(|task| (task.index, task.waits)));
    }
    order
}

/// What to change where this is waited for.
fn advice(facts: &Facts<'_>, waits: TaskWait) -> Option<String> {
    match waits {
        TaskWait::Room(channel) => Some(format!(
            "{} is full, and its receiver does not receive meanwhile: receive in a task of its own, \
             or give it more room.",
            facts.what(channel)
        )),
        TaskWait::Object(object) => {
            let object = facts.object(object)?;
            let senders = object.counters.senders;
            (object.kind.is_channel() && senders > 0).then(|| {
                format!(
                    "A receiver learns of the end only when the last sender is dropped: {} of {} \
                     {} alive.",
                    counted(senders, "sender"),
                    facts.what(object.index),
                    if senders == 1 { "is" } else { "are" },
                )
            })
        }
        _ => None,
    }
}

fn finding(
    facts: &Facts<'_>,
    title: String,
    detail: String,
    waits: &[(TaskSlot, TaskWait)],
) -> Finding {
    let spawned = |task: TaskSlot| {
        let position = facts.task_position(task)?;
        facts.at(facts.snapshot.tasks[position].spawned_at)
    };
    let object = |waits: TaskWait| -> Option<ObjectSlot> {
        match waits {
            TaskWait::Object(object) | TaskWait::Room(object) => Some(object),
            _ => None,
        }
    };
    Finding::new(FindingKind::Deadlock, Severity::Error, title, detail)
        .tasks(waits.iter().map(|(task, _)| facts.task_id(*task)))
        .objects(
            waits
                .iter()
                .map(|(_, waits)| facts.object_ref(object(*waits)?)),
        )
        .at(waits.iter().map(|(task, _)| spawned(*task)))
}
