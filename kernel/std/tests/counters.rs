//! Counters are exact.

mod support;

use std::of_crates::channel::Channel;
use std::of_crates::{Library, Meta};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use record::Mode;
use record::snapshot::{Action, ObjectKind, Thread, ThreadState, WaitKind, WaitTarget};
use support::Bench;

fn main() {
    support::run(&[
        (
            "a_mutex_counts_every_acquisition",
            a_mutex_counts_every_acquisition,
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
    // Of what a crate's channel tells nothing is the crate's own: a nanosecond at the least.
    let messages = bench.cell(|| {
        static META: Meta = Meta::of_library(Library::Flume, ObjectKind::Channel);
        let channel = Channel::new(&META, None);
        (0..TIMES).for_each(|_| channel.sent());
        (0..TIMES).for_each(|_| channel.received());
    });
    assert!(messages.snapshot.overhead_ns > TIMES);
}
