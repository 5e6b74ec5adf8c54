//! Tasks in the report: their lanes, and each finding about them with a recording that nearly is
//! one.

use record::LocationSlot;
use record::snapshot::{
    Action, Actor, Counters, Event, Object, ObjectKind, ObjectSlot, PollOutcome, Snapshot, Task,
    TaskKind, TaskSlot, TaskState, TaskWait, Thread, ThreadSlot, WaitKind, WaitOutcome, WaitTarget,
};
use report::{
    Activity, Context, FindingKind, Input, Place, Report, TaskStatus, TaskWaitsFor, TextOptions,
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
        ..Context::default()
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
    assert_eq!(ring(|it| it.tasks[0].kind = TaskKind::BlockOn), None);
    assert_eq!(
        ring(|it| it.tasks[0].waits = TaskWait::ObjectUntil(ObjectSlot(7))),
        None
    );
    // Nobody knows who holds it.
    assert_eq!(ring(|it| it.objects[1].held_by_task = TaskSlot::NONE), None);
}
