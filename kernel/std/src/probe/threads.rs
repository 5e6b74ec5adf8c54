//! Threads: their beginning, their end, and waiting for it.

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use real::time::Instant;

use record::ThreadSlot;
use record::clock;
use record::layout::{
    EventKind, FLAG_DEPENDENCY, FLAG_DETACHED, FLAG_JOINED, THREAD_ALIVE, THREAD_FINISHED,
    THREAD_FREE,
};
use record::snapshot::{WaitKind, is_of_rust};
use record::writer::{self, NewEvent};

use super::calls::place_with_calls;
use super::crate_calls::called_at;
use super::current::{
    Finish, begin, counts_only, next_id, note, set_name, sync_point, with_thread,
};
use super::objects::Place;
use super::operation::{Operand, Operation};
use super::sync_point::sync_point_of;
use super::waiting::{Wait, block, wake_own};
use crate::deadlock;

/// A thread that has an entry but does not run yet.
#[derive(Clone)]
pub struct Child {
    index: ThreadSlot,
    generation: u32,
    finish: Finish,
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
        deadlock::thread_begins();
        let Some((index, entry)) = layout.take_thread() else {
            layout.header.lost_threads.fetch_add(1, Ordering::Relaxed);
            return Child {
                index: ThreadSlot::NONE,
                generation: 0,
                finish: Finish::new(),
            };
        };
        let (place, now) = (place_with_calls(local, local.place(at)), local.now());
        let cell = match local.thread() {
            ThreadSlot::NONE => layout.header.cell.load(Ordering::Relaxed),
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
        entry.ordinal.store(next_id(cell).0, Ordering::Relaxed);
        entry.flags.store(
            if by_dependency { FLAG_DEPENDENCY } else { 0 },
            Ordering::Relaxed,
        );
        entry.parent.store(local.thread().0, Ordering::Relaxed);
        entry.spawned_at.store(place, Ordering::Relaxed);
        entry.start.store(now, Ordering::Relaxed);
        entry.scope.store(scope, Ordering::Relaxed);
        set_name(local, entry, name);
        entry.state.store(THREAD_ALIVE, Ordering::SeqCst);
        if !counts_only(local) {
            local.event(NewEvent {
                target: index.0,
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

/// Makes the calling thread the child, before its closure runs.
pub fn started(child: &Child) {
    begin(child.index, &child.finish);
}

/// Takes a child back that the system would not start.
pub fn spawn_failed(child: &Child) {
    deadlock::thread_ends();
    if let Some(entry) = writer::layout()
        .threads
        .get(child.index.index())
        .filter(|_| child.index.is_some())
    {
        entry.end.store(clock::now(), Ordering::Relaxed);
        entry.state.store(THREAD_FINISHED, Ordering::SeqCst);
    }
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
    set_flag(child, FLAG_JOINED);
}

/// Records that nobody can wait for `child` any more.
pub fn detached(child: &Child) {
    set_flag(child, FLAG_DETACHED);
}

/// Sets a flag of a thread whose entry was not given out again.
fn set_flag(child: &Child, flag: u32) {
    if let Some(entry) = writer::layout()
        .threads
        .get(child.index.index())
        .filter(|_| child.index.is_some())
        && entry.generation.load(Ordering::Relaxed) == child.generation
        && entry.state.load(Ordering::Relaxed) != THREAD_FREE
    {
        entry.flags.fetch_or(flag, Ordering::Relaxed);
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

    /// The parker of a thread that will run: who unparks it before it begins means that one, too.
    pub const fn of(child: &Child) -> Parker {
        Parker {
            token: AtomicU32::new(0),
            thread: AtomicU32::new(child.index.0),
        }
    }

    /// Makes this the calling thread's.
    pub fn adopt(&self) {
        self.thread
            .store(with_thread(|local, _| local.thread()).0, Ordering::SeqCst);
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

    /// Waits for the token and takes it, for a crate that has said for what ([`super::waits_for`]).
    /// Returns at the deadline without, and where it would unwind: then that is returned, and it is
    /// to unwind as soon as it can ([`super::unwind_if_ordered`]).
    pub fn park_in_crate(&self, deadline: Option<Instant>, at: Place) -> bool {
        let at = called_at(at);
        sync_point(Operation::Park, Operand::Nothing, None);
        let parks_for = writer::with(|local| {
            local.ordered.set(0);
            local.parks_for.get()
        });
        let wait = Wait::parked(parks_for, at).until(deadline);
        let _ = block(wait, || {
            self.token
                .compare_exchange(1, 0, Ordering::SeqCst, Ordering::SeqCst)
                .ok()
        });
        writer::with(|local| local.ordered.get() != 0)
    }

    /// Leaves the token, and wakes the thread if it waits for it. Never unwinds.
    pub fn unpark(&self, at: Place) {
        let thread = self.thread.load(Ordering::SeqCst);
        sync_point(
            Operation::Unpark,
            Operand::Thread(ThreadSlot(thread)),
            Some(at),
        );
        self.token.swap(1, Ordering::SeqCst);
        let thread = self.thread.load(Ordering::SeqCst);
        wake_own(ThreadSlot(thread));
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
    waiter: ThreadSlot,
}

impl ScopeMark {
    /// A scope without threads, of the calling thread.
    pub fn new() -> ScopeMark {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let waiter = with_thread(|local, _| local.thread());
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
