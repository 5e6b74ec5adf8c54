//! The counters of each recorded primitive are exact.

mod common;

use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use std::thread;
use std::time::Duration;

use common::cell;
use record::frame::ENDED_BY_PANIC;
use record::snapshot::{Action, ObjectKind};

#[test]
fn a_barrier_of_4_in_20_rounds_has_80_waits_and_20_generations() {
    let ran = cell(|| {
        let barrier = Barrier::new(4);
        let leaders = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..20).filter(|_| barrier.wait().is_leader()).count()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum::<usize>()
        });
        assert_eq!(leaders, 20);
    });
    ran.result.as_ref().unwrap();
    let counters = ran.object(ObjectKind::Barrier).counters;
    assert_eq!(
        (counters.waits, counters.generations, counters.capacity),
        (80, 20, Some(4))
    );
}

#[test]
fn reads_and_writes_of_an_rw_lock_are_counted_apart() {
    let ran = cell(|| {
        let table = RwLock::new(0_u32);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..1_000).for_each(|_| assert!(*table.read().unwrap() <= 500)));
            }
            scope.spawn(|| (0..500).for_each(|_| *table.write().unwrap() += 1));
        });
        let reader = table.read().unwrap();
        assert!(table.try_write().is_err());
        assert!(table.try_read().is_ok());
        drop(reader);
        assert_eq!(*table.try_write().unwrap(), 500);
    });
    ran.result.as_ref().unwrap();
    let counters = ran.object(ObjectKind::RwLock).counters;
    assert_eq!((counters.acquisitions, counters.reads), (3_503, 3_002));
    assert_eq!(counters.failed_tries, 1);
    assert!(counters.hold_ns.max <= counters.hold_ns.total);
}

#[test]
fn a_downgrade_is_a_write_and_a_read() {
    let ran = cell(|| {
        let table = RwLock::new(1);
        let reader = std::sync::RwLockWriteGuard::downgrade(table.write().unwrap());
        assert_eq!(*table.read().unwrap(), *reader);
    });
    ran.result.as_ref().unwrap();
    let counters = ran.object(ObjectKind::RwLock).counters;
    assert_eq!((counters.acquisitions, counters.reads), (3, 2));
}

#[test]
fn waits_and_notifications_of_a_condition_variable_are_counted() {
    let ran = cell(|| {
        let pair = Arc::new((Mutex::new(0), Condvar::new()));
        pair.1.notify_one();
        let waiters: Vec<_> = (0..4)
            .map(|_| {
                let pair = Arc::clone(&pair);
                thread::spawn(move || {
                    let mut ready = pair.0.lock().unwrap();
                    *ready += 1;
                    let _ready = pair.1.wait(ready).unwrap();
                })
            })
            .collect();
        while *pair.0.lock().unwrap() < 4 {
            thread::yield_now();
        }
        pair.1.notify_one();
        pair.1.notify_all();
        waiters
            .into_iter()
            .for_each(|waiter| waiter.join().unwrap());
        let guard = pair.0.lock().unwrap();
        let (_guard, result) = pair
            .1
            .wait_timeout(guard, Duration::from_millis(1))
            .unwrap();
        assert!(result.timed_out());
    });
    ran.result.as_ref().unwrap();
    let counters = ran.object(ObjectKind::Condvar).counters;
    assert_eq!(
        (counters.waits, counters.notifies, counters.notifies_unheard),
        (5, 3, 1)
    );
    let woken = ran
        .snapshot
        .events
        .iter()
        .filter_map(|event| match event.action {
            Action::Notify { woken, .. } => Some(woken),
            _ => None,
        });
    assert_eq!(woken.sum::<u32>(), 4);
}

#[test]
fn an_initialisation_is_counted_once() {
    static LAZY: LazyLock<u32> = LazyLock::new(|| 7);
    let ran = cell(|| {
        let (once, lock) = (Once::new(), OnceLock::new());
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    once.call_once(|| thread::yield_now());
                    assert_eq!(*lock.get_or_init(|| 1), 1);
                    assert_eq!(*LAZY, 7);
                });
            }
        });
        assert_eq!(lock.set(2), Err(2));
    });
    ran.result.as_ref().unwrap();
    for kind in [ObjectKind::Once, ObjectKind::OnceLock, ObjectKind::LazyLock] {
        assert_eq!(ran.object(kind).counters.acquisitions, 1, "{kind:?}");
    }
    assert_eq!(ran.object(ObjectKind::LazyLock).type_name, "u32");
}

#[test]
fn a_mutex_counts_locks_and_failed_tries() {
    let ran = cell(|| {
        let counter = Mutex::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1_000).for_each(|_| *counter.lock().unwrap() += 1));
            }
        });
        let guard = counter.lock().unwrap();
        assert!(counter.try_lock().is_err());
        assert_eq!(*guard, 8_000);
    });
    ran.result.as_ref().unwrap();
    let counters = ran.object(ObjectKind::Mutex).counters;
    assert_eq!((counters.acquisitions, counters.failed_tries), (8_001, 1));
}

#[test]
fn an_initialiser_that_needs_itself_is_found() {
    static SELFISH: LazyLock<u32> = LazyLock::new(|| *SELFISH + 1);
    let ran = cell(|| *SELFISH);
    assert!(ran.result.is_err());
    assert_eq!(
        ran.snapshot.verdicts.len(),
        1,
        "{:?}",
        ran.snapshot.verdicts
    );
    assert_eq!(ran.ended(), ENDED_BY_PANIC);
}
