//! Reads a recording, which a process may be writing at this moment, or have left in any state.
//!
//! Trusts no byte: every index is checked, nothing is followed that could be a ring, times are
//! clamped to the cell, and all lists are bounded by the size of the tables.

mod at_end;
mod entries;
mod events;
mod jobs;
mod objects;
mod ongoing;
mod outside;
mod overhead;
mod panics;
mod sampled;
mod seen;
mod tasks;
mod text;
mod threads;
mod times;
mod unseen;
mod verdicts;
mod waiting;

use crate::attention::Attention;
use crate::clock::{self, Rate};
use crate::layout::*;
use crate::snapshot::{Location, LocationSlot, Overflow, Snapshot};
use at_end::AtEnd;
use entries::{long, objects_in_use, word};
use outside::Outside;
use overhead::overhead;
use text::Places;
use times::Times;
use unseen::others_may_act;

pub(crate) use entries::threads_in_use;
pub use seen::{Baseline, Seen};
pub use threads::thread_name;

pub(crate) fn baseline(layout: &Layout, seen: &Seen) -> Baseline {
    let now = clock::read(word(&layout.header.clock));
    let pid = word(&layout.header.pid);
    let shares = objects::shares(layout, now);
    let mut baseline = Baseline {
        at: now,
        overflow: overflow(layout),
        ..Baseline::default()
    };
    for (index, entry) in threads_in_use(layout) {
        baseline.threads.resize(index as usize + 1, None);
        baseline.threads[index as usize] = Some(threads::counts(entry, now));
    }
    for (index, entry) in objects_in_use(layout) {
        baseline.objects.resize(index as usize + 1, None);
        baseline.objects[index as usize] =
            Some(objects::counts(entry, shares.get(index as usize), now));
    }
    baseline.since(seen, pid);
    baseline
}

/// One place of the location table, if it is there.
pub(crate) fn location(layout: &Layout, index: LocationSlot) -> Option<Location> {
    let mut places = Places::new(layout);
    places.use_place(index);
    places.read().pop()
}

/// What the recording says of a cell, and what is told by that once it has ended.
pub(crate) fn snapshot(
    layout: &Layout,
    rate: Rate,
    cell: u32,
    baseline: &Baseline,
) -> (Snapshot, Option<Seen>) {
    let header = &layout.header;
    let mut snapshot = Snapshot {
        cell,
        ..Snapshot::default()
    };
    let valid = long(&header.magic) == MAGIC && word(&header.version) == VERSION;
    let begin = long(&header.cell_begin);
    if !valid || word(&header.cell) != cell || begin == 0 {
        return (snapshot, None);
    }
    let end = long(&header.cell_end);
    let clock_now = clock::read(word(&header.clock));
    let ns_per_tick = if word(&header.clock) == clock::MONOTONIC {
        1.0
    } else {
        rate.ns_per_tick()
    };
    // Threads may run on after the end of the cell; what they do then is not its own.
    let now = if end == 0 { clock_now } else { end };
    let times = Times {
        cell,
        begin,
        now: now.max(begin),
        ended: end != 0,
        ns_per_tick,
    };
    snapshot.ended = end != 0;
    snapshot.wall_ns = times.moment(now);
    snapshot.counts_only = layout.attention_in_order().has(Attention::COUNTS_ONLY);

    let mut places = Places::new(layout);
    snapshot.threads = threads::read(layout, times, &baseline.threads, &mut places);
    let raw = events::raw(layout, times);
    let mut outside = Outside::of(&raw, times, baseline.at, word(&header.main));
    threads::take_off(layout, &mut snapshot.threads, times, &outside, baseline.at);
    outside.at_end = AtEnd::of(&raw, times, &mut places);
    let at_end = &outside.at_end;
    at_end.restore_holds(layout, &mut snapshot.threads, times);
    let mut objects = objects::read(
        layout,
        times,
        &baseline.objects,
        &baseline.since_seen,
        &snapshot.threads,
        &outside,
        &mut places,
    );
    ongoing::add_waits_of_threads(&mut objects.objects, &snapshot.threads, times);
    at_end.restore_waits(&mut snapshot.threads);
    // After the objects: a task that has been idle for longer found them as they were read.
    snapshot.tasks = tasks::read(layout, times, &mut places);
    ongoing::add_waits_of_tasks(&mut objects.objects, &snapshot.tasks, times);
    snapshot.jobs = jobs::read(layout, times, &mut places);
    snapshot.others_may_act =
        !snapshot.tasks.is_empty() && others_may_act(header, &snapshot.threads, snapshot.wall_ns);
    (snapshot.objects, snapshot.between) = (objects.objects, objects.between);
    snapshot.since_cell = baseline.since_cell;
    let goes_on = |event: &events::Raw| at_end.goes_on(event, times);
    (snapshot.events, snapshot.gaps) =
        events::read(layout, times, &snapshot.threads, &raw, goes_on, &mut places);
    snapshot.verdicts = verdicts::read(layout, times, &mut places);
    snapshot.panics = panics::read(layout, times, &mut places);
    snapshot.locations = places.read();
    snapshot.overflow = subtract(overflow(layout), baseline.overflow);
    snapshot.overhead_ns = overhead(layout, &snapshot);
    let seen = Seen {
        pid: word(&header.pid),
        cell,
        uses: objects.uses,
    };
    let seen = Some(seen).filter(|_| snapshot.ended);
    (snapshot, seen)
}

fn overflow(layout: &Layout) -> Overflow {
    let header = &layout.header;
    Overflow {
        threads: long(&header.lost_threads),
        tasks: long(&header.lost_tasks),
        objects: long(&header.lost_objects),
        acquisitions: long(&header.lost_acquisitions),
        sent: long(&header.lost_sent),
        received: long(&header.lost_received),
    }
}

fn subtract(now: Overflow, before: Overflow) -> Overflow {
    Overflow {
        threads: now.threads.saturating_sub(before.threads),
        tasks: now.tasks.saturating_sub(before.tasks),
        objects: now.objects.saturating_sub(before.objects),
        acquisitions: now.acquisitions.saturating_sub(before.acquisitions),
        sent: now.sent.saturating_sub(before.sent),
        received: now.received.saturating_sub(before.received),
    }
}
