//! One location: its stores, and which of them come before which.

use super::causality::{Causality, Event};
use super::clock::{Clock, within};
use crate::point::ThreadId;

/// So many stores of a location are kept.
const MOST: usize = 64;

/// A store.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) value: u64,
    pub(super) thread: ThreadId,
    /// None for the value from before the run.
    pub(super) step: Option<u32>,
    pub(super) place: u32,
    /// What who acquires it learns.
    pub(super) carried: Clock,
    number: u32,
    /// Its number in the total order, if it takes part.
    total: Option<u32>,
    /// The read-modify-write that read it: nothing comes between the two.
    followed_by: Option<usize>,
    /// The store that it read, if it is a read-modify-write.
    follows: Option<usize>,
}

/// A load: what it read must not be older for those that come after.
#[derive(Clone, Debug)]
struct Loaded {
    store: usize,
    thread: ThreadId,
    number: u32,
    total: Option<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Location {
    stores: Vec<Stored>,
    /// Of each store, which ones come after it: a bit each.
    after: Vec<u64>,
    loads: Vec<Loaded>,
    /// What was executed last left this there.
    lies: u64,
}

impl Location {
    /// A location that had a value before the run, in the memory of this one.
    pub(super) fn begun_with(mut self, value: u64) -> Location {
        self.lies = value;
        self.loads.clear();
        self.after.clear();
        self.stores.clear();
        self.stores.push(Stored {
            value,
            thread: ThreadId(0),
            step: None,
            place: 0,
            carried: Clock::default(),
            number: 0,
            total: None,
            followed_by: None,
            follows: None,
        });
        self.after.push(0);
        self
    }

    pub(super) fn stored(&self, at: usize) -> &Stored {
        &self.stores[at]
    }

    /// The store that was executed last.
    pub(super) fn last(&self) -> usize {
        self.stores.len() - 1
    }

    /// What was executed last left this in memory.
    pub(super) fn lies(&self) -> u64 {
        self.lies
    }

    pub(super) fn is_followed(&self, at: usize) -> bool {
        self.stores[at].followed_by.is_some()
    }

    /// The stores that an event has to respect: none that is before one of them may be read, and a
    /// new store comes after them.
    pub(super) fn known_to(&self, event: &Event) -> u64 {
        let is_known = |thread: ThreadId, number: u32, total: Option<u32>| {
            within(&event.view, thread, number)
                || total.is_some_and(|total| total <= event.after_total)
        };
        let mut known = 0;
        for (at, store) in self.stores.iter().enumerate() {
            known |= u64::from(is_known(store.thread, store.number, store.total)) << at;
        }
        for load in &self.loads {
            if is_known(load.thread, load.number, load.total) {
                known |= 1 << load.store;
            }
        }
        known
    }

    /// The stores that an event may read. Those that no store is known to come after stand first,
    /// and among them the one that was executed last.
    pub(super) fn readable(
        &self,
        event: &Event,
        may: impl Fn(&Location, usize) -> bool,
    ) -> Vec<usize> {
        let known = self.known_to(event);
        let stores = (0..self.stores.len()).rev();
        let mut readable: Vec<usize> = stores
            .filter(|at| self.after[*at] & known == 0 && may(self, *at))
            .collect();
        readable.sort_by_key(|at| self.after[*at] != 0);
        readable
    }

    /// The event reads a store.
    pub(super) fn read(&mut self, store: usize, event: &Event) {
        let known = self.known_to(event);
        for earlier in 0..self.stores.len() {
            if known >> earlier & 1 == 1 {
                self.order(earlier, store);
            }
        }
        let total = event.total.then_some(event.place_in_total);
        let last = self
            .loads
            .iter()
            .rev()
            .find(|load| load.thread == event.thread);
        let repeats =
            last.is_some_and(|last| last.store == store && last.total.is_some() == total.is_some());
        if !repeats || total.is_some() {
            self.loads.push(Loaded {
                store,
                thread: event.thread,
                number: event.number,
                total,
            });
        }
    }

    /// The event modified a store, which left it as it was: that is a read. Nothing comes between
    /// the two, and who sees one can't tell it from the other. So who takes a spin lock by `swap`
    /// does not pile up stores.
    pub(super) fn touch(&mut self, store: usize) {
        self.lies = self.stores[store].value;
    }

    /// The event stores; a read-modify-write comes right after what it read.
    pub(super) fn store(
        &mut self,
        event: &Event,
        value: u64,
        site: (u32, u32),
        carried: Clock,
        read: Option<usize>,
    ) {
        let known = self.known_to(event);
        self.lies = value;
        let new = self.stores.len();
        self.stores.push(Stored {
            value,
            thread: event.thread,
            step: Some(site.0),
            place: site.1,
            carried,
            number: event.number,
            total: event.total.then_some(event.place_in_total),
            followed_by: None,
            follows: read,
        });
        self.after.push(0);
        if let Some(read) = read {
            // What comes after the store that was read comes after this one.
            self.after[new] = self.after[read];
            self.order(read, new);
            self.stores[read].followed_by = Some(new);
        }
        for earlier in 0..new {
            if known >> earlier & 1 == 1 {
                self.order(earlier, new);
            }
        }
    }

    /// One store comes before another one.
    fn order(&mut self, earlier: usize, later: usize) {
        // Nothing comes between a store and the read-modify-write that read it.
        let mut earlier = earlier;
        while earlier != later
            && let Some(next) = self.stores[earlier].followed_by
        {
            earlier = next;
        }
        if earlier == later {
            return;
        }
        let mut later = later;
        while let Some(before) = self.stores[later].follows {
            if before == earlier {
                break;
            }
            later = before;
        }
        if self.after[earlier] >> later & 1 == 1 {
            return;
        }
        let bits = 1 << later | self.after[later];
        for at in 0..self.stores.len() {
            if at == earlier || self.after[at] >> earlier & 1 == 1 {
                self.after[at] |= bits;
            }
        }
    }

    /// Makes room for one more store. True if one had to be forgotten that could still be read.
    pub(super) fn make_room(&mut self, causality: &Causality) -> bool {
        if self.stores.len() < MOST {
            return false;
        }
        let known: Vec<u64> = causality.views().map(|view| self.known_to(&view)).collect();
        // Before a store that all know: nobody reads it, or stores before it. What comes before it
        // comes before that store as well.
        let is_over = |after: &u64| known.iter().all(|known| after & known != 0);
        let over: Vec<usize> = (0..self.stores.len())
            .filter(|at| is_over(&self.after[*at]))
            .collect();
        for at in over.iter().rev() {
            self.remove(*at);
        }
        if over.is_empty() {
            self.remove(0);
        }
        over.is_empty()
    }

    fn remove(&mut self, removed: usize) {
        self.stores.remove(removed);
        self.after.remove(removed);
        let below = (1 << removed) - 1;
        for after in &mut self.after {
            *after = *after & below | *after >> 1 & !below;
        }
        let moved = |at: usize| (at != removed).then_some(at - usize::from(at > removed));
        for store in &mut self.stores {
            store.followed_by = store.followed_by.and_then(moved);
            store.follows = store.follows.and_then(moved);
        }
        self.loads.retain_mut(|load| {
            let at = moved(load.store);
            load.store = at.unwrap_or_default();
            at.is_some()
        });
    }
}
