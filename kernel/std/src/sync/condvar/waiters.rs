//! Who waits for a notification: all of a condition variable but its mutex.

use real::collections::VecDeque;
use real::prelude::rust_2024::*;
use real::sync::{Mutex as RealMutex, PoisonError};
use real::time::Instant;

use crate::probe::{self, Id, Meta, Operand, Operation, Place, Ticket, Wait, WaitKind};

/// A queue of threads that wait, first come, first notified.
pub(crate) struct Waiters {
    id: Id,
    meta: &'static Meta,
    /// Who waits; held for a few instructions.
    queue: RealMutex<VecDeque<Ticket>>,
}

impl Waiters {
    /// Nobody yet; `meta` says what they wait on.
    #[inline]
    #[track_caller]
    pub(crate) const fn new(meta: &'static Meta) -> Waiters {
        Waiters {
            id: Id::new(),
            meta,
            queue: RealMutex::new(VecDeque::new()),
        }
    }

    /// Wakes the one that has waited longest: whether there was one.
    pub(crate) fn notify_one(&self, at: Place) -> bool {
        let condvar = Operand::Of(&self.id, self.meta);
        probe::sync_point(Operation::NotifyOne, condvar, Some(at));
        let first = self.locked(Ticket::take_next);
        probe::notified(&self.id, self.meta, false, u32::from(first.is_some()), at);
        if let Some(ticket) = &first {
            ticket.notify();
        }
        first.is_some()
    }

    /// Wakes all: how many there were.
    pub(crate) fn notify_all(&self, at: Place) -> usize {
        let condvar = Operand::Of(&self.id, self.meta);
        probe::sync_point(Operation::NotifyAll, condvar, Some(at));
        let all = self.locked(real::mem::take);
        let woken = all.len();
        let counted = u32::try_from(woken).unwrap_or(u32::MAX);
        probe::notified(&self.id, self.meta, true, counted, at);
        for ticket in all {
            ticket.notify();
        }
        woken
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.locked(|queue| queue.is_empty())
    }

    fn locked<R>(&self, change: impl FnOnce(&mut VecDeque<Ticket>) -> R) -> R {
        change(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts the calling thread at the end of the queue; to be called with the mutex held. In a
    /// controlled program that is the step: who notifies without the mutex may come before it.
    /// Elsewhere nothing unwinds here, or it would poison the mutex.
    pub(crate) fn enter(&self, at: Place) -> Ticket {
        let object = probe::resolve(&self.id, self.meta);
        if probe::is_controlled() {
            probe::sync_point(Operation::CondvarWait, object, Some(at));
        }
        probe::count_wait(object);
        let ticket = Ticket::new();
        self.locked(|queue| queue.push_back(ticket.clone()));
        ticket
    }

    /// Takes a waiter out of the queue: whether it was still there.
    fn leave(&self, ticket: &Ticket) -> bool {
        self.locked(|queue| {
            let position = queue.iter().position(|other| other.is(ticket));
            position
                .and_then(|position| queue.remove(position))
                .is_some()
        })
    }

    /// Waits: whether a notification came.
    pub(crate) fn sleep(&self, ticket: &Ticket, deadline: Option<Instant>, at: Place) -> bool {
        let unwinding = PassOn {
            waiters: self,
            ticket,
        };
        let object = probe::resolve(&self.id, self.meta);
        probe::sync_point(Operation::CondvarSleep, object, Some(at));
        let wait = Wait::own(WaitKind::Condvar, Some(object), at).until(deadline);
        let notified = ticket.wait(wait);
        real::mem::forget(unwinding);
        // Who is not in the queue any more was notified at the last moment.
        notified || !self.leave(ticket)
    }
}

/// Takes a waiter that unwinds out of the queue, and hands its notification to the next one.
struct PassOn<'a> {
    waiters: &'a Waiters,
    ticket: &'a Ticket,
}

impl Drop for PassOn<'_> {
    fn drop(&mut self) {
        if !self.waiters.leave(self.ticket)
            && let Some(next) = self.waiters.locked(|queue| queue.pop_front())
        {
            next.notify();
        }
    }
}
