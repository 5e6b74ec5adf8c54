//! What tasks and their resources have in common: places, and what lies in a cell.

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU64, Ordering};

use record::LocationSlot;
use record::layout::Layout;
use record::snapshot::TaskWait;
use record::writer;

/// The place of a call in the source: file, line and column.
pub type Called<'a> = (&'a str, u32, u32);

/// Whether a cell runs: what is done after its end is not its own.
pub(super) fn in_cell(layout: &Layout) -> bool {
    layout.header.cell_end.load(Ordering::Relaxed) == 0
}

/// How long it is from one moment to another, as far as that lies in the cell.
pub(in crate::probe) fn time_in_cell(layout: &Layout, from: u64, to: u64) -> u64 {
    let begin = layout.header.cell_begin.load(Ordering::Relaxed);
    to.saturating_sub(from.max(begin))
}

pub(super) fn add(sum: &AtomicU64, longest: &AtomicU64, length: u64) {
    sum.fetch_add(length, Ordering::Relaxed);
    if length > longest.load(Ordering::Relaxed) {
        longest.fetch_max(length, Ordering::Relaxed);
    }
}

/// Adds to a counter that only one thread at a time writes: one that polls a task, or counts jobs.
pub(in crate::probe) fn add_alone(counter: &AtomicU64, more: u64) {
    let before = counter.load(Ordering::Relaxed);
    counter.store(before.wrapping_add(more), Ordering::Relaxed);
}

/// What a task waits for, as its entry has it.
pub(super) fn decoded(waits: u32) -> TaskWait {
    TaskWait::decoded((waits >> 16) as u8, waits as u16)
}

/// The index of a place in the source, for [`TaskWait::Timer`].
pub fn place_of_call((file, line, column): Called<'_>) -> LocationSlot {
    LocationSlot(writer::layout().location_of(file, line, column))
}
