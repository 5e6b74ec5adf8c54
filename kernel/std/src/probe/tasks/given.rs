//! What a task may have given to others: a lock's guard among it, of which nobody is told.

use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::layout::TASK_GAVE;
use record::writer::{self, Local};

use super::super::current::counts_only;

/// Keeps in its entry that the task of this thread may have given something to others; returns the
/// flags there. Where only counters are wanted, nobody knows whether it has.
pub(super) fn tell_what_was_given(local: &Local) -> u32 {
    let gave = local.gave.get();
    let is_told = local.gave_told.replace(gave) == gave && !counts_only(local);
    let task = local.task.get();
    match local.layout().tasks.get(task.index()) {
        Some(entry) if task.is_some() && is_told => entry.flags.load(Ordering::Relaxed),
        Some(entry) if task.is_some() => {
            let before = entry.flags.fetch_add(TASK_GAVE, Ordering::Relaxed);
            before.wrapping_add(TASK_GAVE)
        }
        _ => 0,
    }
}

/// The task that this thread polls may have given something to others, by what is not recorded.
pub fn task_gives() {
    writer::with(Local::gives);
}
