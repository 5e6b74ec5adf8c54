//! `parking_lot::RawRwLock`, recorded.

use lock_api::{
    RawRwLockDowngrade, RawRwLockFair, RawRwLockRecursive, RawRwLockRecursiveTimed, RawRwLockTimed,
    RawRwLockUpgrade, RawRwLockUpgradeDowngrade, RawRwLockUpgradeFair, RawRwLockUpgradeTimed,
};
use std::of_crates::{RwLock, Turn, without_unwinding};
use std::time::{Duration, Instant};

/// A reader–writer lock without data. The same as parking_lot's, but recorded; who gives it back
/// fairly lets others run instead of handing it over.
pub struct RawRwLock(RwLock);

// SAFETY: `RwLock` has one writer at a time and readers at other times; one thread has upgradable
// access.
unsafe impl lock_api::RawRwLock for RawRwLock {
    #[allow(
        clippy::declare_interior_mutable_const,
        reason = "the trait asks for a constant"
    )]
    const INIT: RawRwLock = RawRwLock(RwLock::new());
    #[cfg(fearless_places)]
    const CREATED: usize = std::mem::offset_of!(RawRwLock, 0) + RwLock::CREATED;

    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    #[track_caller]
    fn lock_shared(&self) {
        self.0.read(Turn::Queued, None);
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared(&self) -> bool {
        self.0.try_read(Turn::Queued)
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
unsafe impl RawRwLockFair for RawRwLock {
    unsafe fn unlock_shared_fair(&self) {
        self.for_others(RwLock::end_read);
    }

    unsafe fn unlock_exclusive_fair(&self) {
        self.for_others(RwLock::end_write);
    }

    #[track_caller]
    unsafe fn bump_shared(&self) {
        if self.0.is_waited_for() {
            self.for_others(RwLock::end_read);
            without_unwinding(|| self.0.read(Turn::Queued, None));
        }
    }

    #[track_caller]
    unsafe fn bump_exclusive(&self) {
        if self.0.is_waited_for() {
            self.for_others(RwLock::end_write);
            without_unwinding(|| self.0.write(None));
        }
    }
}

impl RawRwLock {
    /// Gives the lock back, and lets others run if one of them waits for it.
    fn for_others(&self, give_back: fn(&RwLock)) {
        let is_waited_for = self.0.is_waited_for();
        give_back(&self.0);
        if is_waited_for {
            std::thread::yield_now();
        }
    }
}

// SAFETY: as above.
unsafe impl RawRwLockDowngrade for RawRwLock {
    #[inline]
    #[track_caller]
    unsafe fn downgrade(&self) {
        self.0.downgrade();
    }
}

// SAFETY: as above.
unsafe impl RawRwLockTimed for RawRwLock {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    #[track_caller]
    fn try_lock_shared_for(&self, timeout: Duration) -> bool {
        self.0.read(Turn::Queued, after(timeout))
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared_until(&self, timeout: Instant) -> bool {
        self.0.read(Turn::Queued, Some(timeout))
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_for(&self, timeout: Duration) -> bool {
        self.0.write(after(timeout))
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_until(&self, timeout: Instant) -> bool {
        self.0.write(Some(timeout))
    }
}

// SAFETY: as above.
unsafe impl RawRwLockRecursive for RawRwLock {
    #[inline]
    #[track_caller]
    fn lock_shared_recursive(&self) {
        self.0.read(Turn::AtOnce, None);
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared_recursive(&self) -> bool {
        self.0.try_read(Turn::AtOnce)
    }
}

// SAFETY: as above.
unsafe impl RawRwLockRecursiveTimed for RawRwLock {
    #[inline]
    #[track_caller]
    fn try_lock_shared_recursive_for(&self, timeout: Duration) -> bool {
        self.0.read(Turn::AtOnce, after(timeout))
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared_recursive_until(&self, timeout: Instant) -> bool {
        self.0.read(Turn::AtOnce, Some(timeout))
    }
}

// SAFETY: as above.
unsafe impl RawRwLockUpgrade for RawRwLock {
    #[inline]
    #[track_caller]
    fn lock_upgradable(&self) {
        self.0.upgradable(None);
    }

    #[inline]
    #[track_caller]
    fn try_lock_upgradable(&self) -> bool {
        self.0.try_upgradable()
    }

    #[inline]
    unsafe fn unlock_upgradable(&self) {
        self.0.end_upgradable();
    }

    #[inline]
    #[track_caller]
    unsafe fn upgrade(&self) {
        self.0.upgrade(None);
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade(&self) -> bool {
        self.0.try_upgrade()
    }
}

// SAFETY: as above.
unsafe impl RawRwLockUpgradeFair for RawRwLock {
    unsafe fn unlock_upgradable_fair(&self) {
        self.for_others(RwLock::end_upgradable);
    }

    #[track_caller]
    unsafe fn bump_upgradable(&self) {
        if self.0.is_waited_for() {
            self.for_others(RwLock::end_upgradable);
            without_unwinding(|| self.0.upgradable(None));
        }
    }
}

// SAFETY: as above.
unsafe impl RawRwLockUpgradeDowngrade for RawRwLock {
    #[inline]
    #[track_caller]
    unsafe fn downgrade_upgradable(&self) {
        self.0.downgrade_upgradable();
    }

    #[inline]
    #[track_caller]
    unsafe fn downgrade_to_upgradable(&self) {
        self.0.downgrade_to_upgradable();
    }
}

// SAFETY: as above.
unsafe impl RawRwLockUpgradeTimed for RawRwLock {
    #[inline]
    #[track_caller]
    fn try_lock_upgradable_for(&self, timeout: Duration) -> bool {
        self.0.upgradable(after(timeout))
    }

    #[inline]
    #[track_caller]
    fn try_lock_upgradable_until(&self, timeout: Instant) -> bool {
        self.0.upgradable(Some(timeout))
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade_for(&self, timeout: Duration) -> bool {
        self.0.upgrade(after(timeout))
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade_until(&self, timeout: Instant) -> bool {
        self.0.upgrade(Some(timeout))
    }
}

fn after(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}
