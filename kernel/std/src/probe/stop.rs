//! Making the calling thread unwind: because the user has stopped its cell, or to break a deadlock.

use real::boxed::Box;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicBool, Ordering};

use record::attention::Attention;
use record::clock;
use record::layout::{FLAG_MAIN, FLAG_NO_UNWIND, ThreadEntry};
use record::writer::{self, Local};

use super::objects::Place;
use crate::deadlock::{self, UnwindsFrom, may_unwind_at};

/// Unwinds if the user has stopped this cell. For what is no operation by itself: see
/// [`super::sync_point()`].
pub fn unwind_if_stopped(at: Place) {
    writer::with(|local| {
        // Who has no entry has done nothing in this cell yet.
        if let Some(entry) = local.entry() {
            stop_here(local, entry, at);
        }
    });
}

/// Unwinds if this thread must stop now.
#[cold]
#[inline(never)]
pub(super) fn stop_here(local: &Local, entry: &ThreadEntry, at: Place) {
    if must_stop(local, entry, local.place(at)) {
        stop(local);
    }
}

/// After a stop was obeyed, the thread that runs the cells gets this long before it is stopped
/// again: what runs after the user's code has been unwound must not be, but a loop that catches
/// panics must.
const STOPPED_AGAIN_NS: u64 = 300_000_000;
/// Code of dependencies is asked to unwind only this long after the stop: their own locks and
/// latches are freed by then, as a rule, by the user's code that they called.
const DEPENDENCY_GRACE_NS: u64 = 300_000_000;

/// Whether the user has stopped this thread's cell, and it may unwind from the source place `at`.
pub(super) fn must_stop(local: &Local, entry: &ThreadEntry, at: u32) -> bool {
    let layout = local.layout();
    let header = &layout.header;
    if !layout.attention_in_order().has(Attention::STOP)
        || header.cancel_cell.load(Ordering::SeqCst) != entry.cell.load(Ordering::Relaxed)
        || !may_unwind(local, entry)
    {
        return false;
    }
    let now = clock::monotonic_ns();
    let obeyed = local.stopped_at.get();
    if obeyed != 0 && now < obeyed + STOPPED_AGAIN_NS {
        return false;
    }
    match may_unwind_at(layout, entry, at) {
        Some(UnwindsFrom::UserCode) => true,
        Some(UnwindsFrom::Dependency) => {
            now > header.cancel_at.load(Ordering::Relaxed) + DEPENDENCY_GRACE_NS
        }
        None => false,
    }
}

/// Whether the calling thread can be made to unwind at all.
pub(super) fn may_unwind(local: &Local, entry: &ThreadEntry) -> bool {
    local.may_unwind.get()
        && !real::thread::panicking()
        && entry.flags.load(Ordering::Relaxed) & FLAG_NO_UNWIND == 0
}

/// In `Local::ordered`: the user has stopped the cell.
pub(super) const STOP: u32 = 1;
/// In `Local::ordered`: added to a verdict's slot.
pub(super) const BY_VERDICT: u32 = 2;

/// Unwinds if that was put off: the wait of a crate has ended instead, which could not unwind at
/// once.
pub fn unwind_if_ordered() {
    writer::with(|local| match local.ordered.replace(0) {
        0 => {}
        STOP => stop(local),
        verdict => {
            if let Some(entry) = local.entry() {
                entry.verdict.store(0, Ordering::SeqCst);
            }
            let slot = verdict - BY_VERDICT;
            force_unwind(deadlock::explanation(local.layout(), slot))
        }
    });
}

/// Calls `take`, which the calling thread is not made to unwind from: who called relies on having
/// the lock afterwards, since a guard of it lives.
pub fn without_unwinding<R>(take: impl FnOnce() -> R) -> R {
    struct Again(bool);
    impl Drop for Again {
        fn drop(&mut self) {
            writer::with(|local| local.may_unwind.set(self.0));
        }
    }
    let _again = Again(writer::with(|local| local.may_unwind.replace(false)));
    take()
}

/// Whether a thread was made to unwind since the cell began.
static FORCED: AtomicBool = AtomicBool::new(false);

/// Notes that no thread was made to unwind yet; when a cell begins.
pub(super) fn nobody_unwinds() {
    FORCED.store(false, Ordering::Relaxed);
}

/// Whether a thread was made to unwind since the cell began.
pub(crate) fn somebody_was_unwound() -> bool {
    FORCED.load(Ordering::Relaxed)
}

/// Makes the calling thread unwind.
pub(super) fn force_unwind(why: String) -> ! {
    FORCED.store(true, Ordering::Relaxed);
    unwinding();
    real::panic::resume_unwind(Box::new(why))
}

/// Whether poison must not be told of: threads of this cell were made to unwind, which poisons what
/// they hold, and a panic of the calling thread would end the process now, since it is in a
/// destructor that runs while it unwinds or ends.
#[cold]
pub fn hides_poison() -> bool {
    somebody_was_unwound()
        && (real::thread::panicking() || writer::with(|local| !local.may_unwind.get()))
}

/// Unwinds the calling thread because the user has stopped its cell.
pub(super) fn stop(local: &Local) -> ! {
    let flags = |entry: &ThreadEntry| entry.flags.load(Ordering::Relaxed);
    if local.entry().map(flags).unwrap_or_default() & FLAG_MAIN != 0 {
        local.stopped_at.set(clock::monotonic_ns());
    }
    force_unwind(String::from("the cell was stopped"))
}

/// Before the calling thread begins to unwind. Never unwinds itself.
pub fn unwinding() {
    // What goes on with a run doesn't ask whether its thread is panicking.
    if let Some(layout) = writer::existing() {
        layout.end_sampled_runs();
    }
}
