//! What a thread holds and counts by the side of others: its shares, and the slots that say what it
//! holds.

use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::layout::{EventKind, ObjectEntry, Share, ThreadEntry};
use record::uses::add;
use record::writer::{InRun, Local, Uses};

/// This thread's share of uses of one kind of an object.
#[inline]
pub fn share<'a>(
    local: &Local,
    thread: &'a ThreadEntry,
    object: &ObjectEntry,
    kind: EventKind,
    index: u32,
) -> &'a Share {
    let (share, key) = (thread.share(kind, index), Share::key(index, kind as u8));
    let generation = object.generation.load(Ordering::Relaxed);
    if share.key.load(Ordering::Relaxed) != key
        || share.generation.load(Ordering::Relaxed) != generation
    {
        push_out(local, thread, share);
        share.generation.store(generation, Ordering::Relaxed);
        share.key.store(key, Ordering::Release);
    }
    share
}

/// Adds a share to its object's own counters and empties it.
#[cold]
#[inline(never)]
pub fn push_out(local: &Local, thread: &ThreadEntry, share: &Share) {
    if share.is_held() && local.layout().is_of_its_object(share) {
        hold_in_slot(local, thread, share, None);
    }
    let (layout, index) = (local.layout(), share.object());
    Uses::of_share(share).finish(local);
    if let Some(lock) = layout.objects.get(index as usize).filter(|_| index != 0)
        && share.counts_holds()
        && lock.generation.load(Ordering::Relaxed) == share.generation.load(Ordering::Relaxed)
    {
        share.key.store(0, Ordering::Release);
        lock.reads
            .fetch_add(share.uses.load(Ordering::Relaxed) / 2, Ordering::Relaxed);
        lock.shared_total
            .fetch_add(share.hold_total.load(Ordering::Relaxed), Ordering::Relaxed);
        lock.shared_max
            .fetch_max(share.hold_max.load(Ordering::Relaxed), Ordering::Relaxed);
    }
    share.empty();
}

/// Notes a hold that only its share knew of in a slot of the thread's, with its place and
/// beginning. `hold` is the hold, if it is at hand.
#[cold]
pub fn hold_in_slot(
    local: &Local,
    thread: &ThreadEntry,
    share: &Share,
    hold: Option<InRun<&'static Share>>,
) {
    add(&share.uses, 1);
    let since = Uses::of_share(share).stop(local, hold);
    let place = share.place.load(Ordering::Relaxed);
    take_slot(thread, share.object(), place, since);
}

/// Notes what the thread holds from now on; only its number, if there is no slot.
#[inline]
pub fn take_slot(thread: &ThreadEntry, object: u32, place: u32, since: u64) {
    let free = |slot: &&record::layout::HoldSlot| slot.object.load(Ordering::Relaxed) == 0;
    if let Some(slot) = thread.held.iter().find(free) {
        slot.place.store(place, Ordering::Relaxed);
        slot.since.store(since, Ordering::Relaxed);
        slot.object.store(object, Ordering::Relaxed);
    } else {
        let beyond = thread.held_beyond.load(Ordering::Relaxed);
        thread.held_beyond.store(beyond + 1, Ordering::Relaxed);
    }
}
