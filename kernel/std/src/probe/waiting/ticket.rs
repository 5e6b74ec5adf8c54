//! A queue of waiters, one ticket each.

use real::collections::VecDeque;
use real::prelude::rust_2024::*;
use real::sync::Arc;
use real::sync::atomic::{AtomicU32, Ordering};

use record::ThreadSlot;

use super::super::current::with_thread;
use super::super::sync_point::choose_waiter;
use super::{Wait, block, wake_own};

/// One waiter's place in a queue, with the state "not notified yet" or "notified".
///
/// The waiter makes it and puts a clone into the queue; the notifier takes that out and calls
/// [`Ticket::notify`].
#[derive(Clone)]
pub struct Ticket {
    state: Arc<TicketState>,
}

struct TicketState {
    notified: AtomicU32,
    thread: ThreadSlot,
}

impl Ticket {
    /// A ticket of the calling thread.
    #[expect(
        clippy::new_without_default,
        reason = "it belongs to the thread that calls it"
    )]
    pub fn new() -> Ticket {
        let thread = with_thread(|local, _| local.thread());
        Ticket {
            state: Arc::new(TicketState {
                notified: AtomicU32::new(0),
                thread,
            }),
        }
    }

    /// Notifies the waiter and wakes it.
    pub fn notify(&self) {
        let thread = self.state.thread;
        self.state.notified.swap(1, Ordering::SeqCst);
        wake_own(thread);
    }

    /// Whether it was notified.
    pub fn is_notified(&self) -> bool {
        self.state.notified.load(Ordering::SeqCst) != 0
    }

    /// Waits for the notification: whether it came (`false`: the deadline has passed). To be called
    /// by the thread that made it, with a [`Wait::own`].
    pub fn wait(&self, wait: Wait) -> bool {
        block(wait, || self.is_notified().then_some(())).is_some()
    }

    /// Takes out of a queue, in which the first has waited longest, who is notified next.
    pub fn take_next(queue: &mut VecDeque<Ticket>) -> Option<Ticket> {
        queue.remove(choose_waiter(
            queue.iter().map(|ticket| ticket.state.thread),
        ))
    }

    /// Whether both are the same waiter's.
    pub fn is(&self, other: &Ticket) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
    }
}
