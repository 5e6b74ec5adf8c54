//! Reads a recording, which a process may be writing at this moment, or have left in any state.
//!
//! Trusts no byte: every index is checked, nothing is followed that could be a ring, times are clamped to
//! the cell, and all lists are bounded by the size of the tables.

mod events;
mod objects;
mod runs;
mod text;
mod threads;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::attention::Attention;
use crate::clock::{self, Rate};
use crate::layout::*;
use crate::snapshot::{
    Gap, Location, LocationIndex, Overflow, Panic, Snapshot, Verdict, VerdictEdge, VerdictKind,
    WaitKind, Waiting,
};
use objects::ObjectCounts;
use text::Places;
use threads::ThreadCounts;

/// The counters as they were before a cell, to subtract from what is read after it.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    threads: Vec<Option<ThreadCounts>>,
    objects: Vec<Option<ObjectCounts>>,
    overflow: Overflow,
}

fn word(at: &AtomicU32) -> u32 {
    at.load(Ordering::Relaxed)
}

fn long(at: &AtomicU64) -> u64 {
    at.load(Ordering::Relaxed)
}

/// All threads' entries that are in use, with their indices.
pub(crate) fn threads_in_use(layout: &Layout) -> impl Iterator<Item = (u32, &ThreadEntry)> {
    let used = (layout.header.threads_used.load(Ordering::Acquire) as usize).min(THREADS - 1);
    (1..=used)
        .map(|index| (index as u32, &layout.threads[index]))
        .filter(|(_, entry)| {
            (THREAD_ALIVE..=THREAD_PANICKED).contains(&entry.state.load(Ordering::Acquire))
        })
}

pub(crate) fn baseline(layout: &Layout) -> Baseline {
    let now = clock::read(word(&layout.header.clock));
    let pid = word(&layout.header.pid);
    let shares = objects::shares(layout, now);
    let mut baseline = Baseline {
        overflow: overflow(layout),
        ..Baseline::default()
    };
    for (index, entry) in threads_in_use(layout) {
        baseline.threads.resize(index as usize + 1, None);
        baseline.threads[index as usize] = Some(threads::counts(entry, pid, now));
    }
    for (index, entry) in objects::in_use(layout) {
        baseline.objects.resize(index as usize + 1, None);
        baseline.objects[index as usize] =
            Some(objects::counts(entry, shares.get(index as usize), now));
    }
    baseline
}

/// One place of the location table, if it is there.
pub(crate) fn location(layout: &Layout, index: LocationIndex) -> Option<Location> {
    let mut places = Places::new(layout);
    places.use_place(index);
    places.read().pop()
}

/// Turns ticks into nanoseconds since the cell began.
#[derive(Clone, Copy)]
struct Times {
    begin: u64,
    now: u64,
    ns_per_tick: f64,
}

impl Times {
    /// A moment, clamped to the cell.
    fn moment(&self, ticks: u64) -> u64 {
        self.span(ticks.clamp(self.begin, self.now.max(self.begin)) - self.begin)
    }

    /// A length of time.
    fn span(&self, ticks: u64) -> u64 {
        (ticks as f64 * self.ns_per_tick) as u64
    }

    /// How long it has been since `since`.
    fn ongoing(&self, since: u64) -> u64 {
        self.now.saturating_sub(since)
    }
}

pub(crate) fn snapshot(layout: &Layout, rate: Rate, cell: u32, baseline: &Baseline) -> Snapshot {
    let header = &layout.header;
    let mut snapshot = Snapshot {
        cell,
        ..Snapshot::default()
    };
    let valid = long(&header.magic) == MAGIC && word(&header.version) == VERSION;
    let begin = long(&header.cell_begin);
    if !valid || word(&header.cell) != cell || begin == 0 {
        return snapshot;
    }
    let end = long(&header.cell_end);
    let clock_now = clock::read(word(&header.clock));
    let ns_per_tick = if word(&header.clock) == clock::MONOTONIC {
        1.0
    } else {
        rate.ns_per_tick()
    };
    // Threads may run on after the end of the cell; then the present is what bounds the times.
    let times = Times {
        begin,
        now: clock_now.max(begin),
        ns_per_tick,
    };
    snapshot.ended = end != 0;
    snapshot.wall_ns = if end == 0 {
        times.moment(clock_now)
    } else {
        times.moment(end)
    };
    snapshot.counts_only = layout.attention_in_order().has(Attention::COUNTS_ONLY);

    let mut places = Places::new(layout);
    snapshot.threads = threads::read(layout, cell, times, baseline, &mut places);
    snapshot.objects = objects::read(
        layout,
        cell,
        times,
        baseline,
        &snapshot.threads,
        &mut places,
    );
    (snapshot.events, snapshot.gaps) = events::read(layout, times, &snapshot.threads, &mut places);
    snapshot.verdicts = verdicts(layout, cell, times, &mut places);
    snapshot.panics = panics(layout, times, &mut places);
    snapshot.locations = places.read();
    snapshot.overflow = subtract(overflow(layout), baseline.overflow);
    snapshot.overhead_ns = overhead(layout, &snapshot);
    snapshot
}

fn overflow(layout: &Layout) -> Overflow {
    let header = &layout.header;
    Overflow {
        threads: long(&header.lost_threads),
        objects: long(&header.lost_objects),
        acquisitions: long(&header.lost_acquisitions),
        sent: long(&header.lost_sent),
        received: long(&header.lost_received),
    }
}

fn subtract(now: Overflow, before: Overflow) -> Overflow {
    Overflow {
        threads: now.threads.saturating_sub(before.threads),
        objects: now.objects.saturating_sub(before.objects),
        acquisitions: now.acquisitions.saturating_sub(before.acquisitions),
        sent: now.sent.saturating_sub(before.sent),
        received: now.received.saturating_sub(before.received),
    }
}

fn wait_kind(number: u32) -> Option<WaitKind> {
    WaitKind::ALL.get(number as usize).copied()
}

/// What a thread waits for; `None` when it runs.
fn waiting(entry: &ThreadEntry, times: Times, places: &mut Places) -> Option<Waiting> {
    if !(PHASE_ANNOUNCED..=PHASE_TIMED).contains(&word(&entry.phase)) {
        return None;
    }
    let flags = word(&entry.wait_flags);
    Some(Waiting {
        kind: wait_kind(word(&entry.wait_kind))?,
        target: word(&entry.wait_target),
        shared_or_send: flags & WAIT_SHARED_OR_SEND != 0,
        timed: flags & WAIT_TIMED != 0,
        at: places.use_place(word(&entry.wait_at)),
        since_ns: times.moment(long(&entry.wait_since)),
    })
}

fn verdicts(layout: &Layout, cell: u32, times: Times, places: &mut Places) -> Vec<Verdict> {
    let mut found: Vec<Verdict> = layout
        .verdicts
        .iter()
        .filter_map(|entry| {
            let version = entry.version.load(Ordering::Acquire);
            let at = long(&entry.at);
            if version == 0 || version % 2 == 1 || word(&entry.cell) != cell || at < times.begin {
                return None;
            }
            let kind = match word(&entry.kind) {
                1 => VerdictKind::Cycle,
                2 => VerdictKind::NobodyCanRun,
                3 => VerdictKind::HolderEnded,
                _ => return None,
            };
            let edges = entry.edges.iter().take(word(&entry.edge_count) as usize);
            let edges = edges
                .filter_map(|edge| verdict_edge(edge, times, places))
                .collect();
            Some(Verdict {
                kind,
                at_ns: times.moment(at),
                victim: word(&entry.victim),
                edges,
            })
        })
        .collect();
    found.sort_by_key(|verdict| verdict.at_ns);
    found
}

fn verdict_edge(
    edge: &crate::layout::VerdictEdge,
    times: Times,
    places: &mut Places,
) -> Option<VerdictEdge> {
    let flags = word(&edge.flags);
    Some(VerdictEdge {
        waiter: word(&edge.waiter),
        waiting: Waiting {
            kind: wait_kind(word(&edge.kind))?,
            target: word(&edge.target),
            shared_or_send: flags & WAIT_SHARED_OR_SEND != 0,
            timed: flags & WAIT_TIMED != 0,
            at: places.use_place(word(&edge.at)),
            since_ns: times.moment(long(&edge.since)),
        },
        holder: word(&edge.holder),
        held_since: places.use_place(word(&edge.held_since)),
    })
}

fn panics(layout: &Layout, times: Times, places: &mut Places) -> Vec<Panic> {
    let mut found: Vec<Panic> = layout
        .panics
        .iter()
        .filter_map(|entry| {
            let version = entry.version.load(Ordering::Acquire);
            let at = long(&entry.at);
            if version == 0 || version % 2 == 1 || at < times.begin {
                return None;
            }
            let length = (word(&entry.length) as usize).min(PANIC_BYTES);
            Some(Panic {
                thread: word(&entry.thread),
                at_ns: times.moment(at),
                at: places.use_place(word(&entry.place)),
                message: text::bytes(&entry.message[..length]),
            })
        })
        .collect();
    found.sort_by_key(|panic| panic.at_ns);
    found
}

/// The recorder's own part: how often each operation was done, times what it was measured to add, and so for each
/// event that was written.
fn overhead(layout: &Layout, snapshot: &Snapshot) -> u64 {
    let offset = if snapshot.counts_only { COUNTS_ONLY } else { 0 };
    let cost = |of: CostOf| u64::from(word(&layout.header.costs[of as usize + offset]));
    let mut scaled = 0_u64;
    let mut add =
        |count: u64, of: CostOf| scaled = scaled.saturating_add(count.saturating_mul(cost(of)));
    for object in &snapshot.objects {
        let counters = &object.counters;
        add(
            counters.acquisitions.saturating_sub(counters.reads),
            CostOf::Exclusive,
        );
        add(counters.reads, CostOf::Shared);
        add(counters.sent, CostOf::Send);
        add(counters.received, CostOf::Receive);
    }
    let lost = |sum: u64, gap: &Gap| sum.saturating_add(gap.events);
    let events = snapshot
        .gaps
        .iter()
        .fold(snapshot.events.len() as u64, lost);
    add(events, CostOf::Event);
    add(snapshot.overflow.acquisitions, CostOf::Exclusive);
    add(snapshot.overflow.sent, CostOf::Send);
    add(snapshot.overflow.received, CostOf::Receive);
    for thread in &snapshot.threads {
        // The main thread is not spawned.
        add(u64::from(!thread.is_main), CostOf::Thread);
        add(thread.lines_printed, CostOf::Line);
    }
    scaled / 1024
}
