//! Each finding about tasks but for deadlocks, with a recording that nearly is one.

use super::{MS, cell, event, finds, lock, poll, report, sleep, task};
use record::snapshot::{
    Action, Object, ObjectKind, ObjectSlot, Task, TaskKind, TaskSlot, TaskState,
};
use report::FindingKind;

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
