//! Time stamps for operations that come by the million.
//!
//! Reading the clock twice can cost four times what the lock itself does. So where a thread uses one object over
//! and over, each time for well under a microsecond, only every sixteenth use is timed. The uses between are
//! given stamps in the right order right after the last real one, and count the time of the last timed use.
//!
//! What could go wrong is a long use among them. A ticker changes a word of the recording every millisecond;
//! whoever sees another value than at the last real stamp reads the clock. So no time is off by more than a
//! tick, and nothing that takes longer than one goes unnoticed. The ticker sleeps while nobody needs it, and
//! without one every use is timed.

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Local;
use crate::layout::{ATTENTION_COUNTS, Layout, ObjectEntry};
use crate::{clock, futex};

/// Uses that are not timed after one that is.
const UNTIMED: u32 = 15;
/// So many timed uses in a row, all fast, before some are not.
const RUN: u32 = 64;
/// A use is fast when it and what lies between it and the next take less than this, in ticks of the clock: about
/// a microsecond.
const FAST: u64 = 3_000;

/// What a thread remembers of its last stamps.
pub(super) struct Stamps {
    /// The object that it uses over and over.
    object: Cell<u32>,
    /// Its entry, and the place in the source where it was locked last: address and index. The address is 0
    /// until they are known.
    entry: Cell<Option<&'static ObjectEntry>>,
    at: Cell<usize>,
    place: Cell<u32>,
    /// Untimed uses still allowed.
    left: Cell<u32>,
    /// Timed fast uses so far.
    run: Cell<u32>,
    /// The header's tick at the last real stamp.
    tick: Cell<u32>,
    /// Whether the present use is a timed one.
    timed: Cell<bool>,
    /// The last stamp given out.
    last: Cell<u64>,
    /// The last real stamp at a beginning.
    last_real: Cell<u64>,
    /// How long the last timed use took.
    took: Cell<u64>,
}

impl Stamps {
    pub(super) const fn new() -> Stamps {
        Stamps {
            object: Cell::new(0),
            entry: Cell::new(None),
            at: Cell::new(0),
            place: Cell::new(0),
            left: Cell::new(0),
            run: Cell::new(0),
            tick: Cell::new(0),
            timed: Cell::new(false),
            last: Cell::new(0),
            last_real: Cell::new(0),
            took: Cell::new(0),
        }
    }

    /// Forgets everything, for another thread.
    pub(super) fn reset(&self) {
        self.object.set(0);
        self.at.set(0);
        self.left.set(0);
        self.run.set(0);
        self.last.set(0);
    }
}

impl Local {
    /// The time now, for anything else: no stamp after it is before it.
    #[inline]
    pub fn now(&self) -> u64 {
        let now = clock::now().max(self.stamps.last.get());
        self.stamps.last.set(now);
        self.stamps.left.set(0);
        now
    }

    /// The stamp of the beginning of a use of `object`, or of an instant.
    #[inline]
    pub fn begin_stamp(&self, object: u32) -> u64 {
        let stamps = &self.stamps;
        let left = stamps.left.get();
        if left != 0
            && stamps.object.get() == object
            && self.layout().header.tick.load(Ordering::Relaxed) == stamps.tick.get()
        {
            stamps.left.set(left - 1);
            let stamp = stamps.last.get() + 1;
            stamps.last.set(stamp);
            return stamp;
        }
        self.real_begin(object)
    }

    #[inline(never)]
    fn real_begin(&self, object: u32) -> u64 {
        let stamps = &self.stamps;
        let now = clock::now().max(stamps.last.get() + 1);
        let header = &self.layout().header;
        let uses = u64::from(if stamps.run.get() > RUN {
            UNTIMED + 1
        } else {
            1
        });
        if stamps.object.get() != object || now - stamps.last_real.get() > uses * FAST {
            if stamps.object.replace(object) != object {
                stamps.at.set(0);
            }
            stamps.run.set(0);
            stamps.left.set(0);
        } else if stamps.run.get() < RUN {
            stamps.run.set(stamps.run.get() + 1);
        } else if header.ticking.load(Ordering::Relaxed) == 1 {
            stamps.run.set(RUN + 1);
            stamps.left.set(UNTIMED);
            stamps.tick.set(header.tick.load(Ordering::Relaxed));
            if header.needs_ticks.load(Ordering::Relaxed) == 0 {
                header.needs_ticks.store(1, Ordering::Relaxed);
            }
        } else {
            wake_ticker(self.layout());
            stamps.run.set(0);
        }
        stamps.timed.set(true);
        stamps.last.set(now);
        stamps.last_real.set(now);
        now
    }

    /// The stamp of the end of a use that began at `since`; a real one if `exact`.
    #[inline]
    pub fn end_stamp(&self, object: u32, since: u64, exact: bool) -> u64 {
        let stamps = &self.stamps;
        if !exact
            && !stamps.timed.get()
            && stamps.last.get() == since
            && stamps.object.get() == object
            && self.layout().header.tick.load(Ordering::Relaxed) == stamps.tick.get()
        {
            let stamp = since + stamps.took.get();
            stamps.last.set(stamp);
            return stamp;
        }
        let now = clock::now().max(stamps.last.get() + 1);
        if stamps.timed.get() && stamps.last.get() == since {
            stamps.took.set(now - since);
        }
        stamps.timed.set(false);
        stamps.last.set(now);
        now
    }
}

/// A lock that this thread takes over and over from one place.
pub struct HotLock {
    /// Its entry.
    pub entry: &'static ObjectEntry,
    /// The place.
    pub place: u32,
    /// Whether only counters are wanted.
    pub counts_only: bool,
}

impl Local {
    /// Remembers the lock that was just taken at the place with this address and index.
    #[inline]
    pub fn remember(&self, object: u32, entry: &'static ObjectEntry, at: usize, place: u32) {
        let stamps = &self.stamps;
        if stamps.object.replace(object) != object {
            stamps.left.set(0);
            stamps.run.set(0);
        }
        stamps.entry.set(Some(entry));
        stamps.place.set(place);
        stamps.at.set(at);
    }

    /// The lock with the index `object`, if it is the one that was remembered, at the same place, and this use of
    /// it need not be timed. Nothing is to be looked at then but the lock itself.
    #[inline(always)]
    pub fn hot_lock(&self, object: u32, at: usize) -> Option<HotLock> {
        let stamps = &self.stamps;
        if stamps.object.get() != object || stamps.at.get() != at {
            return None;
        }
        let (entry, header) = (stamps.entry.get()?, &self.layout.get()?.header);
        let counts_only = match header.attention.load(Ordering::Relaxed) {
            0 if stamps.left.get() == 0
                || header.tick.load(Ordering::Relaxed) != stamps.tick.get() =>
            {
                return None;
            }
            0 => false,
            ATTENTION_COUNTS => true,
            _ => return None,
        };
        Some(HotLock {
            entry,
            place: stamps.place.get(),
            counts_only,
        })
    }

    /// The entry of the lock with the index `object`, if it is the one that was remembered.
    #[inline(always)]
    pub fn remembered(&self, object: u32) -> Option<&'static ObjectEntry> {
        let stamps = &self.stamps;
        let known = stamps.object.get() == object && stamps.at.get() != 0;
        if known { stamps.entry.get() } else { None }
    }

    /// The stamp of a use that [`Local::hot_lock`] has allowed.
    #[inline(always)]
    pub fn untimed_begin(&self) -> u64 {
        let stamps = &self.stamps;
        stamps.left.set(stamps.left.get() - 1);
        let stamp = stamps.last.get() + 1;
        stamps.last.set(stamp);
        stamp
    }

    /// The stamp of the end of a use that began at `since`, if it need not be timed.
    #[inline(always)]
    pub fn untimed_end(&self, object: u32, since: u64) -> Option<u64> {
        let stamps = &self.stamps;
        let same =
            stamps.object.get() == object && stamps.last.get() == since && !stamps.timed.get();
        if !same || self.layout.get()?.header.tick.load(Ordering::Relaxed) != stamps.tick.get() {
            return None;
        }
        let stamp = since + stamps.took.get();
        stamps.last.set(stamp);
        Some(stamp)
    }
}

const ASLEEP: u32 = 2;

#[cold]
fn wake_ticker(layout: &Layout) {
    let ticking = &layout.header.ticking;
    if ticking
        .compare_exchange(ASLEEP, 0, Ordering::SeqCst, Ordering::Relaxed)
        .is_ok()
    {
        futex::wake(ticking, 1);
    }
}

/// Starts the ticker. It is a thread of the recorder's own, and does not act on anything of the user's.
pub fn start_ticker(layout: &'static Layout) {
    let body = move || {
        let header = &layout.header;
        loop {
            header.ticking.store(1, Ordering::SeqCst);
            let mut idle = 0;
            while idle < 50 {
                std::thread::sleep(Duration::from_millis(1));
                header.tick.fetch_add(1, Ordering::SeqCst);
                let needed = header.needs_ticks.swap(0, Ordering::Relaxed) != 0;
                idle = if needed { 0 } else { idle + 1 };
            }
            header.ticking.store(ASLEEP, Ordering::SeqCst);
            while header.ticking.load(Ordering::SeqCst) == ASLEEP {
                futex::wait(&header.ticking, ASLEEP, None);
            }
        }
    };
    // Without it every use is timed, which is slower and nothing else.
    let _ = std::thread::Builder::new()
        .name(String::from("fearless-ticker"))
        .stack_size(64 << 10)
        .spawn(body);
}
