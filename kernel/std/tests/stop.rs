//! The stop button: every thread of the cell unwinds soon, and the next cell works.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::sync::{Arc, Barrier, Condvar, Mutex, RwLock};
use std::thread;
use std::time::Duration;

use support::Bench;

fn main() {
    support::run(&[
        ("sleep", sleep),
        ("recv", recv),
        ("send", send),
        ("lock", lock),
        ("read", read),
        ("join", join),
        ("condvar", condvar),
        ("timed_condvar", timed_condvar),
        ("park", park),
        ("barrier", barrier),
        ("scope", scope),
        ("a_loop_of_locks", a_loop_of_locks),
        ("a_loop_of_messages", a_loop_of_messages),
        ("a_loop_of_prints", a_loop_of_prints),
        ("a_loop_of_yields", a_loop_of_yields),
        ("a_loop_of_spawns", a_loop_of_spawns),
        ("a_loop_that_catches", a_loop_that_catches),
        ("functions_passed_on", functions_passed_on),
        ("earlier_cells_go_on", earlier_cells_go_on),
        (
            "what_a_stopped_cell_runs_into_is_no_deadlock",
            what_a_stopped_cell_runs_into_is_no_deadlock,
        ),
    ]);
}

/// Runs `body`, which would never end, stops it, and sees that all its threads go.
fn stopped(bench: &Bench, body: impl FnOnce()) {
    let cell = bench.current() + 1;
    let outcome = bench.stop_after(Duration::from_millis(60), cell, body);
    assert_eq!(outcome.panic.as_deref(), Some("the cell was stopped"));
    assert_eq!(outcome.snapshot.verdicts, []);
    bench.no_threads_left(cell);
    bench.region.clear_cancel();
    let next = bench.cell(|| drop(Mutex::new(0).lock()));
    next.is_clean();
}

fn background<R: Send + 'static>(
    body: impl FnOnce() -> R + Send + 'static,
) -> thread::JoinHandle<R> {
    thread::spawn(body)
}

/// Keeps "nobody can run" from being true.
fn keep_awake() {
    background(|| {
        loop {
            thread::sleep(Duration::from_secs(1000));
        }
    });
}

fn sleep(bench: &Bench) {
    stopped(bench, || thread::sleep(Duration::from_secs(1000)));
}

fn recv(bench: &Bench) {
    stopped(bench, || {
        keep_awake();
        let (tx, rx) = channel::<()>();
        let _ = rx.recv();
        drop(tx);
    });
}

fn send(bench: &Bench) {
    stopped(bench, || {
        keep_awake();
        let (tx, rx) = sync_channel(0);
        let _ = tx.send(1);
        drop(rx);
    });
}

fn lock(bench: &Bench) {
    stopped(bench, || {
        let mutex = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&mutex);
        let both = Arc::new(Barrier::new(2));
        let together = Arc::clone(&both);
        background(move || {
            let _guard = theirs.lock();
            together.wait();
            thread::sleep(Duration::from_secs(1000));
        });
        both.wait();
        let _guard = mutex.lock();
        thread::sleep(Duration::from_secs(1000));
    });
}

fn read(bench: &Bench) {
    stopped(bench, || {
        let lock = RwLock::new(0);
        let both = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                let _guard = lock.write();
                both.wait();
                thread::sleep(Duration::from_secs(1000));
            });
            both.wait();
            let _guard = lock.read();
        });
    });
}

fn join(bench: &Bench) {
    stopped(bench, || {
        let _ = background(|| thread::sleep(Duration::from_secs(1000))).join();
        thread::sleep(Duration::from_secs(1000));
    });
}

fn condvar(bench: &Bench) {
    stopped(bench, || {
        keep_awake();
        let (mutex, condition) = (Mutex::new(()), Condvar::new());
        let _ = condition.wait(mutex.lock().unwrap());
    });
}

fn timed_condvar(bench: &Bench) {
    stopped(bench, || {
        let (mutex, condition) = (Mutex::new(()), Condvar::new());
        let _ = condition.wait_timeout(mutex.lock().unwrap(), Duration::from_secs(1000));
    });
}

fn park(bench: &Bench) {
    stopped(bench, || {
        keep_awake();
        thread::park();
    });
}

fn barrier(bench: &Bench) {
    stopped(bench, || {
        keep_awake();
        Barrier::new(2).wait();
    });
}

fn scope(bench: &Bench) {
    stopped(bench, || {
        thread::scope(|scope| {
            scope.spawn(|| thread::sleep(Duration::from_secs(1000)));
        });
    });
}

fn a_loop_of_locks(bench: &Bench) {
    stopped(bench, || {
        let mutex = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&mutex);
        background(move || {
            loop {
                *theirs.lock().unwrap() += 1;
            }
        });
        loop {
            *mutex.lock().unwrap() += 1;
        }
    });
}

fn a_loop_of_messages(bench: &Bench) {
    stopped(bench, || {
        let (tx, rx) = channel();
        loop {
            tx.send(1).unwrap();
            let _ = rx.try_recv();
        }
    });
}

fn a_loop_of_prints(bench: &Bench) {
    stopped(bench, || {
        loop {
            println!("again");
        }
    });
}

fn a_loop_of_yields(bench: &Bench) {
    stopped(bench, || {
        loop {
            thread::yield_now();
        }
    });
}

fn a_loop_of_spawns(bench: &Bench) {
    stopped(bench, || {
        loop {
            let _ = thread::spawn(|| ()).join();
        }
    });
}

/// Who catches the panic and goes on is stopped again.
fn a_loop_that_catches(bench: &Bench) {
    let cell = bench.current() + 1;
    let outcome = bench.stop_after(Duration::from_millis(60), cell, || {
        for _ in 0..3 {
            let _ = catch_unwind(|| thread::sleep(Duration::from_secs(1000)));
        }
    });
    bench.region.clear_cancel();
    assert_eq!(outcome.panic, None);
}

/// `.map(thread::spawn)` and `.map(Receiver::recv)` are called from the library's own files, which
/// are no dependency.
fn functions_passed_on(bench: &Bench) {
    fn wait() {
        let (tx, rx) = channel::<()>();
        let _ = [&rx].into_iter().map(Receiver::recv).count();
        drop(tx);
    }
    stopped(bench, || {
        keep_awake();
        let waiting: Vec<_> = [wait as fn(), wait]
            .into_iter()
            .map(thread::spawn)
            .collect();
        let _ = waiting.into_iter().map(thread::JoinHandle::join).count();
    });
}

fn earlier_cells_go_on(bench: &Bench) {
    let (tx, rx) = channel();
    let (stop_tx, stop_rx) = channel::<()>();
    let first = bench.cell(|| {
        thread::spawn(move || {
            while stop_rx.try_recv().is_err() {
                thread::sleep(Duration::from_millis(1));
            }
            tx.send("alive").unwrap();
        });
    });
    stopped(bench, || thread::sleep(Duration::from_secs(1000)));
    bench
        .cell(|| {
            stop_tx.send(()).unwrap();
            assert_eq!(rx.recv().unwrap(), "alive");
        })
        .is_clean();
    bench.no_threads_left(first.snapshot.cell);
}

fn what_a_stopped_cell_runs_into_is_no_deadlock(bench: &Bench) {
    let cell = bench.current() + 1;
    let mut locked_twice = false;
    let outcome = bench.stop_after(Duration::from_millis(60), cell, || {
        let stopped = catch_unwind(|| thread::sleep(Duration::from_secs(600)));
        assert!(stopped.is_err());
        let mutex = Mutex::new(());
        let _guard = mutex.lock();
        locked_twice = catch_unwind(AssertUnwindSafe(|| drop(mutex.lock()))).is_ok();
    });
    assert!(!locked_twice);
    assert_eq!(outcome.snapshot.verdicts, []);
    bench.region.clear_cancel();
    bench.cell(|| drop(Mutex::new(0).lock())).is_clean();
}
