//! A reader–writer lock without data, with upgradable access.

use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, Ordering};
use real::time::Instant;

use crate::probe::{self, Access, Id, Kept, Library, Meta, ObjectKind, Operation, Place, Wait};

/// When readers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// After writers that wait.
    Queued,
    /// As soon as no writer has it.
    AtOnce,
}

/// A reader–writer lock without data, guards and poison.
pub struct RwLock {
    id: Id,
    meta: &'static Meta,
    /// How many readers, [`WRITER`] and [`UPGRADABLE`].
    state: AtomicU32,
    /// How its writer has taken it.
    kept: Kept,
}

const WRITER: u32 = 1 << 31;
/// One thread has upgradable access. It is no reader.
const UPGRADABLE: u32 = 1 << 30;
const READERS: u32 = UPGRADABLE - 1;

static META: Meta = Meta::of_library(Library::ParkingLot, ObjectKind::RwLock);
static SHARD: Meta = Meta::of_library(Library::DashMap, ObjectKind::RwLock);

impl RwLock {
    /// Where in it stands at which place it was made.
    pub const CREATED: usize = real::mem::offset_of!(RwLock, id) + Id::CREATED;

    /// One that nobody has, made by the caller.
    #[inline]
    #[track_caller]
    pub const fn new() -> RwLock {
        RwLock::of(&META, Id::new())
    }

    /// One of a part of a map of `dashmap`, made at a place. Its guards may go from thread to
    /// thread.
    pub fn of_shard(made_at: Place) -> RwLock {
        RwLock::of(&SHARD, Id::made_at(made_at))
    }

    const fn of(meta: &'static Meta, id: Id) -> RwLock {
        RwLock {
            id,
            meta,
            state: AtomicU32::new(0),
            kept: Kept::of_nobody(),
        }
    }

    /// Takes it together with other readers, unless the deadline passes before: whether it did.
    #[inline(never)]
    #[track_caller]
    pub fn read(&self, turn: Turn, deadline: Option<Instant>) -> bool {
        let at = Location::caller();
        let in_run = match self.meta.library.guards_may_move() {
            // Who ends it may be another thread, which knows nothing of a run.
            true => None,
            false => probe::reacquire_shared(&self.id, at, || self.enter_reader().is_some()),
        };
        match in_run {
            Some(hold) => {
                probe::keep_shared(&self.id, hold);
                true
            }
            None => self.read_recorded(turn, at, deadline),
        }
    }

    #[cold]
    #[inline(never)]
    fn read_recorded(&self, turn: Turn, at: Place, deadline: Option<Instant>) -> bool {
        let how = |wait: Wait| match turn {
            Turn::Queued => wait.until(deadline),
            Turn::AtOnce => wait.until(deadline).barging(),
        };
        self.take(Access::Shared, at, how, || self.enter_reader_at(turn))
    }

    /// Takes it together with other readers, if that can be done at once.
    #[track_caller]
    pub fn try_read(&self, turn: Turn) -> bool {
        self.try_take(Access::Shared, Location::caller(), || {
            self.enter_reader_at(turn)
        })
    }

    /// Takes it alone, unless the deadline passes before: whether it did.
    #[inline(never)]
    #[track_caller]
    pub fn write(&self, deadline: Option<Instant>) -> bool {
        let at = Location::caller();
        let enter = || self.enter_writer().is_some();
        self.kept
            .reacquire(&self.id, at, enter, || self.leave_writer())
            || self.write_recorded(at, deadline)
    }

    #[cold]
    #[inline(never)]
    fn write_recorded(&self, at: Place, deadline: Option<Instant>) -> bool {
        let until = |wait: Wait| wait.until(deadline);
        let leaves = WriterLeaves(self);
        let taken = self.take(Access::Exclusive, at, until, || self.enter_writer());
        if taken {
            real::mem::forget(leaves);
            self.kept.recorded();
        }
        taken
    }

    /// Takes it alone, if nobody has it.
    #[track_caller]
    pub fn try_write(&self) -> bool {
        let taken = self.try_take(Access::Exclusive, Location::caller(), || {
            self.enter_writer()
        });
        if taken {
            self.kept.recorded();
        }
        taken
    }

    /// Takes it beside readers, unless the deadline passes before: whether it did.
    #[inline(never)]
    #[track_caller]
    pub fn upgradable(&self, deadline: Option<Instant>) -> bool {
        let until = |wait: Wait| wait.until(deadline);
        self.take(Access::Upgradable, Location::caller(), until, || {
            self.enter_upgradable()
        })
    }

    /// Takes it beside readers, if that can be done at once.
    #[track_caller]
    pub fn try_upgradable(&self) -> bool {
        self.try_take(Access::Upgradable, Location::caller(), || {
            self.enter_upgradable()
        })
    }

    /// Makes upgradable access exclusive, unless the deadline passes before: whether it did.
    #[inline(never)]
    #[track_caller]
    pub fn upgrade(&self, deadline: Option<Instant>) -> bool {
        let leaves = WriterLeaves(self);
        let object = probe::resolve(&self.id, self.meta);
        let upgraded = probe::upgrade(object, Location::caller(), deadline, || {
            self.become_writer()
        });
        if upgraded {
            real::mem::forget(leaves);
            self.kept.recorded();
        }
        upgraded
    }

    /// Makes upgradable access exclusive, if there is no reader.
    #[track_caller]
    pub fn try_upgrade(&self) -> bool {
        let upgraded = self.become_writer().is_some();
        if upgraded {
            let object = probe::resolve(&self.id, self.meta);
            probe::giving_back(object, Access::Upgradable);
            probe::took(object, Access::Exclusive, Location::caller());
            self.kept.recorded();
        }
        upgraded
    }

    /// Ends a read.
    #[inline(never)]
    pub fn end_read(&self) {
        let leave = || {
            self.state.fetch_sub(1, Ordering::AcqRel);
        };
        match probe::kept_shared(&self.id) {
            Some(hold) if probe::release_shared_in_run(&self.id, hold, leave) => {}
            Some(hold) => probe::release_shared_after_run(&self.id, hold, leave),
            None => probe::release(&self.id, Access::Shared, leave),
        }
    }

    /// Ends a write.
    #[inline(never)]
    pub fn end_write(&self) {
        self.kept.release(&self.id, || self.leave_writer());
    }

    /// Ends upgradable access.
    #[inline(never)]
    pub fn end_upgradable(&self) {
        probe::release(&self.id, Access::Upgradable, || {
            self.state.fetch_and(!UPGRADABLE, Ordering::AcqRel);
        });
    }

    /// Turns a write into a read.
    #[track_caller]
    pub fn downgrade(&self) {
        self.change(Access::Exclusive, Access::Shared, Location::caller(), |_| 1);
    }

    /// Turns a write into upgradable access.
    #[track_caller]
    pub fn downgrade_to_upgradable(&self) {
        let at = Location::caller();
        self.change(Access::Exclusive, Access::Upgradable, at, |_| UPGRADABLE);
    }

    /// Turns upgradable access into a read.
    #[track_caller]
    pub fn downgrade_upgradable(&self) {
        let at = Location::caller();
        let one_more = |state: u32| (state & !UPGRADABLE) + 1;
        self.change(Access::Upgradable, Access::Shared, at, one_more);
    }

    /// Whether somebody waits for it.
    pub fn is_waited_for(&self) -> bool {
        probe::resolved(&self.id).is_some_and(probe::is_waited_for)
    }

    /// Whether somebody has it.
    pub fn is_locked(&self) -> bool {
        self.state.load(Ordering::Relaxed) != 0
    }

    /// Whether somebody has it alone.
    pub fn is_locked_exclusive(&self) -> bool {
        self.state.load(Ordering::Relaxed) & WRITER != 0
    }

    fn take(
        &self,
        access: Access,
        at: Place,
        how: impl FnOnce(Wait) -> Wait,
        attempt: impl FnMut() -> Option<()>,
    ) -> bool {
        probe::acquire_as(&self.id, self.meta, access, at, how, attempt).is_some()
    }

    fn try_take(&self, access: Access, at: Place, attempt: impl FnOnce() -> Option<()>) -> bool {
        probe::try_acquire(&self.id, self.meta, access, at, attempt).is_some()
    }

    fn enter_reader_at(&self, turn: Turn) -> Option<()> {
        match turn {
            Turn::Queued if self.writer_waits() => None,
            _ => self.enter_reader(),
        }
    }

    fn enter_reader(&self) -> Option<()> {
        self.enter_if(|state| {
            (state & WRITER == 0 && state & READERS != READERS).then_some(state + 1)
        })
    }

    fn enter_writer(&self) -> Option<()> {
        self.enter_if(|state| (state == 0).then_some(WRITER))
    }

    #[inline]
    fn leave_writer(&self) {
        self.state.swap(0, Ordering::AcqRel);
    }

    fn enter_upgradable(&self) -> Option<()> {
        if self.writer_waits() {
            return None;
        }
        self.enter_if(|state| (state & (WRITER | UPGRADABLE) == 0).then_some(state | UPGRADABLE))
    }

    fn become_writer(&self) -> Option<()> {
        self.enter_if(|state| (state == UPGRADABLE).then_some(WRITER))
    }

    fn enter_if(&self, change: impl FnMut(u32) -> Option<u32>) -> Option<()> {
        self.state
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, change)
            .ok()
            .map(|_| ())
    }

    fn writer_waits(&self) -> bool {
        probe::resolved(&self.id).is_some_and(probe::writer_waits)
    }

    /// Changes how the calling thread has it, without a moment in which another writer could come
    /// in.
    fn change(&self, from: Access, to: Access, at: Place, mut state: impl FnMut(u32) -> u32) {
        let object = probe::resolve(&self.id, self.meta);
        probe::sync_point(Operation::Downgrade, object, Some(at));
        if from == Access::Exclusive {
            self.kept.time(&self.id);
        }
        probe::giving_back(object, from);
        let _ = self
            .state
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |now| Some(state(now)));
        probe::wake_all(object);
        probe::took(object, to, at);
    }
}

/// Lets those in that queued up behind a writer which leaves without having come in.
struct WriterLeaves<'a>(&'a RwLock);

impl Drop for WriterLeaves<'_> {
    fn drop(&mut self) {
        if let Some(object) = probe::resolved(&self.0.id) {
            probe::wake_all(object);
        }
    }
}

impl Default for RwLock {
    #[track_caller]
    fn default() -> RwLock {
        RwLock::new()
    }
}
