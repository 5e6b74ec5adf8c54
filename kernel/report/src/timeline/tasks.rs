//! The lanes of tasks: polled on this thread or that, waiting for one of them, or idle.
//!
//! What a task did between two polls is told by the second one: when it was woken, and so how long
//! it was idle, and how long it had to wait for a worker.

use std::collections::BTreeMap;

use record::snapshot::{Action, Event, Task, TaskKind, TaskState, TaskWait};

use super::marks::Marks;
use super::segments::plain;
use super::strip::{Strips, by_place};
use crate::analyse::Facts;
use crate::model::{
    Activity, ActivityCounts, Group, Lane, MarkKind, Merger, Ref, Segment, TaskWaitsFor,
};
use crate::words::names;

/// Most tasks with a lane of their own.
const LANES: usize = 12;

/// The tasks as they are drawn.
#[derive(Default)]
pub(super) struct Tasks {
    pub(super) lanes: Vec<Lane>,
    pub(super) groups: Vec<Group>,
    pub(super) counts: Option<ActivityCounts>,
}

/// Lanes for those that explain most, with at most so many segments each, and strips for the
/// others.
pub(super) fn build(facts: &Facts<'_>, resolution: u64, segments: usize) -> Tasks {
    let snapshot = facts.snapshot;
    let chosen = choose(facts);
    let mut strips = strips(facts, &chosen);
    let mut paths: Vec<Path<'_>> = snapshot
        .tasks
        .iter()
        .map(|task| Path {
            facts,
            task,
            cursor: task.start_ns,
            waits: TaskWait::Unknown,
            polls: 0,
        })
        .collect();
    let mut lanes: BTreeMap<usize, LaneBuilder> = chosen
        .iter()
        .map(|&position| (position, LaneBuilder::new(resolution)))
        .collect();
    let mut take = |position: usize, stretch: Segment| {
        // Those with a lane are in the strip of all as well.
        if let Some(strips) = &mut strips {
            strips.lie(position, stretch.state, stretch.start_ns, stretch.end_ns);
        }
        if let Some(lane) = lanes.get_mut(&position) {
            lane.segments.push(stretch);
        }
    };
    for event in facts.events_at(&facts.scan.polls) {
        if let Action::Poll { task, .. } = event.action
            && let Some(position) = facts.task_position(task)
        {
            paths[position].poll(event, &mut |stretch| take(position, stretch));
        }
    }
    for (position, path) in paths.iter_mut().enumerate() {
        path.finish(&mut |stretch| take(position, stretch));
    }
    let mut tasks = Tasks::default();
    for (position, builder) in lanes {
        let lane = builder.finish(facts, position, segments);
        tasks.lanes.push(lane);
    }
    tasks.lanes.sort_by_key(|lane| lane.task);
    if let Some(strips) = strips {
        let (groups, counts) = strips.finish();
        (tasks.groups, tasks.counts) = (groups, Some(counts));
    }
    tasks
}

/// The positions of the tasks that get a lane: those that have not ended well, those that held
/// their worker longest.
fn choose(facts: &Facts<'_>) -> Vec<usize> {
    let tasks = &facts.snapshot.tasks;
    let mut positions: Vec<usize> = (0..tasks.len())
        .filter(|&position| facts.task_ids[position] != 0)
        .collect();
    if positions.len() > LANES {
        positions.sort_by_key(|&position| {
            let task = &tasks[position];
            let ended_well = task.state == TaskState::Finished;
            let runs_all = task.kind == TaskKind::BlockOn;
            (
                std::cmp::Reverse((task.state == TaskState::Panicked, runs_all, !ended_well)),
                std::cmp::Reverse(task.longest_poll_ns),
                facts.task_ids[position],
            )
        });
        positions.truncate(LANES);
    }
    positions
}

/// Strips for the tasks without a lane, if there are any.
fn strips(facts: &Facts<'_>, chosen: &[usize]) -> Option<Strips> {
    let tasks = &facts.snapshot.tasks;
    let rest = (0..tasks.len())
        .filter(|&position| facts.task_ids[position] != 0 && !chosen.contains(&position))
        .map(|position| (position, facts.at(tasks[position].spawned_at)));
    let mut group_of = vec![None; tasks.len()];
    for &position in chosen {
        group_of[position] = Some(0);
    }
    Strips::of(facts, by_place(rest), group_of)
}

/// One task's way through time, stretch by stretch.
struct Path<'f> {
    facts: &'f Facts<'f>,
    task: &'f Task,
    /// Up to when it is told.
    cursor: u64,
    /// What it waits for.
    waits: TaskWait,
    /// Polls so far.
    polls: u64,
}

impl Path<'_> {
    fn poll(&mut self, event: &Event, take: &mut dyn FnMut(Segment)) {
        let Action::Poll {
            waits, delay_ns, ..
        } = event.action
        else {
            return;
        };
        self.polls += 1;
        let woken = event.start_ns.saturating_sub(delay_ns).max(self.cursor);
        self.idle_until(woken, take);
        self.stretch(event.start_ns, Activity::Scheduled, None, take);
        let worker = self.facts.thread_id(event.thread).map(Ref::Thread);
        self.stretch(event.end_ns, Activity::Running, worker, take);
        self.waits = waits;
    }

    fn finish(&mut self, take: &mut dyn FnMut(Segment)) {
        let wall = self.facts.snapshot.wall_ns;
        let end = self.task.end_ns.unwrap_or(wall).min(wall);
        let since = self.task.since_ns.unwrap_or(end).min(end);
        match self.task.state {
            TaskState::Running => {
                self.idle_until(since, take);
                let worker = self.facts.thread_id(self.task.polled_by).map(Ref::Thread);
                self.stretch(end, Activity::Running, worker, take);
            }
            TaskState::Scheduled => {
                self.idle_until(since, take);
                self.stretch(end, Activity::Scheduled, None, take);
            }
            _ => {
                if self.task.state == TaskState::Idle {
                    self.waits = self.task.waits;
                }
                self.idle_until(end, take);
            }
        }
    }

    fn idle_until(&mut self, until: u64, take: &mut dyn FnMut(Segment)) {
        let gaps = &self.facts.snapshot.gaps;
        let are_all_there = self.polls >= self.task.polls;
        let is_lost = !are_all_there
            && gaps
                .iter()
                .any(|gap| gap.start_ns < until && gap.end_ns > self.cursor);
        if is_lost {
            return self.stretch(until, Activity::Gap, None, take);
        }
        let object = match self.facts.task_waits_for(self.waits) {
            Some(TaskWaitsFor::Lock(id)) => Some(Ref::Lock(id)),
            Some(TaskWaitsFor::Task(id)) => Some(Ref::Task(id)),
            Some(TaskWaitsFor::Channel(id) | TaskWaitsFor::Room(id)) => Some(Ref::Channel(id)),
            Some(TaskWaitsFor::Condvar(id)) => Some(Ref::Condvar(id)),
            Some(TaskWaitsFor::Semaphore(id)) => Some(Ref::Semaphore(id)),
            Some(TaskWaitsFor::Barrier(id)) => Some(Ref::Barrier(id)),
            _ => None,
        };
        let activity = match self.waits {
            TaskWait::Unknown
            | TaskWait::Io
            | TaskWait::Inner
            | TaskWait::Several
            | TaskWait::SeveralWithin => Activity::Idle,
            TaskWait::Object(_) | TaskWait::ObjectUntil(_) => match object {
                Some(Ref::Channel(_)) => Activity::Channel,
                Some(Ref::Condvar(_)) => Activity::Condvar,
                Some(Ref::Barrier(_)) => Activity::Barrier,
                Some(Ref::Lock(_) | Ref::Semaphore(_)) => Activity::Lock,
                _ => Activity::Idle,
            },
            TaskWait::Task(_) | TaskWait::Tasks => Activity::Join,
            TaskWait::Timer(_) => Activity::Sleep,
            TaskWait::Room(_) | TaskWait::Oneshot(_) => Activity::Channel,
        };
        self.stretch(until, activity, object, take);
    }

    fn stretch(
        &mut self,
        until: u64,
        activity: Activity,
        object: Option<Ref>,
        take: &mut dyn FnMut(Segment),
    ) {
        let until = until.min(self.facts.snapshot.wall_ns);
        if until <= self.cursor {
            return;
        }
        let line = match (activity, self.waits) {
            (Activity::Sleep, TaskWait::Timer(at)) => self.facts.own_line(at),
            _ => None,
        };
        take(Segment {
            object,
            line,
            ..plain(self.cursor, until, activity)
        });
        self.cursor = until;
    }
}

/// Makes one lane.
struct LaneBuilder {
    resolution: u64,
    segments: Merger,
}

impl LaneBuilder {
    fn new(resolution: u64) -> LaneBuilder {
        LaneBuilder {
            resolution,
            segments: Merger::new(resolution),
        }
    }

    fn finish(self, facts: &Facts<'_>, position: usize, segments: usize) -> Lane {
        let task = &facts.snapshot.tasks[position];
        let wall = facts.snapshot.wall_ns;
        let end = task.end_ns.unwrap_or(wall).min(wall);
        let mut marks = Marks::new(self.resolution);
        if task.state == TaskState::Panicked {
            marks.add(end, MarkKind::Panic, None);
        }
        Lane {
            thread: 0,
            task: Some(facts.task_ids[position]),
            label: facts.task_label(task),
            name: task
                .name
                .as_deref()
                .and_then(names::name)
                .or_else(|| (task.kind == TaskKind::BlockOn).then(|| "block_on".to_owned()))
                .map(|name| names::clean(&name, 40)),
            start_ns: task.start_ns.min(end),
            end_ns: end,
            ended: task.end_ns.is_some(),
            cpu_permille: None,
            segments: self.segments.finish(segments),
            holds: Vec::new(),
            marks: marks.finish(),
        }
    }
}
