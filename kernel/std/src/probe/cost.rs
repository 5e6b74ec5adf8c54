//! What recording adds: measured once, when the recording is attached, against the real std.

use real::hint::black_box;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, Ordering};
use real::time::Instant;

use record::layout::{ATTENTION_COUNTS, COUNTS_ONLY, CostOf, Layout};
use record::writer::EventKind;

use super::with_thread;
use crate::sync::{Mutex, RwLock, mpsc};

/// Repetitions of one run; the best of several runs counts, since anything may interrupt one.
const TIMES: u32 = 200;
/// Enough to fill a thread's share of event chunks once, after which its pages are there.
const RUNS: usize = 50;

/// Measures, and writes the costs into the header for the reader. Takes tens of milliseconds, so a program that
/// runs again in the same recording (`:repeat`) keeps what its first run measured.
pub(super) fn calibrate(layout: &Layout) {
    let known = |cost: &AtomicU32| cost.load(Ordering::Relaxed) != 0;
    if layout.header.costs.iter().any(known) {
        return;
    }
    measure(layout, 0);
    let before = layout
        .header
        .attention
        .fetch_or(ATTENTION_COUNTS, Ordering::SeqCst);
    layout.end_runs();
    measure(layout, COUNTS_ONLY);
    layout.header.attention.store(before, Ordering::SeqCst);
    layout.end_runs();
}

fn measure(layout: &Layout, offset: usize) {
    let set = |of: CostOf, ours: f64, theirs: f64| {
        let added = ((ours - theirs).max(0.0) * 1024.0) as u32;
        layout.header.costs[of as usize + offset].store(added, Ordering::Relaxed);
    };
    let (ours, theirs) = (Mutex::new(0_u32), real::sync::Mutex::new(0_u32));
    set(
        CostOf::Exclusive,
        best(|| drop(black_box(ours.lock()))),
        best(|| drop(black_box(theirs.lock()))),
    );
    let (ours, theirs) = (RwLock::new(0_u32), real::sync::RwLock::new(0_u32));
    set(
        CostOf::Shared,
        best(|| drop(black_box(ours.read()))),
        best(|| drop(black_box(theirs.read()))),
    );
    let ((our_tx, our_rx), (their_tx, their_rx)) = (mpsc::channel(), real::sync::mpsc::channel());
    let ours = best(|| {
        let _ = our_tx.send(1_u32);
        let _ = black_box(our_rx.recv());
    });
    let theirs = best(|| {
        let _ = their_tx.send(1_u32);
        let _ = black_box(their_rx.recv());
    });
    set(CostOf::Send, ours / 2.0, theirs / 2.0);
    set(CostOf::Receive, ours / 2.0, theirs / 2.0);
    let event = best(|| {
        with_thread(|local, _| local.event(EventKind::Drop, 0, 0, 0, 0, 0, 0, 0));
    });
    let event = if offset == 0 { event } else { 0.0 };
    set(CostOf::Event, event, 0.0);
    // Taking an entry, telling its end and waking the joiner; mostly one system call for the CPU time.
    let thread = best(|| {
        black_box(record::memory::thread_cpu_ns());
    });
    set(CostOf::Thread, thread + 6.0 * event, 0.0);
}

/// Nanoseconds of one call of `f`.
fn best(mut f: impl FnMut()) -> f64 {
    let runs = (0..RUNS).map(|_| {
        let start = Instant::now();
        for _ in 0..TIMES {
            f();
        }
        start.elapsed().as_nanos() as f64 / f64::from(TIMES)
    });
    runs.fold(f64::INFINITY, f64::min)
}
