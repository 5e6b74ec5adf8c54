//! Finds rings of orders that different threads could close at one time.

use std::collections::BTreeMap;

use super::forks::Forks;
use crate::input::{LockKey, Nesting, Orders};

/// Longest ring looked for, and most steps of the search.
const LONGEST: usize = 6;
const STEPS: usize = 20_000;

/// An order in a ring.
#[derive(Clone, Copy)]
pub(super) struct Link<'o> {
    pub(super) outer: LockKey,
    pub(super) inner: LockKey,
    /// Who took them so.
    pub(super) by: &'o Nesting,
}

/// The search for rings, of bounded length.
pub(super) struct Search<'o> {
    after: BTreeMap<LockKey, Vec<Link<'o>>>,
    forks: &'o Forks<'o>,
    steps: usize,
}

impl<'o> Search<'o> {
    /// Among these orders.
    pub(super) fn new(orders: &'o Orders, forks: &'o Forks<'o>) -> Search<'o> {
        let mut after: BTreeMap<LockKey, Vec<Link<'o>>> = BTreeMap::new();
        for (&(outer, inner), nestings) in &orders.pairs {
            let links = nestings.iter().map(|by| Link { outer, inner, by });
            after.entry(outer).or_default().extend(links);
        }
        Search {
            after,
            forks,
            steps: 0,
        }
    }

    /// The shortest ring that begins with this order as it was seen in `cell`.
    pub(super) fn ring_through(
        &mut self,
        start: (LockKey, LockKey),
        cell: u32,
    ) -> Option<Vec<Link<'o>>> {
        let first: Vec<Link<'o>> = self.after.get(&start.0)?.clone();
        for longest in 2..=LONGEST {
            for &link in &first {
                if link.inner == start.1 && link.by.cell == cell {
                    let mut ring = vec![link];
                    if self.close(&mut ring, longest) {
                        return Some(ring);
                    }
                }
            }
        }
        None
    }

    /// Goes on from the end of the ring until it meets its beginning.
    fn close(&mut self, ring: &mut Vec<Link<'o>>, longest: usize) -> bool {
        self.steps += 1;
        let (Some(&first), Some(&last)) = (ring.first(), ring.last()) else {
            return false;
        };
        if self.steps > STEPS {
            return false;
        }
        for link in self.after.get(&last.inner).cloned().unwrap_or_default() {
            let closes = link.inner == first.outer;
            let is_new = closes || ring.iter().all(|seen| seen.outer != link.inner);
            let meets = !(last.by.inner_shared && link.by.outer_shared);
            let ends_well = !(closes && link.by.inner_shared && first.by.outer_shared);
            if !is_new
                || !meets
                || !ends_well
                || ring.iter().any(|seen| self.excludes(seen.by, link.by))
            {
                continue;
            }
            ring.push(link);
            if closes || ring.len() < longest && self.close(ring, longest) {
                return true;
            }
            ring.pop();
        }
        false
    }

    /// Whether two orders can't happen at one time.
    fn excludes(&self, one: &Nesting, other: &Nesting) -> bool {
        one.thread.same(&other.thread)
            || one.gates.iter().any(|gate| other.gates.contains(gate))
            || self.forks.separate(one, other)
    }
}
