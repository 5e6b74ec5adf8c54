//! Events of a recording, and the gaps between them.

use std::sync::atomic::{Ordering, fence};

use super::entries::{long, threads_in_use, word};
use super::sampled::OpenRuns;
use super::tasks;
use super::text::Places;
use super::times::Times;
use super::waiting::wait_kind;
use crate::layout::{
    CHUNKS, Chunk, DELAY_UNIT, EVENTS_PER_CHUNK, EventRef, Layout, MORE_BITS, ONE_MORE,
    POLL_HANDED_OVER, THREADS,
};
use crate::snapshot::{
    Action, Event, Gap, LocationSlot, ObjectSlot, PollOutcome, TaskSlot, Thread, ThreadSlot,
    WaitOutcome, WaitTarget,
};

/// One event as it stands in a chunk.
pub struct Raw {
    pub thread: u32,
    sequence: u64,
    words: [u64; 4],
}

impl Raw {
    pub fn start(&self) -> u64 {
        self.words[2]
    }

    pub fn end(&self) -> u64 {
        self.words[3].max(self.words[2])
    }

    /// The first word: code, flags, kind, target.
    pub fn what(&self) -> u64 {
        self.words[0]
    }

    /// What sort of event it is.
    pub fn code(&self) -> u8 {
        self.what() as u8
    }

    /// Whether it is shared, or a send, or for all.
    pub fn flag(&self) -> bool {
        self.what() >> 8 & 1 != 0
    }

    /// The object, or the thread.
    pub fn target(&self) -> u32 {
        (self.what() >> 32) as u32
    }

    /// Where it was done.
    pub fn place(&self) -> u32 {
        self.words[1] as u32
    }

    /// A waker, or a count.
    pub fn extra(&self) -> u32 {
        (self.words[1] >> 32) as u32
    }

    /// How many more times it was done in a row.
    pub fn more(&self) -> u64 {
        match self.code() {
            2..=4 => (self.what() & MORE_BITS) / ONE_MORE,
            _ => 0,
        }
    }
}

/// All events that are there, by thread and number: also of threads that ended before the cell or
/// began after it.
pub fn raw(layout: &Layout, times: Times) -> Vec<Raw> {
    let mut wanted = vec![None; THREADS];
    for (index, entry) in threads_in_use(layout) {
        wanted[index as usize] = Some(word(&entry.generation));
    }
    let mut raw = Vec::new();
    let used = (layout.header.chunks_used.load(Ordering::Acquire) as usize).min(CHUNKS - 1);
    let runs = OpenRuns::of(layout, times.now);
    for (index, chunk) in layout.chunks.iter().enumerate().take(used + 1).skip(1) {
        read_chunk(index as u32, chunk, &wanted, &runs, &mut raw);
    }
    raw.sort_unstable_by_key(|event| (event.thread, event.sequence));
    // Only bytes that make no sense give one number twice.
    raw.dedup_by_key(|event| (event.thread, event.sequence));
    raw
}

/// Those that overlap the cell, sorted by time, and what is missing of them. A wait that `goes_on`
/// is left out: its thread tells of it.
pub fn read(
    layout: &Layout,
    times: Times,
    threads: &[Thread],
    raw: &[Raw],
    goes_on: impl Fn(&Raw) -> bool,
    places: &mut Places,
) -> (Vec<Event>, Vec<Gap>) {
    let gaps = threads
        .iter()
        .filter(|thread| thread.events_written > 0)
        .flat_map(|thread| {
            let start = raw.partition_point(|event| event.thread < thread.index.0);
            let end = raw.partition_point(|event| event.thread <= thread.index.0);
            gaps(layout, times, thread, &raw[start..end])
        });
    let gaps = gaps.collect();
    let is_of_cell = |index| threads.binary_search_by_key(&index, |it| it.index).is_ok();
    let mut events: Vec<Event> = raw
        .iter()
        .filter(|event| is_of_cell(ThreadSlot(event.thread)))
        .filter(|event| !goes_on(event))
        .filter_map(|event| decode(event, times, places))
        .collect();
    events.sort_by_key(|event| (event.start_ns, event.thread, event.sequence));
    (events, gaps)
}

/// Copies a chunk's events unless it is given to another owner meanwhile.
fn read_chunk(
    index: u32,
    chunk: &Chunk,
    wanted: &[Option<u32>],
    runs: &OpenRuns,
    into: &mut Vec<Raw>,
) {
    let version = chunk.version.load(Ordering::Acquire);
    let (thread, first) = (word(&chunk.owner), long(&chunk.first));
    let generation = wanted.get(thread as usize).copied().flatten();
    if version % 2 == 1 || thread == 0 || generation != Some(word(&chunk.owner_generation)) {
        return;
    }
    let count = (chunk.count.load(Ordering::Acquire) as usize).min(EVENTS_PER_CHUNK);
    let before = into.len();
    for (number, event) in chunk.events[..count].iter().enumerate() {
        let (what, start) = (long(&event.what), long(&event.start));
        let words = [
            runs.counted(EventRef::of(index, number as u32), what, start),
            long(&event.place),
            start,
            long(&event.end),
        ];
        into.push(Raw {
            thread,
            sequence: first.saturating_add(number as u64),
            words,
        });
    }
    // Whoever overwrote one of these events had made the version odd before: see `Chunk::begin`.
    fence(Ordering::Acquire);
    if chunk.version.load(Ordering::Relaxed) != version {
        into.truncate(before);
    }
}

/// Stretches of a thread's events of this cell that are not there.
fn gaps(layout: &Layout, times: Times, thread: &Thread, events: &[Raw]) -> Vec<Gap> {
    let before = long(&layout.threads[thread.index.index()].events_before);
    let after = before.saturating_add(thread.events_written);
    let mut gaps = Vec::new();
    let (mut expected, mut since) = (before, thread.start_ns);
    for event in events
        .iter()
        .filter(|event| (before..after).contains(&event.sequence))
    {
        let (start, end) = (times.moment(event.words[2]), times.moment(event.words[3]));
        if event.sequence > expected {
            let missing = event.sequence - expected;
            gaps.push(Gap {
                thread: thread.index,
                start_ns: since,
                end_ns: start.max(since),
                events: missing,
            });
        }
        expected = event.sequence + 1;
        since = end;
    }
    if after > expected {
        let end_ns = thread
            .end_ns
            .unwrap_or_else(|| times.span(times.ongoing(times.begin)))
            .max(since);
        gaps.push(Gap {
            thread: thread.index,
            start_ns: since,
            end_ns,
            events: after - expected,
        });
    }
    gaps
}

fn decode(raw: &Raw, times: Times, places: &mut Places) -> Option<Event> {
    let [what, place, start, end] = raw.words;
    if end < times.begin || times.is_after(start) {
        return None;
    }
    let flags = (what >> 8) as u8;
    let (flag, target, extra) = (raw.flag(), raw.target(), raw.extra());
    let action = match raw.code() {
        1 => {
            let kind = wait_kind((what >> 16) as u32 & 0xFFFF)?;
            Action::Wait {
                kind,
                target: WaitTarget::of(kind, target),
                shared_or_send: flag,
                waker: ThreadSlot(extra),
                outcome: match flags >> 4 {
                    0 => WaitOutcome::Done,
                    1 => WaitOutcome::TimedOut,
                    2 => WaitOutcome::Disconnected,
                    3 => WaitOutcome::Cancelled,
                    4 => WaitOutcome::Deadlock,
                    _ => return None,
                },
            }
        }
        2 => Action::Hold {
            object: ObjectSlot(target),
            shared: flag,
        },
        3 => Action::Send {
            object: ObjectSlot(target),
            queued: extra,
        },
        4 => Action::Receive {
            object: ObjectSlot(target),
            queued: extra,
        },
        5 => Action::Spawn {
            thread: ThreadSlot(target),
        },
        6 => Action::ThreadStart,
        7 => Action::ThreadEnd { panicked: flag },
        8 => Action::Notify {
            object: ObjectSlot(target),
            all: flag,
            woken: extra,
        },
        9 => Action::Unpark {
            thread: ThreadSlot(target),
        },
        10 => Action::Panic,
        11 => Action::TryFailed {
            object: ObjectSlot(target),
        },
        12 => Action::Drop {
            object: ObjectSlot(target),
        },
        13 => Action::Poll {
            task: TaskSlot(target),
            outcome: match flags & 3 {
                0 => PollOutcome::Pending,
                1 => PollOutcome::Ready,
                2 => PollOutcome::Panicked,
                _ => return None,
            },
            handed_over: flags & POLL_HANDED_OVER != 0,
            waits: tasks::wait(flags >> 4, (what >> 16) as u16, places),
            woken_by: tasks::actor(extra),
            delay_ns: times.span((place as u32 as u64).saturating_mul(DELAY_UNIT)),
        },
        14 => Action::PassedOver {
            task: TaskSlot(target),
            branches: (what >> 16) as u16,
            rounds: extra,
        },
        _ => return None,
    };
    let (start_ns, end_ns) = (times.moment(start), times.moment(end));
    Some(Event {
        thread: ThreadSlot(raw.thread),
        sequence: raw.sequence,
        start_ns,
        end_ns: end_ns.max(start_ns),
        at: match action {
            Action::Poll { .. } => LocationSlot::NONE,
            _ => places.use_place(LocationSlot(place as u32)),
        },
        times: raw.more() as u32 + 1,
        action,
    })
}
