//! The lock of a standard stream: known to the deadlock detector when it is held for long.
//!
//! A single print holds it for one write and waits for nothing meanwhile, so that is not recorded.
//! A lock guard (`stdout().lock()`) is: its holder may do anything before it lets go.

use real::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::probe::{self, Access, Id, Meta, ObjectKind, Operand, Operation, Place, Wait, WaitKind};

static META: Meta = Meta::of::<()>(ObjectKind::Stdio);

/// A lock of one stream.
pub(super) struct Gate {
    id: Id,
    /// The mark of the thread that holds it, or 0.
    owner: AtomicUsize,
    /// How often its owner holds it; only the owner touches this.
    depth: AtomicU32,
    /// How often it is held by guards, of `depth`; only the owner touches this.
    guards: AtomicU32,
    /// Threads that wait for it, so that a print without rivals wakes nobody.
    waiting: AtomicU32,
    reentrant: bool,
}

/// Whether a hold is recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// One write.
    Brief,
    /// As long as the user keeps the guard.
    Guard,
}

/// Holds a [`Gate`] until it is dropped.
pub(super) struct GateGuard {
    gate: &'static Gate,
    hold: Hold,
}

/// A number that no other living thread has.
fn mark() -> usize {
    real::thread_local! { static MARK: u8 = const { 0 } }
    MARK.with(|mark| real::ptr::from_ref(mark) as usize)
}

/// Counts up, for the owner: a read-modify-write would cost as much as the gate itself.
fn one_more(counter: &AtomicU32) {
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

/// Counts down, for the owner; how many are left.
fn one_less(counter: &AtomicU32) -> u32 {
    let left = counter.load(Ordering::Relaxed) - 1;
    counter.store(left, Ordering::Relaxed);
    left
}

impl Gate {
    pub(super) const fn new(reentrant: bool) -> Gate {
        Gate {
            id: Id::new(),
            owner: AtomicUsize::new(0),
            depth: AtomicU32::new(0),
            guards: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
            reentrant,
        }
    }

    /// Waits until no other thread holds the gate, and holds it.
    pub(super) fn hold(&'static self, hold: Hold, at: Place) -> GateGuard {
        let operation = match hold {
            Hold::Brief => Operation::Print,
            Hold::Guard => Operation::Lock,
        };
        probe::sync_point(operation, Operand::Of(&self.id, &META), Some(at));
        let mark = mark();
        if !self.try_hold(mark) {
            self.wait(mark, at);
        }
        // Before anything that may unwind, or the gate would never open again.
        let mut held = GateGuard {
            gate: self,
            hold: Hold::Brief,
        };
        if hold == Hold::Guard {
            if self.guards.load(Ordering::Relaxed) == 0 {
                probe::took(probe::resolve(&self.id, &META), Access::Exclusive, at);
            }
            one_more(&self.guards);
            held.hold = hold;
        }
        held
    }

    fn try_hold(&self, mark: usize) -> bool {
        let free = self
            .owner
            .compare_exchange(0, mark, Ordering::SeqCst, Ordering::Relaxed);
        let held = match free {
            Ok(_) => true,
            Err(owner) => owner == mark && self.reentrant,
        };
        if held {
            one_more(&self.depth);
        }
        held
    }

    #[cold]
    fn wait(&self, mark: usize, at: Place) {
        /// Takes back the announcement, also when the wait ends by unwinding.
        struct Waiting<'a>(&'a AtomicU32);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let wait = Wait::on(WaitKind::Lock, probe::resolve(&self.id, &META), at);
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Waiting(&self.waiting);
        let _ = probe::block(wait, || self.try_hold(mark).then_some(()));
    }
}

impl Drop for GateGuard {
    fn drop(&mut self) {
        let gate = self.gate;
        if self.hold == Hold::Guard {
            probe::sync_point(Operation::Unlock, Operand::Of(&gate.id, &META), None);
        }
        if self.hold == Hold::Guard && one_less(&gate.guards) == 0 {
            probe::giving_back(probe::resolve(&gate.id, &META), Access::Exclusive);
        }
        if one_less(&gate.depth) == 0 {
            gate.owner.store(0, Ordering::SeqCst);
            if gate.waiting.load(Ordering::SeqCst) != 0 {
                probe::wake_one(probe::resolve(&gate.id, &META));
            }
        }
    }
}
