//! What belongs to which cell, where threads live on from one to the next.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use record::snapshot::{ObjectKind, ObjectSlot, ThreadState, WaitKind};
use support::Bench;

fn main() {
    support::run(&[
        (
            "counts_begin_anew_with_each_cell",
            counts_begin_anew_with_each_cell,
        ),
        (
            "cpu_time_is_of_the_cell_alone",
            cpu_time_is_of_the_cell_alone,
        ),
        (
            "a_background_thread_keeps_its_cell",
            a_background_thread_keeps_its_cell,
        ),
        (
            "what_happens_between_the_cells_is_no_cells",
            what_happens_between_the_cells_is_no_cells,
        ),
        (
            "who_ended_between_the_cells_is_told_of",
            who_ended_between_the_cells_is_told_of,
        ),
        (
            "what_happens_after_a_cell_is_not_its_own",
            what_happens_after_a_cell_is_not_its_own,
        ),
        (
            "a_cell_is_told_of_as_it_ended",
            a_cell_is_told_of_as_it_ended,
        ),
        ("what_never_ran_is_no_thread", what_never_ran_is_no_thread),
    ]);
}

fn counts_begin_anew_with_each_cell(bench: &Bench) {
    let mutex = Mutex::new(());
    let lock = |times: usize| (0..times).for_each(|_| drop(mutex.lock()));
    let first = bench.cell(|| lock(5));
    let second = bench.cell(|| lock(7));
    let third = bench.cell(|| ());
    assert_eq!(first.only(ObjectKind::Mutex).counters.acquisitions, 5);
    assert_eq!(second.only(ObjectKind::Mutex).counters.acquisitions, 7);
    assert_eq!(third.snapshot.objects, []);
    assert!(
        third.snapshot.events.is_empty(),
        "{:?}",
        third.snapshot.events
    );
    assert!(third.snapshot.gaps.is_empty());
    assert!(second.snapshot.ended);
}

/// A thread that computed while the next cell was compiled, and waits in it.
fn cpu_time_is_of_the_cell_alone(bench: &Bench) {
    const COMPUTES: Duration = Duration::from_millis(40);
    static MAY_COMPUTE: AtomicBool = AtomicBool::new(false);
    let (done, is_done) = channel();
    let (end, ends) = channel::<()>();
    let mut background = None;
    bench.cell(|| {
        background = Some(thread::spawn(move || {
            while !MAY_COMPUTE.load(Ordering::Relaxed) {
                thread::park();
            }
            let begin = Instant::now();
            while begin.elapsed() < COMPUTES {}
            done.send(()).unwrap();
            ends.recv().unwrap();
        }));
    });
    let background = background.unwrap();
    let unparked = background.thread().clone();
    let outcome = bench.cell_after(
        || {
            MAY_COMPUTE.store(true, Ordering::Relaxed);
            unparked.unpark();
            is_done.recv().unwrap();
        },
        || {
            end.send(()).unwrap();
            background.join().unwrap();
        },
    );
    let threads = &outcome.snapshot.threads;
    let computed = threads.iter().find(|thread| !thread.is_main).unwrap();
    let cpu = Duration::from_nanos(computed.cpu_ns.expect("it has ended"));
    assert!(cpu < COMPUTES / 4, "{cpu:?} in a cell in which it waits");
    for thread in threads {
        let end = thread.end_ns.unwrap_or(outcome.snapshot.wall_ns);
        assert!(thread.cpu_ns.unwrap_or(0) <= end - thread.start_ns);
    }
}

fn a_background_thread_keeps_its_cell(bench: &Bench) {
    let (tx, rx) = channel::<()>();
    let (done_tx, done_rx) = channel::<()>();
    let first = bench.cell(|| {
        thread::spawn(move || {
            rx.recv().unwrap();
            thread::spawn(|| ()).join().unwrap();
            done_tx.send(()).unwrap();
        });
    });
    assert_eq!(bench.region.live_threads(first.snapshot.cell), 1);
    let second = bench.cell(|| {
        tx.send(()).unwrap();
        done_rx.recv().unwrap();
    });
    second.is_clean();
    let old: Vec<_> = second
        .snapshot
        .threads
        .iter()
        .filter(|thread| thread.cell == first.snapshot.cell)
        .collect();
    let mut ordinals: Vec<u32> = old.iter().map(|thread| thread.ordinal).collect();
    ordinals.sort_unstable();
    assert_eq!(ordinals, [2, 3]);
    assert_eq!(second.snapshot.threads.len(), 3);
}

/// Lets a thread of an earlier cell go on between the cells, when the main thread does nothing.
/// Waits until another thread has begun, however long the machine takes for that; nothing of it is
/// recorded.
fn wait_for(begun: &AtomicBool) {
    while !begun.load(Ordering::Acquire) {
        std::hint::spin_loop();
    }
}

fn what_happens_between_the_cells_is_no_cells(bench: &Bench) {
    let mutex = Arc::new(Mutex::new(()));
    let (ask, asked) = channel::<()>();
    let (answer, answered) = channel::<()>();
    let (go, over) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    bench.cell(|| {
        let (mutex, go, over) = (Arc::clone(&mutex), Arc::clone(&go), Arc::clone(&over));
        thread::spawn(move || {
            asked.recv().unwrap();
            drop(mutex.lock());
            answer.send(()).unwrap();
            wait_for(&go);
            (0..4).for_each(|_| drop(mutex.lock()));
            answer.send(()).unwrap();
            over.store(true, Ordering::Release);
            let _ = asked.recv();
        });
        ask.send(()).unwrap();
        answered.recv().unwrap();
    });
    let outcome = bench.cell_after(
        || {
            go.store(true, Ordering::Release);
            wait_for(&over);
        },
        || {
            drop(mutex.lock());
            thread::sleep(Duration::from_millis(5));
        },
    );
    let lock = outcome.only(ObjectKind::Mutex);
    assert_eq!(lock.counters.acquisitions, 1);
    let between = outcome.snapshot.between.iter();
    let locked: Vec<u64> = between
        .filter(|it| it.object == lock.index)
        .map(|it| it.acquisitions)
        .collect();
    assert_eq!(locked, [4]);
    // It waits for a message, maybe since before the cell: no longer than the cell is.
    for thread in &outcome.snapshot.threads {
        let waited: u64 = thread.blocked_ns.iter().sum();
        assert!(waited <= outcome.snapshot.wall_ns, "{thread:?}");
    }
    let channels = outcome.snapshot.objects.iter();
    for channel in channels.filter(|object| object.kind == ObjectKind::Channel) {
        let waited = channel.counters.wait_ns.total;
        assert!(waited <= outcome.snapshot.wall_ns, "{channel:?}");
        assert_eq!(channel.counters.sent, 0, "{channel:?}");
    }
}

/// A thread works and ends before the next cell's first instruction: before the kernel looks at the
/// counters, or after.
fn who_ended_between_the_cells_is_told_of(bench: &Bench) {
    for after_the_look in [false, true] {
        let (mutex, go) = (Arc::new(Mutex::new(())), Arc::new(AtomicBool::new(false)));
        let (tx, rx) = channel();
        let first = bench.cell(|| {
            drop(mutex.lock());
            let (mutex, go) = (Arc::clone(&mutex), Arc::clone(&go));
            thread::spawn(move || {
                wait_for(&go);
                (0..100).for_each(|_| drop(mutex.lock()));
                (0..2).for_each(|n| tx.send(n).unwrap());
            });
        });
        let cell = first.snapshot.cell;
        assert_eq!(first.only(ObjectKind::Mutex).counters.acquisitions, 1);
        let work = || {
            go.store(true, Ordering::Release);
            bench.no_threads_left(cell);
        };
        if !after_the_look {
            work();
        }
        let second = bench.cell_after(
            || {
                if after_the_look {
                    work();
                }
            },
            || {
                drop(mutex.lock());
                assert_eq!(rx.iter().count(), 2);
            },
        );
        let snapshot = &second.snapshot;
        assert_eq!((snapshot.since_cell, snapshot.threads.len()), (cell, 1));
        let lock = second.only(ObjectKind::Mutex);
        let channel = second.only(ObjectKind::Channel);
        assert_eq!(lock.counters.acquisitions, 1);
        assert_eq!((channel.counters.sent, channel.counters.received), (0, 2));
        let of = |object: ObjectSlot| {
            let mut between = snapshot.between.iter().filter(|it| it.object == object);
            let it = between.next().expect("what was used between the cells");
            (it.acquisitions, it.sent, it.received)
        };
        assert_eq!(of(lock.index), (100, 0, 0));
        assert_eq!(of(channel.index), (0, 2, 0));
        // It is told once.
        let third = bench.cell(|| drop(mutex.lock()));
        assert_eq!(third.snapshot.between, []);
    }
}

fn what_happens_after_a_cell_is_not_its_own(bench: &Bench) {
    let mutex = Arc::new(Mutex::new(()));
    let (go, gone) = channel::<()>();
    let (done, is_done) = channel::<()>();
    let other = Arc::clone(&mutex);
    let outcome = bench.cell_before(
        move || {
            drop(mutex.lock());
            thread::spawn(move || {
                gone.recv().unwrap();
                (0..3).for_each(|_| drop(other.lock()));
                done.send(()).unwrap();
            });
            // So that it waits before the cell ends.
            thread::sleep(Duration::from_millis(5));
        },
        || {
            thread::sleep(Duration::from_millis(20));
            go.send(()).unwrap();
            is_done.recv().unwrap();
        },
    );
    assert_eq!(outcome.only(ObjectKind::Mutex).counters.acquisitions, 1);
    let wall = outcome.snapshot.wall_ns;
    assert!(
        outcome
            .snapshot
            .events
            .iter()
            .all(|event| event.end_ns <= wall)
    );
    for thread in &outcome.snapshot.threads {
        let life = thread.end_ns.unwrap_or(wall) - thread.start_ns;
        assert!(thread.blocked_ns.iter().sum::<u64>() <= life, "{thread:?}");
    }
}

/// Everything that a thread does between the end of a cell and the kernel's look at it.
fn a_cell_is_told_of_as_it_ended(bench: &Bench) {
    let (held, later) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let (go, gone) = channel::<()>();
    let (work, works) = channel::<u32>();
    let (locked, is_locked) = channel::<()>();
    let before = {
        let (held, later, work) = (Arc::clone(&held), Arc::clone(&later), work.clone());
        move || {
            drop(later.lock());
            (0..3).for_each(|n| work.send(n).unwrap());
            thread::spawn(move || {
                let guard = held.lock().unwrap();
                locked.send(()).unwrap();
                gone.recv().unwrap();
                let _second = later.lock().unwrap();
                assert_eq!((works.recv(), works.recv()), (Ok(0), Ok(1)));
                drop(works);
                drop(guard);
                panic!("after the cell");
            });
            is_locked.recv().unwrap();
            bench.wait_until(|now| now.threads.iter().any(|it| it.waiting.is_some()));
        }
    };
    let outcome = bench.cell_before(before, || {
        go.send(()).unwrap();
        bench.no_threads_left(bench.current());
    });
    let snapshot = &outcome.snapshot;
    assert_eq!(snapshot.panics, []);
    let thread = &snapshot.threads[1];
    let lock = |of: &Arc<Mutex<()>>| Arc::as_ptr(of) as u64;
    let held_by = |lock: u64| {
        let mut objects = snapshot.objects.iter();
        let object = objects.find(|it| (lock..lock + 64).contains(&it.address));
        let object = object.expect("a lock of the cell");
        assert!(!object.poisoned, "{object:?}");
        object.held_by.clone()
    };
    assert_eq!(held_by(lock(&held)), [thread.index]);
    assert_eq!(held_by(lock(&later)), []);
    assert_eq!((thread.end_ns, thread.state), (None, ThreadState::Blocked));
    let waiting = thread.waiting.expect("it waited for a message");
    assert_eq!(waiting.kind, WaitKind::Channel);
    let mut channels = snapshot.objects.iter();
    let works = channels
        .find(|it| it.counters.sent == 3)
        .expect("a channel");
    assert_eq!((works.counters.received, works.counters.queued), (0, 3));
    assert!(works.counters.receiver_alive && works.counters.lost == 0);
}

fn what_never_ran_is_no_thread(bench: &Bench) {
    let outcome = bench.cell(|| {
        let unnamable = thread::Builder::new().name(String::from("a\0b"));
        let spawned = std::panic::catch_unwind(|| unnamable.spawn(|| ()).is_ok());
        assert!(!matches!(spawned, Ok(true)));
        thread::spawn(|| ()).join().unwrap();
    });
    let threads = outcome.snapshot.threads.iter();
    let own = threads.filter(|thread| thread.cell == outcome.snapshot.cell);
    let numbers: Vec<u32> = own.map(|thread| thread.os_tid).collect();
    assert_eq!(numbers.len(), 2, "{:#?}", outcome.snapshot.threads);
    assert!(!numbers.contains(&0));
}
