//! Cells that can never end are found before the thread sleeps, and no thread of theirs is left
//! behind.

mod support;

use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock};
use std::thread;
use std::time::Duration;

use record::snapshot::{LocationSlot, ThreadSlot, Verdict, VerdictKind, WaitKind};
use support::{Bench, Outcome};

fn main() {
    support::run(&[
        ("two_locks_crosswise", two_locks_crosswise),
        ("a_lock_twice", a_lock_twice),
        ("five_philosophers", five_philosophers),
        ("a_read_lock_upgraded", a_read_lock_upgraded),
        ("two_readers_upgrade", two_readers_upgrade),
        (
            "a_reader_who_has_read_a_thousand_times",
            a_reader_who_has_read_a_thousand_times,
        ),
        (
            "a_reader_behind_a_waiting_writer",
            a_reader_behind_a_waiting_writer,
        ),
        ("a_write_lock_twice", a_write_lock_twice),
        ("joining_while_holding", joining_while_holding),
        ("joining_each_other", joining_each_other),
        ("joining_oneself", joining_oneself),
        ("a_scope_that_can_not_end", a_scope_that_can_not_end),
        (
            "a_receiver_with_its_own_sender",
            a_receiver_with_its_own_sender,
        ),
        (
            "two_threads_receive_from_each_other",
            two_threads_receive_from_each_other,
        ),
        (
            "a_full_channel_without_receiver",
            a_full_channel_without_receiver,
        ),
        ("a_rendezvous_with_oneself", a_rendezvous_with_oneself),
        ("a_condvar_without_notifier", a_condvar_without_notifier),
        ("a_barrier_that_can_not_fill", a_barrier_that_can_not_fill),
        ("parked_for_ever", parked_for_ever),
        ("a_once_within_itself", a_once_within_itself),
        ("a_once_lock_within_itself", a_once_lock_within_itself),
        ("two_initialisers_crosswise", two_initialisers_crosswise),
        ("a_holder_that_has_ended", a_holder_that_has_ended),
        ("a_holder_that_ends_later", a_holder_that_ends_later),
        ("who_unwinds_already_stays", who_unwinds_already_stays),
        (
            "who_stays_is_waited_for_later",
            who_stays_is_waited_for_later,
        ),
        (
            "some_are_stuck_while_others_run",
            some_are_stuck_while_others_run,
        ),
        ("a_thread_of_an_earlier_cell", a_thread_of_an_earlier_cell),
        ("a_mutex_and_a_channel", a_mutex_and_a_channel),
        ("many_rounds", many_rounds),
    ]);
}

/// Runs a cell that deadlocks: it must end, with one verdict, and leave no thread behind.
fn deadlock(bench: &Bench, kind: VerdictKind, body: impl FnOnce()) -> (Verdict, Outcome) {
    let outcome = bench.cell(body);
    assert_eq!(
        outcome.snapshot.verdicts.len(),
        1,
        "{:#?}",
        outcome.snapshot.verdicts
    );
    let verdict = outcome.snapshot.verdicts[0].clone();
    assert_eq!(verdict.kind, kind, "{verdict:#?}");
    bench.no_threads_left(outcome.snapshot.cell);
    (verdict, outcome)
}

fn explained(outcome: &Outcome, words: &[&str]) {
    let message = outcome
        .panic
        .as_deref()
        .expect("the cell's main thread has panicked");
    for word in words {
        assert!(message.contains(word), "no {word:?} in: {message}");
    }
}

/// Whether the cell's main thread had to unwind: of two that close a ring at once, it may be
/// either.
fn main_is_victim(verdict: &Verdict, outcome: &Outcome) -> bool {
    let threads = &outcome.snapshot.threads;
    let main = threads.iter().find(|thread| thread.is_main);
    main.is_some_and(|main| main.index == verdict.victim)
}

fn lock_both(first: Arc<Mutex<i32>>, second: Arc<Mutex<i32>>, both: Arc<Barrier>) {
    let mut one = first.lock().unwrap();
    both.wait();
    let mut two = second.lock().unwrap();
    *one += 1;
    *two += 1;
}

fn two_locks_crosswise(bench: &Bench) {
    let (verdict, outcome) = deadlock(bench, VerdictKind::Cycle, || {
        let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let both = Arc::new(Barrier::new(2));
        let other = {
            let (a, b, both) = (Arc::clone(&a), Arc::clone(&b), Arc::clone(&both));
            thread::spawn(move || lock_both(a, b, both))
        };
        lock_both(b, a, both);
        let _ = other.join();
    });
    assert_eq!(verdict.edges.len(), 2);
    for (position, edge) in verdict.edges.iter().enumerate() {
        assert_eq!(edge.holder, verdict.edges[(position + 1) % 2].waiter);
        assert_eq!(edge.waiting.kind, WaitKind::Lock);
        let nowhere = LocationSlot::NONE;
        assert!(edge.waiting.at != nowhere && edge.held_since != nowhere);
    }
    if main_is_victim(&verdict, &outcome) {
        explained(
            &outcome,
            &[
                "deadlock",
                "T1 waits",
                "T2 waits",
                "Mutex<i32>",
                "deadlocks.rs:",
                "holds it since",
            ],
        );
    }
}

fn a_lock_twice(bench: &Bench) {
    let (verdict, outcome) = deadlock(bench, VerdictKind::Cycle, || {
        let mutex = Mutex::new(0);
        let _one = mutex.lock();
        let _two = mutex.lock();
    });
    assert_eq!(verdict.edges.len(), 1);
    assert_eq!(verdict.edges[0].waiter, verdict.edges[0].holder);
    explained(&outcome, &["T1 waits", "T1 holds it"]);
}

fn five_philosophers(bench: &Bench) {
    let (verdict, _) = deadlock(bench, VerdictKind::Cycle, || {
        let forks: Vec<_> = (0..5).map(|_| Arc::new(Mutex::new(0))).collect();
        let seated = Arc::new(Barrier::new(5));
        let dinner: Vec<_> = (0..5)
            .map(|seat| {
                let (left, right) = (Arc::clone(&forks[seat]), Arc::clone(&forks[(seat + 1) % 5]));
                let seated = Arc::clone(&seated);
                thread::spawn(move || lock_both(left, right, seated))
            })
            .collect();
        let ended: Vec<bool> = dinner
            .into_iter()
            .map(|philosopher| philosopher.join().is_ok())
            .collect();
        // One has unwound, and poisoned its left fork; its neighbour may have stumbled over that.
        assert!(ended.iter().any(|ended| !ended));
    });
    assert_eq!(verdict.edges.len(), 5);
}

fn a_read_lock_upgraded(bench: &Bench) {
    let (_, outcome) = deadlock(bench, VerdictKind::Cycle, || {
        let lock = RwLock::new(0);
        let _read = lock.read();
        let _write = lock.write();
    });
    explained(&outcome, &["RwLock<i32>"]);
}

/// Each waits for its own read lock already: two rings of one.
fn two_readers_upgrade(bench: &Bench) {
    let outcome = bench.cell(|| {
        let lock = Arc::new(RwLock::new(0));
        let both = Arc::new(Barrier::new(2));
        let upgrade = |lock: Arc<RwLock<i32>>, both: Arc<Barrier>| {
            let _read = lock.read();
            both.wait();
            let _write = lock.write();
        };
        let other = {
            let (lock, both) = (Arc::clone(&lock), Arc::clone(&both));
            thread::spawn(move || upgrade(lock, both))
        };
        upgrade(lock, both);
        let _ = other.join();
    });
    assert!((1..=2).contains(&outcome.snapshot.verdicts.len()));
    assert!(
        outcome
            .snapshot
            .verdicts
            .iter()
            .all(|verdict| verdict.kind == VerdictKind::Cycle)
    );
    bench.no_threads_left(outcome.snapshot.cell);
}

/// Its last hold is one of those that go on with a run.
fn a_reader_who_has_read_a_thousand_times(bench: &Bench) {
    for nested in [false, true] {
        let (verdict, outcome) = deadlock(bench, VerdictKind::Cycle, || {
            let (lock, mutex) = (Arc::new(RwLock::new(0)), Arc::new(Mutex::new(0)));
            let taken = mutex.lock();
            let writer = {
                let (lock, mutex) = (Arc::clone(&lock), Arc::clone(&mutex));
                thread::spawn(move || {
                    let _mutex = mutex.lock();
                    let _write = lock.write();
                })
            };
            let read = || lock.read().unwrap();
            (0..1000).for_each(|_| drop(read()));
            let _outer = read();
            let _inner = nested.then(read);
            drop(taken);
            while mutex.try_lock().is_ok() {
                thread::yield_now();
            }
            let _second = mutex.lock();
            let _ = writer.join();
        });
        assert_eq!(verdict.edges.len(), 2);
        if main_is_victim(&verdict, &outcome) {
            explained(&outcome, &["RwLock<i32>", "Mutex<i32>"]);
        }
    }
}

fn a_reader_behind_a_waiting_writer(bench: &Bench) {
    let (verdict, outcome) = deadlock(bench, VerdictKind::Cycle, || {
        let lock = Arc::new(RwLock::new(0));
        let _first = lock.read();
        let writer = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || drop(lock.write()))
        };
        // As in std, `try_read` fails as soon as a writer waits.
        while lock.try_read().is_ok() {
            thread::yield_now();
        }
        let _second = lock.read();
        let _ = writer.join();
    });
    assert_eq!(verdict.edges.len(), 2);
    if main_is_victim(&verdict, &outcome) {
        explained(&outcome, &["comes before it in the queue"]);
    }
}

fn a_write_lock_twice(bench: &Bench) {
    deadlock(bench, VerdictKind::Cycle, || {
        let lock = RwLock::new(0);
        let _one = lock.write();
        let _two = lock.write();
    });
}

fn joining_while_holding(bench: &Bench) {
    let (verdict, _) = deadlock(bench, VerdictKind::Cycle, || {
        let mutex = Arc::new(Mutex::new(0));
        let _guard = mutex.lock().unwrap();
        let theirs = Arc::clone(&mutex);
        let _ = thread::spawn(move || *theirs.lock().unwrap() += 1).join();
    });
    assert_eq!(verdict.edges.len(), 2);
    assert!(
        verdict
            .edges
            .iter()
            .any(|edge| edge.waiting.kind == WaitKind::Join)
    );
}

fn joining_each_other(bench: &Bench) {
    deadlock(bench, VerdictKind::Cycle, || {
        let (ends, ended) = channel::<()>();
        let (handles, threads): (Vec<_>, Vec<_>) = (0..2)
            .map(|_| {
                let (handle, other) = channel::<thread::JoinHandle<()>>();
                let ends = ends.clone();
                let thread = thread::spawn(move || {
                    let _ends = ends;
                    let _ = other.recv().unwrap().join();
                });
                (handle, thread)
            })
            .unzip();
        for (handle, thread) in handles.iter().zip(threads.into_iter().rev()) {
            handle.send(thread).unwrap();
        }
        drop(ends);
        let _ = ended.recv();
    });
}

fn joining_oneself(bench: &Bench) {
    deadlock(bench, VerdictKind::Cycle, || {
        let (ends, ended) = channel::<()>();
        let (tx, rx) = channel::<thread::JoinHandle<()>>();
        let me = thread::spawn(move || {
            let _ends = ends;
            let _ = rx.recv().unwrap().join();
        });
        tx.send(me).unwrap();
        let _ = ended.recv();
    });
}

fn a_scope_that_can_not_end(bench: &Bench) {
    let (verdict, _) = deadlock(bench, VerdictKind::Cycle, || {
        let mutex = Mutex::new(0);
        let _guard = mutex.lock().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| *mutex.lock().unwrap() += 1);
        });
    });
    assert_eq!(verdict.edges.len(), 2);
}

fn a_receiver_with_its_own_sender(bench: &Bench) {
    let (_, outcome) = deadlock(bench, VerdictKind::NobodyCanRun, || {
        let (tx, rx) = channel::<i32>();
        tx.send(1).unwrap();
        for _ in rx {}
        drop(tx);
    });
    explained(
        &outcome,
        &[
            "every thread waits",
            "T1 waits",
            "a message from the channel<i32>",
        ],
    );
}

fn two_threads_receive_from_each_other(bench: &Bench) {
    let (verdict, _) = deadlock(bench, VerdictKind::NobodyCanRun, || {
        let ((to_b, from_a), (to_a, from_b)) = (channel::<()>(), channel::<()>());
        let a = thread::spawn(move || {
            from_b.recv().unwrap();
            to_b.send(()).unwrap();
        });
        let b = thread::spawn(move || {
            from_a.recv().unwrap();
            to_a.send(()).unwrap();
        });
        let _ = a.join();
        let _ = b.join();
    });
    assert_eq!(verdict.edges.len(), 3);
}

fn a_full_channel_without_receiver(bench: &Bench) {
    let (verdict, outcome) = deadlock(bench, VerdictKind::NobodyCanRun, || {
        let (tx, rx) = sync_channel(1);
        tx.send(1).unwrap();
        tx.send(2).unwrap();
        drop(rx);
    });
    assert!(verdict.edges[0].waiting.shared_or_send);
    explained(&outcome, &["room in"]);
}

fn a_rendezvous_with_oneself(bench: &Bench) {
    deadlock(bench, VerdictKind::NobodyCanRun, || {
        let (tx, rx) = sync_channel(0);
        tx.send(1).unwrap();
        rx.recv().unwrap();
    });
}

fn a_condvar_without_notifier(bench: &Bench) {
    let (verdict, _) = deadlock(bench, VerdictKind::NobodyCanRun, || {
        let (ready, condition) = (Mutex::new(false), Condvar::new());
        let mut guard = ready.lock().unwrap();
        while !*guard {
            guard = condition.wait(guard).unwrap();
        }
    });
    assert_eq!(verdict.edges[0].waiting.kind, WaitKind::Condvar);
}

fn a_barrier_that_can_not_fill(bench: &Bench) {
    deadlock(bench, VerdictKind::NobodyCanRun, || {
        let barrier = Arc::new(Barrier::new(3));
        let theirs = Arc::clone(&barrier);
        let other = thread::spawn(move || theirs.wait().is_leader());
        barrier.wait();
        let _ = other.join();
    });
}

fn parked_for_ever(bench: &Bench) {
    deadlock(bench, VerdictKind::NobodyCanRun, thread::park);
}

fn a_once_within_itself(bench: &Bench) {
    deadlock(bench, VerdictKind::Cycle, || {
        let once = Once::new();
        once.call_once(|| once.call_once(|| ()));
    });
}

fn a_once_lock_within_itself(bench: &Bench) {
    let (_, outcome) = deadlock(bench, VerdictKind::Cycle, || {
        let cell = OnceLock::new();
        cell.get_or_init(|| *cell.get_or_init(|| 1));
    });
    explained(&outcome, &["OnceLock"]);
}

fn two_initialisers_crosswise(bench: &Bench) {
    deadlock(bench, VerdictKind::Cycle, || {
        let cells = Arc::new((OnceLock::new(), OnceLock::new()));
        let both = Arc::new(Barrier::new(2));
        let (theirs, together) = (Arc::clone(&cells), Arc::clone(&both));
        let other = thread::spawn(move || {
            theirs.0.get_or_init(|| {
                together.wait();
                *theirs.1.get_or_init(|| 1)
            });
        });
        cells.1.get_or_init(|| {
            both.wait();
            *cells.0.get_or_init(|| 2)
        });
        let _ = other.join();
    });
}

fn a_holder_that_has_ended(bench: &Bench) {
    let (verdict, outcome) = deadlock(bench, VerdictKind::HolderEnded, || {
        let mutex = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&mutex);
        thread::spawn(move || std::mem::forget(theirs.lock()))
            .join()
            .unwrap();
        let _guard = mutex.lock();
    });
    assert_eq!(verdict.edges.len(), 1);
    explained(&outcome, &["has ended"]);
}

/// Locks, when it is dropped, what its thread holds.
struct LocksInDrop(Arc<Mutex<i32>>);

impl Drop for LocksInDrop {
    fn drop(&mut self) {
        drop(self.0.lock());
    }
}

/// A thread that panics and then waits for its own lock. A second panic would end the process.
fn waits_while_it_unwinds(mutex: &Arc<Mutex<i32>>) -> thread::JoinHandle<()> {
    let theirs = Arc::clone(mutex);
    thread::spawn(move || {
        let _held = theirs.lock().unwrap();
        let _again = LocksInDrop(Arc::clone(&theirs));
        std::panic::resume_unwind(Box::new("a panic"));
    })
}

fn who_unwinds_already_stays(bench: &Bench) {
    let outcome = bench.cell(|| {
        let stuck = waits_while_it_unwinds(&Arc::new(Mutex::new(0)));
        let between = thread::spawn(|| drop(stuck.join()));
        if let Err(explanation) = between.join() {
            std::panic::resume_unwind(explanation);
        }
    });
    explained(&outcome, &["deadlock"]);
    // More verdicts are those of threads that came to wait when it was found already.
    let verdict = &outcome.snapshot.verdicts[0];
    assert_eq!(verdict.kind, VerdictKind::Cycle);
    assert_eq!(verdict.edges.len(), 1);
    assert!(main_is_victim(verdict, &outcome));
    bench.no_threads_left(outcome.snapshot.cell);
}

fn who_stays_is_waited_for_later(bench: &Bench) {
    let mutex = Arc::new(Mutex::new(0));
    let outcome = bench.cell(|| {
        let stuck = waits_while_it_unwinds(&mutex);
        // Time enough to be found; nobody waits for it.
        thread::sleep(Duration::from_millis(100));
        drop(stuck);
    });
    assert_eq!(outcome.panic, None);
    assert_eq!(outcome.snapshot.verdicts.len(), 1);
    let (verdict, outcome) = deadlock(bench, VerdictKind::HolderEnded, || drop(mutex.lock()));
    assert!(main_is_victim(&verdict, &outcome));
    explained(&outcome, &["can never go on"]);
    // A deadlock of others is found all the same.
    deadlock(bench, VerdictKind::NobodyCanRun, || thread::park());
}

fn a_holder_that_ends_later(bench: &Bench) {
    deadlock(bench, VerdictKind::HolderEnded, || {
        let mutex = Arc::new(Mutex::new(0));
        let (tx, rx) = channel::<()>();
        let (taken_tx, taken_rx) = channel::<()>();
        let theirs = Arc::clone(&mutex);
        let holder = thread::spawn(move || {
            std::mem::forget(theirs.lock());
            taken_tx.send(()).unwrap();
            rx.recv().unwrap();
        });
        taken_rx.recv().unwrap();
        let waiter = thread::spawn(move || drop(mutex.lock()));
        thread::sleep(Duration::from_millis(30));
        tx.send(()).unwrap();
        holder.join().unwrap();
        assert!(waiter.join().is_err());
    });
}

fn some_are_stuck_while_others_run(bench: &Bench) {
    let (verdict, outcome) = deadlock(bench, VerdictKind::Cycle, || {
        let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let both = Arc::new(Barrier::new(2));
        let pair: Vec<_> = [(&a, &b), (&b, &a)]
            .into_iter()
            .map(|(first, second)| {
                let (first, second, both) =
                    (Arc::clone(first), Arc::clone(second), Arc::clone(&both));
                thread::spawn(move || lock_both(first, second, both))
            })
            .collect();
        // This thread goes on all the time.
        while !pair.iter().all(|thread| thread.is_finished()) {
            thread::sleep(Duration::from_millis(1));
        }
    });
    assert_eq!((verdict.edges.len(), outcome.panic), (2, None));
}

fn a_thread_of_an_earlier_cell(bench: &Bench) {
    let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let (go_tx, go_rx) = channel::<()>();
    let (holds_tx, holds_rx) = channel::<()>();
    let (theirs_a, theirs_b) = (Arc::clone(&a), Arc::clone(&b));
    let earlier = bench.cell(|| {
        thread::spawn(move || {
            let _a = theirs_a.lock().unwrap();
            holds_tx.send(()).unwrap();
            go_rx.recv().unwrap();
            let _b = theirs_b.lock();
        });
    });
    earlier.is_clean();
    let (verdict, _) = deadlock(bench, VerdictKind::Cycle, || {
        holds_rx.recv().unwrap();
        let _b = b.lock().unwrap();
        go_tx.send(()).unwrap();
        let _a = a.lock();
    });
    assert_eq!(verdict.edges.len(), 2);
    bench.no_threads_left(earlier.snapshot.cell);
}

fn a_mutex_and_a_channel(bench: &Bench) {
    let (verdict, _) = deadlock(bench, VerdictKind::NobodyCanRun, || {
        let mutex = Arc::new(Mutex::new(0));
        let (tx, rx) = channel();
        let theirs = Arc::clone(&mutex);
        let guard = mutex.lock().unwrap();
        let other = thread::spawn(move || {
            let guard = theirs.lock().unwrap();
            tx.send(*guard).unwrap();
        });
        rx.recv().unwrap();
        drop(guard);
        other.join().unwrap();
    });
    assert!(
        verdict
            .edges
            .iter()
            .any(|edge| edge.holder != ThreadSlot::NONE)
    );
}

/// Of two threads that close a ring at once at least one sees it, and only one is condemned.
fn many_rounds(bench: &Bench) {
    for _ in 0..300 {
        two_locks_crosswise(bench);
    }
}
