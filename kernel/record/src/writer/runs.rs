//! Runs: uses that come by the million.
//!
//! Reading the clock twice can cost four times what a lock itself does. So where a thread uses one object over and
//! over from one place, each time for well under a microsecond, only one use in 128 is timed. The uses between are
//! counted into the event of the last timed one, which then says "so many more", and each counts the time that
//! the timed one took. Such a stretch of uses is a [`Run`].
//!
//! A use that goes on with a run writes nothing for it: how many there were is what the object's counter shows more
//! than when the run began. The event's number and the times are made up when the run ends, which is when the object is
//! next used otherwise; a reader who comes before that adds them itself.
//!
//! What could go wrong is a long use among them. The kernel (`ticker.rs`) changes a word of the recording, its pulse, every
//! millisecond, and a run goes on only while the pulse is what it was when its last timed use began: so no time is
//! off by more than a millisecond, and nothing that takes longer goes unnoticed. It doesn't while nobody
//! needs it; without a pulse every use is timed. The pulse also changes when a cell begins or is stopped, when a thread
//! ends, and when one begins to unwind, so that no run outlives what it relied on.
//!
//! A run of holds also goes on only while its thread has recorded nothing else, since the order of what is held within
//! what would be lost otherwise. A thread's [`stamp`] says both who it is and how many events it has written; for
//! messages only the first matters.
//!
//! The run of an exclusive lock, or of a channel's receiver, belongs to the object: only its holder touches it. Whoever
//! takes a mutex looks at its run before, though, and relies on what it saw only if the compare-exchange that takes the
//! mutex finds the count of acquisitions unchanged: then nobody had it in between. Runs of what threads use together
//! belong to the thread's [`Share`].

use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::{EventKind, Local, current};
use crate::attention::Attention;
use crate::layout::{
    Event, EventRef, Layout, MORE_LIMIT, NO_OWNER, ONE_MORE, ObjectEntry, Run, SHARES, Share,
};
use crate::uses::add;

/// Uses that are not timed after one that is.
const UNTIMED: u32 = 127;
/// So many timed uses in a row, all fast, before some are not.
const STREAK: u32 = 64;
/// A use is fast when it and what lies between it and the next take less than this, in ticks of the clock: about
/// a microsecond.
const FAST: u64 = 3_000;
/// While only counters are wanted, so many uses go on before the counter is looked at: no 32 bits overflow.
const COUNTED: u32 = 1 << 29;

const _: () = assert!(UNTIMED <= MORE_LIMIT);

/// `Event::what` of a shared hold.
const SHARED: u64 = 1 << 8;

/// What of a thread's stamp must stay the same while a run of such uses goes on.
#[inline(always)]
const fn same(kind: EventKind) -> u64 {
    const THREAD: u64 = !0 << 32;
    match kind {
        EventKind::Send | EventKind::Receive => THREAD,
        _ => !0,
    }
}

impl Run {
    /// Forgets everything, for another object or thread.
    pub(crate) fn clear(&self) {
        self.stamp.store(0, Ordering::Relaxed);
        self.event.store(0, Ordering::Relaxed);
        self.thread.store(0, Ordering::Relaxed);
        self.streak.store(0, Ordering::Relaxed);
        self.begun.store(0, Ordering::Relaxed);
    }

    /// Whether the next use, from the place with the address `at` by the thread with this stamp, goes on with the run,
    /// when its counter is at `uses`. Then it need not be timed.
    #[inline(always)]
    fn goes_on(&self, layout: &Layout, stamp: u64, at: usize, uses: u64) -> bool {
        self.stamp.load(Ordering::Relaxed) == stamp
            && self.at.load(Ordering::Relaxed) == at as u64
            && self.until.load(Ordering::Relaxed) != uses as u32
            && !self.is_stale(layout)
    }

    /// Whether a use that went on with the run still does at its end.
    #[inline(always)]
    fn still_goes_on(&self, layout: &Layout, stamp: u64) -> bool {
        self.stamp.load(Ordering::Relaxed) == stamp && !self.is_stale(layout)
    }

    #[inline(always)]
    fn is_stale(&self, layout: &Layout) -> bool {
        self.pulse.load(Ordering::Relaxed) != layout.header.pulse.load(Ordering::Relaxed)
    }

    /// Changes the run, so that a reader of another process takes nothing that belongs to two states of it.
    fn change<R>(&self, change: impl FnOnce() -> R) -> R {
        let version = self.version.load(Ordering::Relaxed) | 1;
        self.version.store(version, Ordering::Relaxed);
        fence(Ordering::Release);
        let result = change();
        self.version
            .store(version.wrapping_add(1), Ordering::Release);
        result
    }

    /// How long `more` untimed uses count that are over `now`, in ticks: each as long as the timed one, but all no longer
    /// than there was time.
    pub(crate) fn time_of(&self, more: u64, now: u64) -> u64 {
        let took = u64::from(self.took.load(Ordering::Relaxed));
        let ended = self.begun.load(Ordering::Relaxed).saturating_add(took);
        more.saturating_mul(took).min(now.saturating_sub(ended))
    }

    /// Where the event lies that the run's uses are to be counted into, if there is one and it is still there.
    pub(crate) fn event<'a>(&self, layout: &'a Layout) -> Option<&'a Event> {
        let event = layout.event(EventRef(self.event.load(Ordering::Relaxed)))?;
        let begun = self.begun.load(Ordering::Relaxed);
        (event.start.load(Ordering::Relaxed) == begun).then_some(event)
    }
}

/// What is counted, timed and written down together: one kind of use of one object, by one thread at a time.
#[derive(Clone, Copy)]
pub struct Uses<'a> {
    run: &'a Run,
    /// The counter, of which the lower half of `count() >> shift` is compared.
    counter: &'a AtomicU64,
    /// The counter's bits that are not a count.
    shift: u32,
    /// What one use adds to the count.
    step: u32,
    /// The first word of an event that stands for one use.
    what: u64,
    /// What of a thread's stamp must stay the same.
    same: u64,
    /// Where the times are added up.
    total: &'a AtomicU64,
    /// Whose counter may overflow.
    room: Option<&'a ObjectEntry>,
}

impl<'a> Uses<'a> {
    /// Exclusive holds of a lock. To be changed by its holder only.
    pub fn of_lock(index: u32, lock: &'a ObjectEntry) -> Uses<'a> {
        Uses::exclusive(EventKind::Hold, index, lock)
    }

    /// Messages received from a channel. To be changed by its receiver only.
    pub fn of_receiver(index: u32, channel: &'a ObjectEntry) -> Uses<'a> {
        Uses::exclusive(EventKind::Receive, index, channel)
    }

    fn exclusive(kind: EventKind, index: u32, entry: &'a ObjectEntry) -> Uses<'a> {
        Uses {
            run: &entry.run,
            counter: &entry.uses,
            shift: 32,
            step: 1,
            what: kind as u64 | u64::from(index) << 32,
            same: same(kind),
            total: &entry.hold_total,
            room: Some(entry),
        }
    }

    /// Shared holds, or messages sent, of the object that the share counts for. To be changed by its thread only.
    pub fn of_share(share: &'a Share) -> Uses<'a> {
        let key = share.key.load(Ordering::Relaxed);
        let (shared, same) = if share.counts_holds() {
            (SHARED, same(EventKind::Hold))
        } else {
            (0, same(EventKind::Send))
        };
        Uses {
            run: &share.run,
            counter: &share.uses,
            shift: 0,
            step: 2,
            what: key | shared,
            same,
            total: &share.hold_total,
            room: None,
        }
    }

    /// The lower half of the count; uses are counted when they begin.
    fn count(&self) -> u32 {
        (self.counter.load(Ordering::Relaxed) >> self.shift) as u32
    }

    /// How many uses have gone on with the run, up to the count `count`.
    fn since(&self, count: u32) -> u32 {
        count.wrapping_sub(self.run.base.load(Ordering::Relaxed)) / self.step
    }

    /// Ends the run, if there is one, at the count `count`: its uses are written down. They are over `now`.
    fn close(&self, layout: &Layout, count: u32, now: u64) {
        if self.run.stamp.load(Ordering::Relaxed) != 0 {
            self.write_down(layout, count, now);
        }
        if let Some(entry) = self.room.filter(|entry| entry.is_nearly_full()) {
            self.run.change(|| entry.make_room());
        }
    }

    fn write_down(&self, layout: &Layout, count: u32, now: u64) {
        let more = u64::from(self.since(count));
        let time = self.run.time_of(more, now);
        self.run.change(|| {
            if more != 0
                && let Some(event) = self.run.event(layout)
            {
                // A thread whose events they are may have put another event in this one's place. It then differs:
                // whoever writes another event of this object's has ended the run before.
                let _ = event.what.compare_exchange(
                    self.what,
                    self.what | (more.min(u64::from(MORE_LIMIT)) * ONE_MORE),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
            }
            add(self.total, time);
            self.run.stamp.store(0, Ordering::Relaxed);
            self.run.event.store(0, Ordering::Relaxed);
        });
    }

    /// A use from the place with the address `at` has begun `now`, and is timed.
    pub fn begin(&self, local: &Local, at: usize, now: u64) {
        let (run, layout) = (self.run, local.layout());
        let count = self.before();
        let index = local.index();
        let goes_on = index != 0
            && run.thread.load(Ordering::Relaxed) == index
            && run.at.load(Ordering::Relaxed) == at as u64;
        let stamp = run.stamp.load(Ordering::Relaxed);
        let untimed = if stamp == 0 { 0 } else { self.since(count) };
        if untimed != 0
            && goes_on
            && stamp == local.stamp() & self.same
            && let Some(event) = run.event(layout)
        {
            // It is this thread's own, so nobody writes another one in its place.
            event.end.store(now, Ordering::Relaxed);
        }
        self.close(layout, count, now);
        let apart = now.saturating_sub(run.begun.load(Ordering::Relaxed));
        // One that nothing ever goes on with costs more than it saves.
        let in_vain = stamp != 0 && untimed == 0;
        if !goes_on || in_vain || apart > (1 + u64::from(untimed)) * FAST {
            self.belong_to(index, at);
        } else {
            let streak = run.streak.load(Ordering::Relaxed);
            run.streak
                .store((streak + 1).min(STREAK), Ordering::Relaxed);
        }
        run.begun.store(now, Ordering::Relaxed);
    }

    /// The count without the present use.
    fn before(&self) -> u32 {
        self.count().wrapping_sub(self.step)
    }

    fn belong_to(&self, index: u32, at: usize) {
        self.run.thread.store(index, Ordering::Relaxed);
        self.run.at.store(at as u64, Ordering::Relaxed);
        self.run.streak.store(0, Ordering::Relaxed);
    }

    /// The timed use that began at `since` has ended at `now`. Whether the next uses need not be timed; then the event
    /// of this one is to be written at once and handed to [`Uses::open`].
    #[inline]
    pub fn end(&self, layout: &Layout, since: u64, now: u64) -> bool {
        // Of two holds within each other, the run is at the later one.
        let is_last = self.run.begun.load(Ordering::Relaxed) == since && !self.is_within_another();
        if self.run.streak.load(Ordering::Relaxed) < STREAK || !is_last {
            return false;
        }
        let took = now.saturating_sub(since);
        // Of a hold that was timed, something is left in any case.
        let counts = self.hold_time(layout, took).max(took.min(1));
        let counts = u32::try_from(counts).unwrap_or(u32::MAX);
        self.run.took.store(counts, Ordering::Relaxed);
        took < FAST && layout.has_pulse()
    }

    /// What is left of a hold that has taken so many ticks without the recorder's own part between its two looks at the
    /// clock. That is more where it is looked at rarely, and nothing of it is in the caches.
    #[inline]
    pub fn hold_time(&self, layout: &Layout, ticks: u64) -> u64 {
        let empty = if self.run.streak.load(Ordering::Relaxed) == STREAK {
            &layout.header.empty_hold_in_run
        } else {
            &layout.header.empty_hold
        };
        ticks.saturating_sub(u64::from(empty.load(Ordering::Relaxed)))
    }

    /// Lets the next uses be counted into the event that was just written.
    pub fn open(&self, local: &Local, written: Option<EventRef>) {
        let Some(written) = written else { return };
        self.run.change(|| {
            self.run.event.store(written.0, Ordering::Relaxed);
            self.go_on(local, UNTIMED);
        });
    }

    /// Whether the thread is in a shared hold that is counted, but not over.
    fn is_within_another(&self) -> bool {
        self.step == 2 && self.count() % 2 == 1
    }

    /// Opens the run for so many further uses. Not in a controlled program, where each use is an operation by itself.
    fn go_on(&self, local: &Local, times: u32) {
        let (run, count, layout) = (self.run, self.count(), local.layout());
        // Before the flags: whoever sets one changes the pulse after that, so a run that was opened without having seen
        // the flag is stale.
        let pulse = layout.header.pulse.load(Ordering::Acquire);
        if layout.attention().has(Attention::CONTROLLED) {
            return;
        }
        run.base.store(count, Ordering::Relaxed);
        run.until
            .store(count.wrapping_add(times * self.step), Ordering::Relaxed);
        run.pulse.store(pulse, Ordering::Relaxed);
        run.stamp
            .store(local.stamp() & self.same, Ordering::Relaxed);
    }

    /// While only counters are wanted, nothing is timed: all uses go on until the pulse changes. The present one is
    /// counted already.
    pub fn begin_counting(&self, local: &Local, at: usize) {
        // The clock is read for what an earlier cell has timed only.
        let is_timed = self.run.took.load(Ordering::Relaxed) != 0;
        let now = if is_timed { local.now() } else { 0 };
        self.close(local.layout(), self.before(), now);
        self.belong_to(local.index(), at);
        if local.index() == 0 || self.is_within_another() {
            return;
        }
        self.run.change(|| {
            self.run.took.store(0, Ordering::Relaxed);
            self.run.event.store(0, Ordering::Relaxed);
            self.go_on(local, COUNTED);
        });
    }

    /// The run is over, and its present use is timed after all: returns when that began, as far as that can be told;
    /// 0 where it was only to be counted.
    #[cold]
    pub fn stop(&self, local: &Local) -> u64 {
        let (before, now) = (self.before(), local.now());
        let took = u64::from(self.run.took.load(Ordering::Relaxed));
        let is_open = self.run.stamp.load(Ordering::Relaxed) != 0;
        let untimed = if is_open { self.since(before) } else { 0 };
        // All of those before it took their time, and it came after them.
        let ended = self.run.begun.load(Ordering::Relaxed).saturating_add(took);
        let began = ended.saturating_add(self.run.time_of(u64::from(untimed), now));
        let began = if took == 0 { 0 } else { began.min(now) };
        self.close(local.layout(), before, began);
        self.run.begun.store(began, Ordering::Relaxed);
        began
    }

    /// The run is over, and so are all its uses.
    pub fn finish(&self, local: &Local) {
        self.close(local.layout(), self.count(), local.now());
    }

    /// A message was sent or received `now`, and `write` writes its event.
    pub fn message(
        &self,
        local: &Local,
        at: usize,
        now: u64,
        write: impl FnOnce() -> Option<EventRef>,
    ) {
        self.begin(local, at, now);
        let written = write();
        if self.end(local.layout(), now, now) {
            self.open(local, written);
        }
    }
}

/// Takes a mutex, if the calling thread does so over and over from the place with the address `at` and nobody has it:
/// that is all there is to record. Returns its entry.
#[inline(always)]
pub fn lock_again(layout: &'static Layout, index: u32, at: usize) -> Option<&'static ObjectEntry> {
    let entry = layout.objects.get(index as usize)?;
    let stamp = stamp()?;
    // Before the run: see the head of this file.
    let seen = entry.uses.load(Ordering::Acquire);
    let may = seen as u32 == NO_OWNER && entry.run.goes_on(layout, stamp, at, seen >> 32);
    (may && entry.take_at(seen, (stamp >> 32) as u32).is_ok()).then_some(entry)
}

/// Whether the calling thread may end a hold of `lock` that it has begun by [`lock_again`] or [`share_again`], and that
/// `run` counts, without timing it: it has not taken long, nobody waits for the lock, and the thread has recorded nothing
/// else meanwhile.
#[inline(always)]
pub fn may_end(layout: &Layout, run: &Run, lock: &ObjectEntry) -> bool {
    stamp().is_some_and(|stamp| run.still_goes_on(layout, stamp)) && !lock.wake.is_wanted()
}

/// Whether a message that was just received at the place with the address `at` goes on with a run. Then it was counted.
#[inline(always)]
pub fn receive_again(
    layout: &'static Layout,
    index: u32,
    at: usize,
) -> Option<&'static ObjectEntry> {
    let entry = layout.objects.get(index as usize)?;
    let uses = entry.uses.load(Ordering::Relaxed) >> 32;
    let stamp = stamp()? & same(EventKind::Receive);
    if !entry.run.goes_on(layout, stamp, at, uses) {
        return None;
    }
    entry.count_received();
    Some(entry)
}

/// The calling thread's share of uses of one kind of an object, if a use at the place with the address `at` goes on
/// with its run; and the thread's index. The use is not counted yet.
#[inline(always)]
pub fn share_again(
    layout: &Layout,
    kind: EventKind,
    index: u32,
    at: usize,
) -> Option<(&'static Share, u32)> {
    let local = current::get()?;
    let share = local.entry()?.share(kind, index);
    let uses = share.uses.load(Ordering::Relaxed);
    let may = share.key.load(Ordering::Relaxed) == Share::key(index, kind as u8)
        && uses & 1 == 0
        && share
            .run
            .goes_on(layout, local.stamp() & same(kind), at, uses);
    may.then_some((share, local.as_owner()))
}

/// What tells the calling thread from others, in the upper half, and its events written so far, in the lower one; if it
/// has done anything yet.
#[inline(always)]
fn stamp() -> Option<u64> {
    current::get().map(Local::stamp)
}

impl crate::layout::ThreadEntry {
    /// The share that counts the thread's uses of one kind of an object, or of another one in its place.
    #[inline(always)]
    pub fn share(&self, kind: EventKind, object: u32) -> &Share {
        &self.shares[(object as usize + kind as usize) % SHARES]
    }
}
