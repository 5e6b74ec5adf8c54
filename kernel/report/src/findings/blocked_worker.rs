//! A task that blocks the thread that polls it.
//!
//! Asks for a wait in one of std's operations, called from a cell, for more than 10 ms within a
//! poll. Meanwhile that thread polls no other task, however many wait. A task that has said so
//! (`block_in_place`, `spawn_blocking`) is not meant; nor is the future of `block_on`, which has a
//! thread of its own, unless that thread polls tasks as well.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use record::snapshot::{
    Action, Event, LocationSlot, TaskKind, TaskSlot, TaskState, ThreadSlot, WaitKind, Waiting,
};

use crate::analyse::Facts;
use crate::model::{At, Finding, FindingKind, Severity};
use crate::words::units::{counted, duration};

/// Shorter waits are nobody's harm.
const LONG: u64 = 10_000_000;
/// Most findings.
const MOST: usize = 3;

/// The waits of one line.
#[derive(Default)]
struct Blocked {
    tasks: BTreeSet<TaskSlot>,
    threads: BTreeSet<u32>,
    times: u64,
    longest: u64,
    total: u64,
    kind: Option<WaitKind>,
}

/// A finding for each line that blocks.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if facts.snapshot.tasks.is_empty() {
        return Vec::new();
    }
    let polls = Polls::of(facts);
    let mut lines: BTreeMap<LocationSlot, Blocked> = BTreeMap::new();
    let mut add = |task: TaskSlot, thread: ThreadSlot, kind, at, length: u64| {
        let in_cell = matches!(facts.at(at), Some(At::Cell { .. }));
        if facts.task_id(task).is_none() || !in_cell || length < LONG {
            return;
        }
        let line = lines.entry(at).or_default();
        line.tasks.insert(task);
        line.threads.extend(facts.thread_id(thread));
        line.times += 1;
        line.longest = line.longest.max(length);
        line.total = line.total.saturating_add(length);
        line.kind = Some(kind);
    };
    for event in facts.events_at(&facts.scan.waits) {
        if let Action::Wait { kind, .. } = event.action
            && let Some(task) = polls.around(event)
        {
            let length = event.end_ns - event.start_ns;
            add(task, event.thread, kind, event.at, length);
        }
    }
    for (task, thread, waiting) in going_on(facts, &polls) {
        let length = facts.snapshot.wall_ns.saturating_sub(waiting.since_ns);
        add(task, thread, waiting.kind, waiting.at, length);
    }
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_by_key(|(_, line)| std::cmp::Reverse(line.longest));
    lines.truncate(MOST);
    let finding = |(at, line)| finding(facts, at, line);
    lines.into_iter().map(finding).collect()
}

/// Polls during which a wait holds up others, by thread, by start.
struct Polls<'f> {
    by_thread: HashMap<ThreadSlot, Vec<&'f Event>>,
    /// The threads that poll tasks which were spawned.
    workers: BTreeSet<ThreadSlot>,
}

impl<'f> Polls<'f> {
    fn of(facts: &Facts<'f>) -> Polls<'f> {
        let mut polls = Polls {
            by_thread: HashMap::new(),
            workers: BTreeSet::new(),
        };
        for event in facts.events_at(&facts.scan.polls) {
            let Action::Poll { task, .. } = event.action else {
                continue;
            };
            if is_shared(facts, task) {
                polls.workers.insert(event.thread);
            }
            polls.by_thread.entry(event.thread).or_default().push(event);
        }
        for polls in polls.by_thread.values_mut() {
            polls.retain(|event| {
                matches!(event.action, Action::Poll { task, handed_over: false, .. }
                    if is_shared(facts, task) || kind(facts, task) == Some(TaskKind::BlockOn))
            });
        }
        polls
            .by_thread
            .retain(|thread, _| polls.workers.contains(thread));
        polls
    }

    /// The task that was polled while a thread waited: the innermost, if one polls another.
    fn around(&self, wait: &Event) -> Option<TaskSlot> {
        let polls = self.by_thread.get(&wait.thread)?;
        let begun = polls.partition_point(|poll| poll.start_ns <= wait.start_ns);
        // A poll within another one is over before that: a few steps back lead to it.
        let mut before = polls[..begun].iter().rev().take(64);
        let around = before.find(|poll| poll.end_ns >= wait.end_ns)?;
        match around.action {
            Action::Poll { task, .. } => Some(task),
            _ => None,
        }
    }
}

fn kind(facts: &Facts<'_>, task: TaskSlot) -> Option<TaskKind> {
    let position = facts.task_position(task)?;
    Some(facts.snapshot.tasks[position].kind)
}

/// Whether a task shares its thread with others.
fn is_shared(facts: &Facts<'_>, task: TaskSlot) -> bool {
    matches!(kind(facts, task), Some(TaskKind::Spawned | TaskKind::Local))
}

/// Polls that go on, and block at this moment.
fn going_on<'f>(
    facts: &'f Facts<'_>,
    polls: &'f Polls<'_>,
) -> impl Iterator<Item = (TaskSlot, ThreadSlot, Waiting)> + 'f {
    facts.snapshot.tasks.iter().filter_map(|task| {
        let is_polled = task.state == TaskState::Running
            && (is_shared(facts, task.index) || polls.workers.contains(&task.polled_by));
        let thread = facts.thread(task.polled_by).filter(|_| is_polled)?;
        let waiting = thread.waiting?;
        let within = task.since_ns.is_some_and(|since| since <= waiting.since_ns);
        let is_known = matches!(task.kind, TaskKind::Spawned | TaskKind::Local);
        (within && is_known).then_some((task.index, thread.index, waiting))
    })
}

fn finding(facts: &Facts<'_>, at: LocationSlot, line: Blocked) -> Finding {
    let who = match line.tasks.first() {
        Some(task) if line.tasks.len() == 1 => facts.task_words(*task),
        _ => counted(line.tasks.len() as u64, "task"),
    };
    let (verb, instead) = match line.kind {
        Some(WaitKind::Sleep) => ("slept", "`tokio::time::sleep(…).await`"),
        Some(WaitKind::Lock) => (
            "waited for a lock that blocks threads",
            "`tokio::sync::Mutex`, or a lock that is held for a moment only",
        ),
        Some(WaitKind::Channel) => (
            "waited on a channel that blocks threads",
            "a channel of `tokio::sync`",
        ),
        Some(WaitKind::Join) => ("joined a thread", "`spawn_blocking`, and await its handle"),
        _ => ("blocked", "its counterpart in `tokio::sync`"),
    };
    let often = match line.times {
        1 => String::new(),
        n => format!(", {} in all", counted(n, "time")),
    };
    let (its_worker, it) = match line.tasks.len() {
        1 => ("its worker", "it"),
        _ => ("their workers", "they"),
    };
    let up_to = if line.times > 1 { "up to " } else { "" };
    let title = format!(
        "{who} blocked {its_worker} for {up_to}{}{}: {it} {verb}{often}",
        duration(line.longest),
        facts.at_suffix(at)
    );
    let detail = format!(
        "Meanwhile that thread could poll no other task. Within a task use {instead}, or give the \
         work to `tokio::task::spawn_blocking`. Blocked for {} together.",
        duration(line.total)
    );
    Finding::new(FindingKind::BlockedWorker, Severity::Warning, title, detail)
        .threads(line.threads.into_iter().map(Some))
        .tasks(line.tasks.into_iter().map(|task| facts.task_id(task)))
        .at([facts.at(at)])
}
