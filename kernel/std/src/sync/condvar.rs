//! `std::sync::Condvar`: a queue of waiters, first come, first notified.
//!
//! No wake-up is lost and none is spurious: a waiter enters the queue while it still holds the
//! mutex, and leaves its wait only when it was notified, its time is over, or it unwinds.

mod waiters;

use real::fmt;
use real::panic::{Location, RefUnwindSafe, UnwindSafe};
use real::prelude::rust_2024::*;
use real::sync::{LockResult, PoisonError};
use real::time::Duration;

use super::mutex::{self, MutexGuard};
use crate::probe::{self, Meta, ObjectKind};

pub(crate) use waiters::Waiters;

static META: Meta = Meta::of::<()>(ObjectKind::Condvar);

/// A condition variable. The same as `std::sync::Condvar`, except that waiters are notified in the
/// order in which they came, and never wake without a notification.
pub struct Condvar {
    waiters: Waiters,
}

/// Whether a wait ended because its time was over. The same as `std::sync::WaitTimeoutResult`.
#[derive(Debug, PartialEq, Eq, Copy, Clone)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// `true` if the wait is known to have timed out. The same as std's.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// A condition variable that nobody waits on. The same as std's.
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn new() -> Condvar {
        Condvar {
            waiters: Waiters::new(&META),
        }
    }

    /// Releases the mutex, waits for a notification, and takes the mutex again. The same as std's,
    /// except that it unwinds when the cell is stopped or a deadlock is proved.
    ///
    /// # Errors
    ///
    /// When the mutex is poisoned.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let lock = mutex::guard_lock(&guard);
        let at = Location::caller();
        let ticket = self.waiters.enter(at);
        drop(guard);
        self.waiters.sleep(&ticket, None, at);
        lock.lock()
    }

    /// Waits as long as the condition holds. The same as std's.
    ///
    /// # Errors
    ///
    /// When the mutex is poisoned.
    #[track_caller]
    pub fn wait_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Waits for at most `ms` milliseconds; the flag is `false` when they are over. The same as
    /// std's.
    ///
    /// # Errors
    ///
    /// When the mutex is poisoned.
    #[deprecated(
        since = "1.6.0",
        note = "replaced by `std::sync::Condvar::wait_timeout`"
    )]
    #[track_caller]
    pub fn wait_timeout_ms<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        ms: u32,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        match self.wait_timeout(guard, Duration::from_millis(ms.into())) {
            Ok((guard, result)) => Ok((guard, !result.timed_out())),
            Err(poisoned) => {
                let (guard, result) = poisoned.into_inner();
                Err(PoisonError::new((guard, !result.timed_out())))
            }
        }
    }

    /// Waits for a notification, for at most `dur`. The same as std's.
    ///
    /// # Errors
    ///
    /// When the mutex is poisoned.
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        // A deadline beyond what the clock can count is none.
        let deadline = probe::now_for_wait().checked_add(dur);
        let lock = mutex::guard_lock(&guard);
        let at = Location::caller();
        let ticket = self.waiters.enter(at);
        drop(guard);
        let result = WaitTimeoutResult(!self.waiters.sleep(&ticket, deadline, at));
        match lock.lock() {
            Ok(guard) => Ok((guard, result)),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), result))),
        }
    }

    /// Waits as long as the condition holds, for at most `dur`. The same as std's.
    ///
    /// # Errors
    ///
    /// When the mutex is poisoned.
    #[track_caller]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        dur: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let start = probe::now_for_wait();
        loop {
            if !condition(&mut *guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            let Some(rest) = dur.checked_sub(probe::now_for_wait() - start) else {
                return Ok((guard, WaitTimeoutResult(true)));
            };
            guard = self.wait_timeout(guard, rest)?.0;
        }
    }

    /// Wakes the thread that has waited longest. The same as std's, which wakes any one.
    #[inline]
    #[track_caller]
    pub fn notify_one(&self) {
        self.waiters.notify_one(Location::caller());
    }

    /// Wakes all threads that wait. The same as std's.
    #[inline]
    #[track_caller]
    pub fn notify_all(&self) {
        self.waiters.notify_all(Location::caller());
    }
}

impl UnwindSafe for Condvar {}
impl RefUnwindSafe for Condvar {}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}

impl Default for Condvar {
    #[inline]
    #[track_caller]
    fn default() -> Condvar {
        Condvar::new()
    }
}
