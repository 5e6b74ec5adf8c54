//! Sampled runs that go on: what they have not written down yet (see `writer/sampled.rs`).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::entries::{long, objects_in_use, threads_in_use, word};
use crate::layout::EventKind;
use crate::layout::*;

/// So often a run is read again that changes meanwhile.
const TRIES: usize = 8;

/// How often and for how long something was used, with the run that goes on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    pub count: u64,
    /// In ticks.
    pub time: u64,
    /// When the use began that goes on, if one does and it is timed.
    pub since: Option<u64>,
    open: Option<Open>,
}

/// What is to be counted into an event.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// The event, and when it began.
    at: EventRef,
    begun: u64,
    more: u32,
}

/// Exclusive holds of a lock, or messages received.
pub fn of_object(entry: &ObjectEntry, now: u64) -> Used {
    read(&entry.run, &entry.hold_total, now, 1, || {
        let uses = long(&entry.uses);
        let goes_on = uses as u32 != NO_OWNER;
        Counter {
            count: entry.use_count(),
            low: (uses >> 32) as u32,
            goes_on,
            since: long(&entry.since),
        }
    })
}

/// Shared holds, or messages sent, of one thread.
pub fn of_share(share: &Share, now: u64) -> Used {
    read(&share.run, &share.hold_total, now, 2, || {
        let uses = long(&share.uses);
        Counter {
            count: uses / 2 + uses % 2,
            low: uses as u32 + (uses % 2) as u32,
            goes_on: uses % 2 == 1,
            since: 0,
        }
    })
}

struct Counter {
    count: u64,
    /// The lower half of the counter, the present use included.
    low: u32,
    goes_on: bool,
    /// When the present use began, if it is timed.
    since: u64,
}

fn read(
    run: &SampledRun,
    total: &AtomicU64,
    now: u64,
    step: u32,
    counter: impl Fn() -> Counter,
) -> Used {
    let mut used = Used::default();
    for _ in 0..TRIES {
        let version = run.version.load(Ordering::Acquire);
        let counter = counter();
        let open = long(&run.epoch) != 0;
        let present = if counter.goes_on { step } else { 0 };
        let more = counter
            .low
            .wrapping_sub(present)
            .wrapping_sub(word(&run.base))
            / step;
        let (begun, took) = (long(&run.begun), u64::from(word(&run.took)));
        let untimed = if open { u64::from(more) } else { 0 };
        let time = run.time_of(untimed, now);
        let since = match (open, took) {
            (true, 0) => 0,
            (true, _) => begun.saturating_add(took).saturating_add(time),
            (false, _) => counter.since,
        };
        used = Used {
            count: counter.count,
            time: long(total).saturating_add(time),
            since: Some(since).filter(|&since| counter.goes_on && since != 0),
            open: (open && word(&run.event) != 0).then(|| Open {
                at: EventRef(word(&run.event)),
                begun,
                more: more.min(MORE_LIMIT),
            }),
        };
        fence(Ordering::Acquire);
        if version.is_multiple_of(2) && word(&run.version) == version {
            return used;
        }
    }
    Used { open: None, ..used }
}

/// All runs that go on and have an event.
pub struct OpenRuns(BTreeMap<EventRef, Open>);

impl OpenRuns {
    pub fn of(layout: &Layout, now: u64) -> OpenRuns {
        let of_objects = objects_in_use(layout).map(|(_, entry)| of_object(entry, now));
        let of_threads = threads_in_use(layout)
            .flat_map(|(_, thread)| thread.shares.iter().filter(|share| share.object() != 0))
            .map(|share| of_share(share, now));
        let open = of_objects.chain(of_threads).filter_map(|used| used.open);
        OpenRuns(open.map(|open| (open.at, open)).collect())
    }

    /// The first word of an event that begins at `start`, with the run's uses counted into it. An
    /// event that is not the run's, or has them already, stays as it is.
    pub fn counted(&self, at: EventRef, what: u64, start: u64) -> u64 {
        const USES: [u8; 3] = [
            EventKind::Hold as u8,
            EventKind::Send as u8,
            EventKind::Receive as u8,
        ];
        match self.0.get(&at) {
            Some(open)
                if open.begun == start && what & MORE_BITS == 0 && USES.contains(&(what as u8)) =>
            {
                what | (u64::from(open.more) * ONE_MORE)
            }
            _ => what,
        }
    }
}
