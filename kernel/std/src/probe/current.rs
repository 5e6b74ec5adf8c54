//! The calling thread: its data and its entry, from its first operation to the end of its thread
//! locals.

use real::cell::RefCell;
use real::collections::BTreeMap;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicBool, Ordering, fence};
use real::sync::{Arc, Mutex, PoisonError};

use record::attention::Attention;
use record::layout::{
    EventKind, FLAG_FOREIGN, FLAG_LEAVING, FLAG_MAIN, NAME_BYTES, PHASE_RUNNING, THREAD_ALIVE,
    THREAD_FINISHED, THREAD_PANICKED, ThreadEntry,
};
use record::memory;
use record::writer::{self, Local, NewEvent};
use record::{ThreadId, ThreadSlot};

use super::objects::Place;
use super::operation::{Operand, Operation};
use super::shares;
use super::sync_point::{interrupt, is_controlled, sync_point_of};
use crate::deadlock;

/// Calls `f` with the calling thread's own data and its entry, which it gets now if it has none.
#[inline]
pub(super) fn with_thread<R>(f: impl FnOnce(&Local, &'static ThreadEntry) -> R) -> R {
    writer::with(|local| f(local, entry_of(local)))
}

/// The same, without a call, for functions that are compiled here only.
#[inline]
pub(super) fn with_thread_here<R>(f: impl FnOnce(&Local, &'static ThreadEntry) -> R) -> R {
    writer::with_inlined(|local| f(local, entry_of(local)))
}

#[inline]
pub(super) fn entry_of(local: &Local) -> &'static ThreadEntry {
    match local.entry() {
        Some(entry) => entry,
        None => foreign(local),
    }
}

/// Whether only counters are wanted: then nothing is timed, and no events are written.
#[inline]
pub(super) fn counts_only(local: &Local) -> bool {
    local.layout().attention().has(Attention::COUNTS_ONLY)
}

/// Writes down what has just happened, unless only counters are wanted.
#[inline]
pub(super) fn note(local: &Local, event: impl FnOnce() -> NewEvent) {
    if !counts_only(local) {
        let now = local.now();
        local.event(NewEvent {
            start: now,
            end: now,
            ..event()
        });
    }
}

/// The calling thread is about to do `operation`. May unwind instead, if the cell was stopped.
#[inline(always)]
pub fn sync_point<'a>(operation: Operation, operand: impl Into<Operand<'a>>, at: Option<Place>) {
    if writer::layout().attention().interrupts() {
        interrupt_caller(operation, operand, at);
    }
}

/// Generic, so that what the operand is made of need not be put together before this is called.
#[cold]
#[inline(never)]
fn interrupt_caller<'a>(operation: Operation, operand: impl Into<Operand<'a>>, at: Option<Place>) {
    interrupt_thread(operation, operand.into(), at);
}

fn interrupt_thread(operation: Operation, operand: Operand<'_>, at: Option<Place>) {
    with_thread(|local, entry| interrupt(local, entry, operation, operand, at));
}

/// `ThreadEntry::name_length`: the name is a `StringRef`.
const LONG_NAME: u32 = u32::MAX;

/// The last number that was given in each cell.
static NUMBERS: Mutex<BTreeMap<u32, u32>> = Mutex::new(BTreeMap::new());

/// Numbers of a cell that begins start at 1, which is the thread that runs it. That thread may have
/// been given another one before, as a thread that nobody here had made.
pub(super) fn begin_ids(cell: u32) -> ThreadId {
    let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
    numbers.insert(cell, 1);
    ThreadId(1)
}

/// The next number in `cell`.
pub(super) fn next_id(cell: u32) -> ThreadId {
    let mut next = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
    let ordinal = next.entry(cell).or_insert(1);
    *ordinal += 1;
    ThreadId(*ordinal)
}

/// Whether a thread has ended: the truth that a joiner asks for. Its entry may be another thread's
/// by then.
#[derive(Clone)]
pub struct Finish(Arc<IsOver>);

/// A type of ours: explored programs are told by it that the count is none of theirs.
struct IsOver(AtomicBool);

impl Finish {
    pub(super) fn new() -> Finish {
        Finish(Arc::new(IsOver(AtomicBool::new(false))))
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    fn end(&self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}

/// Marks the end of a thread when its last destructors run.
struct End {
    finish: RefCell<Option<Finish>>,
}

real::thread_local! {
    /// Registered first, so it is dropped last: after the user's own thread locals.
    static END: End = const { End { finish: RefCell::new(None) } };
}

impl Drop for End {
    fn drop(&mut self) {
        ended(self.finish.get_mut().take());
    }
}

/// Makes the calling thread the one with `index`, before its closure runs.
pub(super) fn begin(index: ThreadSlot, finish: &Finish) {
    writer::with(|local| {
        let entry = local.adopt(index);
        local.may_unwind.set(true);
        let _ = END.try_with(|end| end.finish.replace(Some(finish.clone())));
        if index.is_some() {
            note(local, || NewEvent {
                place: entry.spawned_at.load(Ordering::Relaxed),
                ..NewEvent::of(EventKind::ThreadStart)
            });
        }
        let me = Operand::Thread(index);
        sync_point_of((local, entry), Operation::StartThread, me, None);
    });
}

pub(super) fn set_name(local: &Local, entry: &ThreadEntry, name: Option<&str>) {
    let name = name.unwrap_or_default();
    let write = |bytes: &[u8]| {
        for (byte, to) in bytes.iter().zip(&entry.name) {
            to.store(*byte, Ordering::Relaxed);
        }
    };
    if name.len() <= NAME_BYTES {
        write(name.as_bytes());
        entry
            .name_length
            .store(name.len() as u32, Ordering::Relaxed);
    } else {
        write(&local.layout().intern(name).to_le_bytes());
        entry.name_length.store(LONG_NAME, Ordering::Relaxed);
    }
}

/// After a thread's closure: from here on it must not be made to unwind. Only the destructors of
/// its thread locals may still run.
pub fn body_ends(panicked: bool) {
    writer::with(|local| {
        if let Some(entry) = local.entry() {
            note_end(local, entry, panicked);
        }
    });
}

fn note_end(local: &Local, entry: &ThreadEntry, panicked: bool) {
    local.may_unwind.set(false);
    if local.thread() == ThreadSlot::NONE {
        return;
    }
    for share in &entry.shares {
        shares::push_out(local, entry, share);
    }
    let now = local.now();
    if !counts_only(local) {
        local.event(NewEvent {
            flags: u8::from(panicked),
            ..NewEvent::at(EventKind::ThreadEnd, now)
        });
    }
    entry
        .events
        .store(local.events_written(), Ordering::Relaxed);
    let before = entry.cpu_ns.load(Ordering::Relaxed);
    let used = memory::thread_cpu_ns().saturating_sub(before);
    entry.cpu_ns.store(used, Ordering::Relaxed);
    entry.end.store(now, Ordering::Relaxed);
    entry.flags.fetch_or(FLAG_LEAVING, Ordering::SeqCst);
    entry.state.store(
        if panicked {
            THREAD_PANICKED
        } else {
            THREAD_FINISHED
        },
        Ordering::SeqCst,
    );
}

/// An entry for a thread that we have not made.
#[cold]
#[inline(never)]
fn foreign(local: &Local) -> &'static ThreadEntry {
    let layout = writer::layout();
    // After its own end a thread is nobody any more.
    if END.try_with(|_| ()).is_err() {
        return local.adopt(ThreadSlot::NONE);
    }
    deadlock::thread_begins();
    let index = match layout.take_thread() {
        Some((index, entry)) => {
            let cell = layout.header.cell.load(Ordering::Relaxed);
            entry.cell.store(cell, Ordering::Relaxed);
            entry.ordinal.store(next_id(cell).0, Ordering::Relaxed);
            entry.flags.store(FLAG_FOREIGN, Ordering::Relaxed);
            entry.start.store(local.now(), Ordering::Relaxed);
            set_name(local, entry, real::thread::current().name());
            entry.state.store(THREAD_ALIVE, Ordering::SeqCst);
            index
        }
        None => {
            layout.header.lost_threads.fetch_add(1, Ordering::Relaxed);
            ThreadSlot::NONE
        }
    };
    local.adopt(index)
}

/// The very end: nothing of the thread runs any more that could do something.
fn ended(finish: Option<Finish>) {
    writer::with(|local| {
        let Some(entry) = local.entry() else { return };
        let is_main = entry.flags.load(Ordering::Relaxed) & FLAG_MAIN != 0;
        let is_alive = entry.state.load(Ordering::Relaxed) == THREAD_ALIVE;
        if is_main || is_alive && finish.is_some() {
            // Only `process::exit` runs the destructors of the thread that runs the cells, or of
            // one whose closure has not returned: the whole process ends, which proves nothing
            // about who could have gone on.
            return;
        }
        let (layout, index) = (local.layout(), local.thread());
        let me = Operand::Thread(index);
        sync_point_of((local, entry), Operation::EndThread, me, None);
        if index.is_some() && is_alive {
            note_end(local, entry, false);
        } else if index.is_some() {
            // The destructors of its thread locals are a part of its life.
            entry.end.store(local.now(), Ordering::Relaxed);
        }
        entry.phase.store(PHASE_RUNNING, Ordering::Relaxed);
        if let Some(finish) = finish {
            finish.end();
        }
        fence(Ordering::SeqCst);
        if entry.ended.is_wanted() {
            entry.ended.wake_all(index);
        }
        // Only now: as long as it may act, nobody takes its joiner for one whom nobody can wake.
        entry.flags.fetch_and(!FLAG_LEAVING, Ordering::SeqCst);
        deadlock::thread_ends();
        if !is_controlled() {
            deadlock::check_end_of(layout, index);
        }
        // The next thread may get this one's thread pointer.
        layout.end_sampled_runs();
    });
    writer::forget_thread();
}
