//! What a report shows of tasks: when there is one, lanes, states, the story.

use super::{MS, cell, event, lock, poll, report, task, waits};
use record::LocationSlot;
use record::snapshot::{
    Action, Actor, Event, Object, ObjectKind, ObjectSlot, Panic, Task, TaskKind, TaskSlot,
    TaskState, Thread, ThreadSlot, ThreadState, WaitKind, WaitTarget, Waiting,
};
use report::{Activity, CellPlace, Context, Input, Place, TaskStatus, TaskWaitsFor, TextOptions};

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
