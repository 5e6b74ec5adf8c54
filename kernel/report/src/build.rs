//! From snapshot and context to the report's model.

use record::snapshot::{
    Action, Actor, Event, ObjectKind, Thread, ThreadSlot, ThreadState, WaitKind,
};

use crate::analyse::{
    Facts, deadlocked, dependencies, is_reported, jobs, order, story, tables, tasks, thread_key,
};
use crate::input::{Input, Outcome, SessionHistory};
use crate::model::{LateOutputRow, OutcomeKind, OverflowRow, Recording, Ref, Report, cut};
use crate::words::names;
use crate::{columns, findings, timeline};

/// A delay before a poll is told in units of less than this, in nanoseconds, without what is left.
const DELAY_LEFT: u64 = 200;
/// Most rows about earlier cells' output, and most lines of this one's.
const LATE_OUTPUT: usize = 60;
const LAST_OUTPUT: usize = 10;

/// Makes the report of a cell, or `None` when the cell used no thread, lock or channel.
pub fn build(input: &Input<'_>) -> Option<Report> {
    let mut report = build_whole(input)?;
    cut(&mut report);
    Some(report)
}

/// The same with all rows of its lists, however many: to be counted, not to be shown.
pub fn build_whole(input: &Input<'_>) -> Option<Report> {
    let until_proof = deadlocked::until_proof(input.snapshot);
    let facts = Facts::new(&Input {
        snapshot: until_proof.as_ref().unwrap_or(input.snapshot),
        context: input.context,
    });
    if !is_concurrent(&facts) {
        return None;
    }
    let context = facts.context;
    let (outcome, crash) = match &context.outcome {
        Outcome::Ok => (OutcomeKind::Ok, None),
        Outcome::Panicked => (OutcomeKind::Panicked, None),
        Outcome::Deadlocked => (OutcomeKind::Deadlocked, None),
        Outcome::Interrupted => (OutcomeKind::Interrupted, None),
        Outcome::Crashed { what } => (OutcomeKind::Crashed, Some(names::clean(what, 80))),
    };
    let late_output = context
        .late_output
        .iter()
        .take(LATE_OUTPUT)
        .map(|late| LateOutputRow {
            thread: names::clean(&late.label, 80),
            cell: late.cell,
            lines: late.lines,
        });
    let last = context.last_output.len().saturating_sub(LAST_OUTPUT);
    let mut report = Report {
        version: 1,
        cell: context.cell,
        wall_ns: input.snapshot.wall_ns,
        deadlock_ns: until_proof.as_ref().map(|cut| cut.wall_ns),
        outcome,
        crash,
        live: facts.live,
        story: String::new(),
        threads: tables::threads(&facts),
        tasks: tasks::rows(&facts),
        jobs: jobs::rows(&facts),
        locks: tables::locks(&facts),
        channels: tables::channels(&facts),
        condvars: tables::condvars(&facts),
        barriers: tables::barriers(&facts),
        semaphores: tables::semaphores(&facts),
        initialisers: tables::initialisers(&facts),
        findings: findings::all(&facts),
        dependencies: dependencies::rows(&facts),
        between: tables::between(&facts),
        late_output: late_output.collect(),
        last_output: context.last_output[last..]
            .iter()
            .map(|line| names::line(line))
            .collect(),
        order: order::strip(&facts),
        timeline: timeline::build(&facts),
        recording: recording(&facts),
        omitted: None,
        omitted_in: None,
    };
    name_objects(&mut report);
    report.story = story::tell(&facts, &report);
    Some(report)
}

/// The steps name things as the tables do.
fn name_objects(report: &mut Report) {
    let Some(mut order) = report.order.take() else {
        return;
    };
    for step in &mut order.steps {
        step.object = step.reference.map(|it| columns::reference(report, it));
    }
    report.order = Some(order);
}

impl SessionHistory {
    /// Adds what this cell has shown. Call it once a cell, after the cell's last report was built.
    pub fn learn(&mut self, input: &Input<'_>) {
        let facts = Facts::new(input);
        self.orders.merge(&facts.scan.orders);
        let ended = input.snapshot.threads.iter().filter(|thread| {
            thread.joined && thread.end_ns.is_some() && thread_key(&facts, thread.parent).is_main
        });
        let keys = ended.map(|thread| thread_key(&facts, thread.index));
        self.joined.extend(keys.filter(|key| self.orders.has(*key)));
        for (lock, poison) in findings::poisons(&facts) {
            self.poisons.note(lock, poison);
        }
    }
}

/// Whether the cell used a thread, a lock, a channel, a condition variable or a barrier.
fn is_concurrent(facts: &Facts<'_>) -> bool {
    let snapshot = facts.snapshot;
    let is_cells = |thread: &&Thread| {
        thread.cell == snapshot.cell && !facts.is_around_cells(thread.spawned_at)
    };
    let mut threads = snapshot.threads.iter().filter(is_cells);
    let has_threads = threads.any(|it| !it.is_main && it.index != ThreadSlot::NONE);
    let is_for_others = |what: Ref| !matches!(what, Ref::Sleep(_) | Ref::Stdio(_));
    let mut threads = snapshot.threads.iter().filter(is_cells);
    let main_waited = threads.any(|thread| {
        let waited = thread.blocked_ns[..WaitKind::Sleep as usize]
            .iter()
            .any(|&ns| ns > 0);
        let waiting = thread
            .waiting
            .filter(|_| thread.state == ThreadState::Blocked);
        let waits = waiting.and_then(|waiting| facts.wait_ref(waiting.kind, waiting.target));
        waited && !only_stdio(facts) || waits.is_some_and(is_for_others)
    });
    let has_tasks = snapshot.tasks.iter().any(|task| task.cell == snapshot.cell);
    // Tasks of earlier cells, to which this one has given something to do.
    let is_of_cell = |by: Option<Actor>| match by {
        Some(Actor::Thread(thread)) => facts.thread(thread).is_some_and(|it| is_cells(&it)),
        _ => false,
    };
    // Who was woken before the cell was not by it: such a delay begins with the cell.
    let in_cell = |event: &Event, delay_ns| event.start_ns.saturating_sub(delay_ns) > DELAY_LEFT;
    let mut polls = facts.events_at(&facts.scan.polls);
    let wakes_tasks = snapshot.tasks.iter().any(|task| is_of_cell(task.woken_by))
        || polls.any(|event| match event.action {
            Action::Poll {
                woken_by, delay_ns, ..
            } => is_of_cell(woken_by) && in_cell(event, delay_ns),
            _ => false,
        });
    let has_objects = snapshot.objects.iter().any(|object| {
        let counters = &object.counters;
        let used = [
            counters.acquisitions,
            counters.failed_tries,
            counters.sent,
            counters.received,
            counters.waits,
            counters.notifies,
        ];
        is_reported(object.kind)
            && facts.dependency(object.created_at).is_none()
            && !facts.is_in_std(object.created_at)
            && !facts.is_around_cells(object.created_at)
            && (object.cell == snapshot.cell || snapshot.counts_only && used.iter().any(|&n| n > 0))
    });
    has_threads
        || main_waited
        || has_tasks
        || wakes_tasks
        || has_objects
        || !snapshot.jobs.is_empty()
        || facts.scan.touched
        || !snapshot.verdicts.is_empty()
}

/// Whether the only thing ever waited for is the lock of stdout.
fn only_stdio(facts: &Facts<'_>) -> bool {
    facts
        .snapshot
        .objects
        .iter()
        .all(|object| object.kind == ObjectKind::Stdio)
        && facts.snapshot.threads.iter().all(|thread| {
            thread.blocked_ns[WaitKind::Channel as usize..WaitKind::Sleep as usize]
                .iter()
                .all(|&ns| ns == 0)
        })
}

fn recording(facts: &Facts<'_>) -> Recording {
    let snapshot = facts.snapshot;
    let lost = snapshot
        .gaps
        .iter()
        .fold(0u64, |sum, gap| sum.saturating_add(gap.events));
    let overflow = snapshot.overflow;
    Recording {
        events: lost.saturating_add(snapshot.events.len() as u64),
        gap_events: lost,
        overhead_ns: snapshot.overhead_ns,
        counts_only: snapshot.counts_only,
        overflow: (overflow != Default::default()).then_some(OverflowRow {
            threads: overflow.threads,
            tasks: overflow.tasks,
            objects: overflow.objects,
            acquisitions: overflow.acquisitions,
            sent: overflow.sent,
            received: overflow.received,
        }),
    }
}
