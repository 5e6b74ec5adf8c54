//! What recording adds: measured once, when the recording is attached, against the real std.

use real::fs::OpenOptions;
use real::hint::black_box;
use real::io::{LineWriter, Write};
use real::ops::{Deref, DerefMut};
use real::os::fd::AsRawFd;
use real::prelude::rust_2024::*;
use real::sync::LockResult;
use real::sync::atomic::{AtomicU32, Ordering};
use real::thread::yield_now;
use real::time::{Duration, Instant};

use record::attention::Attention;
use record::layout::{COUNTS_ONLY, CostOf, Layout};
use record::writer;

use crate::of_crates::channel::{Channel, receives, sends};
use crate::probe::{self, Library, Meta, ObjectKind};
use crate::sync::{Mutex, RwLock, mpsc};

/// Repetitions of one run; the best of several runs counts, since anything may interrupt one.
const TIMES: u32 = 200;
/// Enough to fill a thread's share of event chunks once, after which its pages are there, and for
/// the best to be as good as in a loop that goes on for longer.
const RUNS: usize = 500;
/// Where the pages are there.
const FEW: usize = 100;
/// Of what enters the kernel each time.
const LINES: usize = 20;
/// Threads started: each takes a thousand times as long as a lock.
const THREADS: usize = 48;

/// Measures, and writes the costs into the header for the reader. Takes tens of milliseconds, so a
/// program that runs again in the same recording (`:repeat`) keeps what its first run measured.
pub fn calibrate() {
    let layout = writer::layout();
    let known = |cost: &AtomicU32| cost.load(Ordering::Relaxed) != 0;
    // In a controlled program it is not the recorder that takes the time.
    if layout.header.costs.iter().any(known) || probe::is_controlled() {
        return;
    }
    await_heartbeat(layout);
    measure_empty_hold(layout);
    measure(layout, 0);
    measure_bounded(layout);
    measure_thread(layout);
    measure_line(layout);
    layout.set_attention(Attention::COUNTS_ONLY, true);
    measure(layout, COUNTS_ONLY);
    layout.set_attention(Attention::COUNTS_ONLY, false);
}

/// Without the heartbeat every use is timed, which is not what most uses cost. It may never come.
fn await_heartbeat(layout: &Layout) {
    const PATIENCE: Duration = Duration::from_millis(20);
    let start = Instant::now();
    while !layout.has_heartbeat() && start.elapsed() < PATIENCE {
        yield_now();
    }
}

fn measure(layout: &Layout, offset: usize) {
    let set = |of: CostOf, ours: f64, theirs: f64| set(layout, of as usize + offset, ours - theirs);
    let (ours, theirs) = (Mutex::new(0_u32), real::sync::Mutex::new(0_u32));
    let in_a_run = best(|| add_one(ours.lock()));
    set(CostOf::Exclusive, in_a_run, best(|| add_one(theirs.lock())));
    if offset == 0 {
        // From two places by turns, so that each use is timed and has its event.
        let by_turns = best(|| {
            add_one(ours.lock());
            add_one(ours.lock());
        });
        set(CostOf::Event, by_turns / 2.0, in_a_run);
    }
    let (ours, theirs) = (RwLock::new(0_u32), real::sync::RwLock::new(0_u32));
    set(
        CostOf::Shared,
        best(|| look_at(ours.read())),
        best(|| look_at(theirs.read())),
    );
    set(
        CostOf::Write,
        best_of(FEW, || add_one(ours.write())),
        best_of(FEW, || add_one(theirs.write())),
    );
    let ((our_tx, our_rx), (their_tx, their_rx)) = (mpsc::channel(), real::sync::mpsc::channel());
    let ours = best(|| pass_on(our_tx.send(1_u32), || our_rx.recv()));
    let theirs = best(|| pass_on(their_tx.send(1_u32), || their_rx.recv()));
    set(CostOf::Send, ours / 2.0, theirs / 2.0);
    set(CostOf::Receive, ours / 2.0, theirs / 2.0);
    set(CostOf::OfCrate, message_of_crate() / 2.0, 0.0);
}

/// What a crate's channel tells of a message that goes through it.
fn message_of_crate() -> f64 {
    static META: Meta = Meta::of_library(Library::CrossbeamChannel, ObjectKind::Channel);
    let channel = Channel::new(&META, None);
    let time = best_of(FEW, || {
        let call = sends();
        channel.sent();
        drop(call);
        let call = receives();
        channel.received();
        drop(call);
    });
    channel.drop_receiver();
    channel.drop_sender();
    time
}

/// A message through a channel with a bound, of which recording takes more. The same in both modes.
fn measure_bounded(layout: &Layout) {
    let (our_tx, our_rx) = mpsc::sync_channel(64);
    let (their_tx, their_rx) = real::sync::mpsc::sync_channel(64);
    let ours = best_of(FEW, || pass_on(our_tx.send(1_u32), || our_rx.recv()));
    let theirs = best_of(FEW, || pass_on(their_tx.send(1_u32), || their_rx.recv()));
    set_both(layout, CostOf::Bounded, ours / 2.0, theirs / 2.0);
}

/// What lies between a timed hold's two looks at the clock though nothing is done in it: the
/// recorder's own part.
fn measure_empty_hold(layout: &Layout) {
    let mutex = Mutex::new(());
    let in_a_row = || drop(mutex.lock());
    // From two places, so that each is timed.
    let by_turns = || {
        drop(mutex.lock());
        drop(mutex.lock());
    };
    in_a_row();
    let Some(entry) = mutex.entry() else {
        return;
    };
    let total = || entry.hold_total.load(Ordering::Relaxed);
    let timed = (0..RUNS).map(|_| {
        let before = total();
        (0..TIMES).for_each(|_| by_turns());
        (total() - before) / u64::from(2 * TIMES)
    });
    let timed = timed.min().unwrap_or(0);
    let in_run = (0..RUNS).map(|_| {
        (0..TIMES).for_each(|_| in_a_row());
        entry.run.took.load(Ordering::Relaxed)
    });
    let in_run = in_run.min().unwrap_or(0);
    layout
        .header
        .empty_hold
        .store(timed as u32, Ordering::Relaxed);
    layout
        .header
        .empty_hold_in_run
        .store(in_run, Ordering::Relaxed);
}

/// A thread's start and end, and waiting for it, which cost the same in both modes but for two
/// events.
fn measure_thread(layout: &Layout) {
    let (ours, theirs) = quartiles(
        || {
            let _ = crate::thread::spawn(|| ()).join();
        },
        || {
            let _ = real::thread::spawn(|| ()).join();
        },
    );
    set_both(layout, CostOf::Thread, ours, theirs);
}

/// Nanoseconds of one call of each, by turns: what else the machine does then slows down both, and
/// not the one that happens to be measured meanwhile. Each call leaves the next one something to
/// do, so that the best would be too good: a quarter of them takes less.
fn quartiles(mut ours: impl FnMut(), mut theirs: impl FnMut()) -> (f64, f64) {
    let [mut all_ours, mut all_theirs] = [[Duration::ZERO; THREADS]; 2];
    for (our_time, their_time) in all_ours.iter_mut().zip(&mut all_theirs) {
        *our_time = time_of(&mut ours);
        *their_time = time_of(&mut theirs);
    }
    let [ours, theirs] = [all_ours, all_theirs].map(|mut times| {
        times.sort_unstable();
        times[THREADS / 4].as_nanos() as f64
    });
    (ours, theirs)
}

fn time_of(f: impl FnOnce()) -> Duration {
    let start = Instant::now();
    f();
    start.elapsed()
}

/// A line into nothing, through all that a print passes. The real standard output can't be turned
/// away, so its lock and its buffer are put together here.
fn measure_line(layout: &Layout) {
    let Ok(nothing) = OpenOptions::new().write(true).open("/dev/null") else {
        return;
    };
    let ours = probe::printing_into(nothing.as_raw_fd(), || {
        best_of(LINES, || crate::println!("a line of text, number {TIMES}"))
    });
    let real = real::sync::Mutex::new(LineWriter::new(nothing));
    let theirs = best_of(LINES, || {
        if let Ok(mut real) = real.lock() {
            let _ = real.write_fmt(real::format_args!("a line of text, number {TIMES}\n"));
        }
    });
    set_both(layout, CostOf::Line, ours, theirs);
}

fn set_both(layout: &Layout, of: CostOf, ours: f64, theirs: f64) {
    for offset in [0, COUNTS_ONLY] {
        set(layout, of as usize + offset, ours - theirs);
    }
}

fn set(layout: &Layout, index: usize, added_ns: f64) {
    layout.header.costs[index].store((added_ns.max(0.0) * 1024.0) as u32, Ordering::Relaxed);
}

/// What a critical section does at least.
#[inline(always)]
fn add_one(locked: LockResult<impl DerefMut<Target = u32>>) {
    if let Ok(mut guard) = locked {
        *guard = guard.wrapping_add(1);
    }
}

#[inline(always)]
fn pass_on<S, R>(_sent: S, receive: impl FnOnce() -> R) {
    let _ = black_box(receive());
}

#[inline(always)]
fn look_at(locked: LockResult<impl Deref<Target = u32>>) {
    if let Ok(guard) = locked {
        black_box(*guard);
    }
}

/// Nanoseconds of one call of `f`.
fn best(f: impl FnMut()) -> f64 {
    best_of(RUNS, f)
}

fn best_of(runs: usize, mut f: impl FnMut()) -> f64 {
    let runs = (0..runs).map(|_| {
        let start = Instant::now();
        for _ in 0..TIMES {
            f();
        }
        start.elapsed().as_nanos() as f64 / f64::from(TIMES)
    });
    runs.fold(f64::INFINITY, f64::min)
}
