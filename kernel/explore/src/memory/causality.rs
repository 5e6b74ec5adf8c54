//! What happens before what: threads, locks and messages, acquire and release, fences.

use std::collections::BTreeMap;

use super::clock::{Clock, join};
use super::counts::Counts;
use crate::point::{Object, ThreadId};
use crate::trace::Order;

#[derive(Clone, Debug, Default)]
struct Thread {
    now: Clock,
    /// What relaxed loads saw: an acquire fence takes it.
    unacquired: Clock,
    /// What a release fence published: relaxed stores carry it.
    published: Clock,
    ended: bool,
}

/// An operation on a location, and what its thread knows.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) thread: ThreadId,
    /// Which operation of its thread.
    pub(super) number: u32,
    /// What happens before it, or is before it by coherence.
    pub(super) view: Counts,
    /// It takes part in the total order.
    pub(super) total: bool,
    /// Of the operations in the total order, so many come before it.
    pub(super) after_total: u32,
    /// Its own number there.
    pub(super) place_in_total: u32,
}

#[derive(Debug, Default)]
pub(super) struct Causality {
    threads: Vec<Thread>,
    objects: BTreeMap<Object, Clock>,
    /// How many operations are in the total order.
    total: u32,
    /// What happens before the fences in it.
    fenced: Counts,
}

impl Causality {
    /// Nothing happened so far.
    pub(super) fn clear(&mut self) {
        self.threads.clear();
        self.objects.clear();
        self.total = 0;
        self.fenced = Counts::default();
    }

    #[inline]
    fn thread(&mut self, thread: ThreadId) -> &mut Thread {
        let at = thread.0 as usize;
        match self.threads.get(at) {
            Some(known) if known.now.before.len() > at => &mut self.threads[at],
            _ => self.new_thread(at),
        }
    }

    /// The same for a thread that does its first operation.
    #[inline(never)]
    fn new_thread(&mut self, at: usize) -> &mut Thread {
        if self.threads.len() <= at {
            self.threads.resize(at + 1, Thread::default());
        }
        let clock = &mut self.threads[at].now.before;
        if clock.len() <= at {
            clock.extend_to(at + 1);
            clock[at] = 1;
        }
        &mut self.threads[at]
    }

    /// The thread's next operation; its number.
    fn tick(&mut self, thread: ThreadId) -> u32 {
        let at = thread.0 as usize;
        let number = &mut self.thread(thread).now.before[at];
        *number += 1;
        *number
    }

    pub(super) fn knows(&mut self, thread: ThreadId) -> &[u32] {
        &self.thread(thread).now.before
    }

    /// The thread does nothing any more.
    pub(super) fn end(&mut self, thread: ThreadId) {
        self.thread(thread).ended = true;
    }

    /// What each thread that goes on knows: whatever it does next, or a thread that it starts,
    /// knows no less.
    pub(super) fn views(&self) -> impl Iterator<Item = Event> {
        let begun = |thread: &&Thread| !thread.ended && !thread.now.before.is_empty();
        self.threads.iter().filter(begun).map(|thread| {
            let mut view = thread.now.before.clone();
            join(&mut view, &thread.now.coherent);
            Event {
                thread: ThreadId::default(),
                number: 0,
                view,
                total: false,
                after_total: thread.now.total,
                place_in_total: 0,
            }
        })
    }

    pub(super) fn spawn(&mut self, parent: ThreadId, child: ThreadId) {
        let known = self.thread(parent).now.clone();
        self.thread(child).now.join(&known);
        self.tick(parent);
    }

    pub(super) fn join(&mut self, parent: ThreadId, child: ThreadId) {
        let known = self.thread(child).now.clone();
        self.thread(parent).now.join(&known);
    }

    pub(super) fn release(&mut self, thread: ThreadId, object: Object) {
        let known = self.thread(thread).now.clone();
        self.objects.entry(object).or_default().join(&known);
        self.tick(thread);
    }

    pub(super) fn acquire(&mut self, thread: ThreadId, object: Object) {
        if let Some(known) = self.objects.get(&object).cloned() {
            self.thread(thread).now.join(&known);
        }
    }

    /// A thread begins an operation on a location.
    pub(super) fn begin(&mut self, thread: ThreadId, order: Order) -> Event {
        let number = self.tick(thread);
        let total = order == Order::SeqCst;
        self.total += u32::from(total);
        let now = &self.thread(thread).now;
        let (mut view, mut after_total) = (now.before.clone(), now.total);
        join(&mut view, &now.coherent);
        if total {
            join(&mut view, &self.fenced);
            after_total = self.total - 1;
        }
        Event {
            thread,
            number,
            view,
            total,
            after_total,
            place_in_total: self.total,
        }
    }

    /// The thread read a store that carries this.
    pub(super) fn see(&mut self, thread: ThreadId, order: Order, carried: &Clock) {
        let thread = self.thread(thread);
        if order.acquires() {
            thread.now.join(carried);
        } else {
            thread.unacquired.join(carried);
        }
    }

    /// What a store of the thread carries.
    pub(super) fn carried(&mut self, thread: ThreadId, order: Order) -> Clock {
        if !order.releases() {
            return self.thread(thread).published.clone();
        }
        let carried = self.thread(thread).now.clone();
        self.tick(thread);
        carried
    }

    pub(super) fn fence(&mut self, id: ThreadId, order: Order) {
        self.tick(id);
        if order.acquires() {
            let thread = self.thread(id);
            let unacquired = std::mem::take(&mut thread.unacquired);
            thread.now.join(&unacquired);
        }
        if order == Order::SeqCst {
            self.total += 1;
            let (total, fenced) = (self.total, self.fenced.clone());
            let thread = self.thread(id);
            join(&mut thread.now.coherent, &fenced);
            thread.now.total = total;
            let before = thread.now.before.clone();
            join(&mut self.fenced, &before);
        }
        if order.releases() {
            let thread = self.thread(id);
            thread.published = thread.now.clone();
            self.tick(id);
        }
    }
}
