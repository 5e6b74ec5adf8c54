//! Threads: their beginning, their end, and waiting for it.

use real::cell::RefCell;
use real::collections::BTreeMap;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
use real::sync::{Arc, Mutex, PoisonError};
use real::time::Instant;

use record::layout::{
    FLAG_DEPENDENCY, FLAG_FOREIGN, FLAG_JOINED, FLAG_LEAVING, FLAG_MAIN, NAME_BYTES, PHASE_RUNNING,
    THREAD_ALIVE, THREAD_FINISHED, THREAD_FREE, THREAD_PANICKED, ThreadEntry,
};
use record::snapshot::is_of_rust;
use record::writer::{self, EventKind, Local, NewEvent};
use record::{clock, memory};

use super::sync_point::{Operand, Operation, sync_point, sync_point_of};
use super::waiting::{Wait, block, wake_own};
use super::{Place, WaitKind, counts_only, note, shares, with_thread};
use crate::waits;

/// `ThreadEntry::name_length`: the name is a `StringRef`.
const LONG_NAME: u32 = u32::MAX;

/// The next number in `cell`; numbers start at 1, which is the thread that runs the cell.
pub(super) fn next_ordinal(cell: u32) -> u32 {
    static NEXT: Mutex<BTreeMap<u32, u32>> = Mutex::new(BTreeMap::new());
    let mut next = NEXT.lock().unwrap_or_else(PoisonError::into_inner);
    let ordinal = next.entry(cell).or_insert(1);
    *ordinal += 1;
    *ordinal
}

/// A thread that has an entry but does not run yet.
#[derive(Clone)]
pub struct Child {
    index: u32,
    generation: u32,
    finish: Finish,
}

/// Whether a thread has ended: the truth that a joiner asks for. Its entry may be another thread's by then.
#[derive(Clone)]
pub struct Finish(Arc<AtomicU32>);

impl Finish {
    fn new() -> Finish {
        Finish(Arc::new(AtomicU32::new(0)))
    }

    fn is_over(&self) -> bool {
        self.0.load(Ordering::SeqCst) != 0
    }
}

/// Gives a new thread its entry. It counts as running from now on.
pub fn spawning(name: Option<&str>, scope: u64, at: Place) -> Child {
    with_thread(|local, parent| {
        sync_point_of(
            (local, parent),
            Operation::Spawn,
            Operand::Nothing,
            Some(at),
        );
        let layout = local.layout();
        waits::is_alive();
        let Some((index, entry)) = layout.take_thread() else {
            layout.header.lost_threads.fetch_add(1, Ordering::Relaxed);
            return Child {
                index: 0,
                generation: 0,
                finish: Finish::new(),
            };
        };
        let (place, now) = (local.place(at), local.now());
        let cell = match local.index() {
            0 => layout.header.cell.load(Ordering::Relaxed),
            _ => parent.cell.load(Ordering::Relaxed),
        };
        let in_dependency = layout
            .locations
            .get(place as usize)
            .is_some_and(|place| place.dependency.load(Ordering::Relaxed) != 0);
        // Whose `.map(thread::spawn)` it is does not show.
        let parents = || parent.flags.load(Ordering::Relaxed) & FLAG_DEPENDENCY != 0;
        let by_dependency = in_dependency && (!is_of_rust(at.file()) || parents());
        entry.cell.store(cell, Ordering::Relaxed);
        entry.ordinal.store(next_ordinal(cell), Ordering::Relaxed);
        entry.flags.store(
            if by_dependency { FLAG_DEPENDENCY } else { 0 },
            Ordering::Relaxed,
        );
        entry.parent.store(local.index(), Ordering::Relaxed);
        entry.spawned_at.store(place, Ordering::Relaxed);
        entry.start.store(now, Ordering::Relaxed);
        entry.scope.store(scope, Ordering::Relaxed);
        set_name(local, entry, name);
        entry.state.store(THREAD_ALIVE, Ordering::SeqCst);
        if !counts_only(local) {
            local.event(NewEvent {
                target: index,
                place,
                ..NewEvent::at(EventKind::Spawn, now)
            });
        }
        Child {
            index,
            generation: entry.generation.load(Ordering::Relaxed),
            finish: Finish::new(),
        }
    })
}

fn set_name(local: &Local, entry: &ThreadEntry, name: Option<&str>) {
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

/// Takes a child back that the system would not start.
pub fn spawn_failed(child: &Child) {
    waits::has_ended();
    if let Some(entry) = writer::layout()
        .threads
        .get(child.index as usize)
        .filter(|_| child.index != 0)
    {
        entry.end.store(clock::now(), Ordering::Relaxed);
        entry.state.store(THREAD_FINISHED, Ordering::SeqCst);
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

/// Makes the calling thread the child, before its closure runs.
pub fn started(child: &Child) {
    writer::with(|local| {
        let entry = local.adopt(child.index);
        local.may_unwind.set(true);
        let _ = END.try_with(|end| end.finish.replace(Some(child.finish.clone())));
        if child.index != 0 {
            note(local, || NewEvent {
                place: entry.spawned_at.load(Ordering::Relaxed),
                ..NewEvent::of(EventKind::ThreadStart)
            });
        }
        let me = Operand::Thread(child.index);
        sync_point_of((local, entry), Operation::StartThread, me, None);
    });
}

/// After a thread's closure: from here on it must not be made to unwind. Only the destructors of its thread
/// locals may still run.
pub fn body_ends(panicked: bool) {
    writer::with(|local| {
        if let Some(entry) = local.entry() {
            note_end(local, entry, panicked);
        }
    });
}

fn note_end(local: &Local, entry: &ThreadEntry, panicked: bool) {
    local.may_unwind.set(false);
    if local.index() == 0 {
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
    entry
        .cpu_ns
        .store(memory::thread_cpu_ns(), Ordering::Relaxed);
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
pub(super) fn foreign(local: &Local) -> &'static ThreadEntry {
    let layout = writer::layout();
    // After its own end a thread is nobody any more.
    if END.try_with(|_| ()).is_err() {
        return local.adopt(0);
    }
    waits::is_alive();
    let index = match layout.take_thread() {
        Some((index, entry)) => {
            let cell = layout.header.cell.load(Ordering::Relaxed);
            entry.cell.store(cell, Ordering::Relaxed);
            entry.ordinal.store(next_ordinal(cell), Ordering::Relaxed);
            entry.flags.store(FLAG_FOREIGN, Ordering::Relaxed);
            entry.start.store(local.now(), Ordering::Relaxed);
            set_name(local, entry, real::thread::current().name());
            entry.state.store(THREAD_ALIVE, Ordering::SeqCst);
            index
        }
        None => {
            layout.header.lost_threads.fetch_add(1, Ordering::Relaxed);
            0
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
            // Only `process::exit` runs the destructors of the thread that runs the cells, or of one whose
            // closure has not returned: the whole process ends, which proves nothing about who could have
            // gone on.
            return;
        }
        let (layout, index) = (local.layout(), local.index());
        let me = Operand::Thread(index);
        sync_point_of((local, entry), Operation::EndThread, me, None);
        if index != 0 && is_alive {
            note_end(local, entry, false);
        } else if index != 0 {
            // The destructors of its thread locals are a part of its life.
            entry.end.store(local.now(), Ordering::Relaxed);
        }
        entry.phase.store(PHASE_RUNNING, Ordering::Relaxed);
        if let Some(finish) = finish {
            finish.0.store(1, Ordering::SeqCst);
        }
        fence(Ordering::SeqCst);
        if entry.ended.is_wanted() {
            entry.ended.wake_all(index);
        }
        // Only now: as long as it may act, nobody takes its joiner for one whom nobody can wake.
        entry.flags.fetch_and(!FLAG_LEAVING, Ordering::SeqCst);
        waits::has_ended();
        waits::thread_ended(layout, index);
        // The next thread may get this one's thread pointer.
        layout.end_runs();
    });
    writer::forget_thread();
}

impl Child {
    /// The calling thread looks whether this one has ended.
    #[inline]
    pub fn is_looked_at(&self, at: Place) {
        sync_point(Operation::IsFinished, Operand::Thread(self.index), Some(at));
    }

    /// Waits until the thread has ended.
    pub fn wait_for_end(&self, at: Place) {
        sync_point(Operation::Join, Operand::Thread(self.index), Some(at));
        let wait = Wait::for_thread(self.index, at);
        let _ = block(wait, || self.finish.is_over().then_some(()));
    }
}

/// Records that `child` was joined.
pub fn joined(child: &Child) {
    if let Some(entry) = writer::layout()
        .threads
        .get(child.index as usize)
        .filter(|_| child.index != 0)
        && entry.generation.load(Ordering::Relaxed) == child.generation
        && entry.state.load(Ordering::Relaxed) != THREAD_FREE
    {
        entry.flags.fetch_or(FLAG_JOINED, Ordering::Relaxed);
    }
}

/// The token of `park` and `unpark`.
pub struct Parker {
    token: AtomicU32,
    thread: AtomicU32,
}

impl Parker {
    /// A parker without a token, of a thread that does not run yet.
    #[expect(
        clippy::new_without_default,
        reason = "it is of no use before a thread adopts it"
    )]
    pub const fn new() -> Parker {
        Parker {
            token: AtomicU32::new(0),
            thread: AtomicU32::new(0),
        }
    }

    /// Makes this the calling thread's.
    pub fn adopt(&self) {
        self.thread
            .store(with_thread(|local, _| local.index()), Ordering::SeqCst);
    }

    /// Waits for the token and takes it; returns at the deadline without.
    pub fn park(&self, deadline: Option<Instant>, at: Place) {
        sync_point(Operation::Park, Operand::Nothing, Some(at));
        let wait = Wait::own(WaitKind::Park, None, at).until(deadline);
        let _ = block(wait, || {
            self.token
                .compare_exchange(1, 0, Ordering::SeqCst, Ordering::SeqCst)
                .ok()
        });
    }

    /// Leaves the token, and wakes the thread if it waits for it. Never unwinds.
    pub fn unpark(&self, at: Place) {
        let thread = self.thread.load(Ordering::SeqCst);
        sync_point(Operation::Unpark, Operand::Thread(thread), Some(at));
        self.token.swap(1, Ordering::SeqCst);
        let thread = self.thread.load(Ordering::SeqCst);
        wake_own(thread);
        with_thread(|local, _| {
            note(local, || NewEvent {
                target: thread,
                place: local.place(at),
                ..NewEvent::of(EventKind::Unpark)
            });
        });
    }
}

/// The threads of one scope, for the one that waits for them.
pub struct ScopeMark {
    number: u64,
    running: AtomicUsize,
    waiter: u32,
}

impl ScopeMark {
    /// A scope without threads, of the calling thread.
    pub fn new() -> ScopeMark {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let waiter = with_thread(|local, _| local.index());
        ScopeMark {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            running: AtomicUsize::new(0),
            waiter,
        }
    }

    /// What its threads have in common.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How many of its threads run.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    /// Adds a thread; returns how many there were.
    pub fn add(&self) -> usize {
        self.running.fetch_add(1, Ordering::SeqCst)
    }

    /// Takes a thread away, and wakes who waits if it was the last one.
    pub fn remove(&self) {
        let waiter = self.waiter;
        sync_point(Operation::LeaveScope, Operand::Nothing, None);
        // The scope may be gone as soon as its last thread is taken away.
        if self.running.fetch_sub(1, Ordering::SeqCst) == 1 {
            wake_own(waiter);
        }
    }

    /// Waits until all its threads are taken away. Never unwinds.
    pub fn wait(&self, at: Place) {
        sync_point(Operation::JoinScope, Operand::Nothing, Some(at));
        let _ = block(Wait::for_scope(self.number, at), || {
            (self.running() == 0).then_some(())
        });
    }
}

impl Default for ScopeMark {
    fn default() -> ScopeMark {
        ScopeMark::new()
    }
}
