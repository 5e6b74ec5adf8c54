//! A guard that was forgotten keeps its own lock, and none that comes later in its place.

mod support;

use std::sync::mpsc::channel;
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::Duration;

use support::Bench;

fn main() {
    support::run(&[
        ("of_a_lock_that_is_gone", of_a_lock_that_is_gone),
        ("of_a_mutex_that_is_gone", of_a_mutex_that_is_gone),
        ("among_many_quick_reads", among_many_quick_reads),
        (
            "by_a_thread_that_has_other_locks",
            by_a_thread_that_has_other_locks,
        ),
    ]);
}

/// Another thread reads each of these locks, which the calling thread then waits for to write.
fn waits_for_a_reader(locks: &[RwLock<i32>]) {
    for lock in locks {
        let (reads, is_read) = channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                let _guard = lock.read();
                reads.send(()).unwrap();
                // Time for the other one to come and wait.
                thread::sleep(Duration::from_millis(10));
            });
            is_read.recv().unwrap();
            *lock.write().unwrap() += 1;
        });
    }
}

fn new_locks() -> Vec<RwLock<i32>> {
    (0..8).map(RwLock::new).collect()
}

/// A cell in which this thread waits for readers, after one in which it did `before`.
fn after(bench: &Bench, before: impl FnOnce()) {
    bench.cell(before).is_clean();
    bench.cell(|| waits_for_a_reader(&new_locks())).is_clean();
}

fn of_a_lock_that_is_gone(bench: &Bench) {
    after(bench, || {
        for lock in new_locks() {
            std::mem::forget(lock.read());
        }
    });
}

fn of_a_mutex_that_is_gone(bench: &Bench) {
    after(bench, || {
        for number in 0..8 {
            std::mem::forget(Mutex::new(number).lock());
        }
    });
}

/// Reads that go on with a sampled run are noted elsewhere than others.
fn among_many_quick_reads(bench: &Bench) {
    after(bench, || {
        for lock in new_locks() {
            for round in 0..5000 {
                let guard = lock.read();
                if round == 4999 {
                    std::mem::forget(guard);
                }
            }
        }
    });
}

fn by_a_thread_that_has_other_locks(bench: &Bench) {
    let kept = new_locks();
    after(bench, || {
        for lock in new_locks() {
            std::mem::forget(lock.read());
        }
        for lock in &kept {
            std::mem::forget(lock.read());
        }
    });
    // What it still has is not given away.
    let outcome = bench.cell(|| drop(kept[0].write()));
    assert_eq!(outcome.snapshot.verdicts.len(), 1);
}
