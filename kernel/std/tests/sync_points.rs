//! In a controlled program every operation of each twin passes the sync point exactly once, also
//! those that a sampled run would let through without recording, and in any other program none
//! does.

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::probe::{Operation, Step, set_scheduler};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use std::thread;
use std::time::Duration;

use Operation::*;
use support::{Bench, Outcome};

fn main() {
    set_scheduler(count, |_| 0, || ());
    support::run(&[
        ("mutexes", mutexes),
        ("reader_writer_locks", reader_writer_locks),
        ("locks_taken_over_and_over", locks_taken_over_and_over),
        ("condition_variables", condition_variables),
        ("barriers", barriers),
        ("initialisers", initialisers),
        ("lazy_values", lazy_values),
        ("channels", channels),
        ("bounded_channels", bounded_channels),
        ("channels_without_room", channels_without_room),
        ("threads", threads),
        ("scopes", scopes),
        ("parking_and_pausing", parking_and_pausing),
        ("streams", streams),
        (
            "steps_name_what_they_are_done_to",
            steps_name_what_they_are_done_to,
        ),
    ]);
}

/// How often each operation has passed. Atomics, since the twins are what is tested.
static PASSED: [AtomicU32; 64] = [const { AtomicU32::new(0) }; 64];
/// The last object and thread, and the line.
static LAST: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];

fn count(step: Step) {
    PASSED[step.operation as usize].fetch_add(1, Ordering::SeqCst);
    let line = step.at.map_or(0, |at| at.line());
    for (last, now) in LAST.iter().zip([step.object.0, step.thread.0, line]) {
        last.store(now, Ordering::SeqCst);
    }
}

/// What passed since the last call, by the operation's number.
fn passed() -> BTreeMap<usize, u32> {
    let counts = PASSED.iter().map(|count| count.swap(0, Ordering::SeqCst));
    counts
        .enumerate()
        .filter(|(_, count)| *count != 0)
        .collect()
}

/// Runs `body` twice, and holds it to the operations that it consists of: all of them under
/// control, none without.
fn consists_of(bench: &Bench, expected: &[(Operation, u32)], body: impl Fn()) -> [Outcome; 2] {
    let names: BTreeMap<usize, Operation> = (expected.iter())
        .map(|(operation, _)| (*operation as usize, *operation))
        .collect();
    let expected: BTreeMap<usize, u32> = expected
        .iter()
        .map(|(operation, count)| (*operation as usize, *count))
        .collect();
    [true, false].map(|controlled| {
        passed();
        bench.region.set_controlled(controlled);
        let outcome = bench.cell(&body);
        bench.region.set_controlled(false);
        outcome.is_clean();
        let all = if controlled {
            &expected
        } else {
            &BTreeMap::new()
        };
        assert_eq!(&passed(), all, "controlled: {controlled}; {names:?}");
        outcome
    })
}

fn mutexes(bench: &Bench) {
    let expected = [
        (Lock, 1),
        (TryLock, 2),
        (Unlock, 2),
        (IsPoisoned, 1),
        (ClearPoison, 1),
    ];
    consists_of(bench, &expected, || {
        let mut mutex = Mutex::new(1);
        let guard = mutex.lock().unwrap();
        assert!(mutex.try_lock().is_err());
        drop(guard);
        drop(mutex.try_lock().unwrap());
        assert!(!mutex.is_poisoned());
        mutex.clear_poison();
        // Nobody else can see these.
        *mutex.get_mut().unwrap() += 1;
        assert_eq!(mutex.into_inner().unwrap(), 2);
    });
}

fn reader_writer_locks(bench: &Bench) {
    let expected = [
        (Lock, 2),
        (TryLock, 2),
        (Unlock, 2),
        (Read, 2),
        (TryRead, 2),
        (EndRead, 4),
        (Downgrade, 1),
        (IsPoisoned, 1),
        (ClearPoison, 1),
    ];
    consists_of(bench, &expected, || {
        let lock = RwLock::new(1);
        let (one, other) = (lock.read().unwrap(), lock.read().unwrap());
        assert!(lock.try_write().is_err());
        let third = lock.try_read().unwrap();
        drop((one, other, third));
        let guard = lock.write().unwrap();
        assert!(lock.try_read().is_err());
        drop(guard);
        drop(lock.try_write().unwrap());
        let written = lock.write().unwrap();
        drop(std::sync::RwLockWriteGuard::downgrade(written));
        assert!(!lock.is_poisoned());
        lock.clear_poison();
    });
}

/// So often that the recorder would let most of them pass without a look at the clock, and the flag
/// of counters only does not change that.
fn locks_taken_over_and_over(bench: &Bench) {
    const TIMES: u32 = 5_000;
    let expected = [
        (Lock, TIMES),
        (TryLock, TIMES),
        (Unlock, 2 * TIMES),
        (Read, TIMES),
        (EndRead, TIMES),
        (Send, TIMES),
        (Receive, TIMES),
        (DropSender, 1),
        (DropReceiver, 1),
    ];
    for mode in [record::Mode::Full, record::Mode::Counts] {
        bench.region.set_mode(mode);
        let outcomes = consists_of(bench, &expected, || {
            let (mutex, lock) = (Mutex::new(0_u32), RwLock::new(0_u32));
            let (tx, rx) = channel();
            (0..TIMES).for_each(|_| *mutex.lock().unwrap() += 1);
            (0..TIMES).for_each(|_| *mutex.try_lock().unwrap() += 1);
            (0..TIMES).for_each(|_| assert_eq!(*lock.read().unwrap(), 0));
            (0..TIMES).for_each(|number| tx.send(number).unwrap());
            (0..TIMES).for_each(|number| assert_eq!(rx.recv(), Ok(number)));
        });
        for outcome in outcomes {
            let counters = |kind| outcome.only(kind).counters;
            let times = u64::from(TIMES);
            assert_eq!(
                counters(record::snapshot::ObjectKind::Mutex).acquisitions,
                2 * times
            );
            assert_eq!(counters(record::snapshot::ObjectKind::RwLock).reads, times);
        }
    }
    bench.region.set_mode(record::Mode::Full);
}

fn condition_variables(bench: &Bench) {
    // The waiter gives the mutex back and takes it again; the notifier takes it before it notifies.
    let expected = [
        (Lock, 3),
        (Unlock, 3),
        (CondvarWait, 1),
        (CondvarSleep, 1),
        (NotifyOne, 2),
        (NotifyAll, 1),
        (Spawn, 1),
        (StartThread, 1),
        (EndThread, 1),
        (Join, 1),
    ];
    consists_of(bench, &expected, || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        shared.1.notify_one();
        shared.1.notify_all();
        let mut ready = shared.0.lock().unwrap();
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        while !*ready {
            ready = shared.1.wait(ready).unwrap();
        }
        drop(ready);
        other.join().unwrap();
    });
}

fn barriers(bench: &Bench) {
    let expected = [
        (BarrierWait, 2),
        (Spawn, 1),
        (StartThread, 1),
        (EndThread, 1),
        (Join, 1),
    ];
    consists_of(bench, &expected, || {
        let barrier = Arc::new(Barrier::new(2));
        let theirs = Arc::clone(&barrier);
        let other = thread::spawn(move || theirs.wait().is_leader());
        let leads = barrier.wait().is_leader();
        assert_ne!(leads, other.join().unwrap());
    });
}

fn initialisers(bench: &Bench) {
    let expected = [(CallOnce, 3), (EndOnce, 1), (IsComplete, 2), (WaitOnce, 1)];
    consists_of(bench, &expected, || {
        let once = Once::new();
        let early = once.is_completed();
        once.call_once(|| ());
        once.call_once(|| unreachable!("it has run"));
        once.call_once_force(|_| unreachable!("it has run"));
        once.wait();
        assert!(!early && once.is_completed());
    });
    // What is not complete yet is looked at by way of the probe in any program, and asks for
    // nothing.
}

fn lazy_values(bench: &Bench) {
    let expected = [(CallOnce, 5), (EndOnce, 2), (IsComplete, 3), (WaitOnce, 1)];
    consists_of(bench, &expected, || {
        let cell = OnceLock::new();
        assert_eq!(cell.get(), None);
        assert_eq!(cell.set(1), Ok(()));
        assert_eq!(cell.set(2), Err(2));
        assert_eq!((*cell.get_or_init(|| 3), cell.get()), (1, Some(&1)));
        assert_eq!(*cell.wait(), 1);
        let lazy = LazyLock::new(|| 4);
        assert_eq!((*lazy, *lazy), (4, 4));
        let made = OnceLock::from(5);
        assert_eq!(made.get(), Some(&5));
    });
}

fn channels(bench: &Bench) {
    let expected = [
        (Send, 3),
        (Receive, 3),
        (TryReceive, 2),
        (DropSender, 2),
        (DropReceiver, 2),
    ];
    consists_of(bench, &expected, || {
        let (tx, rx) = channel();
        let other = tx.clone();
        tx.send(1).unwrap();
        other.send(2).unwrap();
        assert_eq!((rx.recv(), rx.try_recv()), (Ok(1), Ok(2)));
        assert!(rx.try_recv().is_err());
        assert!(rx.recv_timeout(Duration::from_millis(1)).is_err());
        drop((tx, other));
        assert!(rx.recv().is_err());
        drop(rx);
        let (tx, rx) = channel();
        drop(rx);
        assert!(tx.send(3).is_err());
        std::mem::forget(tx);
    });
}

fn bounded_channels(bench: &Bench) {
    let expected = [
        (Send, 2),
        (TrySend, 1),
        (Receive, 2),
        (DropSender, 1),
        (DropReceiver, 1),
        (Spawn, 1),
        (StartThread, 1),
        (EndThread, 1),
        (Join, 1),
    ];
    consists_of(bench, &expected, || {
        let (tx, rx) = sync_channel(1);
        tx.send(1).unwrap();
        assert!(tx.try_send(2).is_err());
        let sender = thread::spawn(move || tx.send(3).unwrap());
        assert_eq!((rx.recv(), rx.recv()), (Ok(1), Ok(3)));
        sender.join().unwrap();
    });
}

fn channels_without_room(bench: &Bench) {
    let expected = [
        (Send, 2),
        (TrySend, 1),
        (Receive, 3),
        (DropSender, 1),
        (DropReceiver, 1),
        (Spawn, 1),
        (StartThread, 1),
        (EndThread, 1),
        (Join, 1),
    ];
    consists_of(bench, &expected, || {
        let (tx, rx) = sync_channel(0);
        assert!(tx.try_send(0).is_err());
        let sender = thread::spawn(move || (1..=2).for_each(|n| tx.send(n).unwrap()));
        assert_eq!((rx.recv(), rx.recv()), (Ok(1), Ok(2)));
        assert!(rx.recv().is_err());
        sender.join().unwrap();
    });
}

fn threads(bench: &Bench) {
    /// Locks when its thread ends.
    struct AtEnd(Arc<Mutex<u32>>);
    impl Drop for AtEnd {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    thread_local! {
        static AT_END: std::cell::RefCell<Option<AtEnd>> = const { std::cell::RefCell::new(None) };
    }
    let expected = [
        (Spawn, 1),
        (StartThread, 1),
        (EndThread, 1),
        (IsFinished, 1),
        (Join, 1),
        (Lock, 2),
        (Unlock, 2),
    ];
    consists_of(bench, &expected, || {
        let counter = Arc::new(Mutex::new(0));
        let theirs = AtEnd(Arc::clone(&counter));
        let thread = thread::spawn(|| AT_END.set(Some(theirs)));
        let _ = thread.is_finished();
        thread.join().unwrap();
        assert_eq!(*counter.lock().unwrap(), 1);
    });
}

fn scopes(bench: &Bench) {
    let expected = [
        (Spawn, 2),
        (StartThread, 2),
        (EndThread, 2),
        (LeaveScope, 2),
        (JoinScope, 1),
        (Join, 2),
    ];
    consists_of(bench, &expected, || {
        // Both are joined, so that their ends come before the cell's: a scope waits for less.
        thread::scope(|scope| {
            let threads = [0, 1].map(|number| scope.spawn(move || number));
            let numbers = threads.map(|thread| thread.join().unwrap());
            assert_eq!(numbers, [0, 1]);
        });
    });
}

fn parking_and_pausing(bench: &Bench) {
    let expected = [(Unpark, 1), (Park, 2), (Sleep, 1), (Yield, 1)];
    consists_of(bench, &expected, || {
        thread::current().unpark();
        thread::park();
        thread::park_timeout(Duration::from_millis(1));
        thread::sleep(Duration::from_millis(1));
        thread::yield_now();
    });
}

fn streams(bench: &Bench) {
    let expected = [(Print, 4), (Lock, 1), (Unlock, 1)];
    consists_of(bench, &expected, || {
        println!("a line of {} words", 5);
        eprintln!("another one");
        let mut output = std::io::stdout().lock();
        output.write_all(b"and two\n").unwrap();
        output.write_all(b"at once\n").unwrap();
    });
}

fn steps_name_what_they_are_done_to(bench: &Bench) {
    bench.region.set_controlled(true);
    let last = || {
        let [object, thread, line] = &LAST;
        [object, thread, line].map(|last| last.load(Ordering::SeqCst))
    };
    let outcome = bench.cell(|| {
        let mutex = Mutex::new(());
        let (line, guard) = (line!(), mutex.lock());
        let [object, thread, at] = last();
        assert_eq!((thread, at), (0, line));
        drop(guard);
        assert_eq!(last(), [object, 0, 0], "a guard has no place where it ends");
        let (line, ()) = (line!(), thread::current().unpark());
        assert_eq!((last()[0], last()[2]), (0, line));
        assert_ne!(last()[1], 0);
    });
    bench.region.set_controlled(false);
    outcome.is_clean();
    passed();
}
