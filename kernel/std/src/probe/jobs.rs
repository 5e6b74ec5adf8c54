//! Jobs: what a program puts into the queue of a pool, whose threads run it.
//!
//! Each job is counted by the thread that runs it, to the place that asked for it: a line of a cell
//! that calls the pool, or a call in a cell that led to a crate which does. What a job itself asks
//! for, by way of a crate, is counted to the place of that job: a parallel iterator splits itself
//! over and over.

use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::layout::{JobsEntry, LOCATIONS, THREADS};
use record::writer::{self, Local};

use super::calls::{is_of_crate, place_with_calls};
use super::current::{counts_only, with_thread};
use super::objects::Place;
use super::tasks::{add_alone, cell_of_caller, time_in_cell};

/// A job, or what its thread asks for now: the cell, the place, and who made it.
///
/// ```text
/// 63        32   31       30  16     15          14    0
/// cell         BY_CRATE   place   HANDED_IN   thread
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job(u64);

/// A crate asked for it: what that crate asks for in turn is a part of it.
const BY_CRATE: u64 = 1 << 31;
/// It came from outside of the pool, or is meant for one thread.
const HANDED_IN: u64 = 1 << 15;

const _: () = assert!(LOCATIONS <= 1 << 15 && THREADS <= 1 << 15);

impl Job {
    /// One that is not counted.
    pub const NONE: Job = Job(0);

    fn asked_for(cell: u32, place: u32) -> Job {
        Job(u64::from(cell) << 32 | u64::from(place) << 16)
    }

    fn cell(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn place(self) -> u32 {
        (self.0 >> 16) as u32 & 0x7FFF
    }

    fn maker(self) -> u32 {
        self.0 as u32 & 0x7FFF
    }

    fn is(self, flag: u64) -> bool {
        self.0 & flag != 0
    }

    /// As one that came from outside of the pool, or is meant for one thread.
    pub fn handed_in(self) -> Job {
        match self {
            Job::NONE => Job::NONE,
            Job(job) => Job(job | HANDED_IN),
        }
    }

    /// The calling thread begins to run it.
    pub fn begins(self) -> AsksFor {
        if self == Job::NONE {
            return AsksFor(None);
        }
        with_thread(|local, _| {
            let is_stolen = !self.is(HANDED_IN) && self.maker() != local.thread().0;
            if let Some(entry) = entry(local, self) {
                add_alone(&entry.run, 1);
                if self.is(HANDED_IN) {
                    add_alone(&entry.handed_in, 1);
                }
                if is_stolen {
                    add_alone(&entry.stolen, 1);
                }
            }
            let asked_for = self.0 & !(HANDED_IN | 0x7FFF);
            AsksFor(Some(local.asked_for.replace(asked_for)))
        })
    }
}

/// As long as this lives, the jobs that the calling thread makes are counted to one place.
#[derive(Debug)]
pub struct AsksFor(Option<u64>);

impl Drop for AsksFor {
    #[inline]
    fn drop(&mut self) {
        if let Some(before) = self.0 {
            asked_before(before);
        }
    }
}

#[inline(never)]
fn asked_before(before: u64) {
    writer::with_inlined(|local| local.asked_for.set(before));
}

/// A pool is called at a place: what it is asked for from here on is counted to that.
pub fn asks(at: Place) -> AsksFor {
    writer::with_inlined(|local| {
        let before = Job(local.asked_for.get());
        // A `join` within a `join` is asked for at the same place over and over.
        match before != Job::NONE && before.place() == local.place(at) {
            true => AsksFor(None),
            false => asks_elsewhere(before, at),
        }
    })
}

#[cold]
#[inline(never)]
fn asks_elsewhere(before: Job, at: Place) -> AsksFor {
    with_thread(|local, thread| {
        let place = local.place(at);
        if before != Job::NONE && is_part_of(local, before, place, at) {
            return AsksFor(None);
        }
        let cell = match before {
            Job::NONE => cell_of_caller(local, thread),
            job => job.cell(),
        };
        let by_crate = match is_of_crate(local, place) {
            true => BY_CRATE,
            false => 0,
        };
        let asked_for = Job::asked_for(cell, place_with_calls(local, place)).0 | by_crate;
        AsksFor(Some(local.asked_for.replace(asked_for)))
    })
}

/// Whether a crate's place asks for a part of what was asked for before.
fn is_part_of(local: &Local, before: Job, place: u32, at: &Location<'_>) -> bool {
    is_of_crate(local, place) && (before.is(BY_CRATE) || at.file().contains("/rayon-core-"))
}

/// The calling thread makes a job.
pub fn made() -> Job {
    writer::with_inlined(|local| match local.asked_for.get() {
        0 => Job::NONE,
        asked_for => Job(asked_for | u64::from(local.thread().0)),
    })
}

/// The calling thread runs the job that it has made last, without its queue.
pub fn ran_inline() {
    writer::with_inlined(|local| {
        if let Some(entry) = entry(local, Job(local.asked_for.get())) {
            add_alone(&entry.run, 1);
        }
    });
}

/// Where the calling thread counts jobs like this one.
fn entry(local: &Local, job: Job) -> Option<&'static JobsEntry> {
    let is_its = |entry: &&JobsEntry| {
        entry.cell.load(Ordering::Relaxed) == job.cell()
            && entry.place.load(Ordering::Relaxed) == job.place()
    };
    local.jobs.get().filter(is_its).or_else(|| find(local, job))
}

#[cold]
#[inline(never)]
fn find(local: &Local, job: Job) -> Option<&'static JobsEntry> {
    if job.cell() == 0 || local.thread().0 == 0 {
        return None;
    }
    let entry = local
        .layout()
        .jobs_of(local.thread(), job.cell(), job.place());
    local.jobs.set(entry);
    entry
}

/// As long as this lives, the calling thread waits for jobs that others have.
#[derive(Debug)]
pub struct WaitsForJobs {
    since: Option<u64>,
    total: u64,
}

/// The calling thread begins to wait for jobs that others have; if it asked for none, that is no
/// wait: its pool has nothing for it to do.
pub fn waits_for_jobs() -> WaitsForJobs {
    let since = with_thread(|local, _| {
        let is_wait = local.asked_for.get() != 0 && !counts_only(local);
        is_wait.then(|| local.now())
    });
    WaitsForJobs { since, total: 0 }
}

impl WaitsForJobs {
    /// Does something else meanwhile, which is no waiting.
    #[inline]
    pub fn without<R>(&mut self, other: impl FnOnce() -> R) -> R {
        let is_wait = self.since.is_some();
        if is_wait {
            self.pauses();
        }
        let result = other();
        if is_wait {
            self.since = Some(writer::with(Local::now));
        }
        result
    }

    fn pauses(&mut self) {
        if let Some(since) = self.since.take() {
            self.total += writer::with(|local| time_in_cell(local.layout(), since, local.now()));
        }
    }
}

impl Drop for WaitsForJobs {
    fn drop(&mut self) {
        if self.since.is_none() {
            return;
        }
        self.pauses();
        with_thread(|local, _| {
            if let Some(entry) = entry(local, Job(local.asked_for.get())) {
                add_alone(&entry.waits, 1);
                add_alone(&entry.wait_total, self.total);
                if self.total > entry.wait_max.load(Ordering::Relaxed) {
                    entry.wait_max.store(self.total, Ordering::Relaxed);
                }
            }
        });
    }
}
