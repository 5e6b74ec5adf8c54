//! Entries for jobs of pools: one for what a thread runs of what a place asks for.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{pop, push, take_unused};
use crate::ids::ThreadSlot;
use crate::layout::*;

impl Layout {
    /// The entry of a thread for the jobs of a cell that a place asked for: what it has already, or
    /// one of its own of an earlier cell, or another one. `None` when the table is full.
    pub fn jobs_of(&self, thread: ThreadSlot, cell: u32, place: u32) -> Option<&JobsEntry> {
        let header = &self.header;
        let used = (header.jobs_used.load(Ordering::Acquire) as usize).min(JOBS - 1);
        let of = |word: &AtomicU32| word.load(Ordering::Relaxed);
        let mut old = None;
        for entry in &self.jobs[1..=used] {
            let of_cell = of(&entry.cell);
            if of_cell == 0 || of(&entry.thread) != thread.0 {
                continue;
            }
            if of_cell == cell && of(&entry.place) == place {
                return Some(entry);
            }
            if of_cell != of(&header.cell) {
                old = Some(entry);
            }
        }
        let entry = match old {
            Some(entry) => entry,
            None => {
                let index = pop(&header.free_jobs, |at| {
                    Some(self.jobs.get(at as usize)?.next.load(Ordering::Relaxed))
                })
                .or_else(|| take_unused(&header.jobs_used, &self.jobs))?;
                self.jobs.get(index as usize)?
            }
        };
        entry.begin(thread, cell, place);
        Some(entry)
    }

    /// Frees the entries for jobs of threads that have ended. The other threads use theirs again.
    pub(super) fn recycle_jobs(&self) {
        let used = (self.header.jobs_used.load(Ordering::Acquire) as usize).min(JOBS - 1);
        for (index, entry) in self.jobs.iter().enumerate().take(used + 1).skip(1) {
            let thread = entry.thread.load(Ordering::Relaxed) as usize;
            let is_alive = self.threads.get(thread).is_some_and(|thread| {
                let leaves = thread.flags.load(Ordering::Acquire) & FLAG_LEAVING != 0;
                leaves || thread.state.load(Ordering::Acquire) == THREAD_ALIVE
            });
            if entry.cell.load(Ordering::Relaxed) != 0 && !is_alive {
                entry.cell.store(0, Ordering::Release);
                push(&self.header.free_jobs, index as u32, &entry.next);
            }
        }
    }
}

impl JobsEntry {
    /// Counts from here on what is asked for at this place.
    fn begin(&self, thread: ThreadSlot, cell: u32, place: u32) {
        self.cell.store(0, Ordering::Relaxed);
        for word in [
            &self.run,
            &self.stolen,
            &self.handed_in,
            &self.waits,
            &self.wait_total,
            &self.wait_max,
        ] {
            word.store(0, Ordering::Relaxed);
        }
        self.thread.store(thread.0, Ordering::Relaxed);
        self.place.store(place, Ordering::Relaxed);
        self.cell.store(cell, Ordering::Release);
    }
}
