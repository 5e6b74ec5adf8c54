//! What memory allows: which stores a load may see, by the rules of C11 and C++20.
//!
//! Each location keeps its stores. Their modification order is not the order in which they were
//! executed: it is a graph of what must come before what, which loads and stores add to, and a load
//! may see any store that closes no cycle (Luo and Demsky, "C11Tester: a race detector for C/C++
//! atomics", ASPLOS 2021). So the weak outcome of `2+2W` comes about, which an order of execution
//! can't give. Sequentially consistent operations and fences take part in one total order, the
//! order of their execution, as C++20 says.
//!
//! Out of reach: loads that read from the future (load buffering), spurious failures of
//! `compare_exchange_weak`, and accesses of different sizes to one location.

mod causality;
mod clock;
mod counts;
mod location;
mod locations;

use causality::{Causality, Event};
use location::{Location, Stored};
use locations::Locations;

use crate::point::{Object, ThreadId, Visible};
use crate::trace::Order;

/// Who accesses, and where in the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Who.
    pub thread: ThreadId,
    /// The step of the run.
    pub step: u32,
    /// The place in the source.
    pub place: u32,
}

/// What a load saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The value.
    pub value: u64,
    /// The step that stored it; none for the value from before the run.
    pub reads_from: Option<u32>,
    /// There was a newer store.
    pub stale: bool,
}

/// All locations of a run, and what happens before what.
#[derive(Debug, Default)]
pub struct Memory {
    causality: Causality,
    locations: Locations,
    truncated: bool,
}

impl Memory {
    /// Nothing was accessed so far. All threads but the first one are started by
    /// [`spawn`](Memory::spawn), or do something before there are many stores.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// Forgets all, for another run.
    pub fn clear(&mut self) {
        self.causality.clear();
        self.locations.clear();
        self.truncated = false;
    }

    /// Old stores were forgotten, since there were too many: a search with such a run proves
    /// nothing.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// A thread starts another one.
    pub fn spawn(&mut self, parent: ThreadId, child: ThreadId) {
        self.causality.spawn(parent, child);
    }

    /// A thread does nothing any more.
    pub fn end(&mut self, thread: ThreadId) {
        self.causality.end(thread);
    }

    /// A thread waited for the end of another one.
    pub fn join(&mut self, parent: ThreadId, child: ThreadId) {
        self.causality.join(parent, child);
    }

    /// What the thread did so far happens before what those do who acquire the object later: a lock
    /// is given back, a message sent.
    pub fn release(&mut self, thread: ThreadId, object: Object) {
        self.causality.release(thread, object);
    }

    /// What was released at the object happens before what the thread does from now on.
    pub fn acquire(&mut self, thread: ThreadId, object: Object) {
        self.causality.acquire(thread, object);
    }

    /// How far a thread has come, and what it knows of the others: for [`Races`](crate::Races).
    pub fn knows(&mut self, thread: ThreadId) -> &[u32] {
        self.causality.knows(thread)
    }

    /// An atomic load. `now` is what lies in memory, for the first access of the location;
    /// `choose` picks one of the stores that may be seen, the newest first.
    pub fn load(
        &mut self,
        access: Access,
        location: u64,
        order: Order,
        now: u64,
        choose: impl FnOnce(&[Visible]) -> usize,
    ) -> Seen {
        let event = self.causality.begin(access.thread, order);
        let location = self.locations.at(location, now);
        let candidates = location.readable(&event, |_, _| true);
        let chosen = pick(location, &event, &candidates, choose);
        let seen = seen(location, &candidates, chosen);
        location.read(chosen, &event);
        let carried = location.stored(chosen).carried.clone();
        self.causality.see(access.thread, order, &carried);
        seen
    }

    /// An atomic store.
    pub fn store(&mut self, access: Access, location: u64, order: Order, now: u64, value: u64) {
        let event = self.causality.begin(access.thread, order);
        let carried = self.causality.carried(access.thread, order);
        let location = self.locations.at(location, now);
        self.truncated |= location.make_room(&self.causality);
        let site = (access.step, access.place);
        location.store(&event, value, site, carried, None);
    }

    /// An atomic read-modify-write: `update` gives the value to be written for the one that is
    /// read, or none where it changes nothing (a `compare_exchange` that fails, whose order is
    /// `failing`). Returns what was read, and what was written.
    pub fn update(
        &mut self,
        access: Access,
        location: u64,
        (order, failing): (Order, Order),
        now: u64,
        update: impl Fn(u64) -> Option<u64>,
        choose: impl FnOnce(&[Visible]) -> usize,
    ) -> (Seen, Option<u64>) {
        let event = self.causality.begin(access.thread, order);
        let location = self.locations.at(location, now);
        self.truncated |= location.make_room(&self.causality);
        // Two of them can't read the same store.
        let candidates = location.readable(&event, |location, at| {
            !location.is_followed(at) || update(location.stored(at).value).is_none()
        });
        let chosen = pick(location, &event, &candidates, choose);
        let seen = seen(location, &candidates, chosen);
        location.read(chosen, &event);
        let read = location.stored(chosen).carried.clone();
        let written = update(seen.value);
        let order = if written.is_some() { order } else { failing };
        self.causality.see(access.thread, order, &read);
        if let Some(value) = written {
            // It goes on with the release sequence of what it read.
            let mut carried = self.causality.carried(access.thread, order);
            carried.join(&read);
            if value == seen.value && carried == read {
                location.touch(chosen);
            } else {
                let site = (access.step, access.place);
                location.store(&event, value, site, carried, Some(chosen));
            }
        }
        (seen, written)
    }

    /// A fence.
    pub fn fence(&mut self, thread: ThreadId, order: Order) {
        self.causality.fence(thread, order);
    }

    /// The location was written by somebody who is not controlled, or its memory is used for
    /// something else now: what was stored there is no more.
    pub fn forget(&mut self, location: u64) {
        self.locations.forget(location);
    }

    /// The same for all locations of a stretch of memory.
    pub fn forget_within(&mut self, address: u64, size: u64) {
        self.locations.forget_within(address, size);
    }

    /// What was executed last at a location, if it is known.
    pub fn newest(&self, location: u64) -> Option<u64> {
        self.locations.get(location).map(Location::lies)
    }
}

/// One of the candidates; what was executed last, where nothing is to be chosen.
fn pick(
    location: &Location,
    event: &Event,
    candidates: &[usize],
    choose: impl FnOnce(&[Visible]) -> usize,
) -> usize {
    match candidates {
        [] => location.last(),
        [only] => *only,
        several => {
            let known = location.known_to(event);
            let visible = |at: &usize| {
                let Stored {
                    thread,
                    step,
                    place,
                    ..
                } = *location.stored(*at);
                Visible {
                    thread,
                    step: step.unwrap_or(u32::MAX),
                    place,
                    known: known >> at & 1 == 1,
                }
            };
            let stores: Vec<Visible> = several.iter().map(visible).collect();
            several[choose(&stores).min(several.len() - 1)]
        }
    }
}

fn seen(location: &Location, candidates: &[usize], chosen: usize) -> Seen {
    let store = location.stored(chosen);
    Seen {
        value: store.value,
        reads_from: store.step,
        stale: candidates.first().is_some_and(|newest| *newest != chosen),
    }
}
