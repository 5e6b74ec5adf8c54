//! What stands in crates in the place of their own locks: counted, and found in deadlocks.

mod support;

use std::of_crates::{Condvar, Mutex, RwLock, Turn};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use record::snapshot::{Action, Library, ObjectKind, VerdictKind};
use support::{Bench, Outcome};

fn main() {
    support::run(&[
        ("uses_are_counted", uses_are_counted),
        ("nested_reads_are_ended", nested_reads_are_ended),
        (
            "who_upgrades_waits_for_readers",
            who_upgrades_waits_for_readers,
        ),
        ("an_upgrade_of_a_reader", an_upgrade_of_a_reader),
        ("upgradable_access_twice", upgradable_access_twice),
        ("a_reader_beside_a_mutex", a_reader_beside_a_mutex),
        ("a_writer_who_gives_up", a_writer_who_gives_up),
        (
            "who_reads_at_once_passes_a_writer",
            who_reads_at_once_passes_a_writer,
        ),
        ("a_mutex_twice", a_mutex_twice),
        ("a_time_limit_is_kept", a_time_limit_is_kept),
        (
            "who_waited_has_the_mutex_again",
            who_waited_has_the_mutex_again,
        ),
        ("one_condvar_with_two_mutexes", one_condvar_with_two_mutexes),
        (
            "a_guard_that_went_to_another_thread",
            a_guard_that_went_to_another_thread,
        ),
        (
            "a_guard_that_went_away_in_a_run",
            a_guard_that_went_away_in_a_run,
        ),
        ("a_shard_twice", a_shard_twice),
    ]);
}

const SOON: Duration = Duration::from_millis(30);

fn soon() -> Option<Instant> {
    Instant::now().checked_add(SOON)
}

fn lock() -> Arc<RwLock> {
    Arc::new(RwLock::new())
}

/// Runs what must be told to be a ring.
fn ring(bench: &Bench, body: impl FnOnce()) -> Outcome {
    let outcome = bench.cell(body);
    let kinds: Vec<VerdictKind> = outcome.snapshot.verdicts.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [VerdictKind::Cycle]);
    bench.no_threads_left(outcome.snapshot.cell);
    outcome
}

fn uses_are_counted(bench: &Bench) {
    let outcome = bench.cell(|| {
        let (mutex, lock) = (Mutex::new(), lock());
        for _ in 0..1_000 {
            mutex.lock();
            mutex.unlock();
            assert!(lock.read(Turn::Queued, None));
            lock.end_read();
        }
        mutex.lock();
        assert!(mutex.is_locked() && !mutex.try_lock());
        mutex.unlock();
        assert!(lock.upgradable(None) && lock.try_read(Turn::Queued) && !lock.try_upgrade());
        lock.end_read();
        assert!(lock.try_upgrade() && !lock.try_read(Turn::AtOnce));
        lock.downgrade_to_upgradable();
        lock.downgrade_upgradable();
        assert!(!lock.is_locked_exclusive() && lock.is_locked());
        lock.end_read();
        assert!(lock.write(None));
        lock.downgrade();
        lock.end_read();
        assert!(!lock.is_locked());
    });
    outcome.is_clean();
    let mutex = outcome.only(ObjectKind::Mutex);
    assert_eq!(mutex.library, Library::ParkingLot);
    let counted = (mutex.counters.acquisitions, mutex.counters.failed_tries);
    assert_eq!(counted, (1_001, 1));
    assert!(mutex.held_by.is_empty());
    let lock = outcome.only(ObjectKind::RwLock);
    // Upgradable twice, and three reads but those of the loop; one upgrade and one write.
    assert_eq!(
        (lock.counters.reads, lock.counters.acquisitions),
        (1_005, 1_007)
    );
    assert!(lock.held_by.is_empty());
}

/// One that goes on with a run, and one that does not.
fn nested_reads_are_ended(bench: &Bench) {
    let outcome = bench.cell(|| {
        let lock = lock();
        for _ in 0..1_000 {
            assert!(lock.read(Turn::Queued, None) && lock.read(Turn::AtOnce, None));
            lock.end_read();
            lock.end_read();
        }
        assert!(lock.try_write());
        lock.end_write();
    });
    outcome.is_clean();
    let lock = outcome.only(ObjectKind::RwLock);
    assert_eq!(
        (lock.counters.reads, lock.counters.acquisitions),
        (2_000, 2_001)
    );
    assert!(lock.held_by.is_empty());
}

fn who_upgrades_waits_for_readers(bench: &Bench) {
    let outcome = bench.cell(|| {
        let (lock, read) = (lock(), Arc::new(Barrier::new(2)));
        let reader = {
            let (lock, read) = (Arc::clone(&lock), Arc::clone(&read));
            thread::spawn(move || {
                assert!(lock.read(Turn::Queued, None));
                read.wait();
                thread::sleep(SOON);
                lock.end_read();
            })
        };
        read.wait();
        assert!(lock.upgradable(None) && lock.upgrade(None) && lock.is_locked_exclusive());
        lock.end_write();
        reader.join().unwrap();
    });
    outcome.is_clean();
    let counters = outcome.only(ObjectKind::RwLock).counters;
    assert!(counters.contended == 1 && counters.wait_ns.total > 0);
}

fn an_upgrade_of_a_reader(bench: &Bench) {
    ring(bench, || {
        let lock = lock();
        assert!(lock.read(Turn::Queued, None));
        let _end = End(|| lock.end_read());
        assert!(lock.upgradable(None));
        let _upgradable = End(|| lock.end_upgradable());
        lock.upgrade(None);
    });
}

fn upgradable_access_twice(bench: &Bench) {
    ring(bench, || {
        let lock = lock();
        assert!(lock.upgradable(None));
        let _end = End(|| lock.end_upgradable());
        lock.upgradable(None);
    });
}

/// Two locks crosswise, one of them upgraded.
fn a_reader_beside_a_mutex(bench: &Bench) {
    ring(bench, || {
        let (lock, mutex, both) = (lock(), Arc::new(Mutex::new()), Arc::new(Barrier::new(2)));
        let other = {
            let (lock, mutex, both) = (lock.clone(), mutex.clone(), both.clone());
            thread::spawn(move || {
                assert!(lock.read(Turn::Queued, None));
                let _end = End(|| lock.end_read());
                both.wait();
                mutex.lock();
                mutex.unlock();
            })
        };
        mutex.lock();
        let _end = End(|| mutex.unlock());
        assert!(lock.upgradable(None));
        let _upgradable = End(|| lock.end_upgradable());
        both.wait();
        lock.upgrade(None);
        let _ = other.join();
    });
}

/// A reader waits behind a writer that will not wait for ever, and a thread with upgradable access
/// for the reader: nobody is stuck.
fn a_writer_who_gives_up(bench: &Bench) {
    let outcome = bench.cell(|| {
        let (lock, mutex, all) = (lock(), Arc::new(Mutex::new()), Arc::new(Barrier::new(3)));
        let reader = {
            let (lock, mutex, all) = (lock.clone(), mutex.clone(), all.clone());
            thread::spawn(move || {
                mutex.lock();
                all.wait();
                thread::sleep(SOON / 3);
                assert!(lock.read(Turn::Queued, None));
                lock.end_read();
                mutex.unlock();
            })
        };
        let writer = {
            let (lock, all) = (lock.clone(), all.clone());
            thread::spawn(move || {
                all.wait();
                assert!(!lock.write(soon()));
            })
        };
        assert!(lock.upgradable(None));
        all.wait();
        mutex.lock();
        mutex.unlock();
        reader.join().unwrap();
        writer.join().unwrap();
        lock.end_upgradable();
    });
    outcome.is_clean();
}

fn who_reads_at_once_passes_a_writer(bench: &Bench) {
    let outcome = bench.cell(|| {
        let lock = lock();
        assert!(lock.read(Turn::Queued, None));
        let writer = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || assert!(lock.write(None)))
        };
        while lock.try_read(Turn::Queued) {
            lock.end_read();
            thread::yield_now();
        }
        assert!(lock.read(Turn::AtOnce, None));
        lock.end_read();
        lock.end_read();
        writer.join().unwrap();
        lock.end_write();
    });
    outcome.is_clean();
}

fn a_mutex_twice(bench: &Bench) {
    ring(bench, || {
        let mutex = Mutex::new();
        mutex.lock();
        mutex.lock();
    });
}

fn a_time_limit_is_kept(bench: &Bench) {
    let outcome = bench.cell(|| {
        let (mutex, lock) = (Mutex::new(), lock());
        mutex.lock();
        assert!(!mutex.lock_until(soon()));
        mutex.unlock();
        assert!(mutex.lock_until(soon()));
        mutex.unlock();
        assert!(lock.read(Turn::Queued, None) && !lock.write(soon()));
        assert!(lock.upgradable(None) && !lock.upgrade(soon()) && !lock.upgradable(soon()));
        lock.end_read();
        assert!(lock.upgrade(soon()) && !lock.read(Turn::AtOnce, soon()));
        lock.end_write();
    });
    outcome.is_clean();
    let failed = |kind| outcome.only(kind).counters.failed_tries;
    assert_eq!(
        (failed(ObjectKind::Mutex), failed(ObjectKind::RwLock)),
        (1, 4)
    );
}

/// Also if it is made to unwind: its guard lives, and gives the mutex back.
fn who_waited_has_the_mutex_again(bench: &Bench) {
    let mutex = Arc::new(Mutex::new());
    let outcome = bench.cell(|| {
        let condvar = Condvar::new();
        mutex.lock();
        let _end = End(|| {
            assert!(mutex.is_locked());
            mutex.unlock();
        });
        assert!(!condvar.notify_one() && condvar.notify_all() == 0);
        assert!(!condvar.wait(&mutex, soon()) && mutex.is_locked());
        condvar.wait(&mutex, None);
    });
    let kinds: Vec<VerdictKind> = outcome.snapshot.verdicts.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [VerdictKind::NobodyCanRun]);
    assert!(!mutex.is_locked());
}

fn one_condvar_with_two_mutexes(bench: &Bench) {
    let outcome = bench.cell(|| {
        let (condvar, mutex) = (Arc::new(Condvar::new()), Arc::new(Mutex::new()));
        mutex.lock();
        let waiter = {
            let (condvar, mutex) = (condvar.clone(), mutex.clone());
            thread::spawn(move || {
                mutex.lock();
                assert!(condvar.wait(&mutex, None));
                mutex.unlock();
            })
        };
        mutex.unlock();
        while !condvar.is_waited_for() {
            thread::yield_now();
        }
        let other = Mutex::new();
        other.lock();
        let result =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| condvar.wait(&other, None)));
        assert!(result.is_err() && other.is_locked());
        other.unlock();
        assert!(condvar.notify_one());
        waiter.join().unwrap();
    });
    outcome.is_clean();
}

/// Main has read and joins who wants to write, but the read is another thread's by now. It looks
/// like a ring, and is none.
fn a_guard_that_went_to_another_thread(bench: &Bench) {
    let outcome = bench.cell(|| {
        let (shard, wants) = (shard(), Arc::new(Barrier::new(2)));
        assert!(shard.read(Turn::AtOnce, None));
        let reader = {
            let (shard, wants) = (Arc::clone(&shard), Arc::clone(&wants));
            thread::spawn(move || {
                wants.wait();
                thread::sleep(SOON);
                shard.end_read();
            })
        };
        let writer = {
            let shard = Arc::clone(&shard);
            thread::spawn(move || {
                wants.wait();
                assert!(shard.write(None));
                shard.end_write();
            })
        };
        writer.join().unwrap();
        reader.join().unwrap();
        assert!(shard.try_write());
        let ends = Arc::clone(&shard);
        thread::spawn(move || ends.end_write()).join().unwrap();
    });
    outcome.is_clean();
    let shard = outcome.only(ObjectKind::RwLock);
    assert_eq!(shard.library, Library::DashMap);
    assert_eq!((shard.counters.reads, shard.counters.acquisitions), (1, 3));
    assert!(shard.held_by.is_empty());
}

/// The same in the midst of uses that are not timed, and by who has its own.
fn a_guard_that_went_away_in_a_run(bench: &Bench) {
    const TIMES: u64 = 300;
    let outcome = bench.cell(|| {
        let shard = shard();
        for ends in [false, true] {
            for time in 1..=TIMES {
                assert!(shard.write(None));
                if !ends || time != TIMES {
                    shard.end_write();
                }
            }
        }
        let other = Arc::clone(&shard);
        let uses = move || {
            other.end_write();
            for _ in 0..TIMES {
                assert!(other.write(None));
                other.end_write();
            }
        };
        thread::spawn(uses).join().unwrap();
        assert!(shard.write(None));
        shard.end_write();
    });
    outcome.is_clean();
    let shard = outcome.only(ObjectKind::RwLock);
    assert_eq!(shard.counters.acquisitions, 3 * TIMES + 1);
    assert!(shard.held_by.is_empty());
    let events = outcome.snapshot.events.iter();
    let holds = events.filter(|event| matches!(event.action, Action::Hold { .. }));
    let counted: u64 = holds.map(|event| u64::from(event.times)).sum();
    assert_eq!(counted, 3 * TIMES + 1);
}

/// Found once nobody is left who could have the guard.
fn a_shard_twice(bench: &Bench) {
    let outcome = bench.cell(|| {
        let shard = shard();
        let other = thread::spawn(|| thread::sleep(SOON));
        assert!(shard.read(Turn::AtOnce, None));
        let _end = End(|| shard.end_read());
        shard.write(None);
        other.join().unwrap();
    });
    let kinds: Vec<VerdictKind> = outcome.snapshot.verdicts.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [VerdictKind::NobodyCanRun]);
}

#[track_caller]
fn shard() -> Arc<RwLock> {
    Arc::new(RwLock::of_shard(std::panic::Location::caller()))
}

/// Gives something back, as a guard does.
struct End<F: Fn()>(F);

impl<F: Fn()> Drop for End<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
