//! Counters are exact, and a cell's alone.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use record::Mode;
use record::snapshot::{Action, ObjectKind, ObjectSlot, Thread, ThreadState, WaitKind, WaitTarget};
use support::Bench;

fn main() {
    support::run(&[
        (
            "a_mutex_counts_every_acquisition",
            a_mutex_counts_every_acquisition,
        ),
        (
            "counts_begin_anew_with_each_cell",
            counts_begin_anew_with_each_cell,
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
        (
            "a_channel_counts_every_message",
            a_channel_counts_every_message,
        ),
        (
            "a_full_channel_makes_its_sender_wait",
            a_full_channel_makes_its_sender_wait,
        ),
        ("a_rendezvous_hands_over", a_rendezvous_hands_over),
        (
            "what_is_never_received_is_lost",
            what_is_never_received_is_lost,
        ),
        (
            "holding_and_waiting_take_time",
            holding_and_waiting_take_time,
        ),
        (
            "threads_have_numbers_names_and_parents",
            threads_have_numbers_names_and_parents,
        ),
        (
            "cpu_time_is_of_the_cell_alone",
            cpu_time_is_of_the_cell_alone,
        ),
        (
            "a_background_thread_keeps_its_cell",
            a_background_thread_keeps_its_cell,
        ),
        ("what_never_ran_is_no_thread", what_never_ran_is_no_thread),
        ("only_counters_when_asked", only_counters_when_asked),
        ("a_poisoned_mutex_says_so", a_poisoned_mutex_says_so),
        ("gaps_are_counted", gaps_are_counted),
        ("sleeping_is_waiting", sleeping_is_waiting),
        ("the_own_cost_is_estimated", the_own_cost_is_estimated),
    ]);
}

fn a_mutex_counts_every_acquisition(bench: &Bench) {
    let line = line!() + 2;
    let outcome = bench.cell(|| {
        let counter = Arc::new(Mutex::new(0_i32));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || (0..1000).for_each(|_| *counter.lock().unwrap() += 1))
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        assert_eq!(*counter.lock().unwrap(), 8000);
    });
    outcome.is_clean();
    let mutex = outcome.only(ObjectKind::Mutex);
    assert_eq!(mutex.counters.acquisitions, 8001);
    assert_eq!(mutex.type_name, "i32");
    assert!(mutex.dropped && mutex.held_by.is_empty() && !mutex.poisoned);
    assert_eq!(outcome.snapshot.threads.len(), 9);
    let holds = |object| {
        let is_hold = |action: &Action| matches!(action, Action::Hold { object: held, .. } if *held == object);
        outcome
            .snapshot
            .events
            .iter()
            .filter(|event| is_hold(&event.action))
            .map(|event| event.times)
            .sum::<u32>()
    };
    let lost: u64 = outcome.snapshot.gaps.iter().map(|gap| gap.events).sum();
    assert_eq!((holds(mutex.index), lost), (8001, 0));
    for thread in &outcome.snapshot.threads {
        let present = outcome
            .snapshot
            .events
            .iter()
            .filter(|event| event.thread == thread.index)
            .count();
        assert_eq!(present as u64, thread.events_written, "{thread:?}");
    }
    let created = outcome
        .snapshot
        .locations
        .iter()
        .find(|place| place.index == mutex.created_at)
        .unwrap();
    assert!(
        created.file.ends_with("counters.rs") && created.line == line,
        "{created:?}"
    );
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

fn a_channel_counts_every_message(bench: &Bench) {
    let outcome = bench.cell(|| {
        let (tx, rx) = channel::<String>();
        for _ in 0..3 {
            let tx = tx.clone();
            thread::spawn(move || (0..100).for_each(|n| tx.send(n.to_string()).unwrap()));
        }
        drop(tx);
        assert_eq!(rx.iter().count(), 300);
    });
    outcome.is_clean();
    let channel = outcome.only(ObjectKind::Channel);
    let counters = channel.counters;
    assert_eq!(
        (
            counters.sent,
            counters.received,
            counters.lost,
            counters.queued
        ),
        (300, 300, 0, 0)
    );
    assert_eq!(
        (counters.senders, counters.receiver_alive, counters.capacity),
        (0, false, None)
    );
    assert!((1..=300).contains(&counters.max_queued));
    assert!(channel.type_name.ends_with("String") && channel.dropped);
}

fn a_full_channel_makes_its_sender_wait(bench: &Bench) {
    let outcome = bench.cell(|| {
        let (tx, rx) = sync_channel::<u8>(2);
        let sender = thread::spawn(move || (0..20).for_each(|n| tx.send(n).unwrap()));
        bench.wait_until(|now| {
            now.threads
                .iter()
                .any(|thread| waits(thread, WaitKind::Channel))
        });
        thread::sleep(Duration::from_millis(20));
        assert_eq!(rx.iter().collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
        sender.join().unwrap();
    });
    outcome.is_clean();
    let counters = outcome.only(ObjectKind::SyncChannel).counters;
    assert_eq!(
        (counters.sent, counters.received, counters.max_queued),
        (20, 20, 2)
    );
    assert_eq!(counters.capacity, Some(2));
    assert!(counters.send_wait_ns.total >= 20_000_000, "{counters:?}");
}

fn a_rendezvous_hands_over(bench: &Bench) {
    let outcome = bench.cell(|| {
        let (tx, rx) = sync_channel::<u8>(0);
        assert!(tx.try_send(1).is_err());
        let sender = thread::spawn(move || (0..20).for_each(|n| tx.send(n).unwrap()));
        assert_eq!(rx.iter().collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
        sender.join().unwrap();
    });
    outcome.is_clean();
    let counters = outcome.only(ObjectKind::SyncChannel).counters;
    assert_eq!(
        (
            counters.sent,
            counters.received,
            counters.max_queued,
            counters.capacity
        ),
        (20, 20, 0, Some(0))
    );
}

fn what_is_never_received_is_lost(bench: &Bench) {
    let outcome = bench.cell(|| {
        let (tx, rx) = channel();
        (0..5).for_each(|n| tx.send(n).unwrap());
        rx.recv().unwrap();
        drop(rx);
        assert!(tx.send(6).is_err());
    });
    let counters = outcome.only(ObjectKind::Channel).counters;
    assert_eq!(
        (
            counters.sent,
            counters.received,
            counters.lost,
            counters.refused,
            counters.queued
        ),
        (5, 1, 5, 1, 0)
    );
    assert_eq!(counters.max_queued, 5);
}

/// Waits until another thread has begun, however long the machine takes for that; nothing of it is
/// recorded.
fn wait_for(begun: &AtomicBool) {
    while !begun.load(Ordering::Acquire) {
        std::hint::spin_loop();
    }
}

/// Whether a thread waits in an operation of this kind now.
fn waits(thread: &Thread, kind: WaitKind) -> bool {
    let waiting = thread.waiting.as_ref();
    waiting.is_some_and(|waiting| waiting.kind == kind)
}

fn holding_and_waiting_take_time(bench: &Bench) {
    const HELD: Duration = Duration::from_millis(60);
    let began = Instant::now();
    let outcome = bench.cell(|| {
        let mutex = Arc::new(Mutex::new(0));
        let guard = mutex.lock().unwrap();
        let other = {
            let mutex = Arc::clone(&mutex);
            thread::spawn(move || *mutex.lock().unwrap() += 1)
        };
        bench.wait_until(|now| {
            now.threads
                .iter()
                .any(|thread| waits(thread, WaitKind::Lock))
        });
        thread::sleep(HELD);
        drop(guard);
        other.join().unwrap();
    });
    let whole = began.elapsed();
    outcome.is_clean();
    let mutex = outcome.only(ObjectKind::Mutex);
    let counters = mutex.counters;
    assert_eq!((counters.acquisitions, counters.contended), (2, 1));
    let held = HELD.as_nanos() as u64;
    assert!(counters.hold_ns.max >= held, "{counters:?}");
    assert!(counters.wait_ns.max >= held, "{counters:?}");
    let waiter = outcome
        .snapshot
        .threads
        .iter()
        .find(|thread| !thread.is_main)
        .unwrap();
    assert!(waiter.blocked_ns[WaitKind::Lock as usize] >= held);
    let main = outcome
        .snapshot
        .threads
        .iter()
        .find(|thread| thread.is_main)
        .unwrap();
    let wait = outcome
        .snapshot
        .events
        .iter()
        .find_map(|event| match event.action {
            Action::Wait {
                kind: WaitKind::Lock,
                target,
                waker,
                ..
            } => Some((target, waker)),
            _ => None,
        });
    assert_eq!(wait, Some((WaitTarget::Object(mutex.index), main.index)));
    assert!(main.blocked_ns[WaitKind::Sleep as usize] >= held);
    let longest = counters.hold_ns.max.max(counters.wait_ns.max);
    assert!(
        longest <= whole.as_nanos() as u64,
        "{counters:?} in {whole:?}"
    );
}

fn threads_have_numbers_names_and_parents(bench: &Bench) {
    let long = "a".repeat(100);
    let outcome = bench.cell(|| {
        let named = thread::Builder::new().name(String::from("worker-1"));
        let child = named
            .spawn(|| thread::spawn(|| ()).join().unwrap())
            .unwrap();
        child.join().unwrap();
        let named = thread::Builder::new().name(long.clone());
        assert!(
            named
                .spawn(|| panic!("on purpose"))
                .unwrap()
                .join()
                .is_err()
        );
        thread::spawn(|| ());
    });
    let threads = &outcome.snapshot.threads;
    let ordinals: Vec<u32> = threads.iter().map(|thread| thread.ordinal).collect();
    assert_eq!(threads.len(), 5);
    assert!(
        (1..=5).all(|number| ordinals.contains(&number)),
        "{ordinals:?}"
    );
    let by = |ordinal| {
        threads
            .iter()
            .find(|thread| thread.ordinal == ordinal)
            .unwrap()
    };
    assert!(by(1).is_main && !by(2).is_main);
    assert_eq!(
        (by(2).name.as_deref(), by(2).parent),
        (Some("worker-1"), by(1).index)
    );
    assert_eq!((by(3).name.as_deref(), by(3).parent), (None, by(2).index));
    assert_eq!(
        (by(4).name.as_deref(), by(4).state),
        (Some(long.as_str()), ThreadState::Panicked)
    );
    assert!(by(2).joined && by(3).joined && by(4).joined && !by(5).joined);
    assert!(by(2).os_tid != 0 && by(2).cpu_ns.is_some() && by(2).end_ns.is_some());
    assert!(
        threads
            .iter()
            .all(|thread| !thread.is_foreign && thread.cell == outcome.snapshot.cell)
    );
    assert_eq!(outcome.snapshot.panics.len(), 1);
    assert_eq!(outcome.snapshot.panics[0].message, "on purpose");
    assert_eq!(outcome.snapshot.panics[0].thread, by(4).index);
    bench.no_threads_left(outcome.snapshot.cell);
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

fn only_counters_when_asked(bench: &Bench) {
    bench.region.set_mode(Mode::Counts);
    let mutex = Mutex::new(0);
    let outcome = bench.cell(|| (0..50).for_each(|_| *mutex.lock().unwrap() += 1));
    bench.region.set_mode(Mode::Full);
    assert!(outcome.snapshot.counts_only && outcome.snapshot.events.is_empty());
    assert_eq!(outcome.only(ObjectKind::Mutex).counters.acquisitions, 50);
    let outcome = bench.cell(|| *mutex.lock().unwrap() += 1);
    assert!(!outcome.snapshot.counts_only && !outcome.snapshot.events.is_empty());
}

fn a_poisoned_mutex_says_so(bench: &Bench) {
    let mutex = Arc::new(Mutex::new(0));
    let outcome = bench.cell(|| {
        let theirs = Arc::clone(&mutex);
        let result = thread::spawn(move || {
            let _guard = theirs.lock().unwrap();
            panic!("holding a lock");
        });
        assert!(result.join().is_err() && mutex.lock().is_err() && mutex.is_poisoned());
    });
    assert!(outcome.only(ObjectKind::Mutex).poisoned);
    let outcome = bench.cell(|| {
        mutex.clear_poison();
        drop(mutex.lock().unwrap());
    });
    assert!(!outcome.only(ObjectKind::Mutex).poisoned);
}

fn gaps_are_counted(bench: &Bench) {
    const TIMES: u64 = 250_000;
    // From two places by turns: so it is not used over and over from one, and each use has an event
    // of its own.
    let outcome = bench.cell(|| {
        let mutex = Mutex::new(0_u32);
        (0..TIMES).for_each(|_| {
            *mutex.lock().unwrap() += 1;
            *mutex.lock().unwrap() += 1;
        });
    });
    let mutex = outcome.only(ObjectKind::Mutex);
    assert_eq!(mutex.counters.acquisitions, 2 * TIMES);
    let lost: u64 = outcome.snapshot.gaps.iter().map(|gap| gap.events).sum();
    let events = outcome.snapshot.events.len() as u64;
    assert_eq!(events + lost, 2 * TIMES);
    assert_eq!(
        outcome.snapshot.gaps.len(),
        1,
        "the beginning and the end stay"
    );
    assert!(bench.region.memory_used().unwrap() < 64 << 20);
}

fn sleeping_is_waiting(bench: &Bench) {
    let outcome = bench.cell(|| thread::sleep(Duration::from_millis(150)));
    let main = &outcome.snapshot.threads[0];
    assert!(main.blocked_ns[WaitKind::Sleep as usize] >= 150_000_000);
    assert!(outcome.snapshot.wall_ns >= 150_000_000);
    assert_eq!(outcome.snapshot.events.len(), 1);
}

fn the_own_cost_is_estimated(bench: &Bench) {
    const TIMES: u64 = 100_000;
    let outcome = bench.cell(|| {
        let mutex = Mutex::new(0);
        (0..TIMES).for_each(|_| *mutex.lock().unwrap() += 1);
    });
    assert!(outcome.snapshot.overhead_ns > 0);
    let outcome = bench.cell(|| {
        let mutex = Mutex::new(0);
        (0..TIMES / 2).for_each(|_| {
            *mutex.lock().unwrap() += 1;
            *mutex.lock().unwrap() += 1;
        });
    });
    assert!(outcome.snapshot.overhead_ns > 0);
    // A thread and a line cost the recorder something, too.
    let threads = bench.cell(|| (0..50).for_each(|_| thread::spawn(|| ()).join().unwrap()));
    let lines = bench.cell(|| (0..50).for_each(|_| println!("a line")));
    assert!(threads.snapshot.overhead_ns > 50 * 100);
    assert_eq!(lines.snapshot.threads[0].lines_printed, 50);
}

/// Lets a thread of an earlier cell go on between the cells, when the main thread does nothing.
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
