//! Uses that are timed, and what they make of a sampled run: begin it, end it, and write down what
//! it has counted.

use std::sync::atomic::{AtomicU64, Ordering};

use super::reacquire::InRun;
use super::run::same;
use crate::attention::Attention;
use crate::layout::{
    EventKind, EventRef, Layout, MORE_LIMIT, ONE_MORE, ObjectEntry, SampledRun, Share,
};
use crate::uses::add;
use crate::writer::Local;

/// Uses that are not timed after one that is.
const UNTIMED: u32 = 508;
/// So many timed uses in a row, all fast, before some are not.
const FAST_BEFORE_SAMPLING: u32 = 64;
/// A use is fast when it and what lies between it and the next take less than this, in ticks of the
/// clock: about a microsecond of a processor's own, and more where the counter ticks slower.
const FAST: u64 = 3_000;
/// While only counters are wanted, so many uses go on before the counter is looked at: no 32 bits
/// overflow.
const COUNTED: u32 = 1 << 29;

const _: () = assert!(UNTIMED <= MORE_LIMIT);

/// `Event::what` of a shared hold.
const SHARED: u64 = 1 << 8;

/// What is counted, timed and written down together: one kind of use of one object, by one thread
/// at a time.
#[derive(Clone, Copy)]
pub struct Uses<'a> {
    run: &'a SampledRun,
    /// The counter, of which the lower half of `count() >> shift` is compared.
    counter: &'a AtomicU64,
    /// The counter's bits that are not a count.
    shift: u32,
    /// What one use adds to the count.
    step: u32,
    /// The first word of an event that stands for one use.
    what: u64,
    /// What of a thread's epoch must stay the same.
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

    /// Shared holds, or messages, of the object that the share counts for. To be changed by
    /// its thread only.
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

    /// Ends the run, if there is one, at the count `count`: its uses are written down. They are
    /// over `now`.
    fn close(&self, layout: &Layout, count: u32, now: u64) {
        if self.run.epoch.load(Ordering::Relaxed) != 0 {
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
                // A thread whose events they are may have put another event in this one's place. It
                // then differs: whoever writes another event of this object's has ended the run
                // before.
                let _ = event.what.compare_exchange(
                    self.what,
                    self.what | (more.min(u64::from(MORE_LIMIT)) * ONE_MORE),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
            }
            add(self.total, time);
            self.run.epoch.store(0, Ordering::Relaxed);
            self.run.event.store(0, Ordering::Relaxed);
        });
    }

    /// A use from the place with the address `at` has begun `now`, and is timed.
    pub fn begin(&self, local: &Local, at: usize, now: u64) {
        let (run, layout) = (self.run, local.layout());
        let count = self.before();
        let index = local.thread().0;
        let same_place = index != 0 && run.at.load(Ordering::Relaxed) == at as u64;
        let goes_on = same_place && run.thread.load(Ordering::Relaxed) == index;
        let epoch = run.epoch.load(Ordering::Relaxed);
        let untimed = if epoch == 0 { 0 } else { self.since(count) };
        if untimed != 0
            && goes_on
            && epoch == local.epoch() & self.same
            && (self.is_of_messages() || local.is_last(run.event.load(Ordering::Relaxed)))
            && let Some(event) = run.event(layout)
        {
            // It is this thread's own, so nobody writes another one in its place. A hold lies
            // around nothing that was not within it, and messages around no wait.
            event
                .end
                .store(self.before_wait(local).min(now), Ordering::Relaxed);
        }
        self.close(layout, count, now);
        let apart = now.saturating_sub(run.begun.load(Ordering::Relaxed));
        let fast_in_a_row = run.fast_in_a_row.load(Ordering::Relaxed);
        let fast_in_a_row = if !same_place || apart > (1 + u64::from(untimed)) * FAST {
            0
        } else if goes_on && epoch != 0 && untimed == 0 {
            // A run that nothing ever goes on with costs more than it saves.
            0
        } else {
            // Also after another thread's use: where threads take turns, each has some in a row.
            (fast_in_a_row + 1).min(FAST_BEFORE_SAMPLING)
        };
        self.belong_to(index, at, fast_in_a_row);
        run.begun.store(now, Ordering::Relaxed);
    }

    /// When the thread began to wait, if it has done so since the run's timed use.
    fn before_wait(&self, local: &Local) -> u64 {
        let waited = local
            .entry()
            .map_or(0, |entry| entry.wait_since.load(Ordering::Relaxed));
        if waited > self.run.begun.load(Ordering::Relaxed) {
            waited
        } else {
            u64::MAX
        }
    }

    /// The count without the present use.
    fn before(&self) -> u32 {
        self.count().wrapping_sub(self.step)
    }

    fn belong_to(&self, index: u32, at: usize, fast_in_a_row: u32) {
        self.run.thread.store(index, Ordering::Relaxed);
        self.run.at.store(at as u64, Ordering::Relaxed);
        self.run
            .fast_in_a_row
            .store(fast_in_a_row, Ordering::Relaxed);
    }

    /// The timed use that began at `since` has ended at `now`. Whether the next uses need not be
    /// timed; then the event of this one is to be written at once and handed to [`Uses::open`].
    #[inline]
    pub fn end(&self, layout: &Layout, since: u64, now: u64) -> bool {
        // Of two holds within each other, the run is at the later one.
        let is_last = self.run.begun.load(Ordering::Relaxed) == since && !self.is_within_another();
        if self.run.fast_in_a_row.load(Ordering::Relaxed) < FAST_BEFORE_SAMPLING || !is_last {
            return false;
        }
        let took = now.saturating_sub(since);
        // Of a hold that was timed something is left in any case, also where it was over before the
        // clock's next tick: nothing stands for uses that are only counted.
        let counts = if self.is_of_messages() {
            0
        } else {
            self.hold_time(layout, took).max(1)
        };
        let counts = u32::try_from(counts).unwrap_or(u32::MAX);
        self.run.took.store(counts, Ordering::Relaxed);
        took < FAST && layout.has_heartbeat()
    }

    /// What is left of a hold that has taken so many ticks without the recorder's own part between
    /// its two looks at the clock. That is more where it is looked at rarely, and nothing of it is
    /// in the caches.
    #[inline]
    pub fn hold_time(&self, layout: &Layout, ticks: u64) -> u64 {
        let empty = if self.run.fast_in_a_row.load(Ordering::Relaxed) == FAST_BEFORE_SAMPLING {
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

    fn is_of_messages(&self) -> bool {
        self.same != same(EventKind::Hold)
    }

    /// Whether the thread is in a shared hold that is counted, but not over.
    fn is_within_another(&self) -> bool {
        self.step == 2 && self.count() % 2 == 1
    }

    /// Opens the run for so many further uses. Not in a controlled program, where each use is an
    /// operation by itself.
    fn go_on(&self, local: &Local, times: u32) {
        let (run, count, layout) = (self.run, self.count(), local.layout());
        // Before the flags: whoever sets one changes the heartbeat after that, so a run that was
        // opened without having seen the flag is stale.
        let heartbeat = layout.header.heartbeat.load(Ordering::Acquire);
        if layout.attention().has(Attention::CONTROLLED) {
            return;
        }
        run.base.store(count, Ordering::Relaxed);
        run.until
            .store(count.wrapping_add(times * self.step), Ordering::Relaxed);
        run.heartbeat.store(heartbeat, Ordering::Relaxed);
        run.epoch
            .store(local.epoch() & self.same, Ordering::Relaxed);
    }

    /// While only counters are wanted, nothing is timed: all uses go on until the heartbeat
    /// changes. The present one is counted already.
    pub fn begin_counting(&self, local: &Local, at: usize) {
        // The clock is read for what an earlier cell has timed only.
        let is_timed = self.run.took.load(Ordering::Relaxed) != 0;
        let now = if is_timed { local.now() } else { 0 };
        self.close(local.layout(), self.before(), now);
        self.belong_to(local.thread().0, at, 0);
        if local.thread().0 == 0 || self.is_within_another() {
            return;
        }
        self.run.change(|| {
            self.run.took.store(0, Ordering::Relaxed);
            self.run.event.store(0, Ordering::Relaxed);
            self.go_on(local, COUNTED);
        });
    }

    /// The run is over, and its present use is timed after all: returns when that began, as far as
    /// that can be told; 0 where it was only to be counted. `hold` is the use, if it is at hand;
    /// otherwise it counts as begun after all that was recorded.
    #[cold]
    pub fn stop<By>(&self, local: &Local, hold: Option<InRun<By>>) -> u64 {
        let (before, now) = (self.before(), local.now());
        let took = u64::from(self.run.took.load(Ordering::Relaxed));
        let is_open = self.run.epoch.load(Ordering::Relaxed) != 0;
        let untimed = if is_open { self.since(before) } else { 0 };
        // All of those before it took their time, and it came after them.
        let ended = self.run.begun.load(Ordering::Relaxed).saturating_add(took);
        let began = ended.saturating_add(self.run.time_of(u64::from(untimed), now));
        let within = hold.map_or(0, |hold| hold.written_within(local, self.run));
        let (least, most) = local.around_last(within);
        let began = match took {
            0 => 0,
            _ => began.max(least).min(most).min(now),
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Region;

    /// Between two ticks of a clock that has few of them lies a whole hold: it was timed all the
    /// same, which a run of uses that are only counted is not.
    #[test]
    fn a_hold_within_one_tick_is_timed() {
        let region = Region::create().expect("a recording");
        let layout = region.layout();
        let entry = layout.objects.get(1).expect("room for an object");
        let took = |uses: Uses<'_>| {
            let run = &entry.run;
            run.fast_in_a_row
                .store(FAST_BEFORE_SAMPLING, Ordering::Relaxed);
            run.begun.store(7, Ordering::Relaxed);
            uses.end(layout, 7, 7);
            run.took.load(Ordering::Relaxed)
        };
        assert_eq!(took(Uses::of_lock(1, entry)), 1);
        assert_eq!(took(Uses::of_receiver(1, entry)), 0);
    }
}
