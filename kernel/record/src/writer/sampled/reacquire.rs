//! The short ways: uses that go on with a sampled run, and write nothing for it.

use std::sync::atomic::Ordering;

use super::run::same;
use crate::layout::{
    EventKind, Layout, NO_OWNER, ObjectEntry, SHARES, SampledRun, Share, ThreadEntry,
};
use crate::uses::add;
use crate::writer::local::{self, Local};

/// A hold that goes on with a sampled run, until it ends.
#[derive(Clone, Copy)]
pub struct InRun<By> {
    /// What counts it: the mutex's own entry, or the thread's share of a lock.
    pub by: By,
    /// How many events the thread had written when it began, plus the heartbeat then. Both only
    /// grow, so as long as the sum is the same, both are.
    pub stamp: u32,
}

impl<By> InRun<By> {
    /// A hold that begins now, by the calling thread.
    #[inline(always)]
    fn begins(local: &Local, run: &SampledRun, object: &ObjectEntry, by: By) -> InRun<By> {
        local.enter(object);
        let stamp = stamp(local, run.heartbeat.load(Ordering::Relaxed));
        InRun { by, stamp }
    }

    /// How many events its thread has written since it began; `run` is what it goes on with.
    pub(super) fn written_within(&self, local: &Local, run: &SampledRun) -> u32 {
        stamp(local, run.heartbeat.load(Ordering::Relaxed)).wrapping_sub(self.stamp)
    }

    /// Ends it without timing it, if that may be: it has not taken long, nobody waits for `lock`,
    /// and the thread has recorded nothing meanwhile.
    #[inline(always)]
    fn end(&self, local: &Local, layout: &Layout, lock: &ObjectEntry) -> bool {
        let now = stamp(local, layout.header.heartbeat.load(Ordering::Relaxed));
        let may = now == self.stamp && !lock.wake.is_wanted();
        if may {
            local.leave(lock);
        }
        may
    }
}

/// See [`InRun::stamp`].
#[inline(always)]
fn stamp(local: &Local, heartbeat: u32) -> u32 {
    local.written().wrapping_add(heartbeat)
}

/// Takes a mutex, if the calling thread does so over and over from the place with the address `at`
/// and nobody has it: that is all there is to record.
#[inline(always)]
pub fn reacquire_mutex(
    entry: &'static ObjectEntry,
    at: usize,
) -> Option<InRun<&'static ObjectEntry>> {
    let (local, layout) = here()?;
    // Before the run: see the head of `sampled.rs`.
    let seen = entry.uses.load(Ordering::Acquire);
    let may = seen as u32 == NO_OWNER
        && entry.run.goes_on(layout, local.epoch(), at, seen >> 32)
        && entry.take_at(seen, local.taking()).is_ok();
    may.then(|| InRun::begins(local, &entry.run, entry, entry))
}

/// Takes an exclusive lock that has a word of its own, if the calling thread does so over and over
/// from the place with the address `at`, and `enter` takes it. `leave` undoes that, where another
/// thread has had it in between.
#[inline(always)]
pub fn reacquire_exclusive(
    entry: &'static ObjectEntry,
    at: usize,
    enter: impl FnOnce() -> bool,
    leave: impl FnOnce(),
) -> Option<InRun<&'static ObjectEntry>> {
    let (local, layout) = here()?;
    let goes_on = || {
        let uses = entry.uses.load(Ordering::Relaxed);
        uses as u32 == NO_OWNER && entry.run.goes_on(layout, local.epoch(), at, uses >> 32)
    };
    if !goes_on() || !enter() {
        return None;
    }
    // From here on nobody else changes it.
    if !goes_on() {
        leave();
        return None;
    }
    entry.taken(local.as_owner());
    Some(InRun::begins(local, &entry.run, entry, entry))
}

/// The calling thread, and the recording, if it has used that already.
#[inline(always)]
fn here() -> Option<(&'static Local, &'static Layout)> {
    let local = local::get()?;
    Some((local, local.attached()?.0))
}

/// Counts a shared hold of the object `index` by the calling thread, if it goes on with the run of
/// its share, and `enter` takes the lock; that returns the lock's entry.
#[inline(always)]
pub fn reacquire_shared(
    index: u32,
    at: usize,
    enter: impl FnOnce() -> Option<&'static ObjectEntry>,
) -> Option<InRun<&'static Share>> {
    let (local, share) = share_of(EventKind::Hold, index, at)?;
    let lock = enter()?;
    add(&share.uses, 1);
    Some(InRun::begins(local, &share.run, lock, share))
}

/// Ends an exclusive hold, if it need not be timed.
#[inline(always)]
pub fn end_exclusive(hold: InRun<&'static ObjectEntry>) -> bool {
    here().is_some_and(|(local, layout)| hold.end(local, layout, hold.by))
}

/// Ends a shared hold of a lock, if it need not be timed, and counts that.
#[inline(always)]
pub fn end_shared((index, lock): (u32, &ObjectEntry), hold: InRun<&'static Share>) -> bool {
    let Some((local, layout)) = here() else {
        return false;
    };
    // Another lock may have needed the share's place meanwhile, and this one again after that.
    let may = hold.by.key.load(Ordering::Relaxed) == Share::key(index, EventKind::Hold as u8)
        && hold.by.run.is_open()
        && hold.end(local, layout, lock);
    if may {
        add(&hold.by.uses, 1);
    }
    may
}

/// Whether a message that was just received at the place with the address `at` goes on with a run.
/// Then it was counted.
#[inline(always)]
pub fn receive_in_run(
    layout: &'static Layout,
    index: u32,
    at: usize,
) -> Option<&'static ObjectEntry> {
    let entry = layout.objects.get(index as usize)?;
    let uses = entry.uses.load(Ordering::Relaxed) >> 32;
    let epoch = local::get()?.epoch() & same(EventKind::Receive);
    if !entry.run.goes_on(layout, epoch, at, uses) {
        return None;
    }
    entry.count_received();
    Some(entry)
}

/// Keeps a shared hold of the object `index` for its thread, where there is no guard to do so.
#[inline(always)]
pub fn keep_shared(index: u32, hold: InRun<&'static Share>) {
    if let Some(local) = local::get() {
        local.kept[share_slot(index, EventKind::Hold)].set(hold.stamp);
    }
}

/// The calling thread's shared hold of the object `index`, if it was kept.
#[inline(always)]
pub fn kept_shared(index: u32) -> Option<InRun<&'static Share>> {
    let local = local::get()?;
    let share = local.entry()?.share(EventKind::Hold, index);
    let is_its_own = share.key.load(Ordering::Relaxed) == Share::key(index, EventKind::Hold as u8);
    let stamp = local.kept[share_slot(index, EventKind::Hold)].get();
    (is_its_own && share.is_held()).then_some(InRun { by: share, stamp })
}

/// The calling thread's share of uses of one kind of an object, if a use at the place with the
/// address `at` goes on with its run; and the thread's index. The use is not counted yet.
#[inline(always)]
pub fn share_in_run(kind: EventKind, index: u32, at: usize) -> Option<(&'static Share, u32)> {
    let (local, share) = share_of(kind, index, at)?;
    Some((share, local.as_owner()))
}

#[inline(always)]
fn share_of(kind: EventKind, index: u32, at: usize) -> Option<(&'static Local, &'static Share)> {
    let local = local::get()?;
    let (layout, thread) = local.attached()?;
    let share = thread.share(kind, index);
    // First what needs the index, which then need not be kept.
    if share.key.load(Ordering::Relaxed) != Share::key(index, kind as u8) {
        return None;
    }
    let (run, epoch) = (&share.run, local.epoch() & same(kind));
    if !run.is_from(epoch, at) {
        return None;
    }
    let uses = share.uses.load(Ordering::Relaxed);
    (uses & 1 == 0 && run.lasts(layout, uses)).then_some((local, share))
}

impl ThreadEntry {
    /// The share that counts the thread's uses of one kind of an object, or of another one in its
    /// place.
    #[inline(always)]
    pub fn share(&self, kind: EventKind, object: u32) -> &Share {
        &self.shares[share_slot(object, kind)]
    }
}

/// Which of a thread's shares is for uses of one kind of an object.
#[inline(always)]
fn share_slot(object: u32, kind: EventKind) -> usize {
    (object as usize + kind as usize - EventKind::Hold as usize) % SHARES
}
