//! Tasks in the report: their lanes, and each finding about them with a recording that nearly is
//! one.

mod deadlocks;
mod findings;
mod shown;

use record::LocationSlot;
use record::snapshot::{
    Action, Actor, Counters, Event, Object, ObjectKind, ObjectSlot, PollOutcome, Snapshot, Task,
    TaskSlot, TaskState, TaskWait, Thread, ThreadSlot, WaitKind, WaitOutcome, WaitTarget,
};
use report::{Context, FindingKind, Input, Place, Report};

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
