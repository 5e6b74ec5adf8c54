//! Tasks that wait for each other, and those that nearly do.

use super::{MS, cell, event, finds, lock, poll, report, report_with, task, waits};
use record::LocationSlot;
use record::snapshot::{
    Action, Object, ObjectKind, ObjectSlot, Snapshot, Task, TaskKind, TaskSlot, TaskState,
    TaskWait, ThreadSlot, ThreadState, Verdict, VerdictEdge, VerdictKind, WaitKind, WaitOutcome,
    WaitTarget, Waiting,
};
use report::{Context, Finding, FindingKind, Outcome, TaskStatus};

#[test]
fn tasks_in_a_ring_of_locks_are_a_deadlock() {
    let mut snapshot = cell();
    snapshot.tasks = vec![waits(1, 7), waits(2, 8)];
    snapshot.objects = vec![lock(7, 2), lock(8, 1)];
    let report = report(&snapshot);
    let finding = report.finding(FindingKind::Deadlock).expect("a deadlock");
    assert_eq!(
        (finding.tasks.as_slice(), finding.objects.len()),
        (&[1, 2][..], 2)
    );
}

#[test]
fn who_may_go_on_is_in_no_deadlock() {
    let ring = |change: fn(&mut Snapshot)| {
        let mut snapshot = cell();
        snapshot.tasks = vec![waits(1, 7), waits(2, 8)];
        snapshot.objects = vec![lock(7, 2), lock(8, 1)];
        change(&mut snapshot);
        finds(&snapshot, FindingKind::Deadlock)
    };
    assert!(ring(|_| {}).is_some());
    assert_eq!(ring(|it| it.tasks[0].waits_elsewhere = true), None);
    assert_eq!(ring(|it| it.tasks[0].state = TaskState::Scheduled), None);
    assert_eq!(ring(|it| it.tasks[0].since_ns = Some(399 * MS)), None);
    // Nobody knows who has the waker of a `block_on`.
    assert_eq!(ring(|it| it.tasks[0].kind = TaskKind::BlockOn), None);
    assert_eq!(
        ring(|it| it.tasks[0].waits = TaskWait::ObjectUntil(ObjectSlot(7))),
        None
    );
    // Tasks of one thread can give a guard away unseen.
    assert_eq!(ring(|it| it.tasks[0].kind = TaskKind::Local), None);
    // Nobody knows who holds it.
    assert_eq!(ring(|it| it.objects[1].held_by_task = TaskSlot::NONE), None);
}

#[test]
fn a_ring_may_lead_through_joins() {
    let mut snapshot = cell();
    let joins = Task {
        waits: TaskWait::Task(TaskSlot(2)),
        ..waits(1, 7)
    };
    snapshot.tasks = vec![joins, waits(2, 7)];
    snapshot.objects = vec![lock(7, 1)];
    let title = finds(&snapshot, FindingKind::Deadlock).expect("a deadlock");
    assert!(title.contains("task 1 joins task 2"), "{title}");
    assert!(title.contains("held by task 1"), "{title}");
}

#[test]
fn a_ring_of_joins_alone_speaks_of_no_lock() {
    let mut snapshot = cell();
    let joins = |index, other| Task {
        waits: TaskWait::Task(TaskSlot(other)),
        ..waits(index, 7)
    };
    snapshot.tasks = vec![joins(1, 2), joins(2, 1)];
    let found = &report(&snapshot).findings[0];
    assert_eq!(found.kind, FindingKind::Deadlock);
    assert!(!found.detail.contains("lock"), "{}", found.detail);
}

#[test]
fn a_ring_of_earlier_tasks_is_told_to_who_waits_for_it() {
    let mut snapshot = cell();
    let earlier = |index, other| Task {
        cell: 0,
        waits: TaskWait::Task(TaskSlot(other)),
        ..waits(index, 7)
    };
    snapshot.tasks = vec![earlier(1, 2), earlier(2, 1), task(3)];
    assert_eq!(finds(&snapshot, FindingKind::Deadlock), None);
    snapshot.tasks[2] = Task {
        waits: TaskWait::Task(TaskSlot(2)),
        ..waits(3, 7)
    };
    let title = finds(&snapshot, FindingKind::Deadlock).expect("a deadlock");
    assert!(
        title.contains("task 2 of [0] joins task 1 of [0]"),
        "{title}"
    );
}

/// T1 waits in `block_on` for a task that waits for a message, for which there is a sender.
fn all_wait() -> Snapshot {
    let mut snapshot = cell();
    snapshot.ended = false;
    snapshot.threads[1].is_pooled = true;
    let main = Task {
        kind: TaskKind::BlockOn,
        waker_is_known: true,
        polled_by: ThreadSlot(1),
        waits: TaskWait::Task(TaskSlot(2)),
        ..waits(1, 7)
    };
    snapshot.tasks = vec![main, waits(2, 7)];
    let channel = Object {
        kind: ObjectKind::TokioChannel,
        ..lock(7, 0)
    };
    snapshot.objects = vec![channel];
    snapshot.objects[0].counters.senders = 1;
    snapshot
}

#[test]
fn all_tasks_that_wait_are_a_deadlock() {
    let title = finds(&all_wait(), FindingKind::Deadlock).expect("a deadlock");
    assert!(title.contains("task 1 joins task 2"), "{title}");
    assert!(title.contains("task 2 waits for a message"), "{title}");
}

#[test]
fn a_stop_takes_away_no_deadlock() {
    let running = report(&all_wait());
    let mut stopped = all_wait();
    stopped.ended = true;
    for task in &mut stopped.tasks {
        (task.state, task.end_ns) = (TaskState::Aborted, Some(4_000 * MS));
    }
    // Main waited all the time, and was made to unwind.
    let action = Action::Wait {
        kind: WaitKind::Condvar,
        target: WaitTarget::Nothing,
        shared_or_send: false,
        waker: ThreadSlot::NONE,
        outcome: WaitOutcome::Cancelled,
    };
    stopped.wall_ns = 4_000 * MS;
    let mut wait = event(100, 4_000, 3, action);
    wait.thread = ThreadSlot(1);
    stopped.events = vec![wait];
    let found = |before: &[Finding]| -> Finding {
        let context = Context {
            outcome: Outcome::Interrupted,
            deadlocks_before_stop: before.to_vec(),
            ..Context::default()
        };
        let mut findings = report_with(&stopped, context).findings;
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.remove(0)
    };
    assert_eq!(found(&running.findings).kind, FindingKind::Deadlock);
    // Where main was within the runtime says nothing; what its future waited for does.
    let found = found(&[]);
    assert_eq!(found.kind, FindingKind::StoppedWaiting);
    assert_eq!(
        found.title,
        "When you stopped the cell, main had been waiting in `block_on` for 3.9 s at line 3"
    );
    assert!(
        found.detail.starts_with("task 1 joins task 2. "),
        "{}",
        found.detail
    );
}

#[test]
fn a_proof_of_threads_tells_of_their_tasks() {
    let mut snapshot = all_wait();
    snapshot.ended = true;
    // The proof is at 300 ms; then main is made to unwind, and both tasks end of that.
    let sleeps = |thread| VerdictEdge {
        waiter: ThreadSlot(thread),
        waiting: Waiting {
            kind: WaitKind::Condvar,
            target: WaitTarget::Nothing,
            shared_or_send: false,
            timed: false,
            at: LocationSlot::NONE,
            since_ns: 40 * MS,
        },
        holder: ThreadSlot::NONE,
        held_since: LocationSlot::NONE,
    };
    snapshot.verdicts = vec![Verdict {
        kind: VerdictKind::NobodyCanRun,
        victim: ThreadSlot(1),
        edges: vec![sleeps(1), sleeps(2)],
        at_ns: 300 * MS,
    }];
    let polled = |task: u32, start, end, waits| {
        let mut event = poll(task, start, end);
        if let Action::Poll { waits: told, .. } = &mut event.action {
            *told = waits;
        }
        event
    };
    let object = TaskWait::Object(ObjectSlot(7));
    snapshot.events = vec![
        polled(1, 10, 20, TaskWait::Task(TaskSlot(2))),
        polled(2, 20, 30, object),
        polled(2, 310, 320, TaskWait::Unknown),
    ];
    for (task, state) in snapshot
        .tasks
        .iter_mut()
        .zip([TaskState::Aborted, TaskState::Finished])
    {
        (task.state, task.end_ns) = (state, Some(320 * MS));
    }
    (snapshot.tasks[1].polls, snapshot.tasks[1].wakes) = (2, 2);
    let report = report(&snapshot);
    let found = report.finding(FindingKind::Deadlock).expect("a deadlock");
    assert_eq!(
        found.title,
        "Deadlock: both tasks wait for each other: task 1 joins task 2; task 2 waits for a \
         message from tokio channel 1 created at line 2"
    );
    let told: Vec<_> = report.tasks.iter().map(|it| (it.state, it.polls)).collect();
    assert_eq!(told, [(TaskStatus::Idle, 1), (TaskStatus::Idle, 1)]);
}

#[test]
fn whoever_could_still_send_is_no_deadlock() {
    let finds = |change: fn(&mut Snapshot)| {
        let mut snapshot = all_wait();
        change(&mut snapshot);
        finds(&snapshot, FindingKind::Deadlock)
    };
    let third = |it| Task {
        waits: it,
        ..waits(3, 7)
    };
    assert!(finds(|_| {}).is_some());
    // The cell is over: a later one may send. A thread outside the runtime. A blocking task.
    assert_eq!(finds(|it| it.ended = true), None);
    assert_eq!(finds(|it| it.threads[1].is_pooled = false), None);
    assert_eq!(finds(|it| it.others_may_act = true), None);
    assert_eq!(finds(|it| it.threads[1].has_timers = true), None);
    // It ended just now, and has perhaps sent something before.
    assert_eq!(
        finds(|it| {
            it.threads[1].is_pooled = false;
            it.threads[1].state = ThreadState::Finished;
            it.threads[1].end_ns = Some(it.wall_ns);
        }),
        None
    );
    assert_eq!(finds(|it| it.tasks[1].state = TaskState::Running), None);
    // A timer, a socket, a future of one's own, another branch of a `select!`, a message.
    assert_eq!(finds(|it| it.tasks[1].waits = TaskWait::Io), None);
    assert_eq!(finds(|it| it.tasks[1].waits = TaskWait::Several), None);
    assert_eq!(finds(|it| it.tasks[1].waits_elsewhere = true), None);
    assert_eq!(finds(|it| it.objects[0].counters.queued = 1), None);
    assert!(finds(|it| it.tasks[1].waits = TaskWait::SeveralWithin).is_some());
    // Another task that sleeps, or was woken.
    let mut snapshot = all_wait();
    snapshot.tasks.push(third(TaskWait::Timer(LocationSlot(4))));
    assert_eq!(self::finds(&snapshot, FindingKind::Deadlock), None);
    snapshot.tasks[2] = Task {
        state: TaskState::Scheduled,
        ..third(TaskWait::Inner)
    };
    assert_eq!(self::finds(&snapshot, FindingKind::Deadlock), None);
}
