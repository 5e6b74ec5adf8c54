//! Cells that only look like a deadlock are left alone.

mod support;

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel, sync_channel};
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use support::Bench;

const LONG: Duration = Duration::from_millis(250);

fn main() {
    support::run(&[
        ("a_slow_holder", a_slow_holder),
        ("a_computing_holder", a_computing_holder),
        ("backing_off", backing_off),
        ("timed_waits", timed_waits),
        ("a_sleeping_sender", a_sleeping_sender),
        ("reading_from_a_pipe", reading_from_a_pipe),
        ("waiting_in_c", waiting_in_c),
        ("a_thread_we_did_not_make", a_thread_we_did_not_make),
        ("a_gate_lock", a_gate_lock),
        ("a_late_notifier", a_late_notifier),
        (
            "a_background_thread_that_could_send",
            a_background_thread_that_could_send,
        ),
        ("an_idle_background_thread", an_idle_background_thread),
        (
            "threads_that_are_just_starting",
            threads_that_are_just_starting,
        ),
        ("threads_that_are_just_ending", threads_that_are_just_ending),
        ("threads_joined_in_a_row", threads_joined_in_a_row),
        ("a_thread_local_that_sends", a_thread_local_that_sends),
        ("a_guard_in_a_thread_local", a_guard_in_a_thread_local),
        ("readers_together", readers_together),
        ("a_crowd_at_one_lock", a_crowd_at_one_lock),
        ("ping_pong", ping_pong),
        ("rendezvous_ping_pong", rendezvous_ping_pong),
        ("a_barrier_again_and_again", a_barrier_again_and_again),
        ("park_and_unpark", park_and_unpark),
        ("a_once_that_others_wait_for", a_once_that_others_wait_for),
        ("a_scope_of_scopes", a_scope_of_scopes),
        ("a_lock_while_unwinding", a_lock_while_unwinding),
        ("random_work_in_one_order", random_work_in_one_order),
    ]);
}

fn innocent(bench: &Bench, body: impl FnOnce()) {
    let outcome = bench.cell(body);
    outcome.is_clean();
    bench.no_threads_left(outcome.snapshot.cell);
}

fn a_slow_holder(bench: &Bench) {
    innocent(bench, || {
        let mutex = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&mutex);
        let guard = mutex.lock().unwrap();
        let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
        thread::sleep(LONG);
        drop(guard);
        other.join().unwrap();
    });
}

fn a_computing_holder(bench: &Bench) {
    innocent(bench, || {
        let mutex = Arc::new(Mutex::new(0_u64));
        let theirs = Arc::clone(&mutex);
        let (tx, rx) = channel();
        let other = thread::spawn(move || {
            let mut guard = theirs.lock().unwrap();
            tx.send(()).unwrap();
            let start = Instant::now();
            while start.elapsed() < LONG {
                *guard = std::hint::black_box(*guard + 1);
            }
        });
        rx.recv().unwrap();
        drop(mutex.lock().unwrap());
        other.join().unwrap();
    });
}

fn backing_off(bench: &Bench) {
    innocent(bench, || {
        let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let work = |first: Arc<Mutex<i32>>, second: Arc<Mutex<i32>>| {
            for _ in 0..200 {
                loop {
                    let mut one = first.lock().unwrap();
                    if let Ok(mut two) = second.try_lock() {
                        *one += 1;
                        *two += 1;
                        break;
                    }
                    drop(one);
                    thread::yield_now();
                }
            }
        };
        let (theirs_a, theirs_b) = (Arc::clone(&a), Arc::clone(&b));
        let other = thread::spawn(move || work(theirs_b, theirs_a));
        work(a, b);
        other.join().unwrap();
    });
}

fn timed_waits(bench: &Bench) {
    innocent(bench, || {
        let (tx, rx) = channel::<()>();
        assert_eq!(rx.recv_timeout(LONG), Err(RecvTimeoutError::Timeout));
        let (mutex, condition) = (Mutex::new(()), Condvar::new());
        let (guard, result) = condition.wait_timeout(mutex.lock().unwrap(), LONG).unwrap();
        assert!(result.timed_out());
        drop(guard);
        thread::park_timeout(LONG);
        drop(tx);
    });
}

fn a_sleeping_sender(bench: &Bench) {
    innocent(bench, || {
        let (tx, rx) = channel();
        thread::spawn(move || {
            thread::sleep(LONG);
            tx.send(1).unwrap();
        });
        assert_eq!(rx.iter().count(), 1);
    });
}

fn reading_from_a_pipe(bench: &Bench) {
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    let (tx, rx) = channel();
    innocent(bench, move || {
        thread::spawn(move || {
            let mut byte = [0];
            reader.read_exact(&mut byte).unwrap();
            tx.send(byte[0]).unwrap();
        });
        // Who writes is no thread of the cell, nor of std: it is the system.
        let mut child = std::process::Command::new("sleep")
            .arg("0.3")
            .spawn()
            .unwrap();
        thread::spawn(move || {
            child.wait().unwrap();
            writer.write_all(&[7]).unwrap();
        });
        assert_eq!(rx.recv().unwrap(), 7);
    });
}

unsafe extern "C" {
    fn usleep(microseconds: u32) -> i32;
    fn pthread_create(
        thread: *mut usize,
        attributes: *const u8,
        start: extern "C" fn(*mut u8) -> *mut u8,
        argument: *mut u8,
    ) -> i32;
    fn pthread_join(thread: usize, result: *mut *mut u8) -> i32;
}

fn waiting_in_c(bench: &Bench) {
    innocent(bench, || {
        let (tx, rx) = channel();
        thread::spawn(move || {
            // SAFETY: only sleeps.
            unsafe { usleep(300_000) };
            tx.send(1).unwrap();
        });
        assert_eq!(rx.recv().unwrap(), 1);
    });
}

extern "C" fn send_later(argument: *mut u8) -> *mut u8 {
    // SAFETY: `a_thread_we_did_not_make` has made the box and given it away.
    let tx = unsafe { Box::from_raw(argument.cast::<std::sync::mpsc::Sender<i32>>()) };
    // SAFETY: only sleeps.
    unsafe { usleep(300_000) };
    let _ = tx.send(5);
    std::ptr::null_mut()
}

fn a_thread_we_did_not_make(bench: &Bench) {
    let outcome = bench.cell(|| {
        let (tx, rx) = channel::<i32>();
        let (argument, mut thread) = (Box::into_raw(Box::new(tx)), 0);
        // SAFETY: the function takes the box over.
        let made =
            unsafe { pthread_create(&mut thread, std::ptr::null(), send_later, argument.cast()) };
        assert_eq!(made, 0);
        assert_eq!(rx.recv().unwrap(), 5);
        // SAFETY: it was made above, and is joined once.
        unsafe { pthread_join(thread, std::ptr::null_mut()) };
    });
    outcome.is_clean();
    let foreign = outcome
        .snapshot
        .threads
        .iter()
        .filter(|thread| thread.is_foreign)
        .count();
    assert_eq!(foreign, 1);
}

fn a_gate_lock(bench: &Bench) {
    innocent(bench, || {
        let locks = Arc::new((Mutex::new(()), Mutex::new(0), Mutex::new(0)));
        let theirs = Arc::clone(&locks);
        let other = thread::spawn(move || {
            for _ in 0..500 {
                let _gate = theirs.0.lock().unwrap();
                let (_b, _a) = (theirs.2.lock().unwrap(), theirs.1.lock().unwrap());
            }
        });
        for _ in 0..500 {
            let _gate = locks.0.lock().unwrap();
            let (_a, _b) = (locks.1.lock().unwrap(), locks.2.lock().unwrap());
        }
        other.join().unwrap();
    });
}

fn a_late_notifier(bench: &Bench) {
    innocent(bench, || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || {
            thread::sleep(LONG);
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        drop(
            pair.1
                .wait_while(pair.0.lock().unwrap(), |ready| !*ready)
                .unwrap(),
        );
        other.join().unwrap();
    });
}

fn a_background_thread_that_could_send(bench: &Bench) {
    let (tx, rx) = channel();
    bench.cell(|| {
        thread::spawn(move || {
            thread::sleep(LONG * 2);
            let _ = tx.send(1);
        });
    });
    innocent(bench, move || assert_eq!(rx.recv().unwrap(), 1));
}

fn an_idle_background_thread(bench: &Bench) {
    let (tx, rx) = channel::<()>();
    let first = bench.cell(|| drop(thread::spawn(move || rx.recv())));
    // It waits for ever while no cell runs, and is not accused: the next cell may send.
    thread::sleep(LONG);
    first.is_clean();
    innocent(bench, || thread::sleep(LONG));
    innocent(bench, || tx.send(()).unwrap());
    bench.no_threads_left(first.snapshot.cell);
}

fn threads_that_are_just_starting(bench: &Bench) {
    innocent(bench, || {
        for _ in 0..300 {
            let (tx, rx) = channel();
            let other = thread::spawn(move || tx.send(1).unwrap());
            rx.recv().unwrap();
            other.join().unwrap();
        }
    });
}

fn threads_that_are_just_ending(bench: &Bench) {
    innocent(bench, || {
        for _ in 0..300 {
            let barrier = Arc::new(Barrier::new(3));
            for _ in 0..2 {
                let barrier = Arc::clone(&barrier);
                thread::spawn(move || barrier.wait().is_leader());
            }
            barrier.wait();
        }
    });
}

/// While the last thread is still looking at the graph, the next one may be between its last act
/// and its end.
fn threads_joined_in_a_row(bench: &Bench) {
    innocent(bench, || {
        for _ in 0..3000 {
            thread::spawn(|| ()).join().unwrap();
        }
    });
}

struct SendsWhenDropped(std::sync::mpsc::Sender<i32>);

impl Drop for SendsWhenDropped {
    fn drop(&mut self) {
        thread::sleep(LONG);
        self.0.send(3).unwrap();
    }
}

std::thread_local! {
    static LAST_WORDS: std::cell::RefCell<Option<SendsWhenDropped>> = const { std::cell::RefCell::new(None) };
    static GUARD: std::cell::RefCell<Option<std::sync::MutexGuard<'static, i32>>> =
        const { std::cell::RefCell::new(None) };
}

fn a_thread_local_that_sends(bench: &Bench) {
    innocent(bench, || {
        let (tx, rx) = channel();
        thread::spawn(move || {
            LAST_WORDS.with(|words| *words.borrow_mut() = Some(SendsWhenDropped(tx)))
        });
        assert_eq!(rx.recv().unwrap(), 3);
    });
}

fn a_guard_in_a_thread_local(bench: &Bench) {
    static SHARED: Mutex<i32> = Mutex::new(0);
    innocent(bench, || {
        for _ in 0..50 {
            let (tx, rx) = channel();
            thread::spawn(move || {
                GUARD.with(|guard| *guard.borrow_mut() = Some(SHARED.lock().unwrap()));
                tx.send(()).unwrap();
            });
            rx.recv().unwrap();
            *SHARED.lock().unwrap() += 1;
        }
    });
}

fn readers_together(bench: &Bench) {
    innocent(bench, || {
        let lock = RwLock::new(0);
        thread::scope(|scope| {
            for reader in 0..8 {
                let lock = &lock;
                scope.spawn(move || {
                    for round in 0..300 {
                        if (round + reader) % 5 == 0 {
                            *lock.write().unwrap() += 1;
                        } else {
                            std::hint::black_box(*lock.read().unwrap());
                        }
                    }
                });
            }
        });
        assert_eq!(*lock.read().unwrap(), 8 * 60);
    });
}

fn a_crowd_at_one_lock(bench: &Bench) {
    innocent(bench, || {
        let mutex = Arc::new(Mutex::new(0));
        let crowd: Vec<_> = (0..100)
            .map(|_| {
                let mutex = Arc::clone(&mutex);
                thread::spawn(move || (0..100).for_each(|_| *mutex.lock().unwrap() += 1))
            })
            .collect();
        crowd.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(*mutex.lock().unwrap(), 10_000);
    });
}

fn ping_pong(bench: &Bench) {
    innocent(bench, || {
        let ((to, from_me), (to_me, from)) = (channel(), channel());
        let other =
            thread::spawn(move || from_me.iter().for_each(|n: i32| to_me.send(n + 1).unwrap()));
        for n in 0..2000 {
            to.send(n).unwrap();
            assert_eq!(from.recv().unwrap(), n + 1);
        }
        drop(to);
        other.join().unwrap();
    });
}

fn rendezvous_ping_pong(bench: &Bench) {
    innocent(bench, || {
        let ((to, from_me), (to_me, from)) = (sync_channel(0), sync_channel(0));
        let other =
            thread::spawn(move || from_me.iter().for_each(|n: i32| to_me.send(n + 1).unwrap()));
        for n in 0..1000 {
            to.send(n).unwrap();
            assert_eq!(from.recv().unwrap(), n + 1);
        }
        drop(to);
        other.join().unwrap();
    });
}

fn a_barrier_again_and_again(bench: &Bench) {
    innocent(bench, || {
        let barrier = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    (0..200)
                        .map(|_| barrier.wait().is_leader())
                        .filter(|leads| *leads)
                        .count()
                });
            }
        });
    });
}

fn park_and_unpark(bench: &Bench) {
    innocent(bench, || {
        let stop = Arc::new(AtomicBool::new(false));
        let (main, theirs) = (thread::current(), Arc::clone(&stop));
        let other = thread::spawn(move || {
            while !theirs.load(Ordering::SeqCst) {
                main.unpark();
                thread::park();
            }
        });
        for _ in 0..500 {
            thread::park();
            other.thread().unpark();
        }
        stop.store(true, Ordering::SeqCst);
        other.thread().unpark();
        other.join().unwrap();
    });
}

fn a_once_that_others_wait_for(bench: &Bench) {
    innocent(bench, || {
        static ONCE: Once = Once::new();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| ONCE.call_once(|| thread::sleep(LONG)));
            }
        });
    });
}

fn a_scope_of_scopes(bench: &Bench) {
    innocent(bench, || {
        let sum = Mutex::new(0);
        for _ in 0..50 {
            thread::scope(|outer| {
                for _ in 0..3 {
                    outer.spawn(|| {
                        thread::scope(|inner| {
                            inner.spawn(|| *sum.lock().unwrap() += 1);
                        });
                    });
                }
            });
        }
        assert_eq!(*sum.lock().unwrap(), 150);
    });
}

/// A thread that unwinds already waits for a lock like any other, and is never made to panic again.
fn a_lock_while_unwinding(bench: &Bench) {
    struct Locks(Arc<Mutex<i32>>);
    impl Drop for Locks {
        fn drop(&mut self) {
            *self
                .0
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner()) += 1;
        }
    }
    innocent(bench, || {
        let mutex = Arc::new(Mutex::new(0));
        let guard = mutex.lock().unwrap();
        let theirs = Arc::clone(&mutex);
        let other = thread::spawn(move || {
            let _locks = Locks(theirs);
            panic!("on purpose");
        });
        thread::sleep(LONG);
        drop(guard);
        assert!(other.join().is_err());
        assert_eq!(*mutex.lock().unwrap(), 1);
    });
}

/// Locks in one global order, channels without cycles, joins: no run of it can deadlock.
fn random_work_in_one_order(bench: &Bench) {
    let mut seed = 0x5EED_u64;
    let mut random = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for _ in 0..200 {
        let plan: Vec<Vec<u64>> = (0..3)
            .map(|_| (0..20).map(|_| random(1 << 20)).collect())
            .collect();
        innocent(bench, || {
            let locks: Arc<Vec<_>> = Arc::new((0..4).map(|_| Mutex::new(0)).collect());
            let (tx, rx) = sync_channel(2);
            let workers: Vec<_> = plan
                .into_iter()
                .map(|steps| {
                    let (locks, tx) = (Arc::clone(&locks), tx.clone());
                    thread::spawn(move || {
                        for step in steps {
                            let low = (step % 4) as usize;
                            let high = low + ((step >> 4) as usize % (4 - low));
                            let _low = locks[low].lock().unwrap();
                            let _high = (high != low).then(|| locks[high].lock().unwrap());
                            if step & 1 << 10 != 0 {
                                tx.send(step).unwrap();
                            }
                        }
                    })
                })
                .collect();
            drop(tx);
            std::hint::black_box(rx.iter().sum::<u64>());
            workers
                .into_iter()
                .for_each(|worker| worker.join().unwrap());
        });
    }
}
