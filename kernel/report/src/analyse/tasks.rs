//! Tasks: their numbers, their words, and their rows.

use std::collections::BTreeMap;

use record::snapshot::{
    Action, Actor, ObjectKind, ObjectSlot, Panic, Task, TaskKind, TaskSlot, TaskState, TaskWait,
};

use super::facts::Facts;
use super::lookup::Lookup;
use crate::model::{Ref, SpawnKind, TaskRow, TaskStatus, TaskWaitsFor, WokenBy};
use crate::words::names;

/// Most threads and wakers named of one task.
const WORKERS: usize = 64;
const WAKERS: usize = 3;

impl Lookup<'_> {
    /// A task's id in the report.
    pub(crate) fn task_id(&self, index: TaskSlot) -> Option<u32> {
        let position = self.task_position(index)?;
        Some(self.task_ids[position]).filter(|&id| id != 0)
    }

    /// A task's short label: `task 2`, or `task 3 of [5]`.
    pub(crate) fn task_label(&self, task: &Task) -> String {
        if task.cell == self.snapshot.cell {
            format!("task {}", task.ordinal)
        } else {
            format!("task {} of [{}]", task.ordinal, task.cell)
        }
    }

    /// A task as prose calls it: its name, or its label.
    pub(crate) fn task_words(&self, index: TaskSlot) -> String {
        let Some(position) = self.task_position(index) else {
            return "a task that is not recorded".to_owned();
        };
        let task = &self.snapshot.tasks[position];
        match task.name.as_deref().and_then(names::name) {
            Some(name) => format!("{} {}", self.task_label(task), names::in_prose(&name)),
            None => self.task_label(task),
        }
    }

    /// Who spawned a task. The entry of a task that has ended since may be another one's, but
    /// never of the same cell: what a task spawns belongs to its own.
    pub(crate) fn spawner(&self, task: &Task) -> Option<Ref> {
        let by = task.spawned_by?;
        let is_itself = match by {
            Actor::Task(by) => self
                .task_position(by)
                .is_some_and(|at| self.snapshot.tasks[at].cell == task.cell),
            Actor::Thread(_) => true,
        };
        self.actor_ref(by).filter(|_| is_itself)
    }

    /// Who did something to a task, as a reference.
    pub(crate) fn actor_ref(&self, actor: Actor) -> Option<Ref> {
        match actor {
            Actor::Task(task) => self.task_id(task).map(Ref::Task),
            Actor::Thread(thread) => self.thread_id(thread).map(Ref::Thread),
        }
    }
}

impl Facts<'_> {
    /// Who panicked: the task that the thread polled, or the thread.
    pub(crate) fn who_panicked(&self, panic: &Panic) -> String {
        let polled = self.events_at(&self.scan.polls).find_map(|event| {
            let Action::Poll { task, .. } = event.action else {
                return None;
            };
            let is_it = event.thread == panic.thread
                && (event.start_ns..=event.end_ns).contains(&panic.at_ns);
            let position = self.task_position(task).filter(|_| is_it)?;
            // The future of a `block_on` is its thread's own.
            let is_own = self.snapshot.tasks[position].kind == TaskKind::BlockOn;
            (!is_own).then_some(task)
        });
        match polled {
            Some(task) => self.task_words(task),
            None => self.who(panic.thread),
        }
    }

    /// What a task waits for, as the report refers to it.
    pub(crate) fn task_waits_for(&self, waits: TaskWait) -> Option<TaskWaitsFor> {
        Some(match waits {
            TaskWait::Unknown | TaskWait::Inner => return None,
            TaskWait::Object(object) | TaskWait::ObjectUntil(object) => {
                return self.object_waited_for(object);
            }
            TaskWait::Task(task) => TaskWaitsFor::Task(self.task_id(task)?),
            TaskWait::Tasks => TaskWaitsFor::Tasks,
            TaskWait::Timer(_) => TaskWaitsFor::Timer,
            TaskWait::Io => TaskWaitsFor::Io,
            TaskWait::Room(channel) => match self.object_ref(channel)? {
                Ref::Channel(id) => TaskWaitsFor::Room(id),
                _ => return None,
            },
            TaskWait::Oneshot(_) => TaskWaitsFor::Oneshot,
            TaskWait::Several | TaskWait::SeveralWithin => TaskWaitsFor::Several,
        })
    }

    fn object_waited_for(&self, index: ObjectSlot) -> Option<TaskWaitsFor> {
        Some(match self.object_ref(index)? {
            Ref::Lock(id) => TaskWaitsFor::Lock(id),
            Ref::Channel(id) => TaskWaitsFor::Channel(id),
            Ref::Condvar(id) => TaskWaitsFor::Condvar(id),
            Ref::Semaphore(id) => TaskWaitsFor::Semaphore(id),
            Ref::Barrier(id) => TaskWaitsFor::Barrier(id),
            _ => return None,
        })
    }

    /// What an idle task does, third person: ``waits for `m` ``, `sleeps`.
    pub(crate) fn task_wait_words(&self, waits: TaskWait) -> Option<String> {
        Some(match waits {
            TaskWait::Unknown | TaskWait::Inner => return None,
            TaskWait::Object(object) => self.object_wait_words(object),
            TaskWait::ObjectUntil(object) => {
                format!("{}, or the clock", self.object_wait_words(object))
            }
            TaskWait::Task(task) => format!("joins {}", self.task_words(task)),
            TaskWait::Tasks => "joins one of a set of tasks".to_owned(),
            TaskWait::Timer(at) => format!("sleeps{}", self.at_suffix(at)),
            TaskWait::Io => "waits for I/O".to_owned(),
            TaskWait::Room(ObjectSlot::NONE) => "waits for room in a channel".to_owned(),
            TaskWait::Room(channel) => format!("waits for {}", self.room_words(channel)),
            TaskWait::Oneshot(at) => {
                format!(
                    "waits for the message of a oneshot channel{}",
                    self.made_suffix(at)
                )
            }
            TaskWait::Several | TaskWait::SeveralWithin => "waits for one of several".to_owned(),
        })
    }

    fn object_wait_words(&self, object: ObjectSlot) -> String {
        let what = self.what(object);
        match self.object(object).map(|it| it.kind) {
            Some(ObjectKind::TokioWatch) => format!("waits for a change of {what}"),
            Some(kind) if kind.is_channel() => format!("waits for a message from {what}"),
            Some(ObjectKind::TokioNotify) => format!("waits to be notified on {what}"),
            Some(ObjectKind::TokioSemaphore) => format!("waits for a permit of {what}"),
            Some(ObjectKind::TokioBarrier) => format!("waits at {what}"),
            _ => format!("waits for {what}"),
        }
    }

    fn made_suffix(&self, at: record::snapshot::LocationSlot) -> String {
        let at = self.at(at);
        at.map(|at| format!(" made at {}", self.at_words(&at)))
            .unwrap_or_default()
    }
}

/// What the events tell of one task.
#[derive(Clone, Default)]
struct Told {
    workers: Vec<u32>,
    wakers: BTreeMap<Ref, u64>,
}

/// All tasks, by id.
pub(crate) fn rows(facts: &Facts<'_>) -> Vec<TaskRow> {
    let snapshot = facts.snapshot;
    let told = told(facts);
    let tasks = snapshot.tasks.iter().zip(&facts.task_ids).zip(told);
    let mut rows: Vec<TaskRow> = tasks
        .filter(|((_, id), _)| **id != 0)
        .map(|((task, &id), told)| row(facts, task, id, told))
        .collect();
    rows.sort_by_key(|row| row.id);
    rows
}

fn told(facts: &Facts<'_>) -> Vec<Told> {
    let mut all = vec![Told::default(); facts.snapshot.tasks.len()];
    for event in facts.events_at(&facts.scan.polls) {
        let Action::Poll { task, woken_by, .. } = event.action else {
            continue;
        };
        let Some(position) = facts.task_position(task) else {
            continue;
        };
        let told = &mut all[position];
        if let Some(id) = facts.thread_id(event.thread)
            && told.workers.len() < WORKERS
            && !told.workers.contains(&id)
        {
            told.workers.push(id);
        }
        if let Some(by) = woken_by.and_then(|by| facts.actor_ref(by)) {
            *told.wakers.entry(by).or_default() += 1;
        }
    }
    all
}

fn row(facts: &Facts<'_>, task: &Task, id: u32, told: Told) -> TaskRow {
    let Told {
        mut workers,
        wakers,
    } = told;
    if workers.is_empty() && task.polls > 0 {
        workers.extend(facts.thread_id(task.polled_by));
    }
    workers.sort_unstable();
    let mut woken_by: Vec<WokenBy> = wakers
        .into_iter()
        .map(|(by, times)| WokenBy { by, times })
        .collect();
    woken_by.sort_by_key(|it| std::cmp::Reverse(it.times));
    woken_by.truncate(WAKERS);
    let state = status(task.state);
    let is_idle = state == TaskStatus::Idle;
    let life = task
        .end_ns
        .unwrap_or(facts.snapshot.wall_ns)
        .saturating_sub(task.start_ns);
    let busy_ns = task.busy_ns.min(life);
    let scheduled_ns = task.scheduled_ns.min(life - busy_ns);
    TaskRow {
        id,
        label: facts.task_label(task),
        name: task.name.as_deref().and_then(names::name),
        runtime: "tokio",
        kind: match task.kind {
            TaskKind::Spawned => SpawnKind::Spawn,
            TaskKind::BlockOn => SpawnKind::BlockOn,
            TaskKind::Local => SpawnKind::SpawnLocal,
            TaskKind::Blocking => SpawnKind::SpawnBlocking,
        },
        spawned_at: facts.at(task.spawned_at),
        spawned_by: facts.spawner(task),
        start_ns: task.start_ns,
        end_ns: task.end_ns,
        polls: task.polls,
        wakes: task.wakes,
        busy_ns,
        scheduled_ns,
        idle_ns: life - busy_ns - scheduled_ns,
        longest_poll_ns: task.longest_poll_ns.min(busy_ns),
        workers,
        woken_by,
        state,
        waiting_for: is_idle.then(|| facts.task_waits_for(task.waits)).flatten(),
        waits: is_idle.then(|| facts.task_wait_words(task.waits)).flatten(),
    }
}

fn status(state: TaskState) -> TaskStatus {
    match state {
        TaskState::Running => TaskStatus::Running,
        TaskState::Scheduled => TaskStatus::Scheduled,
        TaskState::Idle => TaskStatus::Idle,
        TaskState::Finished => TaskStatus::Finished,
        TaskState::Aborted => TaskStatus::Aborted,
        TaskState::Panicked => TaskStatus::Panicked,
    }
}
