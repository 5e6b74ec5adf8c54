//! What happens in the process that does runs when one begins and when it is over.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::arena::{self, Owner};
use crate::carriers::{self, Context};
use crate::result::{self, Outcome};
use crate::{dispatch, system};

/// Whose turn it is: the worker is to do a run, it has done all, or one that was its last.
pub const RUN: u32 = 1;
/// See [`RUN`].
pub const DONE: u32 = 2;
/// See [`RUN`].
pub const LEAVES: u32 = 3;

/// Where this process goes on after a run.
static AFTER: After = After(UnsafeCell::new(Context::nowhere()));
/// Whether this process does more than one.
static LASTS: AtomicBool = AtomicBool::new(false);

struct After(UnsafeCell<Context>);

// SAFETY: the one thread that works uses it.
unsafe impl Sync for After {}

/// Before the first run. `lasts`: the process may do more than one.
pub fn prepare(lasts: bool) {
    LASTS.store(lasts, Ordering::Relaxed);
}

/// Does a run, which `begin` is; returns after it, if the process lasts.
pub fn do_run(begin: extern "C" fn() -> !) {
    // SAFETY: what goes on after the run is here, and this thread's.
    unsafe {
        (*AFTER.0.get()).thread = carriers::thread_of_first();
        carriers::enter(AFTER.0.get(), begin);
    }
}

/// From now on what happens is the program's doing.
pub fn watch() {
    arena::is_of(Owner::Program);
    let lasts = LASTS.load(Ordering::Relaxed);
    let shared = result::shared();
    shared.written = !lasts;
    if let Some((together, lane)) = shared.together.filter(|_| !lasts) {
        together.enter_outside(lane);
    }
    if lasts {
        dispatch::watch();
    }
}

/// From now on it is ours.
pub fn rest() {
    arena::is_of(Owner::Us);
    dispatch::rest();
}

/// The run is over, and what it left is written down.
pub fn end_run(outcome: Outcome) -> ! {
    let crashed = matches!(outcome, Outcome::Crashed(_) | Outcome::Overflowed);
    if LASTS.load(Ordering::Relaxed) && !crashed && !dispatch::is_spoilt() {
        // SAFETY: the worker waits there, on a stack that nobody else has used.
        unsafe { carriers::go_on_for_good(AFTER.0.get()) };
    }
    let shared = result::shared();
    shared.turn.store(LEAVES, Ordering::SeqCst);
    system::wake_other(&shared.turn);
    system::leave(0)
}
