//! Attaching the recording, and where cells begin and end.

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, Ordering};

use record::Mode;
use record::attention::Attention;
use record::frame::{ENDED_AT_END, ENDED_BY_ERROR, ENDED_BY_PANIC, FrameKind};
use record::layout::*;
use record::snapshot::VerdictKind;
use record::writer::{self, Local};

use super::current::{begin_ids, entry_of};
use super::objects::Place;
use super::output::send_with;
use super::{stop, tasks};
use crate::deadlock;

/// Whether a notebook is attached.
pub fn is_attached() -> bool {
    writer::output().is_some()
}

/// Whether anything was recorded, be it without a notebook.
pub(crate) fn is_recording() -> bool {
    writer::existing().is_some()
}

/// What of [`attach`] can be done before the recording is emptied.
pub(crate) fn attach_soon(region: i32) {
    writer::attach_soon(region);
    deadlock::know_no_helpers();
}

pub(crate) fn attach(region: i32, output: i32, protocol: i32) -> Result<(), i32> {
    writer::attach(region, output, protocol)?;
    deadlock::know_helpers(writer::layout());
    Ok(())
}

/// How the running cell ends, as the `CellEnd` frame tells the kernel: [`ENDED_BY_PANIC`],
/// [`ENDED_BY_ERROR`], [`ENDED_AT_END`].
static ENDING: AtomicU32 = AtomicU32::new(0);

/// A panic has left the user's code, and evcxr's code has caught it.
pub(crate) fn cell_panicked() {
    ENDING.store(ENDED_BY_PANIC, Ordering::SeqCst);
}

/// The user's code has come to its end, and its variables are to be kept.
pub(crate) fn cell_keeps_variables() {
    ENDING.store(ENDED_AT_END, Ordering::SeqCst);
}

/// Where the `?` stands that has ended the cell: an index of the recording's locations, or 0.
static RETURNED_AT: AtomicU32 = AtomicU32::new(0);

/// A `?` of the user's code has left it early.
pub(crate) fn cell_returned_error(at: Place) {
    let place = writer::with(|local| local.place(at));
    RETURNED_AT.store(place, Ordering::SeqCst);
    ENDING.store(ENDED_BY_ERROR, Ordering::SeqCst);
}

pub(crate) fn cell_begin(cell: u32) {
    ENDING.store(0, Ordering::SeqCst);
    RETURNED_AT.store(0, Ordering::SeqCst);
    stop::nobody_unwinds();
    writer::with(|local| {
        let layout = writer::layout();
        layout.recycle();
        let entry = main_thread(local);
        local.drop_old_chunks();
        local.may_unwind.set(true);
        local.stopped_at.set(0);
        let header = &layout.header;
        let counts = header.mode.load(Ordering::Relaxed) == Mode::Counts as u32;
        layout.set_attention(Attention::COUNTS_ONLY, counts);
        for thread in &layout.threads[1..] {
            if thread.generation.load(Ordering::Relaxed) == 0 {
                break;
            }
            if thread.state.load(Ordering::Relaxed) == THREAD_ALIVE {
                let tid = thread.os_tid.load(Ordering::Relaxed);
                let used = record::memory::thread_cpu_ns_of(tid);
                // Who ends at this moment has ended before the cell, and is not in its report.
                thread
                    .cpu_ns
                    .store(if tid == 0 { 0 } else { used }, Ordering::Relaxed);
                thread
                    .events_before
                    .store(events_so_far(layout, thread), Ordering::Relaxed);
            }
        }
        entry
            .events_before
            .store(local.events_written(), Ordering::Relaxed);
        entry.cell.store(cell, Ordering::Relaxed);
        entry.ordinal.store(begin_ids(cell).0, Ordering::Relaxed);
        tasks::begin_numbers(cell);
        entry
            .cpu_ns
            .store(record::memory::thread_cpu_ns(), Ordering::Relaxed);
        // What it waited before, loading the cell or measuring the recorder, is not the cell's.
        for sum in &entry.blocked {
            sum.store(0, Ordering::Relaxed);
        }
        let now = local.now();
        entry.start.store(now, Ordering::Relaxed);
        header.cell_end.store(0, Ordering::Relaxed);
        header.cell_begin.store(now, Ordering::Relaxed);
        header.cell.store(cell, Ordering::SeqCst);
        layout.end_sampled_runs();
    });
}

/// The calling thread's entry, marked as the one that runs the cells.
fn main_thread(local: &Local) -> &'static ThreadEntry {
    let layout = writer::layout();
    let entry = entry_of(local);
    let before = layout.header.main.swap(local.thread().0, Ordering::SeqCst);
    if before != local.thread().0
        && let Some(other) = layout.threads.get(before as usize)
    {
        other.flags.fetch_and(!FLAG_MAIN, Ordering::SeqCst);
    }
    entry.flags.fetch_and(!FLAG_FOREIGN, Ordering::SeqCst);
    entry.flags.fetch_or(FLAG_MAIN, Ordering::SeqCst);
    entry.name_length.store(0, Ordering::Relaxed);
    entry
}

fn events_so_far(layout: &Layout, thread: &ThreadEntry) -> u64 {
    let before = thread.events.load(Ordering::Relaxed);
    let last = thread.last_chunk.load(Ordering::Relaxed);
    layout
        .chunks
        .get(last as usize)
        .filter(|_| last != 0)
        .map_or(before, |chunk| {
            before.max(
                chunk.first.load(Ordering::Relaxed)
                    + u64::from(chunk.count.load(Ordering::Relaxed)),
            )
        })
}

pub(crate) fn cell_end() {
    writer::with(|local| {
        let layout = writer::layout();
        local.may_unwind.set(false);
        free_who_can_never_go_on(layout);
        let end = local.now();
        if let Some(entry) = local.entry() {
            let at_begin = entry.cpu_ns.load(Ordering::Relaxed);
            let used = record::memory::thread_cpu_ns().saturating_sub(at_begin);
            entry.cpu_ns.store(used, Ordering::Relaxed);
        }
        layout.header.cell_end.store(end, Ordering::SeqCst);
    });
    // The kernel sees a broken pipe by itself.
    let place = RETURNED_AT.load(Ordering::SeqCst).to_le_bytes();
    let _ = send_with(FrameKind::CellEnd, ENDING.load(Ordering::SeqCst), &place);
}

/// After the proof that nobody can run, its victim has ended the cell. The cell's other threads
/// that still sleep where they slept then would do so for ever: they unwind, too.
fn free_who_can_never_go_on(layout: &'static Layout) {
    let cell = layout.header.cell.load(Ordering::SeqCst);
    for (slot, verdict) in layout.verdicts.iter().enumerate() {
        let nobody_could_run = verdict.kind.load(Ordering::SeqCst)
            == VerdictKind::NobodyCanRun as u32
            && verdict.cell.load(Ordering::SeqCst) == cell
            && verdict.victim.load(Ordering::SeqCst) == layout.header.main.load(Ordering::SeqCst);
        if nobody_could_run {
            let edges = verdict.edge_count.load(Ordering::SeqCst) as usize;
            for edge in verdict.edges.iter().take(edges) {
                deadlock::free(layout, edge, cell, slot as u32);
            }
        }
    }
}
