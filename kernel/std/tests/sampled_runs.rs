//! Uses that come by the million, of which few are timed: each is counted, and into one event.

mod support;

use std::of_crates::channel::Channel;
use std::of_crates::{Library, Meta};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::Duration;

use record::snapshot::{Action, Event, ObjectKind, ObjectSlot};
use support::{Bench, Outcome};

fn main() {
    support::run(&[
        (
            "uses_in_a_row_are_all_counted",
            uses_in_a_row_are_all_counted,
        ),
        ("any_mix_of_uses_is_counted", any_mix_of_uses_is_counted),
        (
            "reads_within_reads_of_many_are_counted",
            reads_within_reads_of_many_are_counted,
        ),
        ("nested_uses_keep_their_order", nested_uses_keep_their_order),
        (
            "messages_of_several_receivers_are_counted",
            messages_of_several_receivers_are_counted,
        ),
        (
            "locks_by_turns_are_never_one_within_the_other",
            locks_by_turns_are_never_one_within_the_other,
        ),
        (
            "an_order_that_comes_late_is_seen",
            an_order_that_comes_late_is_seen,
        ),
        (
            "messages_in_a_row_reach_over_no_wait",
            messages_in_a_row_reach_over_no_wait,
        ),
    ]);
}

fn uses_in_a_row_are_all_counted(bench: &Bench) {
    const TIMES: u64 = 40_000;
    let outcome = bench.cell(|| {
        let (mutex, lock) = (Mutex::new(0_u64), RwLock::new(0_u64));
        let (tx, rx) = channel();
        (0..TIMES).for_each(|_| *mutex.lock().unwrap() += 1);
        (0..TIMES).for_each(|_| assert_eq!(*lock.read().unwrap(), 0));
        (0..TIMES).for_each(|_| *lock.write().unwrap() += 1);
        (0..TIMES).for_each(|number| tx.send(number).unwrap());
        (0..TIMES).for_each(|number| assert_eq!(rx.recv().unwrap(), number));
    });
    let counted = |kind| outcome.only(kind).counters;
    assert_eq!(counted(ObjectKind::Mutex).acquisitions, TIMES);
    let lock = counted(ObjectKind::RwLock);
    assert_eq!((lock.reads, lock.acquisitions), (TIMES, 2 * TIMES));
    let channel = counted(ObjectKind::Channel);
    assert_eq!((channel.sent, channel.received), (TIMES, TIMES));
    all_are_in_events(&outcome);
}

/// Each use is counted into one of the events, if none is missing.
fn all_are_in_events(outcome: &Outcome) {
    let all_there = outcome.snapshot.gaps.is_empty();
    for object in &outcome.snapshot.objects {
        let uses = |wanted: fn(&Action) -> Option<ObjectSlot>| -> u64 {
            let of_it = |event: &&Event| wanted(&event.action) == Some(object.index);
            let events = outcome.snapshot.events.iter().filter(of_it);
            events.map(|event| u64::from(event.times)).sum()
        };
        let counters = &object.counters;
        let in_events = [
            uses(|action| match action {
                Action::Hold { object, .. } => Some(*object),
                _ => None,
            }),
            uses(|action| match action {
                Action::Send { object, .. } => Some(*object),
                _ => None,
            }),
            uses(|action| match action {
                Action::Receive { object, .. } => Some(*object),
                _ => None,
            }),
        ];
        let counted = [counters.acquisitions, counters.sent, counters.received];
        let fits = in_events
            .iter()
            .zip(&counted)
            .all(|(in_events, counted)| in_events == counted || !all_there && in_events < counted);
        assert!(fits, "{in_events:?} of {object:?}");
    }
}

/// From one place, whoever asks: a run goes on only from its own.
fn read(lock: &RwLock<i32>) -> RwLockReadGuard<'_, i32> {
    lock.read().unwrap()
}

/// The same for a mutex.
fn lock(mutex: &Mutex<i32>) -> MutexGuard<'_, i32> {
    mutex.lock().unwrap()
}

/// The same for a writer.
fn write(lock: &RwLock<i32>) -> RwLockWriteGuard<'_, i32> {
    lock.write().unwrap()
}

/// What two threads do at random, in bursts of very different lengths: what goes on with a run,
/// what ends one, what lies within what.
fn any_mix_of_uses_is_counted(bench: &Bench) {
    for seed in 1..=12_u64 {
        let (mutexes, locks, written) = (
            [0, 1, 2].map(Mutex::new),
            [0, 1, 2, 3, 4, 5].map(RwLock::new),
            [0, 1, 2].map(RwLock::new),
        );
        let work = |seed: u64, send: &dyn Fn(), receive: &dyn Fn()| {
            let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
            let mut random = |below: u64| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state % below) as usize
            };
            for _ in 0..40 {
                let (one, other) = (random(6), random(6));
                let times = [1, 3, 40, 300][random(4)];
                match random(14) {
                    0 | 1 => (0..times).for_each(|_| *lock(&mutexes[one % 3]) += 1),
                    2 => (0..times).for_each(|_| {
                        let (low, high) = (one % 2, 1 + other % 2);
                        let _low = lock(&mutexes[low]);
                        let _high = (low != high).then(|| lock(&mutexes[high]));
                    }),
                    3 | 4 => (0..times).for_each(|_| assert!(*read(&locks[one]) >= 0)),
                    5 => (0..times).for_each(|_| {
                        let _first = read(&locks[one]);
                        let _second = read(&locks[other]);
                    }),
                    6 => {
                        (0..times).for_each(|_| send());
                        (0..times).for_each(|_| receive());
                    }
                    7 => (0..times).for_each(|_| {
                        send();
                        *lock(&mutexes[one % 3]) += 1;
                        receive();
                    }),
                    8 => (0..times).for_each(|_| {
                        let _read = read(&locks[one]);
                        *lock(&mutexes[other % 3]) += 1;
                    }),
                    9 | 10 => (0..times).for_each(|_| *write(&written[one % 3]) += 1),
                    11 => (0..times).for_each(|_| {
                        *write(&written[one % 3]) += 1;
                        assert!(*read(&written[other % 3]) >= 0);
                    }),
                    12 => (0..times).for_each(|time| {
                        let mut first = write(&written[one % 3]);
                        *first += 1;
                        if time % 8 == 7 {
                            let kept = RwLockWriteGuard::downgrade(first);
                            assert!(*kept > 0);
                        }
                    }),
                    _ => (0..times).for_each(|_| {
                        let _mutex = lock(&mutexes[other % 3]);
                        *write(&written[one % 3]) += 1;
                    }),
                }
            }
        };
        let outcome = bench.cell(|| {
            thread::scope(|scope| {
                for number in 0..2 {
                    scope.spawn(move || {
                        let (tx, rx) = channel();
                        work(seed * 2 + number, &|| tx.send(1).unwrap(), &|| {
                            assert_eq!(rx.recv().unwrap(), 1);
                        });
                    });
                }
            });
        });
        outcome.is_clean();
        all_are_in_events(&outcome);
        for object in &outcome.snapshot.objects {
            assert!(object.held_by.is_empty(), "{object:?}");
            assert!(
                object.counters.hold_ns.total <= 2 * outcome.snapshot.wall_ns,
                "{object:?} in {}",
                outcome.snapshot.wall_ns
            );
        }
    }
}

/// A hold that goes on with a run stands only in its thread's share of the lock: until the same
/// lock is read once more, or another one needs the share's place.
fn reads_within_reads_of_many_are_counted(bench: &Bench) {
    const ROUNDS: u64 = 100;
    for nested in 0..5 {
        let outcome = bench.cell(|| {
            let locks = [0; 5].map(RwLock::new);
            // So that they get their entries one after the other.
            locks.iter().for_each(|lock| drop(read(lock)));
            for round in 0..ROUNDS {
                (0..200 + round).for_each(|_| drop(read(&locks[0])));
                let outer = read(&locks[0]);
                let inner = read(&locks[nested]);
                if round % 2 == 0 {
                    drop(outer);
                    drop(inner);
                } else {
                    drop(inner);
                    drop(outer);
                }
                drop(read(&locks[0]));
            }
        });
        all_are_in_events(&outcome);
        let solo: u64 = (0..ROUNDS).map(|round| 200 + round + 3).sum();
        assert_eq!(outcome.reads(), 5 + solo);
    }
}

fn nested_uses_keep_their_order(bench: &Bench) {
    let (mutex, other) = (Mutex::new(0), Mutex::new(0));
    let lock_within = || *lock(&mutex) += *lock(&other);
    lie_within_each_other(&bench.cell(|| (0..3_000).for_each(|_| lock_within())));
    let (written, read) = (RwLock::new(0), RwLock::new(0));
    let write_within = || *write(&written) += *write(&read);
    lie_within_each_other(&bench.cell(|| (0..3_000).for_each(|_| write_within())));
}

/// Each hold of the object that was made last lies within one of the other's.
fn lie_within_each_other(outcome: &Outcome) {
    all_are_in_events(outcome);
    let holds = holds_of_each(outcome);
    let [outer, inner] = [&holds[0], &holds[1]];
    for inner in inner {
        let around =
            |outer: &&&Event| outer.start_ns <= inner.start_ns && inner.end_ns <= outer.end_ns;
        assert_eq!(outer.iter().filter(around).count(), 1, "{inner:?}");
    }
}

/// The holds of each object, in the order in which they were made.
fn holds_of_each(outcome: &Outcome) -> Vec<Vec<&Event>> {
    let of = |index: ObjectSlot| {
        let is_of_it = move |event: &&Event| matches!(event.action, Action::Hold { object, .. } if object == index);
        outcome.snapshot.events.iter().filter(is_of_it).collect()
    };
    let mut objects: Vec<_> = outcome.snapshot.objects.iter().collect();
    objects.sort_by_key(|object| object.order);
    objects.iter().map(|object| of(object.index)).collect()
}

/// Several threads receive from a channel of a crate's, in bursts.
fn messages_of_several_receivers_are_counted(bench: &Bench) {
    const EACH: u64 = 5_000;
    static META: Meta = Meta::of_library(Library::CrossbeamChannel, ObjectKind::Channel);
    let outcome = bench.cell(|| {
        let (channel, queued) = (Channel::new(&META, None), AtomicU64::new(0));
        (0..3 * EACH).for_each(|_| {
            queued.fetch_add(1, Ordering::SeqCst);
            channel.sent();
        });
        let receive = |most: u64| {
            let one_less = |left: u64| left.checked_sub(1);
            let taken = || queued.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
            (0..most)
                .take_while(|_| taken().is_ok())
                .for_each(|_| channel.received());
        };
        thread::scope(|scope| {
            (0..2).for_each(|_| {
                scope.spawn(|| receive(EACH));
            });
        });
        receive(2 * EACH);
    });
    let channel = outcome.only(ObjectKind::Channel).counters;
    let counted = (channel.sent, channel.received, channel.max_queued);
    assert_eq!(counted, (3 * EACH, 3 * EACH, 3 * EACH));
    all_are_in_events(&outcome);
}

/// Of locks that are used by turns, each has runs of its own, and no event of one lies around a use
/// of the other.
fn locks_by_turns_are_never_one_within_the_other(bench: &Bench) {
    const TIMES: u64 = 3_000;
    let outcome = bench.cell(|| {
        let (one, other) = (Mutex::new(0_u64), Mutex::new(0_u64));
        for number in 0..TIMES {
            *one.lock().unwrap() += number;
            *other.lock().unwrap() += number;
        }
    });
    all_are_in_events(&outcome);
    let holds = holds_of_each(&outcome);
    for one in &holds[0] {
        let overlaps = |other: &&Event| one.start_ns < other.end_ns && other.start_ns < one.end_ns;
        assert_eq!(holds[1].iter().copied().find(overlaps), None, "{one:?}");
    }
}

/// What was a lock's own order for a while, and then lies within another lock, is not counted into
/// the time when it did not: its first use there has an event, within that of the other.
fn an_order_that_comes_late_is_seen(bench: &Bench) {
    for rounds in 1..=3_u32 {
        let outcome = bench.cell(|| {
            let (outer, inner) = (Mutex::new(0), Mutex::new(0));
            for _ in 0..rounds {
                (0..300).for_each(|_| *lock(&outer) += 1);
                (0..300).for_each(|_| *lock(&inner) += 1);
                let held = lock(&outer);
                *lock(&inner) += *held;
            }
        });
        all_are_in_events(&outcome);
        let holds = holds_of_each(&outcome);
        let within = |inner: &&&Event| {
            let around =
                |outer: &&Event| outer.start_ns <= inner.start_ns && inner.end_ns <= outer.end_ns;
            holds[0].iter().copied().any(|outer| around(&outer))
        };
        let nested = holds[1].iter().filter(within).count();
        assert_eq!(nested, rounds as usize);
    }
}

/// Between two bursts of messages their thread sleeps, or waits for the next burst: the event into
/// which a burst is counted ends before that.
fn messages_in_a_row_reach_over_no_wait(bench: &Bench) {
    const BURSTS: u64 = 5;
    const EACH: u64 = 1_000;
    let outcome = bench.cell(|| {
        let (tx, rx) = channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                for _ in 0..BURSTS {
                    (0..EACH).for_each(|number| tx.send(number).unwrap());
                    thread::sleep(Duration::from_millis(5));
                }
            });
            assert_eq!(rx.iter().count() as u64, BURSTS * EACH);
        });
    });
    all_are_in_events(&outcome);
    let events = &outcome.snapshot.events;
    let is_wait = |event: &&Event| matches!(event.action, Action::Wait { .. });
    let of_message =
        |event: &&Event| matches!(event.action, Action::Send { .. } | Action::Receive { .. });
    for message in events.iter().filter(of_message) {
        let overlaps = |wait: &&Event| {
            let both = message.start_ns < wait.end_ns && wait.start_ns < message.end_ns;
            wait.thread == message.thread && both
        };
        let wait = events.iter().filter(is_wait).find(overlaps);
        assert_eq!(wait, None, "{message:?}");
    }
}
