//! `std::sync::Once`, and the state machine under `OnceLock` and `LazyLock`.
//!
//! Only running an initialiser and waiting for one are recorded: what is initialised already costs
//! one load, as in std. The thread that runs an initialiser *holds* the object, so an initialiser
//! that needs its own result is a cycle of one.

use real::cell::Cell;
use real::fmt;
use real::panic::{Location, RefUnwindSafe, UnwindSafe};
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, Ordering};

use crate::probe::{
    self, Access, Id, Meta, Object, ObjectKind, Operand, Operation, Place, Wait, WaitKind,
};

static META: Meta = Meta::of::<()>(ObjectKind::Once);

const INCOMPLETE: u32 = 0;
const POISONED: u32 = 1;
const RUNNING: u32 = 2;
const COMPLETE: u32 = 3;
/// The same, if it happened in a controlled program: there each look at it is an operation, and
/// this is no value that the short way around the probe knows.
const COMPLETE_IN_STEPS: u32 = 4;

/// Runs an initialiser once. The same as `std::sync::Once`, except that an initialiser that waits
/// for itself is found.
pub struct Once {
    raw: RawOnce,
}

/// What [`Once::call_once_force`] gives its closure. The same as `std::sync::OnceState`.
pub struct OnceState {
    poisoned: bool,
    /// What the state becomes when the closure returns.
    next: Cell<u32>,
}

/// A `Once` of any kind.
pub(super) struct RawOnce {
    id: Id,
    state: AtomicU32,
}

/// What an exclusive reference sees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Incomplete,
    Poisoned,
    Complete,
}

/// The initial value for a static [`Once`]. The same as std's.
#[deprecated(since = "1.38.0", note = "the `Once::new()` function is now preferred")]
#[allow(clippy::declare_interior_mutable_const, reason = "std's is one")]
pub const ONCE_INIT: Once = Once::new();

impl Once {
    /// An initialiser that has not run. The same as std's.
    #[allow(clippy::new_without_default, reason = "std's has none")]
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn new() -> Once {
        Once {
            raw: RawOnce::new(),
        }
    }

    /// Runs `f` if nothing was run yet, and waits for a running one. The same as std's.
    ///
    /// # Panics
    ///
    /// When an earlier initialiser has panicked; when this one waits for itself.
    #[inline]
    #[track_caller]
    pub fn call_once<F>(&self, f: F)
    where
        F: FnOnce(),
    {
        if self.raw.is_known_complete() {
            return;
        }
        let mut f = Some(f);
        self.raw.call(&META, false, Location::caller(), &mut |_| {
            if let Some(f) = f.take() {
                f();
            }
        });
    }

    /// Like [`call_once`](Self::call_once), also after an initialiser has panicked. The same as
    /// std's.
    #[inline]
    #[track_caller]
    pub fn call_once_force<F>(&self, f: F)
    where
        F: FnOnce(&OnceState),
    {
        if self.raw.is_known_complete() {
            return;
        }
        let mut f = Some(f);
        self.raw
            .call(&META, true, Location::caller(), &mut |state| {
                if let Some(f) = f.take() {
                    f(state);
                }
            });
    }

    /// Whether an initialiser has run to its end. The same as std's.
    #[inline]
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        self.raw.look(&META, Location::caller())
    }

    /// Waits until an initialiser has run. The same as std's.
    ///
    /// # Panics
    ///
    /// When it has panicked.
    #[inline]
    #[track_caller]
    pub fn wait(&self) {
        self.raw.wait(&META, false, Location::caller());
    }

    /// Waits until an initialiser has run to its end, however many have panicked. The same as
    /// std's.
    #[inline]
    #[track_caller]
    pub fn wait_force(&self) {
        self.raw.wait(&META, true, Location::caller());
    }
}

impl UnwindSafe for Once {}
impl RefUnwindSafe for Once {}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl OnceState {
    /// Whether an earlier initialiser has panicked. The same as std's.
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Has the initialiser count as one that panicked, although it returns.
    pub(super) fn poison(&self) {
        self.next.set(POISONED);
    }
}

impl fmt::Debug for OnceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceState")
            .field("poisoned", &self.is_poisoned())
            .finish()
    }
}

/// What a thread that wants the initialiser to have run finds.
enum Turn {
    Complete,
    Poisoned,
    /// It is this thread's turn; whether an earlier one has panicked.
    Run(bool),
}

impl RawOnce {
    #[track_caller]
    pub(super) const fn new() -> RawOnce {
        RawOnce {
            id: Id::new(),
            state: AtomicU32::new(INCOMPLETE),
        }
    }

    /// Whether an initialiser has run, if it takes no step to tell. If not, [`RawOnce::look`] may
    /// still say so.
    #[inline]
    pub(super) fn is_known_complete(&self) -> bool {
        self.state.load(Ordering::Acquire) == COMPLETE
    }

    /// Whether an initialiser has run: an operation, unless that is known anyway.
    #[inline]
    pub(super) fn look(&self, meta: &'static Meta, at: Place) -> bool {
        self.is_known_complete() || self.look_in_turn(meta, at)
    }

    #[cold]
    fn look_in_turn(&self, meta: &'static Meta, at: Place) -> bool {
        let once = Operand::Of(&self.id, meta);
        probe::sync_point(Operation::IsComplete, once, Some(at));
        self.is_complete()
    }

    /// Whether an initialiser has run, within an operation.
    #[inline]
    pub(super) fn is_complete(&self) -> bool {
        is_complete(self.state.load(Ordering::Acquire))
    }

    pub(super) fn state(&mut self) -> Progress {
        match *self.state.get_mut() {
            state if is_complete(state) => Progress::Complete,
            POISONED => Progress::Poisoned,
            _ => Progress::Incomplete,
        }
    }

    pub(super) fn set_state(&mut self, state: Progress) {
        *self.state.get_mut() = match state {
            Progress::Incomplete => INCOMPLETE,
            Progress::Poisoned => POISONED,
            Progress::Complete => complete(),
        };
    }

    /// Has `f` run, here or in another thread.
    ///
    /// # Panics
    ///
    /// When an earlier one has panicked, unless `force`.
    #[cold]
    #[track_caller]
    pub(super) fn call(
        &self,
        meta: &'static Meta,
        force: bool,
        at: Place,
        f: &mut dyn FnMut(&OnceState),
    ) {
        let object = probe::resolve(&self.id, meta);
        probe::sync_point(Operation::CallOnce, object, Some(at));
        let wait = Wait::on(WaitKind::Once, object, at);
        let poisoned = match probe::block(wait, || self.turn(force)) {
            Some(Turn::Run(poisoned)) => poisoned,
            Some(Turn::Poisoned) => poisoned_panic(),
            Some(Turn::Complete) | None => return,
        };
        // Before anything that may unwind, or the turn would never end.
        let mut running = Running {
            once: self,
            object,
            recorded: false,
            next: POISONED,
        };
        probe::took(object, Access::Exclusive, at);
        running.recorded = true;
        let state = OnceState {
            poisoned,
            next: Cell::new(complete()),
        };
        f(&state);
        running.next = state.next.get();
    }

    /// Waits until an initialiser has run.
    ///
    /// # Panics
    ///
    /// When it has panicked, unless `force`.
    #[track_caller]
    pub(super) fn wait(&self, meta: &'static Meta, force: bool, at: Place) {
        if self.is_known_complete() {
            return;
        }
        let object = probe::resolve(&self.id, meta);
        probe::sync_point(Operation::WaitOnce, object, Some(at));
        let complete = probe::block(Wait::on(WaitKind::Once, object, at), || {
            match self.state.load(Ordering::Acquire) {
                state if is_complete(state) => Some(true),
                POISONED if !force => Some(false),
                _ => None,
            }
        });
        if complete == Some(false) {
            poisoned_panic();
        }
    }

    /// Takes the turn if nobody has it; `None` while another thread runs.
    fn turn(&self, force: bool) -> Option<Turn> {
        let mut state = self.state.load(Ordering::Acquire);
        loop {
            match state {
                state if is_complete(state) => return Some(Turn::Complete),
                POISONED if !force => return Some(Turn::Poisoned),
                RUNNING => return None,
                _ => {}
            }
            let (from, success) = (state, Ordering::Acquire);
            match self
                .state
                .compare_exchange(from, RUNNING, success, Ordering::Acquire)
            {
                Ok(_) => return Some(Turn::Run(from == POISONED)),
                Err(now) => state = now,
            }
        }
    }
}

#[inline]
const fn is_complete(state: u32) -> bool {
    matches!(state, COMPLETE | COMPLETE_IN_STEPS)
}

/// The state of what is complete from now on.
fn complete() -> u32 {
    if probe::is_controlled() {
        COMPLETE_IN_STEPS
    } else {
        COMPLETE
    }
}

#[cold]
#[track_caller]
fn poisoned_panic() -> ! {
    real::panic!("Once instance has previously been poisoned");
}

/// Ends an initialiser, also when it unwinds.
struct Running<'a> {
    once: &'a RawOnce,
    object: Object,
    recorded: bool,
    next: u32,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        probe::sync_point(Operation::EndOnce, self.object, None);
        if self.recorded {
            probe::giving_back(self.object, Access::Exclusive);
        }
        self.once.state.store(self.next, Ordering::Release);
        probe::wake_all(self.object);
    }
}
