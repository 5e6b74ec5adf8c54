//! The short ways: uses that go on with a sampled run, and write nothing for it.

use std::sync::atomic::Ordering;

use super::run::same;
use crate::layout::{EventKind, Layout, ObjectEntry, SHARES, SampledRun, Share, ThreadEntry};
use crate::uses::add;
use crate::writer::local::{self, Local};

/// A hold that goes on with a sampled run, until it ends.
#[derive(Clone, Copy)]
pub struct InRun<By> {
    /// What counts it: the mutex's own entry, or the thread's share of a lock.
    pub by: By,
    /// How many events the thread had written when it began.
    pub written: u32,
}

impl<By> InRun<By> {
    /// A hold that begins now, by the calling thread.
    #[inline(always)]
    fn begins(local: &Local, object: &ObjectEntry, by: By) -> InRun<By> {
        local.enter(object);
        let written = local.written();
        InRun { by, written }
    }

    /// How many events its thread has written since it began.
    pub(super) fn written_within(&self, local: &Local) -> u32 {
        local.written().wrapping_sub(self.written)
    }

    /// Ends it without timing it, if that may be: it has not taken long, nobody waits for `lock`,
    /// and the thread has recorded nothing meanwhile.
    #[inline(always)]
    fn end(&self, local: &Local, layout: &Layout, run: &SampledRun, lock: &ObjectEntry) -> bool {
        let may =
            local.written() == self.written && !run.is_stale(layout) && !lock.wake.is_wanted();
        if may {
            local.leave(lock);
        }
        may
    }
}

/// Takes a mutex, if the calling thread does so over and over from the place with the address `at`
/// and nobody has it: that is all there is to record.
#[inline(always)]
pub fn reacquire_mutex(index: u32, at: usize) -> Option<InRun<&'static ObjectEntry>> {
    let (local, layout) = here()?;
    let entry = layout.objects.get(index as usize)?;
    // Before the run: see the head of this file. Of somebody's the lower half differs.
    let seen = entry.uses.load(Ordering::Acquire) >> 32 << 32;
    let may = entry.run.goes_on(layout, local.epoch(), at, seen >> 32);
    if !may || entry.take_at(seen, local.as_owner()).is_err() {
        return None;
    }
    Some(InRun::begins(local, entry, entry))
}

/// The calling thread, and the recording, if it has used that already.
#[inline(always)]
fn here() -> Option<(&'static Local, &'static Layout)> {
    let local = local::get()?;
    Some((local, local.existing_layout()?))
}

/// Counts a shared hold of the object `index` by the calling thread, if it goes on with the run of
/// its share, and `enter` takes the lock.
#[inline(always)]
pub fn reacquire_shared(
    index: u32,
    at: usize,
    enter: impl FnOnce(&ObjectEntry) -> bool,
) -> Option<InRun<&'static Share>> {
    let (local, layout) = here()?;
    let share = share_of(local, layout, EventKind::Hold, index, at)?;
    let lock = layout.objects.get(index as usize)?;
    if !enter(lock) {
        return None;
    }
    add(&share.uses, 1);
    Some(InRun::begins(local, lock, share))
}

/// Ends a hold of a mutex, if it need not be timed.
#[inline(always)]
pub fn end_exclusive(hold: InRun<&'static ObjectEntry>) -> bool {
    here().is_some_and(|(local, layout)| hold.end(local, layout, &hold.by.run, hold.by))
}

/// Ends a shared hold of the lock `index`, if it need not be timed, and counts that; returns the
/// lock.
#[inline(always)]
pub fn end_shared(index: u32, hold: InRun<&'static Share>) -> Option<&'static ObjectEntry> {
    let (local, layout) = here()?;
    let lock = layout.objects.get(index as usize)?;
    // Another lock may have needed the share's place meanwhile, and this one again after that.
    let may = hold.by.key.load(Ordering::Relaxed) == Share::key(index, EventKind::Hold as u8)
        && hold.by.run.is_open()
        && hold.end(local, layout, &hold.by.run, lock);
    if may {
        add(&hold.by.uses, 1);
    }
    may.then_some(lock)
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
        local.kept[share_slot(index, EventKind::Hold)].set(hold.written);
    }
}

/// The calling thread's shared hold of the object `index`, if it was kept.
#[inline(always)]
pub fn kept_shared(index: u32) -> Option<InRun<&'static Share>> {
    let local = local::get()?;
    let share = local.entry()?.share(EventKind::Hold, index);
    let is_its_own = share.key.load(Ordering::Relaxed) == Share::key(index, EventKind::Hold as u8);
    let written = local.kept[share_slot(index, EventKind::Hold)].get();
    (is_its_own && share.is_held()).then_some(InRun { by: share, written })
}

/// The calling thread's share of uses of one kind of an object, if a use at the place with the
/// address `at` goes on with its run; and the thread's index. The use is not counted yet.
#[inline(always)]
pub fn share_in_run(
    layout: &Layout,
    kind: EventKind,
    index: u32,
    at: usize,
) -> Option<(&'static Share, u32)> {
    let local = local::get()?;
    let share = share_of(local, layout, kind, index, at)?;
    Some((share, local.as_owner()))
}

#[inline(always)]
fn share_of(
    local: &Local,
    layout: &Layout,
    kind: EventKind,
    index: u32,
    at: usize,
) -> Option<&'static Share> {
    let share = local.entry()?.share(kind, index);
    let uses = share.uses.load(Ordering::Relaxed);
    let epoch = local.epoch() & same(kind);
    let may = share.key.load(Ordering::Relaxed) == Share::key(index, kind as u8)
        && uses & 1 == 0
        && share.run.goes_on(layout, epoch, at, uses);
    may.then_some(share)
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
    (object as usize + kind as usize) % SHARES
}
