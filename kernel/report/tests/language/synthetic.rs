//! Large recordings, made by a seeded generator.

use record::snapshot::*;
use report::{Context, Place};

/// A cheap, repeatable source of numbers (an LCG; quality doesn't matter here).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below.max(1)
    }
}

/// `threads` workers spawned at three lines over `wall_ns`, with `events` events in all on 20 locks
/// and a channel.
pub fn large(threads: u32, events: usize, wall_ns: u64) -> (Snapshot, Context) {
    let mut numbers = Numbers(7);
    let mut snapshot = Snapshot {
        cell: 5,
        wall_ns,
        ended: true,
        ..Snapshot::default()
    };
    let mut context = Context {
        cell: 5,
        ..Context::default()
    };
    name_things(&mut snapshot, &mut context);
    for index in 1..=threads + 1 {
        let thread = thread(&mut numbers, index, wall_ns);
        snapshot.threads.push(thread);
    }
    let each = (events / threads as usize) as u64;
    for index in 2..=threads + 1 {
        work(&mut snapshot, &mut numbers, ThreadSlot(index), each);
    }
    snapshot
        .events
        .sort_by_key(|event| (event.start_ns, event.thread, event.sequence));
    (snapshot, context)
}

/// Twenty locks and a channel, and six places.
fn name_things(snapshot: &mut Snapshot, context: &mut Context) {
    for (index, line) in (1..).zip([4, 9, 15, 6, 11, 17]) {
        snapshot.locations.push(Location {
            index: LocationSlot(index),
            line,
            ..Location::default()
        });
        context.places.insert(
            LocationSlot(index),
            Place::Cell {
                cell: 5,
                line,
                column: 9,
            },
        );
    }
    for index in 1..=21 {
        let kind = if index == 21 {
            ObjectKind::Channel
        } else {
            ObjectKind::Mutex
        };
        snapshot.objects.push(object(index, kind));
        let name = if index == 21 {
            "tx → rx".to_owned()
        } else {
            format!("shards[{}]", index - 1)
        };
        context.names.insert(ObjectSlot(index), name);
    }
}

fn thread(numbers: &mut Numbers, index: u32, wall_ns: u64) -> Thread {
    let start = if index == 1 {
        0
    } else {
        numbers.next(wall_ns / 4)
    };
    Thread {
        index: ThreadSlot(index),
        cell: 5,
        ordinal: index,
        os_tid: 9000 + index,
        is_main: index == 1,
        name: (index > 1 && index.is_multiple_of(3)).then(|| format!("worker-{index}")),
        parent: ThreadSlot(u32::from(index > 1)),
        spawned_at: LocationSlot(if index > 1 { 1 + index % 3 } else { 0 }),
        start_ns: start,
        end_ns: (index > 1).then(|| wall_ns - numbers.next(wall_ns / 4)),
        state: if index > 1 {
            ThreadState::Finished
        } else {
            ThreadState::Running
        },
        joined: true,
        ..Thread::default()
    }
}

/// What one worker does: `each` events over its life.
fn work(snapshot: &mut Snapshot, numbers: &mut Numbers, index: ThreadSlot, each: u64) {
    let threads = snapshot.threads.len() as u64 - 1;
    let thread = &mut snapshot.threads[index.index() - 1];
    let (start, end) = (thread.start_ns, thread.end_ns.unwrap_or(snapshot.wall_ns));
    let step = (end - start) / each.max(1);
    for sequence in 0..each {
        let from = start + sequence * step;
        let to = from + 1 + numbers.next(step);
        let lock = 1 + numbers.next(20) as u32;
        let at = 4 + numbers.next(3) as u32;
        let waker = 2 + numbers.next(threads) as u32;
        let action = match numbers.next(8) {
            0..=2 => wait(WaitKind::Lock, lock, waker),
            3 => wait(WaitKind::Sleep, 0, 0),
            4 => wait(WaitKind::Channel, 21, waker),
            5 => Action::Send {
                object: ObjectSlot(21),
                queued: 3,
            },
            _ => Action::Hold {
                object: ObjectSlot(lock),
                shared: false,
            },
        };
        if let Action::Wait { kind, .. } = action {
            thread.blocked_ns[kind as usize] += to - from;
        }
        snapshot.events.push(Event {
            thread: index,
            sequence,
            start_ns: from,
            end_ns: to.min(end),
            at: LocationSlot(at),
            times: 1,
            action,
        });
    }
}

fn wait(kind: WaitKind, target: u32, waker: u32) -> Action {
    Action::Wait {
        kind,
        target: WaitTarget::of(kind, target),
        shared_or_send: false,
        waker: ThreadSlot(waker),
        outcome: WaitOutcome::Done,
    }
}

fn object(index: u32, kind: ObjectKind) -> Object {
    Object {
        index: ObjectSlot(index),
        kind,
        cell: 5,
        created_at: LocationSlot(1),
        order: u64::from(index),
        address: 0,
        type_name: "alloc::vec::Vec<u64>".to_owned(),
        dropped: false,
        poisoned: false,
        held_by: Vec::new(),
        library: Library::Std,
        held_since_ns: None,
        held_by_task: TaskSlot::NONE,
        counters: Counters {
            acquisitions: 50_000,
            contended: 12_000,
            wait_ns: Total {
                total: 900_000_000,
                max: 1_000_000,
            },
            hold_ns: Total {
                total: 400_000_000,
                max: 1_000_000,
            },
            receiver_alive: true,
            ..Counters::default()
        },
    }
}
