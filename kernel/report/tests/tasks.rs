//! Tasks in the report: their lanes, and each finding about them with a recording that nearly is
//! one.

use record::LocationSlot;
use record::snapshot::{
    Action, Actor, Counters, Event, Object, ObjectKind, ObjectSlot, Panic, PollOutcome, Snapshot,
    Task, TaskKind, TaskSlot, TaskState, TaskWait, Thread, ThreadSlot, ThreadState, Verdict,
    VerdictEdge, VerdictKind, WaitKind, WaitOutcome, WaitTarget, Waiting,
};
use report::{
    Activity, CellPlace, Context, Finding, FindingKind, Input, Outcome, Place, Report, TaskStatus,
    TaskWaitsFor, TextOptions,
};

const MS: u64 = 1_000_000;

/// A cell of 400 ms in which T2 is a worker.
fn cell() -> Snapshot {
    let thread = |index, ordinal| Thread {
        index: ThreadSlot(index),
        cell: 1,
        ordinal,
        is_main: ordinal == 1,
        os_tid: 100 + ordinal,
        events_written: 1,
        ..Thread::default()
    };
    Snapshot {
        cell: 1,
        ended: true,
        wall_ns: 400 * MS,
        threads: vec![thread(1, 1), thread(2, 2)],
        ..Snapshot::default()
    }
}

/// A finished task that was spawned at the beginning, on line 3.
fn task(index: u32) -> Task {
    Task {
        index: TaskSlot(index),
        cell: 1,
        ordinal: index,
        spawned_at: LocationSlot(3),
        end_ns: Some(390 * MS),
        polls: 1,
        state: TaskState::Finished,
        ..Task::default()
    }
}

/// A task that has been idle for long, and waits for a lock alone.
fn waits(index: u32, lock: u32) -> Task {
    Task {
        state: TaskState::Idle,
        end_ns: None,
        since_ns: Some(50 * MS),
        waits: TaskWait::Object(ObjectSlot(lock)),
        ..task(index)
    }
}

fn lock(index: u32, held_by: u32) -> Object {
    Object {
        index: ObjectSlot(index),
        kind: ObjectKind::TokioMutex,
        cell: 1,
        created_at: LocationSlot(2),
        order: u64::from(index),
        address: 0,
        type_name: String::new(),
        dropped: false,
        poisoned: false,
        held_by: Vec::new(),
        library: record::snapshot::Library::Std,
        held_since_ns: None,
        held_by_task: TaskSlot(held_by),
        counters: Counters::default(),
    }
}

fn event(start: u64, end: u64, at: u32, action: Action) -> Event {
    Event {
        thread: ThreadSlot(2),
        sequence: start,
        start_ns: start * MS,
        end_ns: end * MS,
        at: LocationSlot(at),
        times: 1,
        action,
    }
}

fn poll(task: u32, start: u64, end: u64) -> Event {
    event(
        start,
        end,
        0,
        Action::Poll {
            task: TaskSlot(task),
            outcome: PollOutcome::Pending,
            handed_over: false,
            waits: TaskWait::Timer(LocationSlot(4)),
            woken_by: Some(Actor::Thread(ThreadSlot(1))),
            delay_ns: MS,
        },
    )
}

fn sleep(start: u64, end: u64) -> Event {
    event(
        start,
        end,
        5,
        Action::Wait {
            kind: WaitKind::Sleep,
            target: WaitTarget::Nothing,
            shared_or_send: false,
            waker: ThreadSlot::NONE,
            outcome: WaitOutcome::Done,
        },
    )
}

fn report(snapshot: &Snapshot) -> Report {
    report_with(snapshot, Context::default())
}

fn report_with(snapshot: &Snapshot, more: Context) -> Report {
    let place = |line| {
        let at = Place::Cell {
            cell: 1,
            line,
            column: 1,
        };
        (LocationSlot(line), at)
    };
    let context = Context {
        cell: 1,
        places: (1..9).map(place).collect(),
        ..more
    };
    let input = Input {
        snapshot,
        context: &context,
    };
    report::build(&input).expect("tasks make a report")
}

fn finds(snapshot: &Snapshot, kind: FindingKind) -> Option<String> {
    let report = report(snapshot);
    report.finding(kind).map(|finding| finding.title.clone())
}

/// Around a cell of a session that awaits stands a runtime, which is started anew after a crash,
/// and the lock that it is kept under.
#[test]
fn a_runtime_around_the_cell_is_no_reason_for_a_report() {
    let mut snapshot = cell();
    snapshot.threads[1].spawned_at = LocationSlot(9);
    let by_main = |at, action| Event {
        thread: ThreadSlot(1),
        ..event(1, 1, at, action)
    };
    let spawn = Action::Spawn {
        thread: ThreadSlot(2),
    };
    let hold = Action::Hold {
        object: ObjectSlot(7),
        shared: false,
    };
    snapshot.objects = vec![Object {
        kind: ObjectKind::Mutex,
        created_at: LocationSlot(8),
        ..lock(7, 0)
    }];
    snapshot.events = vec![by_main(8, hold), by_main(9, spawn)];
    snapshot.threads[1].blocked_ns[WaitKind::Park as usize] = MS;
    let started = |called_at| Place::Dependency {
        krate: "tokio 1.54.1".to_owned(),
        file: "src/runtime/blocking/pool.rs".to_owned(),
        line: 522,
        column: 17,
        called_at,
    };
    let reported = |called_at| {
        let context = Context {
            cell: 1,
            places: [(LocationSlot(9), started(called_at))].into(),
            around_cells: [LocationSlot(8)].into(),
            ..Context::default()
        };
        let input = Input {
            snapshot: &snapshot,
            context: &context,
        };
        report::build(&input).is_some()
    };
    assert!(!reported(None));
    let line = CellPlace {
        cell: 1,
        line: 3,
        column: 1,
    };
    assert!(reported(Some(line)));
}

#[test]
fn nobody_of_a_later_cell_has_spawned_a_task() {
    let mut snapshot = cell();
    let by = Some(Actor::Task(TaskSlot(1)));
    let spawned = |cell| Task {
        cell,
        spawned_by: by,
        state: TaskState::Idle,
        ..task(2)
    };
    snapshot.tasks = vec![task(1), spawned(1)];
    assert!(report(&snapshot).tasks[1].spawned_by.is_some());
    snapshot.tasks[1] = spawned(0);
    assert_eq!(report(&snapshot).tasks[1].spawned_by, None);
}

#[test]
fn a_lane_tells_idle_scheduled_and_polled_apart() {
    let mut snapshot = cell();
    snapshot.tasks = vec![Task {
        polls: 2,
        wakes: 1,
        ..task(1)
    }];
    snapshot.events = vec![poll(1, 10, 40), poll(1, 200, 390)];
    let report = report(&snapshot);
    let lane = &report.timeline.as_ref().expect("a timeline").tasks[0];
    let told: Vec<(Activity, u64)> = lane
        .segments
        .iter()
        .map(|it| (it.state, it.end_ns / MS))
        .collect();
    assert_eq!(
        told,
        [
            (Activity::Idle, 9),
            (Activity::Scheduled, 10),
            (Activity::Running, 40),
            (Activity::Sleep, 199),
            (Activity::Scheduled, 200),
            (Activity::Running, 390),
        ]
    );
    let row = &report.tasks[0];
    assert_eq!(
        (row.state, row.workers.as_slice()),
        (TaskStatus::Finished, &[2][..])
    );
    assert_eq!(row.woken_by[0].times, 2);
    let mut text = String::new();
    report::text(&report, &mut text, &TextOptions::default()).expect("text");
    assert!(text.contains("task 1"), "{text}");
}

#[test]
fn a_task_that_waits_names_the_lock() {
    let mut snapshot = cell();
    snapshot.tasks = vec![waits(1, 7)];
    snapshot.objects = vec![lock(7, 0)];
    let row = &report(&snapshot).tasks[0];
    assert_eq!(
        (row.state, row.waiting_for),
        (TaskStatus::Idle, Some(TaskWaitsFor::Lock(1)))
    );
}

#[test]
fn a_blocked_worker_is_found() {
    let mut snapshot = cell();
    snapshot.tasks = vec![task(1)];
    snapshot.events = vec![poll(1, 10, 60), sleep(20, 50)];
    let title = finds(&snapshot, FindingKind::BlockedWorker).expect("a finding");
    assert!(
        title.contains("task 1") && title.contains("line 5"),
        "{title}"
    );
}

/// It is told by the number that its lane has, not by that of its row.
#[test]
fn a_blocked_worker_of_an_earlier_cell_s_task_is_found() {
    let mut snapshot = cell();
    let earlier = Task {
        ordinal: 9,
        ..task(1)
    };
    snapshot.cell = 2;
    snapshot.tasks = vec![earlier, Task { cell: 2, ..task(2) }];
    snapshot.events = vec![poll(1, 10, 60), sleep(20, 50)];
    let title = finds(&snapshot, FindingKind::BlockedWorker).expect("a finding");
    assert!(
        title.starts_with("task 9 of [1] blocked its worker"),
        "{title}"
    );
}

#[test]
fn who_may_block_is_no_blocked_worker() {
    let blocks = |kind, wait, handed| {
        let mut snapshot = cell();
        snapshot.tasks = vec![Task { kind, ..task(1) }];
        let mut poll = poll(1, 10, 60);
        if let Action::Poll { handed_over, .. } = &mut poll.action {
            *handed_over = handed;
        }
        snapshot.events = vec![poll, wait];
        finds(&snapshot, FindingKind::BlockedWorker)
    };
    assert!(blocks(TaskKind::Spawned, sleep(20, 50), false).is_some());
    // `block_in_place`; a blocking task; the future of `block_on`; a moment; after the poll.
    assert_eq!(blocks(TaskKind::Spawned, sleep(20, 50), true), None);
    assert_eq!(blocks(TaskKind::Blocking, sleep(20, 50), false), None);
    assert_eq!(blocks(TaskKind::BlockOn, sleep(20, 50), false), None);
    assert_eq!(blocks(TaskKind::Spawned, sleep(20, 25), false), None);
    assert_eq!(blocks(TaskKind::Spawned, sleep(61, 90), false), None);
}

#[test]
fn a_long_poll_is_work_and_not_waiting() {
    let mut snapshot = cell();
    snapshot.tasks = vec![task(1)];
    snapshot.events = vec![poll(1, 10, 150)];
    assert!(finds(&snapshot, FindingKind::LongPoll).is_some());
    snapshot.events = vec![poll(1, 10, 150), sleep(20, 140)];
    assert_eq!(finds(&snapshot, FindingKind::LongPoll), None);
    snapshot.events = vec![poll(1, 10, 90), poll(1, 91, 170)];
    assert_eq!(finds(&snapshot, FindingKind::LongPoll), None);
}

#[test]
fn a_task_that_was_never_polled_is_found() {
    let mut snapshot = cell();
    let never = Task {
        polls: 0,
        state: TaskState::Aborted,
        ..task(1)
    };
    snapshot.tasks = vec![never.clone()];
    assert!(finds(&snapshot, FindingKind::NeverPolled).is_some());
    // Once polled; or spawned a moment ago.
    snapshot.tasks[0].polls = 1;
    assert_eq!(finds(&snapshot, FindingKind::NeverPolled), None);
    snapshot.tasks[0] = Task {
        state: TaskState::Scheduled,
        start_ns: 390 * MS,
        end_ns: None,
        ..never
    };
    assert_eq!(finds(&snapshot, FindingKind::NeverPolled), None);
}

/// What the program aborts it does not want; what goes with its runtime it may have wanted.
#[test]
fn a_task_that_was_aborted_before_its_first_poll_is_no_finding() {
    let finding = |is_cancelled| {
        let mut snapshot = cell();
        snapshot.tasks = vec![Task {
            polls: 0,
            state: TaskState::Aborted,
            is_cancelled,
            ..task(1)
        }];
        let report = report(&snapshot);
        let finding = report.finding(FindingKind::NeverPolled);
        finding.map(|it| it.detail.clone())
    };
    let detail = finding(false).expect("a finding");
    assert!(detail.contains("was dropped before"), "{detail}");
    assert_eq!(finding(true), None);
}

/// Tasks that go on by themselves are not the cell's; those to which it sends something are.
#[test]
fn a_cell_that_wakes_tasks_of_earlier_cells_has_a_report() {
    let reported = |delay, polled_by: Option<Actor>, woken_by| {
        let mut snapshot = cell();
        snapshot.threads[1].cell = 0;
        snapshot.tasks = vec![Task {
            cell: 0,
            woken_by,
            ..waits(1, 7)
        }];
        let mut poll = poll(1, 10, 20);
        if let Action::Poll {
            woken_by, delay_ns, ..
        } = &mut poll.action
        {
            *woken_by = polled_by;
            *delay_ns = delay * MS;
        }
        snapshot.events = vec![poll];
        let context = Context {
            cell: 1,
            ..Context::default()
        };
        let input = Input {
            snapshot: &snapshot,
            context: &context,
        };
        report::build(&input).is_some()
    };
    let main = Some(Actor::Thread(ThreadSlot(1)));
    assert!(reported(1, main, None));
    assert!(reported(1, None, main));
    // By an earlier cell.
    assert!(!reported(10, main, None));
    let others = [
        None,
        Some(Actor::Thread(ThreadSlot(2))),
        Some(Actor::Task(TaskSlot(1))),
    ];
    for by in others {
        assert!(!reported(1, by, by));
    }
}

/// A worker without work is no wait that somebody should look at.
#[test]
fn an_idle_worker_is_drawn_as_one_that_waits() {
    let is_framed = |is_pooled, place: Place| {
        let mut snapshot = cell();
        snapshot.tasks = vec![task(1)];
        snapshot.threads[1] = Thread {
            is_pooled,
            state: ThreadState::Blocked,
            waiting: Some(Waiting {
                kind: WaitKind::Park,
                target: WaitTarget::Nothing,
                shared_or_send: false,
                timed: false,
                at: LocationSlot(9),
                since_ns: 100 * MS,
            }),
            ..snapshot.threads[1].clone()
        };
        let context = Context {
            cell: 1,
            places: [(LocationSlot(9), place)].into(),
            ..Context::default()
        };
        let input = Input {
            snapshot: &snapshot,
            context: &context,
        };
        let timeline = report::build(&input).and_then(|it| it.timeline);
        let lanes = timeline.expect("a timeline").lanes;
        lanes[1].segments.iter().any(|it| it.stuck)
    };
    let in_runtime = || Place::Dependency {
        krate: "tokio 1.54.1".to_owned(),
        file: "src/runtime/park.rs".to_owned(),
        line: 290,
        column: 1,
        called_at: None,
    };
    let in_cell = Place::Cell {
        cell: 1,
        line: 3,
        column: 1,
    };
    assert!(!is_framed(true, in_runtime()));
    assert!(is_framed(false, in_runtime()));
    // A task that blocks it.
    assert!(is_framed(true, in_cell));
}

#[test]
fn the_strip_of_all_tasks_has_those_with_a_lane() {
    let mut snapshot = cell();
    snapshot.tasks = (1..=20).map(|index| waits(index, 7)).collect();
    let timeline = report(&snapshot).timeline.expect("a timeline");
    let counts = timeline.task_counts.expect("a strip");
    let at_once = |bucket: usize| {
        let series = counts.series.iter();
        series.map(|it| it.threads[bucket]).sum::<f64>()
    };
    assert_eq!(
        timeline.tasks.len() as u64 + timeline.task_groups[0].threads,
        20
    );
    assert_eq!(at_once(60), 20.0);
}

#[test]
fn a_branch_that_its_task_never_comes_to_is_found() {
    let passed_over = |length: u64, branches: u16| {
        let mut snapshot = cell();
        snapshot.tasks = vec![task(1)];
        let action = Action::PassedOver {
            task: TaskSlot(1),
            branches,
            rounds: 4096,
        };
        snapshot.events = vec![event(10, 10 + length, 5, action)];
        finds(&snapshot, FindingKind::StarvedBranch)
    };
    let title = passed_over(150, 0b110).expect("a finding");
    assert!(title.contains("branches 2, 3 of its `select!`"), "{title}");
    assert!(
        title.contains("for 150 ms") && title.contains("4,096 times"),
        "{title}"
    );
    // A burst.
    assert_eq!(passed_over(90, 0b10), None);
}

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

#[test]
fn a_guard_that_is_kept_while_the_task_waits_is_found() {
    let hold = |start, end| {
        let object = ObjectSlot(7);
        let shared = false;
        event(start, end, 5, Action::Hold { object, shared })
    };
    let finds = |hold| {
        let mut snapshot = cell();
        snapshot.tasks = vec![task(1)];
        snapshot.objects = vec![Object {
            kind: ObjectKind::Mutex,
            ..lock(7, 0)
        }];
        snapshot.events = vec![poll(1, 10, 20), hold, poll(1, 100, 120)];
        snapshot.events.sort_by_key(|event| event.start_ns);
        finds(&snapshot, FindingKind::StdGuardAcrossAwait)
    };
    let title = finds(hold(15, 110)).expect("a finding");
    assert!(
        title.contains("task 1") && title.contains("line 5"),
        "{title}"
    );
    // It may be parking_lot's.
    assert!(!title.contains("of std"), "{title}");
    // Given back before the `await`; taken between the polls, by somebody else.
    assert_eq!(finds(hold(11, 19)), None);
    assert_eq!(finds(hold(30, 90)), None);
}

#[test]
fn all_who_keep_a_guard_are_counted() {
    let hold = |lock, start, end| {
        let object = ObjectSlot(lock);
        event(
            start,
            end,
            5,
            Action::Hold {
                object,
                shared: false,
            },
        )
    };
    let lock = |index| Object {
        kind: ObjectKind::Mutex,
        ..lock(index, 0)
    };
    // Of six tasks each keeps its own guard: more than there are findings of a kind.
    let mut snapshot = cell();
    for one in 0..6 {
        let begin = 10 + 30 * u64::from(one);
        snapshot.tasks.push(task(one + 1));
        snapshot.objects.push(lock(one + 7));
        snapshot.events.push(poll(one + 1, begin, begin + 10));
        snapshot.events.push(hold(one + 7, begin + 5, begin + 15));
        snapshot.events.push(poll(one + 1, begin + 14, begin + 16));
    }
    let title = finds(&snapshot, FindingKind::StdGuardAcrossAwait).expect("a finding");
    assert!(
        title.ends_with("(and 5 more tasks of that line)"),
        "{title}"
    );
    // Of three each keeps the guard of one lock.
    let mut snapshot = cell();
    snapshot.objects = vec![lock(7)];
    for one in 0..3 {
        let begin = 10 + 30 * u64::from(one);
        snapshot.tasks.push(task(one + 1));
        snapshot.events.push(poll(one + 1, begin, begin + 10));
        snapshot.events.push(hold(7, begin + 5, begin + 15));
        snapshot.events.push(poll(one + 1, begin + 14, begin + 16));
    }
    let title = finds(&snapshot, FindingKind::StdGuardAcrossAwait).expect("a finding");
    assert!(title.starts_with("3 tasks held "), "{title}");
    assert!(title.ends_with(", 3 times"), "{title}");
}

#[test]
fn a_panic_of_which_nobody_learns_is_found() {
    let finds = |change: fn(&mut Task)| {
        let mut snapshot = cell();
        let mut task = Task {
            state: TaskState::Panicked,
            is_detached: true,
            ..task(1)
        };
        change(&mut task);
        snapshot.tasks = vec![task];
        finds(&snapshot, FindingKind::UnjoinedPanic)
    };
    assert!(finds(|_| {}).is_some());
    // Its handle is still there; somebody was told; it did not panic.
    assert_eq!(finds(|it| it.is_detached = false), None);
    assert_eq!(finds(|it| it.is_joined = true), None);
    assert_eq!(finds(|it| it.state = TaskState::Aborted), None);
}

/// A worker that polls is not who panics; the future of a `block_on` is its thread's own.
#[test]
fn the_story_says_which_task_panicked() {
    let story = |kind, at_ns| {
        let mut snapshot = cell();
        snapshot.tasks = vec![Task {
            state: TaskState::Panicked,
            kind,
            ..task(1)
        }];
        snapshot.events = vec![poll(1, 10, 20)];
        snapshot.panics = vec![Panic {
            thread: ThreadSlot(2),
            at_ns,
            at: LocationSlot(0),
            message: "no beans".to_owned(),
        }];
        report(&snapshot).story
    };
    let of_task = story(TaskKind::Spawned, 15 * MS);
    assert!(of_task.contains("task 1 panicked: “no beans”"), "{of_task}");
    let of_block_on = story(TaskKind::BlockOn, 15 * MS);
    assert!(of_block_on.contains("T2 panicked"), "{of_block_on}");
    let after = story(TaskKind::Spawned, 25 * MS);
    assert!(after.contains("T2 panicked"), "{after}");
}
