//! Small calls: counters, instants, checkpoints, and the order to stop.

use real::boxed::Box;
use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicBool, Ordering};

use record::clock;
use record::layout::{
    ATTENTION_CANCEL, FLAG_NO_UNWIND, OBJECT_POISONED, PANIC_BYTES, PANICS, ThreadEntry,
};
use record::uses::add;
use record::writer::{self, EventKind, Local};

use super::objects::{Id, Meta, Object, resolve, resolved};
use super::{Place, counts_only, with_thread};
use crate::panic::resume_unwind;
use crate::victims::{Willingness, willingness};

/// Condition variables and barriers: counts a call of `wait`.
pub fn count_wait(object: Object) {
    with_thread(|local, _| {
        if let Some(entry) = object.entry(local.layout()) {
            entry.waits.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// Condition variables: counts and records a call of `notify_one` or `notify_all` that woke `woken`
/// waiters. Never unwinds.
pub fn notified(id: &Id, meta: &'static Meta, all: bool, woken: u32, at: Place) {
    with_thread(|local, _| {
        let object = resolve(id, meta);
        if let Some(entry) = object.entry(local.layout()) {
            entry.notifies.fetch_add(1, Ordering::Relaxed);
            if woken == 0 {
                entry.notifies_unheard.fetch_add(1, Ordering::Relaxed);
            }
        }
        if !counts_only(local) {
            let now = local.now();
            local.event(
                EventKind::Notify,
                u8::from(all),
                0,
                object.index,
                local.place(at),
                woken,
                now,
                now,
            );
        }
    });
}

/// Barriers: counts an opening.
pub fn barrier_opened(object: Object) {
    with_thread(|local, _| {
        if let Some(entry) = object.entry(local.layout()) {
            entry.generations.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// Barriers: tells the report its size.
pub fn set_capacity(object: Object, capacity: u64) {
    if let Some(entry) = object.entry(writer::layout()) {
        entry
            .capacity
            .store(capacity.saturating_add(1), Ordering::Relaxed);
    }
}

/// Marks a lock as poisoned, or not.
pub fn poison(id: &Id, poisoned: bool) {
    if let Some(entry) = resolved(id).and_then(|object| object.entry(writer::layout())) {
        if poisoned {
            entry.flags.fetch_or(OBJECT_POISONED, Ordering::Relaxed);
        } else {
            entry.flags.fetch_and(!OBJECT_POISONED, Ordering::Relaxed);
        }
    }
}

/// A checkpoint without anything to record: unwinds if the user has stopped this cell.
#[inline]
pub fn checkpoint(at: Place) {
    if writer::layout().header.attention.load(Ordering::Relaxed) & ATTENTION_CANCEL != 0 {
        with_thread(|local, entry| stop_here(local, entry, at));
    }
}

/// Unwinds if this thread must stop now.
#[cold]
#[inline(never)]
pub(super) fn stop_here(local: &Local, entry: &ThreadEntry, at: Place) {
    if must_stop(local, entry, local.place(at)) {
        stop(local);
    }
}

/// After a stop was obeyed, the thread that runs the cells gets this long before it is stopped again: what
/// runs after the user's code has been unwound must not be, but a loop that catches panics must.
const STOPPED_AGAIN_NS: u64 = 300_000_000;
/// Code of dependencies is asked to unwind only this long after the stop: their own locks and latches are
/// freed by then, as a rule, by the user's code that they called.
const DEPENDENCY_GRACE_NS: u64 = 300_000_000;

/// Whether the user has stopped this thread's cell, and it may unwind from the source place `at`.
pub(super) fn must_stop(local: &Local, entry: &ThreadEntry, at: u32) -> bool {
    let layout = local.layout();
    let header = &layout.header;
    if header.attention.load(Ordering::SeqCst) & ATTENTION_CANCEL == 0
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
    match willingness(layout, entry, at) {
        Some(Willingness::Ready) => true,
        Some(Willingness::Reluctant) => {
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

/// Whether a thread was made to unwind since the cell began.
static FORCED: AtomicBool = AtomicBool::new(false);

/// Notes that no thread was made to unwind yet; when a cell begins.
pub(super) fn nobody_unwinds() {
    FORCED.store(false, Ordering::Relaxed);
}

/// Makes the calling thread unwind.
pub(super) fn force_unwind(why: String) -> ! {
    FORCED.store(true, Ordering::Relaxed);
    resume_unwind(Box::new(why))
}

/// Whether poison must not be told of: threads of this cell were made to unwind, which poisons what they hold, and
/// a panic of the calling thread would end the process now, since it is in a destructor that runs while
/// it unwinds or ends.
#[cold]
pub fn hides_poison() -> bool {
    FORCED.load(Ordering::Relaxed)
        && (real::thread::panicking() || with_thread(|local, _| !local.may_unwind.get()))
}

/// Unwinds the calling thread because the user has stopped its cell.
pub(super) fn stop(local: &Local) -> ! {
    if super::runs_cells() {
        local.stopped_at.set(clock::monotonic_ns());
    }
    force_unwind(String::from("the cell was stopped"))
}

/// Before the calling thread begins to unwind. Never unwinds itself.
pub fn unwinding() {
    // What goes on with a run doesn't ask whether its thread is panicking.
    if let Some(layout) = writer::existing() {
        layout.end_runs();
    }
}

/// Records that a panic begins in the calling thread; for the panic hook, once a panic.
pub fn panic_started(at: &Location<'_>, message: &str) {
    unwinding();
    with_thread(|local, _| {
        let (layout, now) = (local.layout(), local.now());
        let address = real::ptr::from_ref(at) as usize;
        let place = layout.location(address, at.file(), at.line(), at.column());
        local.event(EventKind::Panic, 0, 0, 0, place, 0, now, now);
        let slot = layout.header.panics_used.fetch_add(1, Ordering::Relaxed) as usize % PANICS;
        let entry = &layout.panics[slot];
        entry.version.fetch_or(1, Ordering::AcqRel);
        entry.thread.store(local.index(), Ordering::Relaxed);
        entry.at.store(now, Ordering::Relaxed);
        entry.place.store(place, Ordering::Relaxed);
        let length = message.floor_char_boundary(PANIC_BYTES);
        for (byte, to) in message.as_bytes()[..length].iter().zip(&entry.message) {
            to.store(*byte, Ordering::Relaxed);
        }
        entry.length.store(length as u32, Ordering::Relaxed);
        entry.version.fetch_add(1, Ordering::AcqRel);
    });
}

/// Adds to the lines that the calling thread has printed.
pub(super) fn count_lines(entry: &ThreadEntry, lines: u64) {
    add(&entry.lines, lines);
}
