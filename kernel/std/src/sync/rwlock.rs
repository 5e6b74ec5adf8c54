//! `std::sync::RwLock`: one word that counts readers, everything else behind the probe.
//!
//! As std's on Linux, a lock for which a writer waits lets no new reader in. So a thread that reads
//! twice can deadlock with a writer in between, and that is found.

mod guards;
#[cfg(fearless_suite)]
mod mapped;

use real::cell::UnsafeCell;
use real::fmt;
use real::panic::{Location, RefUnwindSafe, UnwindSafe};
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use real::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use crate::probe::{self, Access, Id, Meta, ObjectKind, Operand, Operation, Place, Share};

pub use guards::{RwLockReadGuard, RwLockWriteGuard};
#[cfg(fearless_suite)]
pub use mapped::{MappedRwLockReadGuard, MappedRwLockWriteGuard};

/// A reader-writer lock. The same as `std::sync::RwLock`, except that it records who holds it, counts
/// reads and writes apart, and that a deadlock over it is found.
pub struct RwLock<T: ?Sized> {
    raw: Raw,
    /// Reached by readers while `raw` counts them, and by the one writer. Last, so that a lock of a
    /// sized type coerces to one of an unsized type.
    data: UnsafeCell<T>,
}

/// The lock without its data; not generic, so that it is compiled here and not in every cell.
struct Raw {
    id: Id,
    /// How many readers, or [`WRITER`].
    state: AtomicU32,
    poisoned: AtomicBool,
}

const WRITER: u32 = u32::MAX;

impl Raw {
    /// Takes the lock for reading; returns what counts it, if it is one of many: see [`probe::share_again`].
    #[inline(never)]
    fn read(&self, meta: &'static Meta, at: Place) -> Option<&'static Share> {
        match probe::share_again(&self.id, at, || self.enter_reader()) {
            None => self.read_anew(meta, at),
            share => share,
        }
    }

    #[cold]
    #[inline(never)]
    fn read_anew(&self, meta: &'static Meta, at: Place) -> Option<&'static Share> {
        probe::acquire(&self.id, meta, Access::Shared, at, || {
            self.enter_reader_in_turn()
        });
        None
    }

    fn try_read(&self, meta: &'static Meta, at: Place) -> bool {
        probe::try_acquire(&self.id, meta, Access::Shared, at, || {
            self.enter_reader_in_turn()
        })
        .is_some()
    }

    fn write(&self, meta: &'static Meta, at: Place) {
        let leave = WriterLeaves(self);
        probe::acquire(&self.id, meta, Access::Exclusive, at, || {
            self.enter_writer()
        });
        real::mem::forget(leave);
    }

    fn try_write(&self, meta: &'static Meta, at: Place) -> bool {
        probe::try_acquire(&self.id, meta, Access::Exclusive, at, || {
            self.enter_writer()
        })
        .is_some()
    }

    fn enter_reader_in_turn(&self) -> Option<()> {
        if probe::resolved(&self.id).is_some_and(probe::writer_waits) {
            return None;
        }
        self.enter_reader().then_some(())
    }

    #[inline]
    fn enter_reader(&self) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while state < WRITER - 1 {
            let more = state + 1;
            match self.state.compare_exchange_weak(
                state,
                more,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    fn enter_writer(&self) -> Option<()> {
        let entered = self
            .state
            .compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed);
        entered.ok().map(|_| ())
    }

    /// Ends a read; `again` is what [`Raw::read`] has returned.
    #[inline(never)]
    fn end_read(&self, again: Option<&'static Share>) {
        if let Some(share) = again
            && probe::unshare_again(&self.id, share, || self.leave_reader())
        {
            return;
        }
        self.end_read_anew(again.is_some());
    }

    #[cold]
    #[inline(never)]
    fn end_read_anew(&self, again: bool) {
        if again {
            probe::unshare_at_last(&self.id, || self.leave_reader());
        } else {
            probe::release(&self.id, Access::Shared, || self.leave_reader());
        }
    }

    #[inline]
    fn leave_reader(&self) {
        self.state.fetch_sub(1, Ordering::AcqRel);
    }

    /// Ends a write; `panicked` tells whether a panic began during it.
    fn end_write(&self, panicked: bool) {
        if panicked {
            self.poisoned.store(true, Ordering::Relaxed);
            probe::poison(&self.id, true);
        }
        probe::release(&self.id, Access::Exclusive, || {
            self.state.swap(0, Ordering::AcqRel);
        });
    }

    /// Turns a write into a read, without a moment in which another writer could come in.
    fn downgrade(&self, meta: &'static Meta, at: Place) {
        let object = probe::resolve(&self.id, meta);
        probe::sync_point(Operation::Downgrade, object, Some(at));
        probe::giving_back(object, Access::Exclusive);
        self.state.store(1, Ordering::Release);
        probe::wake_all(object);
        probe::took(object, Access::Shared, at);
    }

    fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Relaxed)
    }

    /// `value`, wrapped in an error if the lock is poisoned.
    fn checked<V>(&self, value: V) -> LockResult<V> {
        if self.is_poisoned() && !probe::hides_poison() {
            Err(PoisonError::new(value))
        } else {
            Ok(value)
        }
    }
}

/// Lets the readers in that queued up behind a writer which leaves by unwinding.
struct WriterLeaves<'a>(&'a Raw);

impl Drop for WriterLeaves<'_> {
    fn drop(&mut self) {
        if let Some(object) = probe::resolved(&self.0.id) {
            probe::wake_all(object);
        }
    }
}

impl<T> RwLock<T> {
    /// An unlocked lock around `t`. The same as std's.
    #[inline]
    #[track_caller]
    pub const fn new(t: T) -> RwLock<T> {
        let raw = Raw {
            id: Id::new(),
            state: AtomicU32::new(0),
            poisoned: AtomicBool::new(false),
        };
        RwLock {
            raw,
            data: UnsafeCell::new(t),
        }
    }
}

impl<T: ?Sized> RwLock<T> {
    const META: Meta = Meta::of::<T>(ObjectKind::RwLock);

    /// Locks for reading, together with other readers. The same as std's, except that it unwinds when
    /// the cell is stopped or a deadlock is proved.
    ///
    /// # Errors
    ///
    /// When the lock is poisoned.
    #[inline]
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let again = self.raw.read(&Self::META, Location::caller());
        self.raw.checked(RwLockReadGuard::new(self, again))
    }

    /// Locks for reading if that takes no waiting. The same as std's.
    ///
    /// # Errors
    ///
    /// When it would have to wait, or the lock is poisoned.
    #[inline]
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        if !self.raw.try_read(&Self::META, Location::caller()) {
            return Err(TryLockError::WouldBlock);
        }
        Ok(self.raw.checked(RwLockReadGuard::new(self, None))?)
    }

    /// Locks for writing, alone. The same as std's, except that it unwinds when the cell is stopped
    /// or a deadlock is proved.
    ///
    /// # Errors
    ///
    /// When the lock is poisoned.
    #[inline]
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        self.raw.write(&Self::META, Location::caller());
        self.raw.checked(RwLockWriteGuard::new(self))
    }

    /// Locks for writing if that takes no waiting. The same as std's.
    ///
    /// # Errors
    ///
    /// When it would have to wait, or the lock is poisoned.
    #[inline]
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        if !self.raw.try_write(&Self::META, Location::caller()) {
            return Err(TryLockError::WouldBlock);
        }
        Ok(self.raw.checked(RwLockWriteGuard::new(self))?)
    }

    /// Whether a panic has poisoned the lock. The same as std's.
    #[inline]
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        let lock = Operand::Of(&self.raw.id, &Self::META);
        probe::sync_point(Operation::IsPoisoned, lock, Some(Location::caller()));
        self.raw.is_poisoned()
    }

    /// Has the lock count as not poisoned. The same as std's.
    #[inline]
    #[track_caller]
    pub fn clear_poison(&self) {
        let lock = Operand::Of(&self.raw.id, &Self::META);
        probe::sync_point(Operation::ClearPoison, lock, Some(Location::caller()));
        self.raw.poisoned.store(false, Ordering::Relaxed);
        probe::poison(&self.raw.id, false);
    }

    /// The data, without the lock. The same as std's.
    ///
    /// # Errors
    ///
    /// When the lock is poisoned.
    pub fn into_inner(self) -> LockResult<T>
    where
        T: Sized,
    {
        let RwLock { raw, data } = self;
        raw.checked(data.into_inner())
    }

    /// The data, without locking. The same as std's.
    ///
    /// # Errors
    ///
    /// When the lock is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.raw.checked(self.data.get_mut())
    }
}

/// Unstable in std: only for std's own tests.
#[cfg(fearless_suite)]
impl<T> RwLock<T> {
    /// A clone of the data.
    pub fn get_cloned(&self) -> Result<T, PoisonError<()>>
    where
        T: Clone,
    {
        self.read()
            .map(|data| data.clone())
            .map_err(|_| PoisonError::new(()))
    }

    /// Replaces the data and drops the old.
    pub fn set(&self, value: T) -> Result<(), PoisonError<T>> {
        self.replace(value).map(drop)
    }

    /// Replaces the data and returns the old.
    pub fn replace(&self, value: T) -> LockResult<T> {
        match self.write() {
            Ok(mut data) => Ok(real::mem::replace(&mut *data, value)),
            Err(_) => Err(PoisonError::new(value)),
        }
    }
}

// SAFETY: sending the lock sends its data, and nothing else of it belongs to a thread.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: readers share `&T` (`T: Sync`), and a writer may move the data out and another one in
// (`T: Send`); `raw` keeps them apart.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(data) => d.field("data", &&*data),
            Err(TryLockError::Poisoned(poisoned)) => d.field("data", &&**poisoned.get_ref()),
            Err(TryLockError::WouldBlock) => d.field("data", &real::format_args!("<locked>")),
        };
        d.field("poisoned", &self.raw.is_poisoned());
        d.finish_non_exhaustive()
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> RwLock<T> {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(t: T) -> Self {
        RwLock::new(t)
    }
}
