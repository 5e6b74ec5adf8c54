//! The lock of a part of a map of `dashmap`, recorded.

use std::of_crates::{Place, RwLock as Recorded, Turn};

/// The lock of a part of a map.
pub type RwLock<T> = lock_api::RwLock<RawRwLock, T>;
/// Its guard of shared access.
pub type RwLockReadGuard<'a, T> = lock_api::RwLockReadGuard<'a, RawRwLock, T>;
/// Its guard of exclusive access.
pub type RwLockWriteGuard<'a, T> = lock_api::RwLockWriteGuard<'a, RawRwLock, T>;

/// A reader–writer lock without data. The same as dashmap's, but recorded: readers don't queue up
/// behind writers that wait.
pub struct RawRwLock(Recorded);

impl RawRwLock {
    /// One of a map that was made at this place.
    pub fn made_at(place: Place) -> RawRwLock {
        RawRwLock(Recorded::of_shard(place))
    }
}

// SAFETY: `Recorded` has one writer at a time and readers at other times.
unsafe impl lock_api::RawRwLock for RawRwLock {
    #[allow(
        clippy::declare_interior_mutable_const,
        reason = "the trait asks for a constant"
    )]
    const INIT: RawRwLock = RawRwLock(Recorded::new());

    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    #[track_caller]
    fn lock_shared(&self) {
        self.0.read(Turn::AtOnce, None);
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared(&self) -> bool {
        self.0.try_read(Turn::AtOnce)
    }

    #[inline]
    unsafe fn unlock_shared(&self) {
        self.0.end_read();
    }

    #[inline]
    #[track_caller]
    fn lock_exclusive(&self) {
        self.0.write(None);
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive(&self) -> bool {
        self.0.try_write()
    }

    #[inline]
    unsafe fn unlock_exclusive(&self) {
        self.0.end_write();
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.0.is_locked()
    }

    #[inline]
    fn is_locked_exclusive(&self) -> bool {
        self.0.is_locked_exclusive()
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockDowngrade for RawRwLock {
    #[inline]
    #[track_caller]
    unsafe fn downgrade(&self) {
        self.0.downgrade();
    }
}
