//! Whatever a cell does, the recording stays small and its counters exact.

mod support;

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, RwLock};
use std::thread;

use record::snapshot::ObjectKind;
use support::{Bench, Outcome};

fn main() {
    support::run(&[
        ("ten_million_locks", ten_million_locks),
        ("a_million_messages", a_million_messages),
        ("ten_thousand_threads", ten_thousand_threads),
        (
            "more_threads_than_the_table_holds",
            more_threads_than_the_table_holds,
        ),
        ("a_hundred_thousand_mutexes", a_hundred_thousand_mutexes),
        ("entries_are_used_again", entries_are_used_again),
        ("waiting_without_an_entry", waiting_without_an_entry),
        ("readers_of_many_locks", readers_of_many_locks),
    ]);
}

const LIMIT: u64 = 64 << 20;

fn bounded(bench: &Bench, body: impl FnOnce()) -> Outcome {
    let outcome = bench.cell(body);
    outcome.is_clean();
    let used = bench.region.memory_used().unwrap();
    assert!(used < LIMIT, "{used} bytes");
    for thread in &outcome.snapshot.threads {
        let mine = |index| index == thread.index;
        let there = outcome
            .snapshot
            .events
            .iter()
            .filter(|event| mine(event.thread))
            .count() as u64;
        let gaps = outcome.snapshot.gaps.iter().filter(|gap| mine(gap.thread));
        let lost: u64 = gaps.map(|gap| gap.events).sum();
        assert_eq!(there + lost, thread.events_written, "{thread:?}");
    }
    let sequences_rise = |events: &[record::snapshot::Event]| {
        let mut last = std::collections::HashMap::new();
        let mut sorted: Vec<_> = events.iter().collect();
        sorted.sort_by_key(|event| (event.thread, event.sequence));
        sorted.iter().all(|event| {
            last.insert(event.thread, event.end_ns)
                .is_none_or(|end| end <= event.end_ns)
        })
    };
    assert!(
        sequences_rise(&outcome.snapshot.events),
        "a thread's events end in their order"
    );
    outcome
}

fn ten_million_locks(bench: &Bench) {
    const EACH: u64 = 2_500_000;
    let outcome = bounded(bench, || {
        let mutex = Mutex::new(0_u64);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..EACH).for_each(|_| *mutex.lock().unwrap() += 1));
            }
        });
        assert_eq!(*mutex.lock().unwrap(), 4 * EACH);
    });
    let counters = outcome.only(ObjectKind::Mutex).counters;
    assert_eq!(counters.acquisitions, 4 * EACH + 1);
    // Together they held it for no longer than there was time.
    assert!(
        counters.hold_ns.total <= outcome.snapshot.wall_ns,
        "{counters:?} in {}",
        outcome.snapshot.wall_ns
    );
}

fn a_million_messages(bench: &Bench) {
    const EACH: u64 = 250_000;
    let outcome = bounded(bench, || {
        let (tx, rx) = channel();
        for _ in 0..4 {
            let tx = tx.clone();
            thread::spawn(move || (0..EACH).for_each(|n| tx.send(n).unwrap()));
        }
        drop(tx);
        assert_eq!(rx.iter().count() as u64, 4 * EACH);
    });
    let counters = outcome.only(ObjectKind::Channel).counters;
    assert_eq!(
        (counters.sent, counters.received, counters.lost),
        (4 * EACH, 4 * EACH, 0)
    );
}

fn ten_thousand_threads(bench: &Bench) {
    let outcome = bounded(bench, || {
        let mutex = Arc::new(Mutex::new(0));
        for _ in 0..50 {
            let threads: Vec<_> = (0..200)
                .map(|_| {
                    let mutex = Arc::clone(&mutex);
                    thread::spawn(move || *mutex.lock().unwrap() += 1)
                })
                .collect();
            threads
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
        }
    });
    assert_eq!(outcome.snapshot.threads.len(), 10_001);
    assert_eq!(
        outcome.only(ObjectKind::Mutex).counters.acquisitions,
        10_000
    );
    assert_eq!(outcome.snapshot.overflow.threads, 0);
}

fn more_threads_than_the_table_holds(bench: &Bench) {
    const ALL: u64 = 17_000;
    let outcome = bench.cell(|| {
        let mutex = Arc::new(Mutex::new(0_u64));
        let (tx, rx) = channel();
        for _ in 0..ALL / 100 {
            let threads: Vec<_> = (0..100)
                .map(|_| {
                    let (mutex, tx) = (Arc::clone(&mutex), tx.clone());
                    thread::spawn(move || {
                        *mutex.lock().unwrap() += 1;
                        tx.send(()).unwrap();
                    })
                })
                .collect();
            threads
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
        }
        drop(tx);
        assert_eq!(
            (*mutex.lock().unwrap(), rx.iter().count() as u64),
            (ALL, ALL)
        );
    });
    outcome.is_clean();
    assert_eq!(
        outcome.only(ObjectKind::Mutex).counters.acquisitions,
        ALL + 1
    );
    let beyond = outcome.snapshot.overflow.threads;
    assert_eq!(outcome.snapshot.threads.len() as u64 + beyond, ALL + 1);
    // The next cell has them again.
    let next = bench.cell(|| thread::spawn(|| ()).join().unwrap());
    assert_eq!(
        (next.snapshot.threads.len(), next.snapshot.overflow.threads),
        (2, 0)
    );
}

fn a_hundred_thousand_mutexes(bench: &Bench) {
    const ALL: u64 = 100_000;
    let outcome = bounded(bench, || {
        let all: Vec<Mutex<u64>> = (0..ALL).map(Mutex::new).collect();
        let sum: u64 = all.iter().map(|mutex| *mutex.lock().unwrap()).sum();
        assert_eq!(sum, ALL * (ALL - 1) / 2);
    });
    let listed = outcome.snapshot.objects.len() as u64;
    let overflow = outcome.snapshot.overflow;
    assert_eq!(
        (listed + overflow.objects, listed + overflow.acquisitions),
        (ALL, ALL)
    );
    let next = bench.cell(|| drop(Mutex::new(0).lock()));
    assert_eq!(
        (next.snapshot.objects.len(), next.snapshot.overflow.objects),
        (1, 0)
    );
}

fn entries_are_used_again(bench: &Bench) {
    for _ in 0..200 {
        let outcome = bench.cell(|| {
            let mutexes: Vec<_> = (0..500).map(Mutex::new).collect();
            mutexes.iter().for_each(|mutex| drop(mutex.lock()));
            thread::scope(|scope| {
                (0..5).for_each(|_| drop(scope.spawn(|| drop(mutexes[0].lock()))))
            });
        });
        assert_eq!(
            (
                outcome.snapshot.objects.len(),
                outcome.snapshot.threads.len()
            ),
            (500, 6)
        );
        assert_eq!(
            outcome.snapshot.overflow,
            record::snapshot::Overflow::default()
        );
        bench.no_threads_left(outcome.snapshot.cell);
    }
    assert!(bench.region.memory_used().unwrap() < LIMIT);
}

/// Locks and channels that found the table full still work, and wake who waits for them.
fn waiting_without_an_entry(bench: &Bench) {
    let outcome = bench.cell(|| {
        let fill: Vec<Mutex<()>> = (0..40_000).map(|_| Mutex::new(())).collect();
        fill.iter().for_each(|mutex| drop(mutex.lock()));
        let mutex = Mutex::new(0);
        let (tx, rx) = channel();
        let (to, from) = std::sync::mpsc::sync_channel(1);
        thread::scope(|scope| {
            for _ in 0..4 {
                let (tx, to) = (tx.clone(), to.clone());
                let mutex = &mutex;
                scope.spawn(move || {
                    for n in 0..500 {
                        *mutex.lock().unwrap() += 1;
                        tx.send(n).unwrap();
                        to.send(n).unwrap();
                    }
                });
            }
            drop((tx, to));
            assert_eq!(from.iter().count(), 2000);
            assert_eq!(rx.iter().count(), 2000);
        });
        assert_eq!(*mutex.lock().unwrap(), 2000);
    });
    outcome.is_clean();
    assert!(outcome.snapshot.overflow.sent >= 4000);
}

/// Shared counters are kept by thread and added up.
fn readers_of_many_locks(bench: &Bench) {
    let outcome = bounded(bench, || {
        let locks: Vec<_> = (0..30).map(RwLock::new).collect();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..3000 {
                        let guards: Vec<_> = (0..25)
                            .map(|n| locks[(round + n) % 30].read().unwrap())
                            .collect();
                        assert_eq!(guards.len(), 25);
                    }
                });
            }
        });
    });
    assert_eq!(outcome.reads(), 4 * 3000 * 25);
    assert!(
        outcome
            .snapshot
            .objects
            .iter()
            .all(|object| object.held_by.is_empty())
    );
}
