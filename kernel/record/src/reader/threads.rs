//! Threads of a recording.

use std::sync::atomic::Ordering;

use super::entries::{long, objects_in_use, threads_in_use, word};
use super::outside::Outside;
use super::text::Places;
use super::times::Times;
use super::waiting::{wait_kind, waiting};
use crate::layout::*;
use crate::snapshot::{LocationSlot, ObjectSlot, Thread, ThreadSlot, ThreadState, WaitKind};

/// A thread's counters at some moment, in ticks where they are times.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadCounts {
    generation: u32,
    blocked: [u64; WaitKind::COUNT],
    lines: u64,
}

pub fn counts(entry: &ThreadEntry, now: u64) -> ThreadCounts {
    let mut blocked: [u64; WaitKind::COUNT] =
        std::array::from_fn(|kind| long(&entry.blocked[kind]));
    if (PHASE_ANNOUNCED..=PHASE_TIMED).contains(&word(&entry.phase))
        && let Some(kind) = wait_kind(word(&entry.wait_kind))
    {
        let ongoing = now.saturating_sub(long(&entry.wait_since));
        blocked[kind as usize] = blocked[kind as usize].saturating_add(ongoing);
    }
    ThreadCounts {
        generation: word(&entry.generation),
        blocked,
        lines: long(&entry.lines),
    }
}

pub fn read(
    layout: &Layout,
    times: Times,
    before: &[Option<ThreadCounts>],
    places: &mut Places,
) -> Vec<Thread> {
    let held = held(layout);
    threads_in_use(layout)
        .filter(|(_, entry)| {
            let ended_before = word(&entry.state) != THREAD_ALIVE && long(&entry.end) < times.begin;
            let start = long(&entry.start);
            let began = word(&entry.cell) == times.cell || start < times.now;
            // What the system would not start (a name with a NUL) was no thread.
            let lived =
                word(&entry.state) != THREAD_FINISHED || entry.os_tid.load(Ordering::Relaxed) != 0;
            !ended_before && began && !times.is_after(start) && lived
        })
        .map(|(index, entry)| {
            let now = counts(entry, times.now);
            let before = before.get(index as usize).copied().flatten();
            let mut before = before
                .filter(|before| before.generation == now.generation)
                .unwrap_or_default();
            if word(&entry.flags) & FLAG_MAIN != 0 {
                // It begins to count anew with each cell.
                before.blocked = Default::default();
            }
            let held = held.get(index as usize).cloned().unwrap_or_default();
            let found = Found {
                index,
                entry,
                now,
                before,
                held,
            };
            thread(layout, found, times, places)
        })
        .collect()
}

/// Takes off what threads did outside of the cell.
pub fn take_off(
    layout: &Layout,
    threads: &mut [Thread],
    times: Times,
    outside: &Outside,
    baseline: u64,
) {
    for thread in threads {
        let mut blocked = outside.blocked(thread.index.0);
        if let Some(waiting) = &thread.waiting {
            let entry = &layout.threads[thread.index.index()];
            let since = long(&entry.wait_since).max(baseline);
            let sum = &mut blocked[waiting.kind as usize];
            *sum = sum.saturating_add(times.begin.saturating_sub(since));
        }
        // No thread waits for longer than it lives, however the parts were rounded.
        let end = thread.end_ns.unwrap_or_else(|| times.moment(times.now));
        let mut life = end.saturating_sub(thread.start_ns);
        for (sum, outside) in thread.blocked_ns.iter_mut().zip(blocked) {
            *sum = sum.saturating_sub(times.span(outside)).min(life);
            life -= *sum;
        }
        let after = outside.written(thread.index.0);
        thread.events_written = thread.events_written.saturating_sub(after);
    }
}

/// A thread of the cell, and what it has counted when the cell began and now.
struct Found<'a> {
    index: u32,
    entry: &'a ThreadEntry,
    now: ThreadCounts,
    before: ThreadCounts,
    held: Vec<ObjectSlot>,
}

fn thread(layout: &Layout, found: Found<'_>, times: Times, places: &mut Places) -> Thread {
    let Found {
        index,
        entry,
        now,
        before,
        held,
    } = found;
    let flags = word(&entry.flags);
    // Read once: the thread may end in between.
    let state = word(&entry.state);
    let ended = state != THREAD_ALIVE;
    let waiting = waiting(entry, times, places).filter(|_| !ended);
    let start = times.moment(long(&entry.start));
    let end = times.moment(if ended { long(&entry.end) } else { times.now });
    Thread {
        index: ThreadSlot(index),
        cell: word(&entry.cell),
        ordinal: word(&entry.ordinal),
        os_tid: word(&entry.os_tid),
        is_main: flags & FLAG_MAIN != 0,
        is_foreign: flags & FLAG_FOREIGN != 0,
        is_pooled: flags & FLAG_POOLED != 0,
        has_timers: flags & FLAG_TIMERS != 0,
        name: name(entry, places),
        parent: ThreadSlot(word(&entry.parent)),
        spawned_at: places.use_place(LocationSlot(word(&entry.spawned_at))),
        start_ns: start,
        end_ns: ended.then_some(end),
        cpu_ns: cpu(layout, entry, ended).map(|cpu| cpu.min(end.saturating_sub(start))),
        blocked_ns: std::array::from_fn(|kind| {
            times.span(now.blocked[kind].saturating_sub(before.blocked[kind]))
        }),
        state: match (state, &waiting) {
            (THREAD_FINISHED, _) => ThreadState::Finished,
            (THREAD_PANICKED, _) => ThreadState::Panicked,
            (_, Some(_)) => ThreadState::Blocked,
            (_, None) => ThreadState::Running,
        },
        waiting,
        held,
        lines_printed: now.lines.saturating_sub(before.lines),
        has_handle: flags & (FLAG_DETACHED | FLAG_MAIN | FLAG_FOREIGN) == 0,
        joined: flags & FLAG_JOINED != 0 || long(&entry.scope) != 0,
        events_written: events_written(layout, index, entry)
            .saturating_sub(long(&entry.events_before)),
    }
}

/// What a thread is called that the program gave a name.
pub fn thread_name(layout: &Layout, thread: ThreadSlot) -> Option<String> {
    let entry = layout.threads.get(thread.index())?;
    name(entry, &mut Places::new(layout))
}

/// A thread's name: in its entry if it is short, otherwise a `StringRef` in its place.
fn name(entry: &ThreadEntry, places: &mut Places) -> Option<String> {
    const LONG_NAME: u32 = u32::MAX;
    match word(&entry.name_length) {
        0 => None,
        LONG_NAME => {
            let bytes = std::array::from_fn(|byte| entry.name[byte].load(Ordering::Relaxed));
            Some(places.string(u64::from_le_bytes(bytes)))
        }
        length => Some(super::text::bytes(
            &entry.name[..(length as usize).min(NAME_BYTES)],
        )),
    }
}

/// All events that the thread has written in its life.
fn events_written(layout: &Layout, index: u32, entry: &ThreadEntry) -> u64 {
    let before = long(&entry.events);
    let last = word(&entry.last_chunk);
    let current = layout
        .chunks
        .get(last as usize)
        .filter(|chunk| last != 0 && word(&chunk.owner) == index);
    current.map_or(before, |chunk| {
        let count = u64::from(chunk.count.load(Ordering::Acquire)).min(EVENTS_PER_CHUNK as u64);
        before.max(long(&chunk.first).saturating_add(count))
    })
}

/// CPU time in this cell: the thread's own note of it once it has ended, and the main thread's once
/// the cell has; otherwise the system's, less what the thread had used when the cell began.
fn cpu(layout: &Layout, entry: &ThreadEntry, ended: bool) -> Option<u64> {
    let noted = long(&entry.cpu_ns);
    let is_main = word(&entry.flags) & FLAG_MAIN != 0;
    if ended || is_main && long(&layout.header.cell_end) != 0 {
        return Some(noted).filter(|&noted| noted != 0);
    }
    let so_far = cpu_from_system(entry, word(&layout.header.pid))?;
    Some(so_far.saturating_sub(noted))
}

fn cpu_from_system(entry: &ThreadEntry, pid: u32) -> Option<u64> {
    let path = format!("/proc/{pid}/task/{}/schedstat", word(&entry.os_tid));
    std::fs::read_to_string(path)
        .ok()?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

/// What each thread holds: exclusive locks know their owners, threads know their shared ones.
fn held(layout: &Layout) -> Vec<Vec<ObjectSlot>> {
    let used = layout.threads_used();
    let mut held = vec![Vec::new(); used + 1];
    for (index, entry) in objects_in_use(layout) {
        let owner = entry.owner() as usize;
        if let Some(list) = held.get_mut(owner).filter(|_| owner != 0) {
            list.push(ObjectSlot(index));
        }
    }
    for (index, entry) in threads_in_use(layout) {
        let Some(list) = held.get_mut(index as usize) else {
            continue;
        };
        for (object, _) in layout.shared_holds(entry) {
            let object = ObjectSlot(object);
            if object.index() < OBJECTS && !list.contains(&object) {
                list.push(object);
            }
        }
    }
    held
}
