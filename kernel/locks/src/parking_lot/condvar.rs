//! `parking_lot::Condvar`, recorded.

use super::raw_mutex::RawMutex;
use std::fmt;
use std::time::{Duration, Instant};

type MutexGuard<'a, T> = lock_api::MutexGuard<'a, RawMutex, T>;

/// Whether a wait ended because its time was over. The same as parking_lot's.
#[derive(Debug, PartialEq, Eq, Copy, Clone)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the wait was known to have timed out.
    #[inline]
    pub fn timed_out(self) -> bool {
        self.0
    }
}

/// A condition variable. The same as parking_lot's, but recorded.
#[derive(Default)]
pub struct Condvar(std::of_crates::Condvar);

impl Condvar {
    /// One that nobody waits on.
    #[inline]
    #[track_caller]
    pub const fn new() -> Condvar {
        Condvar(std::of_crates::Condvar::new())
    }

    /// Wakes one thread that waits: whether there was one.
    #[inline]
    #[track_caller]
    pub fn notify_one(&self) -> bool {
        self.0.notify_one()
    }

    /// Wakes all threads that wait: how many there were.
    #[inline]
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        self.0.notify_all()
    }

    /// Gives the mutex back, waits for a notification, and takes it again.
    #[inline]
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, mutex_guard: &mut MutexGuard<'_, T>) {
        self.wait_with(raw(mutex_guard), None);
    }

    /// The same, until a moment.
    #[inline]
    #[track_caller]
    pub fn wait_until<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        timeout: Instant,
    ) -> WaitTimeoutResult {
        self.wait_with(raw(mutex_guard), Some(timeout))
    }

    /// The same, for so long.
    #[inline]
    #[track_caller]
    pub fn wait_for<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        self.wait_with(raw(mutex_guard), Instant::now().checked_add(timeout))
    }

    /// Waits as long as the condition holds.
    #[inline]
    #[track_caller]
    pub fn wait_while<T: ?Sized, F>(&self, mutex_guard: &mut MutexGuard<'_, T>, condition: F)
    where
        F: FnMut(&mut T) -> bool,
    {
        self.wait_while_until_internal(mutex_guard, condition, None);
    }

    /// The same, until a moment.
    #[inline]
    #[track_caller]
    pub fn wait_while_until<T: ?Sized, F>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        condition: F,
        timeout: Instant,
    ) -> WaitTimeoutResult
    where
        F: FnMut(&mut T) -> bool,
    {
        self.wait_while_until_internal(mutex_guard, condition, Some(timeout))
    }

    /// The same, for so long.
    #[inline]
    #[track_caller]
    pub fn wait_while_for<T: ?Sized, F>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        condition: F,
        timeout: Duration,
    ) -> WaitTimeoutResult
    where
        F: FnMut(&mut T) -> bool,
    {
        let deadline = Instant::now().checked_add(timeout);
        self.wait_while_until_internal(mutex_guard, condition, deadline)
    }

    /// Named as it is there: its own tests call it.
    #[inline]
    #[track_caller]
    fn wait_while_until_internal<T: ?Sized, F>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        mut condition: F,
        timeout: Option<Instant>,
    ) -> WaitTimeoutResult
    where
        F: FnMut(&mut T) -> bool,
    {
        let mut result = WaitTimeoutResult(false);
        while !result.timed_out() && condition(&mut **mutex_guard) {
            result = self.wait_with(raw(mutex_guard), timeout);
        }
        result
    }

    #[track_caller]
    fn wait_with(&self, mutex: &RawMutex, deadline: Option<Instant>) -> WaitTimeoutResult {
        WaitTimeoutResult(!self.0.wait(&mutex.0, deadline))
    }
}

fn raw<'a, T: ?Sized>(guard: &MutexGuard<'a, T>) -> &'a RawMutex {
    // SAFETY: who waits has the mutex again before the guard is used.
    unsafe { MutexGuard::mutex(guard).raw() }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Condvar { .. }")
    }
}
