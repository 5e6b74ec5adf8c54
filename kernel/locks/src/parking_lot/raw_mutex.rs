//! `parking_lot::RawMutex`, recorded.

use lock_api::{RawMutexFair, RawMutexTimed};
use std::of_crates::Mutex;
use std::time::{Duration, Instant};

/// A mutex without data. The same as parking_lot's, but recorded; who gives it back fairly lets
/// others run instead of handing it over.
pub struct RawMutex(pub(super) Mutex);

// SAFETY: `Mutex` has one holder at a time.
unsafe impl lock_api::RawMutex for RawMutex {
    #[allow(
        clippy::declare_interior_mutable_const,
        reason = "the trait asks for a constant"
    )]
    const INIT: RawMutex = RawMutex(Mutex::new());
    #[cfg(fearless_places)]
    const CREATED: usize = std::mem::offset_of!(RawMutex, 0) + Mutex::CREATED;

    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    #[track_caller]
    fn lock(&self) {
        self.0.lock();
    }

    #[inline]
    #[track_caller]
    fn try_lock(&self) -> bool {
        self.0.try_lock()
    }

    #[inline]
    unsafe fn unlock(&self) {
        self.0.unlock();
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.0.is_locked()
    }
}

// SAFETY: as above.
unsafe impl RawMutexFair for RawMutex {
    #[inline]
    unsafe fn unlock_fair(&self) {
        self.0.unlock_for_others();
    }

    #[inline]
    #[track_caller]
    unsafe fn bump(&self) {
        self.0.bump();
    }
}

// SAFETY: as above.
unsafe impl RawMutexTimed for RawMutex {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    #[track_caller]
    fn try_lock_for(&self, timeout: Duration) -> bool {
        self.0.lock_until(Instant::now().checked_add(timeout))
    }

    #[inline]
    #[track_caller]
    fn try_lock_until(&self, timeout: Instant) -> bool {
        self.0.lock_until(Some(timeout))
    }
}
