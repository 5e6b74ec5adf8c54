//! Jobs of pools.

use std::sync::atomic::Ordering;

use super::entries::{long, word};
use super::text::Places;
use super::times::Times;
use crate::layout::*;
use crate::snapshot::{Jobs, LocationSlot, ThreadSlot, Total};

/// Those of the cell, by place and thread.
pub fn read(layout: &Layout, times: Times, places: &mut Places) -> Vec<Jobs> {
    let used = (layout.header.jobs_used.load(Ordering::Acquire) as usize).min(JOBS - 1);
    let entries = layout.jobs[1..=used].iter();
    let mut jobs: Vec<Jobs> = entries
        .filter(|entry| entry.cell.load(Ordering::Acquire) == times.cell)
        .map(|entry| Jobs {
            at: places.use_place(LocationSlot(word(&entry.place))),
            thread: ThreadSlot(word(&entry.thread)),
            run: long(&entry.run),
            stolen: long(&entry.stolen),
            handed_in: long(&entry.handed_in),
            waits: long(&entry.waits),
            wait_ns: Total {
                total: times.span(long(&entry.wait_total)),
                max: times.span(long(&entry.wait_max)),
            },
        })
        .collect();
    jobs.sort_by_key(|it| (it.at, it.thread));
    jobs
}
