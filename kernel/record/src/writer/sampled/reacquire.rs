//! The short ways: uses that go on with a sampled run, and write nothing for it.

use std::sync::atomic::Ordering;

use super::run::same;
use crate::layout::{
    EventKind, Layout, NO_OWNER, ObjectEntry, SHARES, SampledRun, Share, ThreadEntry,
};
use crate::writer::local::{self, Local};

/// Takes a mutex, if the calling thread does so over and over from the place with the address `at`
/// and nobody has it: that is all there is to record. Returns its entry.
#[inline(always)]
pub fn reacquire_mutex(
    layout: &'static Layout,
    index: u32,
    at: usize,
) -> Option<&'static ObjectEntry> {
    let entry = layout.objects.get(index as usize)?;
    let epoch = epoch()?;
    // Before the run: see the head of this file.
    let seen = entry.uses.load(Ordering::Acquire);
    let may = seen as u32 == NO_OWNER && entry.run.goes_on(layout, epoch, at, seen >> 32);
    (may && entry.take_at(seen, (epoch >> 32) as u32).is_ok()).then_some(entry)
}

/// Whether the calling thread may end a hold of `lock` that it has begun by [`reacquire_mutex`] or
/// [`share_in_run`], and that `run` counts, without timing it: it has not taken long, nobody waits
/// for the lock, and the thread has recorded nothing else meanwhile.
#[inline(always)]
pub fn may_end_in_run(layout: &Layout, run: &SampledRun, lock: &ObjectEntry) -> bool {
    epoch().is_some_and(|epoch| run.still_goes_on(layout, epoch)) && !lock.wake.is_wanted()
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
    let epoch = epoch()? & same(EventKind::Receive);
    if !entry.run.goes_on(layout, epoch, at, uses) {
        return None;
    }
    entry.count_received();
    Some(entry)
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
    let share = local.entry()?.share(kind, index);
    let uses = share.uses.load(Ordering::Relaxed);
    let may = share.key.load(Ordering::Relaxed) == Share::key(index, kind as u8)
        && uses & 1 == 0
        && share
            .run
            .goes_on(layout, local.epoch() & same(kind), at, uses);
    may.then_some((share, local.as_owner()))
}

/// The calling thread's share of shared holds of an object, if it is in one that goes on with a run.
#[inline(always)]
pub fn share_held_in_run(index: u32) -> Option<&'static Share> {
    let share = local::get()?.entry()?.share(EventKind::Hold, index);
    let is_its_own = share.key.load(Ordering::Relaxed) == Share::key(index, EventKind::Hold as u8);
    (is_its_own && share.is_held()).then_some(share)
}

/// What tells the calling thread from others, in the upper half, and its events written so far, in
/// the lower one; if it has done anything yet.
#[inline(always)]
fn epoch() -> Option<u64> {
    local::get().map(Local::epoch)
}

impl ThreadEntry {
    /// The share that counts the thread's uses of one kind of an object, or of another one in its
    /// place.
    #[inline(always)]
    pub fn share(&self, kind: EventKind, object: u32) -> &Share {
        &self.shares[(object as usize + kind as usize) % SHARES]
    }
}
