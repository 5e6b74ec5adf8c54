//! A sampled run by itself: whether it goes on, and how it is changed.

use std::sync::atomic::{Ordering, fence};

use crate::layout::{Event, EventKind, EventRef, Layout, SampledRun};
use crate::writer::local::THREAD_OF_EPOCH;

/// What of a thread's epoch must stay the same while a run of such uses goes on.
#[inline(always)]
pub(super) const fn same(kind: EventKind) -> u64 {
    match kind {
        EventKind::Send | EventKind::Receive => THREAD_OF_EPOCH,
        _ => !0,
    }
}

impl SampledRun {
    /// Forgets everything, for another object or thread.
    pub(crate) fn clear(&self) {
        self.epoch.store(0, Ordering::Relaxed);
        self.event.store(0, Ordering::Relaxed);
        self.thread.store(0, Ordering::Relaxed);
        self.fast_in_a_row.store(0, Ordering::Relaxed);
        self.begun.store(0, Ordering::Relaxed);
    }

    /// Whether the next use, from the place with the address `at` by the thread with this epoch,
    /// goes on with the run, when its counter is at `uses`. Then it need not be timed.
    #[inline(always)]
    pub(super) fn goes_on(&self, layout: &Layout, epoch: u64, at: usize, uses: u64) -> bool {
        self.is_from(epoch, at) && self.lasts(layout, uses)
    }

    /// The first half of [`SampledRun::goes_on`]: whose it is.
    #[inline(always)]
    pub(super) fn is_from(&self, epoch: u64, at: usize) -> bool {
        self.epoch.load(Ordering::Relaxed) == epoch && self.at.load(Ordering::Relaxed) == at as u64
    }

    /// The second half: whether it is not over.
    #[inline(always)]
    pub(super) fn lasts(&self, layout: &Layout, uses: u64) -> bool {
        self.until.load(Ordering::Relaxed) != uses as u32 && !self.is_stale(layout)
    }

    #[inline(always)]
    pub(super) fn is_open(&self) -> bool {
        self.epoch.load(Ordering::Relaxed) != 0
    }

    #[inline(always)]
    pub(super) fn is_stale(&self, layout: &Layout) -> bool {
        self.heartbeat.load(Ordering::Relaxed) != layout.header.heartbeat.load(Ordering::Relaxed)
    }

    /// Changes the run, so that a reader of another process takes nothing that belongs to two
    /// states of it.
    pub(super) fn change<R>(&self, change: impl FnOnce() -> R) -> R {
        let version = self.version.load(Ordering::Relaxed) | 1;
        self.version.store(version, Ordering::Relaxed);
        fence(Ordering::Release);
        let result = change();
        self.version
            .store(version.wrapping_add(1), Ordering::Release);
        result
    }

    /// How long `more` untimed uses count that are over `now`, in ticks: each as long as the timed
    /// one, but all no longer than there was time.
    pub(crate) fn time_of(&self, more: u64, now: u64) -> u64 {
        let took = u64::from(self.took.load(Ordering::Relaxed));
        let ended = self.begun.load(Ordering::Relaxed).saturating_add(took);
        more.saturating_mul(took).min(now.saturating_sub(ended))
    }

    /// Where the event lies that the run's uses are to be counted into, if there is one and it is
    /// still there.
    pub(crate) fn event<'a>(&self, layout: &'a Layout) -> Option<&'a Event> {
        let event = layout.event(EventRef(self.event.load(Ordering::Relaxed)))?;
        let begun = self.begun.load(Ordering::Relaxed);
        (event.start.load(Ordering::Relaxed) == begun).then_some(event)
    }
}
