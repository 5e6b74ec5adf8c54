//! One source, compiled twice: against the real std and against ours (`--cfg fearless`).
//!
//! Prints a line `name nanoseconds` for every operation: the best of several runs, since whatever
//! interrupts a run only makes it longer, or their median where that is not all. Against ours, a
//! third word is what the recorder itself says that it added to each operation. Run it by `./run`.

use std::hint::black_box;
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Barrier, Mutex, RwLock};
use std::thread;
use std::time::Instant;

const RUNS: usize = 101;

fn main() {
    attached::begin();
    each("mutex", 20_000, {
        let mutex = Mutex::new(0_u64);
        move || *mutex.lock().unwrap() += 1
    });
    each("two-mutexes", 20_000, {
        let (one, other) = (Mutex::new(0_u64), Mutex::new(0_u64));
        move || {
            *one.lock().unwrap() += 1;
            *other.lock().unwrap() += 1;
        }
    });
    each("rwlock-read", 20_000, {
        let lock = RwLock::new(0_u64);
        move || {
            black_box(*lock.read().unwrap());
        }
    });
    each("mpsc", 10_000, {
        let (tx, rx) = channel();
        move || {
            tx.send(1_u64).unwrap();
            black_box(rx.recv().unwrap());
        }
    });
    each("sync_channel", 10_000, {
        let (tx, rx) = sync_channel(64);
        move || {
            tx.send(1_u64).unwrap();
            black_box(rx.recv().unwrap());
        }
    });
    // The system starts a thread on this processor, or on another one, for three times as much:
    // that the best run had only the first says nothing.
    report("spawn+join", 20, middle, || {
        row(20, || {
            thread::spawn(|| black_box(1)).join().map(drop).unwrap()
        })
    });
    report("4-threads-1-mutex", 4 * EACH_OF_CROWD, best, crowd);
    report("println-4-threads", 4 * EACH_PRINTS, best, print_crowd);
}

/// Measures one call of `f`, of `times` in a row.
fn each(name: &str, times: u32, f: impl Fn()) {
    report(name, times, best, || row(times, &f));
}

/// Nanoseconds of one call of `f`, of `times` in a row.
fn row(times: u32, f: impl Fn()) -> f64 {
    let start = Instant::now();
    (0..times).for_each(|_| f());
    start.elapsed().as_nanos() as f64 / f64::from(times)
}

/// The first of the sorted runs.
fn best(runs: &[f64; RUNS]) -> f64 {
    runs[0]
}

/// The median of the sorted runs.
fn middle(runs: &[f64; RUNS]) -> f64 {
    runs[RUNS / 2]
}

/// Prints one of several runs of `times` operations each. To the real standard error: our
/// `eprintln!` makes frames.
fn report(name: &str, times: u32, pick: fn(&[f64; RUNS]) -> f64, run: impl Fn() -> f64) {
    use std::io::Write;
    use std::os::fd::FromRawFd;
    let mut runs = [(); RUNS].map(|()| run());
    runs.sort_by(f64::total_cmp);
    let ns = pick(&runs);
    let estimate = attached::added_ns(f64::from(times) * RUNS as f64);
    // SAFETY: only borrowed, and never closed here.
    let mut stderr = std::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(2) });
    writeln!(stderr, "{name} {ns:.1} {estimate:.1}").unwrap();
}

const EACH_OF_CROWD: u32 = 20_000;
// Enough that starting the threads hardly counts.
const EACH_PRINTS: u32 = 2_000;

/// Nanoseconds per acquisition, all threads together.
fn crowd() -> f64 {
    let (mutex, start) = (Mutex::new(0_u64), Barrier::new(5));
    let mut elapsed = 0.0;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    (0..EACH_OF_CROWD).for_each(|_| *mutex.lock().unwrap() += 1);
                })
            })
            .collect();
        let began = Instant::now();
        start.wait();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        elapsed = began.elapsed().as_nanos() as f64;
    });
    elapsed / f64::from(4 * EACH_OF_CROWD)
}

/// Nanoseconds per line, all threads together; standard output is to be thrown away.
fn print_crowd() -> f64 {
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..EACH_PRINTS).for_each(|n| println!("a line of text, number {n}")));
        }
    });
    began.elapsed().as_nanos() as f64 / f64::from(4 * EACH_PRINTS)
}

/// Nothing is recorded.
#[cfg(not(fearless))]
mod attached {
    pub fn begin() {}

    pub fn added_ns(_operations: f64) -> f64 {
        0.0
    }
}

/// A recording as a notebook's kernel would attach it.
#[cfg(fearless)]
mod attached {
    use std::cell::Cell;
    use std::fs::File;
    use std::os::fd::{AsRawFd, IntoRawFd};
    use std::process::Command;

    use record::{Baseline, Mode, Region};

    unsafe extern "C" {
        safe fn fearless_attach(region: i32, output: i32, protocol: i32) -> i32;
        safe fn fearless_cell_begin(cell: u32);
    }

    struct Attached {
        region: Region,
        before: Baseline,
    }

    thread_local! {
        static ATTACHED: Cell<Option<&'static Attached>> = const { Cell::new(None) };
        static SAID: Cell<u64> = const { Cell::new(0) };
    }

    /// Where a process finds the recording that its parent has made.
    const REGION: &str = "FEARLESS_BENCH_REGION";

    /// In the first process: makes a recording, and does everything else in a second one, as a
    /// kernel does.
    pub fn begin() {
        let Some(path) = std::env::var_os(REGION) else {
            let region = Region::create().unwrap();
            let path = format!(
                "/proc/{}/fd/{}",
                std::process::id(),
                region.fd().as_raw_fd()
            );
            let mut second = Command::new(std::env::current_exe().unwrap());
            let status = second
                .args(std::env::args().skip(1))
                .env(REGION, path)
                .status();
            std::process::exit(status.unwrap().code().unwrap_or(1));
        };
        let file = File::options().read(true).write(true).open(path).unwrap();
        let region = Region::open(file).unwrap();
        if std::env::args().any(|argument| argument == "counts") {
            region.set_mode(Mode::Counts);
        }
        let before = region.baseline();
        let attached: &Attached = Box::leak(Box::new(Attached { region, before }));
        ATTACHED.set(Some(attached));
        let output = File::create("/dev/null").unwrap().into_raw_fd();
        assert_eq!(
            fearless_attach(attached.region.fd().as_raw_fd(), output, 1),
            0
        );
        fearless_cell_begin(1);
    }

    /// What the recorder says that it has added since the last call, for each of so many
    /// operations.
    pub fn added_ns(operations: f64) -> f64 {
        let attached = ATTACHED.get().unwrap();
        let now = attached.region.snapshot(1, &attached.before).overhead_ns;
        (now - SAID.replace(now)) as f64 / operations
    }
}
