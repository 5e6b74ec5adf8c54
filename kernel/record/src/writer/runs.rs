//! Runs: uses that come by the million.
//!
//! Reading the clock twice can cost four times what a lock itself does. So where a thread uses one object over and
//! over from one place, each time for well under a microsecond, only one use in 32 is timed. The uses between are
//! counted into the event of the last timed one, which then says "so many more", and each counts the time that
//! the timed one took. Such a stretch of uses is a [`Run`].
//!
//! What could go wrong is a long use among them. A ticker changes a word of the recording, its pulse, every
//! millisecond, and a run goes on only while the pulse is what it was when its last timed use began: so no time is
//! off by more than a millisecond, and nothing that takes longer goes unnoticed. The ticker sleeps while nobody
//! needs it; without one every use is timed. The pulse also changes when a cell begins or is stopped, when a thread
//! ends, and when one begins to unwind, so that no run outlives what it relied on.
//!
//! The run of an exclusive lock belongs to the lock: only its holder touches it. So a use that goes on with a run
//! needs to know of its thread nothing but the thread pointer. Runs of what threads use together belong to the
//! thread.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::reference::Reference;
use super::{EventKind, Local, Written, find_quickly, thread_pointer};
use crate::futex;
use crate::layout::{
    Chunk, EVENTS_PER_CHUNK, Held, Layout, MORE_BITS, MORE_LIMIT, OBJECTS, ObjectEntry, Share,
    TICKER_SLEEPS, TICKING,
};

/// Uses that are not timed after one that is.
const UNTIMED: u32 = 31;
/// So many timed uses in a row, all fast, before some are not.
const STREAK: u8 = 64;
/// A use is fast when it and what lies between it and the next take less than this, in ticks of the clock: about
/// a microsecond.
const FAST: u64 = 3_000;

const _: () = assert!(UNTIMED <= MORE_LIMIT);

/// Uses of one object by one thread from one place, so fast and close together that few are timed.
///
/// All fields are written by one thread at a time: the holder of the lock, or the thread whose run it is.
#[repr(align(64))]
pub struct Run {
    /// Whose it is: a thread pointer for an exclusive lock, else the object and what is done with it; 0 for nobody's.
    key: AtomicUsize,
    /// The address of the place.
    at: AtomicUsize,
    /// The pulse with which it goes on.
    pulse: AtomicU32,
    /// Untimed uses still allowed.
    left: AtomicU32,
    /// The index of the thread.
    thread: AtomicU32,
    /// The index of the object, and its entry.
    object: AtomicU32,
    entry: Reference<ObjectEntry>,
    /// Where the event lies that untimed uses are counted into; none while there is no such event.
    chunk: Reference<Chunk>,
    slot: AtomicU8,
    /// Timed uses so far, all fast; up to [`STREAK`].
    streak: AtomicU8,
    /// How long the last timed use took, in ticks.
    took: AtomicU32,
    /// When it began.
    begun: AtomicU64,
}

const _: () = assert!(size_of::<Run>() == 64);

/// The runs of exclusive locks, by object.
static EXCLUSIVE: [Run; OBJECTS] = [const { Run::new() }; OBJECTS];

/// What a use that goes on with a run needs to know.
#[derive(Clone, Copy)]
pub struct Known {
    /// The index of the thread.
    pub thread: u32,
    /// The index of the object, and its entry.
    pub object: u32,
    /// See `object`.
    pub entry: &'static ObjectEntry,
    /// How long the use counts, in ticks.
    pub took: u64,
}

impl Run {
    pub(super) const fn new() -> Run {
        Run {
            key: AtomicUsize::new(0),
            at: AtomicUsize::new(0),
            pulse: AtomicU32::new(0),
            left: AtomicU32::new(0),
            thread: AtomicU32::new(0),
            object: AtomicU32::new(0),
            entry: Reference::none(),
            chunk: Reference::none(),
            slot: AtomicU8::new(0),
            streak: AtomicU8::new(0),
            took: AtomicU32::new(0),
            begun: AtomicU64::new(0),
        }
    }

    /// The run of the exclusive lock with this index, if it has an entry. To be touched only by the lock's holder.
    #[inline(always)]
    pub fn of_lock(index: u32) -> Option<&'static Run> {
        EXCLUSIVE.get(index as usize)
    }

    /// Whether the present use, by the calling thread, from the place with the address `at`, goes on with this run of
    /// an exclusive lock. Then it need not be timed.
    #[inline(always)]
    pub fn goes_on(&self, layout: &Layout, at: usize) -> Option<Known> {
        let key = thread_pointer();
        if key == 0 || !self.is_last() {
            return None;
        }
        self.goes_on_for(key, layout, at)
    }

    #[inline(always)]
    fn goes_on_for(&self, key: usize, layout: &Layout, at: usize) -> Option<Known> {
        let left = self.left.load(Ordering::Relaxed);
        if self.key.load(Ordering::Relaxed) != key
            || self.at.load(Ordering::Relaxed) != at
            || self.is_stale(layout)
            || left == 0
        {
            return None;
        }
        let known = self.known()?;
        self.left.store(left - 1, Ordering::Relaxed);
        Some(known)
    }

    #[inline(always)]
    fn known(&self) -> Option<Known> {
        Some(Known {
            thread: self.thread.load(Ordering::Relaxed),
            object: self.object.load(Ordering::Relaxed),
            entry: self.entry.get()?,
            took: u64::from(self.took.load(Ordering::Relaxed)),
        })
    }

    #[inline(always)]
    fn is_stale(&self, layout: &Layout) -> bool {
        self.pulse.load(Ordering::Relaxed) != layout.header.pulse.load(Ordering::Relaxed)
    }

    /// Whether the thread has recorded nothing else since the run's event. Else the order of what is held within what
    /// would be lost.
    #[inline(always)]
    fn is_last(&self) -> bool {
        let slot = u32::from(self.slot.load(Ordering::Relaxed));
        self.chunk
            .get()
            .is_none_or(|chunk| chunk.count.load(Ordering::Relaxed) == slot + 1)
    }

    /// Counts one more use into the run's event, if there is one. `false` if it is another event by now.
    #[inline(always)]
    fn one_more(&self, what: u64) -> bool {
        self.chunk
            .get()
            .is_none_or(|chunk| chunk.one_more(self.slot.load(Ordering::Relaxed), what))
    }

    /// At the end of a hold that goes on with the run: counts it into the run's event. `None` if it must be timed after
    /// all: it has taken too long, somebody waits for the lock, or the thread has recorded other things meanwhile.
    #[inline(always)]
    pub fn count_hold(&self, layout: &Layout) -> Option<Known> {
        self.count_hold_as(layout, 0)
    }

    #[inline(always)]
    fn count_hold_as(&self, layout: &Layout, flags: u64) -> Option<Known> {
        let known = self.known()?;
        let may = !self.is_stale(layout) && !known.entry.wake.is_wanted() && self.is_last();
        (may && self.one_more(what(EventKind::Hold, known.object) | flags)).then_some(known)
    }

    /// The run is over, and its present use is timed after all: returns when the last timed one ended, before which
    /// this one did not begin.
    #[cold]
    pub fn stop(&self) -> u64 {
        let since =
            self.begun.load(Ordering::Relaxed) + u64::from(self.took.load(Ordering::Relaxed));
        self.left.store(0, Ordering::Relaxed);
        self.begun.store(since, Ordering::Relaxed);
        since
    }

    /// A use of an exclusive lock from the place with the address `at` begins `now`, and is timed.
    pub fn begin(&self, local: &Local, lock: (u32, &'static ObjectEntry), at: usize, now: u64) {
        self.begin_for(thread_pointer(), local, lock, at, now);
    }

    fn begin_for(
        &self,
        key: usize,
        local: &Local,
        object: (u32, &'static ObjectEntry),
        at: usize,
        now: u64,
    ) {
        let goes_on = self.key.load(Ordering::Relaxed) == key
            && self.at.load(Ordering::Relaxed) == at
            && local.index() != 0;
        let uses = if self.chunk.get().is_some() {
            u64::from(UNTIMED + 1)
        } else {
            1
        };
        let apart = now.saturating_sub(self.begun.load(Ordering::Relaxed));
        if !goes_on || apart > uses * FAST {
            self.belongs_to(key, local, object, at);
        } else {
            let streak = self.streak.load(Ordering::Relaxed);
            self.streak
                .store((streak + 1).min(STREAK), Ordering::Relaxed);
            self.end_event(now);
        }
        self.left.store(0, Ordering::Relaxed);
        self.chunk.set(None);
        self.begun.store(now, Ordering::Relaxed);
    }

    fn belongs_to(
        &self,
        key: usize,
        local: &Local,
        object: (u32, &'static ObjectEntry),
        at: usize,
    ) {
        self.key.store(key, Ordering::Relaxed);
        self.at.store(at, Ordering::Relaxed);
        self.thread.store(local.index(), Ordering::Relaxed);
        self.object.store(object.0, Ordering::Relaxed);
        self.entry.set(Some(object.1));
        self.streak.store(0, Ordering::Relaxed);
    }

    /// The untimed uses that were counted into the run's event are over `now`.
    fn end_event(&self, now: u64) {
        let slot = usize::from(self.slot.load(Ordering::Relaxed));
        if let Some(chunk) = self.chunk.get()
            && self.is_last()
            && let Some(event) = chunk.events.get(slot)
            && event.what.load(Ordering::Relaxed) & MORE_BITS != 0
        {
            event.end.store(now, Ordering::Relaxed);
        }
    }

    /// The timed use has ended at `now`. Whether the next uses need not be timed; then the event of this one is to
    /// be written at once and handed to [`Run::open`].
    #[inline]
    pub fn end(&self, layout: &Layout, now: u64) -> bool {
        if self.streak.load(Ordering::Relaxed) < STREAK {
            return false;
        }
        let took = now.saturating_sub(self.begun.load(Ordering::Relaxed));
        self.took
            .store(u32::try_from(took).unwrap_or(u32::MAX), Ordering::Relaxed);
        took < FAST && ticker_runs(layout)
    }

    /// Lets the next uses be counted into the event that was just written.
    #[inline]
    pub fn open(&self, layout: &Layout, written: Option<Written>) {
        // After the last event of a chunk the thread goes on in another one, which `is_last` would not see.
        let Some(written) = written.filter(|at| (at.slot as usize) + 1 < EVENTS_PER_CHUNK) else {
            return;
        };
        self.chunk.set(Some(written.chunk));
        self.slot.store(written.slot as u8, Ordering::Relaxed);
        self.pulse.store(
            layout.header.pulse.load(Ordering::Relaxed),
            Ordering::Relaxed,
        );
        self.left.store(UNTIMED, Ordering::Relaxed);
    }

    /// While only counters are wanted, nothing is timed: all uses go on until the pulse changes.
    pub fn begin_counting(&self, local: &Local, lock: (u32, &'static ObjectEntry), at: usize) {
        self.begin_counting_for(thread_pointer(), local, lock, at);
    }

    fn begin_counting_for(
        &self,
        key: usize,
        local: &Local,
        object: (u32, &'static ObjectEntry),
        at: usize,
    ) {
        self.belongs_to(key, local, object, at);
        self.chunk.set(None);
        self.took.store(0, Ordering::Relaxed);
        self.pulse.store(
            local.layout().header.pulse.load(Ordering::Relaxed),
            Ordering::Relaxed,
        );
        let uses = if local.index() == 0 { 0 } else { u32::MAX };
        self.left.store(uses, Ordering::Relaxed);
    }
}

/// How many runs of what is not an exclusive lock a thread keeps.
pub(super) const KEPT: usize = 4;

/// A run that belongs to the thread: of messages sent or received, or of shared holds.
pub struct ThreadRun {
    run: Run,
    /// Shared holds: where the thread says what it holds, and its part of the lock's counters.
    held: Reference<Held>,
    share: Reference<Share>,
}

/// What a shared hold that goes on with a run needs to know.
#[derive(Clone, Copy)]
pub struct KnownShare {
    /// The index of the lock, and its entry.
    pub object: u32,
    /// See `object`.
    pub entry: &'static ObjectEntry,
    /// Where the thread says that it holds the lock.
    pub held: &'static Held,
    /// Its part of the lock's counters.
    pub share: &'static Share,
    /// How long the hold counts, in ticks.
    pub took: u64,
}

impl ThreadRun {
    pub(super) const fn new() -> ThreadRun {
        ThreadRun {
            run: Run::new(),
            held: Reference::none(),
            share: Reference::none(),
        }
    }

    /// Forgets everything, for another thread.
    pub(super) fn reset(&self) {
        self.run.key.store(0, Ordering::Relaxed);
    }

    /// Whether a message that was sent or received at the place with the address `at` goes on with this run; then it
    /// was counted into the run's event.
    #[inline(always)]
    pub fn another(
        &self,
        layout: &Layout,
        kind: EventKind,
        object: u32,
        at: usize,
    ) -> Option<&'static ObjectEntry> {
        let known = self.run.goes_on_for(key(kind, object), layout, at)?;
        self.run.one_more(what(kind, object)).then_some(known.entry)
    }

    /// A message is sent or received `now`, and its event was `written`.
    pub fn begin(
        &self,
        local: &Local,
        kind: EventKind,
        channel: (u32, &'static ObjectEntry),
        at: usize,
        now: u64,
        written: Option<Written>,
    ) {
        let layout = local.layout();
        self.run
            .begin_for(key(kind, channel.0), local, channel, at, now);
        if self.run.end(layout, now) {
            self.run.open(layout, written);
        }
    }

    /// A message is sent or received, and only counted.
    pub fn begin_counting(
        &self,
        local: &Local,
        kind: EventKind,
        channel: (u32, &'static ObjectEntry),
        at: usize,
    ) {
        self.run
            .begin_counting_for(key(kind, channel.0), local, channel, at);
    }

    /// Whether a shared hold of `object` from the place with the address `at` goes on with this run.
    #[inline(always)]
    pub fn goes_on_sharing(&self, layout: &Layout, object: u32, at: usize) -> Option<KnownShare> {
        if !self.run.is_last() {
            return None;
        }
        let known = self
            .run
            .goes_on_for(key(EventKind::Hold, object), layout, at)?;
        self.known_share(known)
            .filter(|known| known.held.object.load(Ordering::Relaxed) == 0)
    }

    #[inline(always)]
    fn known_share(&self, known: Known) -> Option<KnownShare> {
        let share = self.share.get()?;
        (share.object.load(Ordering::Relaxed) == known.object).then_some(KnownShare {
            object: known.object,
            entry: known.entry,
            held: self.held.get()?,
            share,
            took: known.took,
        })
    }

    /// At the end of a shared hold that goes on with the run: counts it into the run's event. `None` if it must be
    /// timed after all.
    #[inline(always)]
    pub fn count_shared_hold(&self, layout: &Layout) -> Option<KnownShare> {
        self.known_share(self.run.count_hold_as(layout, SHARED)?)
    }

    /// See [`Run::stop`].
    pub fn stop(&self, object: u32) -> Option<u64> {
        (self.run.key.load(Ordering::Relaxed) == key(EventKind::Hold, object))
            .then(|| self.run.stop())
    }

    /// A shared hold begins `now`, or is only counted if that is 0.
    pub fn begin_sharing(
        &self,
        local: &Local,
        lock: (u32, &'static ObjectEntry),
        held: &'static Held,
        share: &'static Share,
        at: usize,
        now: u64,
    ) {
        let key = key(EventKind::Hold, lock.0);
        self.held.set(Some(held));
        self.share.set(Some(share));
        match now {
            0 => self.run.begin_counting_for(key, local, lock, at),
            _ => self.run.begin_for(key, local, lock, at, now),
        }
    }

    /// The shared hold has ended at `now`; see [`Run::end`].
    pub fn end_sharing(&self, layout: &Layout, object: u32, now: u64) -> bool {
        self.run.key.load(Ordering::Relaxed) == key(EventKind::Hold, object)
            && self.run.end(layout, now)
    }

    /// See [`Run::open`].
    pub fn open(&self, layout: &Layout, written: Option<Written>) {
        self.run.open(layout, written);
    }
}

impl Local {
    /// The run that a use of `object` by this thread may go on with.
    #[inline(always)]
    pub fn run(&self, kind: EventKind, object: u32) -> &ThreadRun {
        &self.runs[(object as usize + kind as usize) % KEPT]
    }
}

/// The run that a use of `object` by the calling thread may go on with, if the thread is found the short way.
#[inline(always)]
pub fn thread_run(kind: EventKind, object: u32) -> Option<&'static ThreadRun> {
    find_quickly().map(|local| local.run(kind, object))
}

/// `Event::what` of a shared hold.
const SHARED: u64 = 1 << 8;

#[inline(always)]
fn key(kind: EventKind, object: u32) -> usize {
    (object as usize) << 8 | kind as usize
}

/// The first word of an event that stands for one use.
#[inline(always)]
fn what(kind: EventKind, object: u32) -> u64 {
    kind as u64 | u64::from(object) << 32
}

impl Layout {
    /// Ends all runs: their next uses are timed.
    pub fn end_runs(&self) {
        self.header.pulse.fetch_add(1, Ordering::SeqCst);
    }
}

/// Whether the pulse changes every millisecond; has it do so from some moment on, if it does not.
fn ticker_runs(layout: &Layout) -> bool {
    let header = &layout.header;
    // In this order, as the ticker looks the other way round before it falls asleep.
    if header.needs_ticks.load(Ordering::Relaxed) == 0 {
        header.needs_ticks.swap(1, Ordering::SeqCst);
    }
    match header.ticking.load(Ordering::SeqCst) {
        TICKING => true,
        TICKER_SLEEPS => {
            wake_ticker(layout);
            false
        }
        _ => false,
    }
}

#[cold]
fn wake_ticker(layout: &Layout) {
    let ticking = &layout.header.ticking;
    if ticking
        .compare_exchange(TICKER_SLEEPS, 0, Ordering::SeqCst, Ordering::Relaxed)
        .is_ok()
    {
        futex::wake(ticking, 1);
    }
}

/// Starts the ticker. It is a thread of the recorder's own, and does not act on anything of the user's.
pub fn start_ticker(layout: &'static Layout) {
    /// Milliseconds without need before it falls asleep.
    const PATIENCE: u32 = 50;
    let body = move || {
        let header = &layout.header;
        loop {
            header.ticking.store(TICKING, Ordering::SeqCst);
            let mut idle = 0;
            while idle < PATIENCE {
                std::thread::sleep(Duration::from_millis(1));
                layout.end_runs();
                let needed = header.needs_ticks.swap(0, Ordering::SeqCst) != 0;
                idle = if needed { 0 } else { idle + 1 };
            }
            header.ticking.store(TICKER_SLEEPS, Ordering::SeqCst);
            // Who saw it awake a moment ago has said so before; who says so from here on sees it asleep.
            if header.needs_ticks.load(Ordering::SeqCst) != 0 {
                continue;
            }
            while header.ticking.load(Ordering::SeqCst) == TICKER_SLEEPS {
                futex::wait(&header.ticking, TICKER_SLEEPS, None);
            }
        }
    };
    // Without it every use is timed, which is slower and nothing else.
    let _ = std::thread::Builder::new()
        .name(String::from("fearless-ticker"))
        .stack_size(64 << 10)
        .spawn(body);
}
