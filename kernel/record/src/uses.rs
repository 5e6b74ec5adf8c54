//! Who holds an object and how often it was used, each pair in one word.
//!
//! An exclusive holder's index and the count of uses share `ObjectEntry::uses`, so that taking a
//! mutex, naming its holder and counting the acquisition are one instruction, and nobody, not even
//! after a crash, sees one without the others. A shared hold is the lowest bit of the count of its
//! thread ([`Share`]).

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::layout::*;
use crate::snapshot::Library;

/// When the upper half of `ObjectEntry::uses` is moved into `uses_before`. Far enough from its end
/// for all uses that go on with a run.
const MANY_USES: u64 = 1 << 63;

/// Adds to a counter that only the calling thread writes at this moment.
#[inline(always)]
pub fn add(counter: &AtomicU64, more: u64) {
    counter.store(
        counter.load(Ordering::Relaxed).wrapping_add(more),
        Ordering::Relaxed,
    );
}

/// What a mutex that nobody has becomes more when `owner` takes it.
#[inline(always)]
pub(crate) fn taking(owner: u32) -> u64 {
    ONE_USE | u64::from(owner)
}

impl ObjectEntry {
    /// The index of the thread that holds it exclusively; 0 if none does, `UNKNOWN_OWNER` if one
    /// does that has no entry.
    #[inline]
    pub fn owner(&self) -> u32 {
        self.uses.load(Ordering::SeqCst) as u32
    }

    /// Exclusive acquisitions, or messages received.
    #[inline]
    pub fn use_count(&self) -> u64 {
        let before = self.uses_before.load(Ordering::Relaxed);
        before.wrapping_add(self.uses.load(Ordering::Relaxed) >> 32)
    }

    /// Messages sent.
    #[inline]
    pub fn sent(&self) -> u64 {
        let by_first = self.sent_by_first.load(Ordering::Relaxed);
        by_first.wrapping_add(self.sent_by_others.load(Ordering::Relaxed))
    }

    /// Messages in the queue, when so many were received.
    #[inline]
    pub fn queued(&self, received: u64) -> u64 {
        let queued = self.sent().saturating_sub(received);
        match self.capacity.load(Ordering::Relaxed) {
            0 => queued,
            bound => queued.min(bound - 1),
        }
    }

    /// Takes the lock that `uses` is, in the name of `owner` ([`NO_OWNER`] is not one), unless
    /// somebody has it; counts the acquisition.
    #[inline]
    pub fn try_take(&self, owner: u32) -> bool {
        let mut seen = self.uses.load(Ordering::Relaxed);
        while seen as u32 == NO_OWNER {
            match self.take_at(seen, taking(owner)) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// The same if `uses` is still `seen`, where nobody holds it; `taking` is [`taking`] of the
    /// owner.
    #[inline(always)]
    pub(crate) fn take_at(&self, seen: u64, taking: u64) -> Result<u64, u64> {
        let taken = seen.wrapping_add(taking);
        self.uses
            .compare_exchange(seen, taken, Ordering::Acquire, Ordering::Relaxed)
    }

    /// Gives back the lock that `uses` is. A read-modify-write, so that it comes before a look at
    /// who waits.
    #[inline(always)]
    pub fn give_back(&self) {
        self.uses.fetch_and(!u64::from(u32::MAX), Ordering::AcqRel);
    }

    /// Notes that `owner` has taken an exclusive lock that `uses` is not, and counts the
    /// acquisition.
    #[inline]
    pub fn taken(&self, owner: u32) {
        let uses = self.uses.load(Ordering::Relaxed);
        let taken = uses.wrapping_add(ONE_USE) | u64::from(owner);
        self.uses.store(taken, Ordering::Relaxed);
    }

    /// Notes that `owner` has upgradable access, which is no exclusive acquisition.
    #[inline]
    pub fn taken_upgradable(&self, owner: u32) {
        let uses = self.uses.load(Ordering::Relaxed);
        self.uses.store(uses | u64::from(owner), Ordering::Relaxed);
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that the holder gives such a lock back.
    #[inline]
    pub fn given_back(&self) {
        let uses = self.uses.load(Ordering::Relaxed);
        self.uses.store(uses >> 32 << 32, Ordering::Relaxed);
    }

    /// Counts a message that was received; for the one receiver.
    #[inline(always)]
    pub fn count_received(&self) {
        add(&self.uses, ONE_USE);
    }

    /// Counts a message that was received by one of several receivers.
    #[inline]
    pub fn count_received_by_one(&self) {
        const HALF: u64 = MANY_USES >> 1;
        if self.uses.fetch_add(ONE_USE, Ordering::Relaxed) == MANY_USES {
            self.uses_before.fetch_add(HALF >> 32, Ordering::Relaxed);
            self.uses.fetch_sub(HALF, Ordering::Relaxed);
        }
    }

    /// Whether the upper half of `uses` will overflow before long.
    #[inline]
    pub(crate) fn is_nearly_full(&self) -> bool {
        self.uses.load(Ordering::Relaxed) >= MANY_USES
    }

    /// Moves the upper half of `uses` away; for who holds the object, or receives from it.
    #[cold]
    pub(crate) fn make_room(&self) {
        let uses = self.uses.load(Ordering::Relaxed);
        add(&self.uses_before, uses >> 32);
        self.uses.store(u64::from(uses as u32), Ordering::Relaxed);
    }
}

impl Share {
    /// The share's key for uses of one kind (an `EventKind`) of an object.
    #[inline(always)]
    pub fn key(object: u32, kind: u8) -> u64 {
        u64::from(object) << 32 | u64::from(kind)
    }

    /// Makes it count for nothing.
    pub fn empty(&self) {
        self.key.store(0, Ordering::Relaxed);
        for counter in [&self.uses, &self.hold_total, &self.hold_max] {
            counter.store(0, Ordering::Relaxed);
        }
        self.run.clear();
    }

    /// The object that it counts for; 0 for none.
    #[inline]
    pub fn object(&self) -> u32 {
        (self.key.load(Ordering::Acquire) >> 32) as u32
    }

    /// Whether it counts shared holds.
    pub fn counts_holds(&self) -> bool {
        const HOLD: u8 = EventKind::Hold as u8;
        self.key.load(Ordering::Relaxed) as u8 == HOLD
    }

    /// Whether its thread is in a hold that has no slot in `ThreadEntry::held`.
    #[inline]
    pub fn is_held(&self) -> bool {
        self.uses.load(Ordering::SeqCst) & 1 != 0
    }
}

impl Layout {
    /// The objects of which a thread has shared access, each with the place where it has taken it.
    pub fn shared_holds<'a>(
        &'a self,
        thread: &'a ThreadEntry,
    ) -> impl Iterator<Item = (u32, u32)> + 'a {
        let word = |at: &AtomicU32| at.load(Ordering::SeqCst);
        let slots = thread
            .held
            .iter()
            .map(move |held| (word(&held.object), word(&held.place)));
        let shares = thread
            .shares
            .iter()
            .filter(|share| share.is_held() && self.is_of_its_object(share))
            .map(move |share| (share.object(), word(&share.place)));
        slots.chain(shares).filter(|(object, _)| *object != 0)
    }

    /// Whether the object that a share counts for is still there: not dropped, nor another one in
    /// its entry. A guard that was forgotten outlives its lock.
    pub fn is_of_its_object(&self, share: &Share) -> bool {
        let object = self.objects.get(share.object() as usize);
        object.is_some_and(|object| {
            !object.is_dropped()
                && object.generation.load(Ordering::Relaxed)
                    == share.generation.load(Ordering::Relaxed)
        })
    }
}

impl ObjectEntry {
    /// Whether the user's object is gone.
    pub fn is_dropped(&self) -> bool {
        self.flags.load(Ordering::Acquire) & OBJECT_DROPPED != 0
    }

    /// Whose kind of object it is.
    pub fn library(&self) -> Library {
        Library::numbered(self.flags.load(Ordering::Relaxed) >> OBJECT_LIBRARY)
    }
}
