//! A candidate execution, and what the axioms demand of it.

use explore::Order::{self, *};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Load,
    Store(i64),
    Add(i64),
    Fence,
}

#[derive(Clone, Copy, Debug)]
pub struct Event {
    pub thread: usize,
    pub location: usize,
    pub kind: Kind,
    pub order: Order,
}

pub const LOCATIONS: usize = 2;

/// A relation among events: of each, a bit for each that comes after.
pub type Relation = Vec<u32>;

fn related(relation: &Relation, from: usize, to: usize) -> bool {
    relation[from] >> to & 1 == 1
}

fn closed(mut relation: Relation) -> Relation {
    for middle in 0..relation.len() {
        let beyond = relation[middle];
        for from in &mut relation {
            if *from >> middle & 1 == 1 {
                *from |= beyond;
            }
        }
    }
    relation
}

fn is_acyclic(relation: &Relation) -> bool {
    let closed = closed(relation.clone());
    (0..closed.len()).all(|event| !related(&closed, event, event))
}

fn union(one: &Relation, other: &Relation) -> Relation {
    one.iter()
        .zip(other)
        .map(|(one, other)| one | other)
        .collect()
}

impl Event {
    pub fn reads(&self) -> bool {
        matches!(self.kind, Kind::Load | Kind::Add(_))
    }

    pub fn writes(&self) -> bool {
        matches!(self.kind, Kind::Store(_) | Kind::Add(_))
    }

    fn is_fence(&self) -> bool {
        self.kind == Kind::Fence
    }

    fn is_sc(&self) -> bool {
        self.order == SeqCst && self.thread > 0
    }
}

/// A candidate: who reads from whom, and the order of the stores to each location.
pub struct Candidate<'a> {
    pub events: &'a [Event],
    pub program_order: Relation,
    /// Of each event that reads, the store.
    pub source: Vec<usize>,
    /// Of each location, its stores in order.
    pub stores: Vec<Vec<usize>>,
}

impl Candidate<'_> {
    fn relation(&self, holds: impl Fn(usize, usize) -> bool) -> Relation {
        let count = self.events.len();
        let row = |from| {
            let bit = |to| u32::from(from != to && holds(from, to)) << to;
            (0..count).map(bit).fold(0, |all, bit| all | bit)
        };
        (0..count).map(row).collect()
    }

    fn reads_from(&self) -> Relation {
        self.relation(|from, to| self.events[to].reads() && self.source[to] == from)
    }

    fn store_order(&self) -> Relation {
        let rank = |event: usize| {
            let stores = &self.stores[self.events[event].location];
            stores.iter().position(|store| *store == event)
        };
        self.relation(|from, to| {
            let both = self.events[from].writes() && self.events[to].writes();
            both && self.events[from].location == self.events[to].location && rank(from) < rank(to)
        })
    }

    /// A release and an acquire that saw it, directly, by fences or along read-modify-writes.
    fn synchronizes(&self) -> Relation {
        let before = |fence: usize, event: usize| related(&self.program_order, fence, event);
        let publishes = |event: usize, store: usize| {
            let releases = self.events[event].order.releases();
            releases && (event == store || self.events[event].is_fence() && before(event, store))
        };
        let obtains = |event: usize, load: usize| {
            let acquires = self.events[event].order.acquires();
            acquires && (event == load || self.events[event].is_fence() && before(load, event))
        };
        self.relation(|from, to| {
            (0..self.events.len()).any(|load| {
                if !self.events[load].reads() || !obtains(to, load) {
                    return false;
                }
                let mut store = self.source[load];
                loop {
                    if publishes(from, store) {
                        return true;
                    }
                    if !matches!(self.events[store].kind, Kind::Add(_)) {
                        return false;
                    }
                    store = self.source[store];
                }
            })
        })
    }

    pub fn is_consistent(&self) -> bool {
        let (reads_from, store_order) = (self.reads_from(), self.store_order());
        let executed = union(&self.program_order, &reads_from);
        if !is_acyclic(&executed) {
            return false;
        }
        let happens = closed(union(&self.program_order, &self.synchronizes()));
        let reads_before = self.relation(|from, to| {
            let reads = self.events[from].reads();
            reads && related(&store_order, self.source[from], to)
        });
        let communicates = closed(union(&union(&reads_from, &store_order), &reads_before));
        let acyclic = (0..self.events.len()).all(|one| !related(&communicates, one, one));
        let against = |one: usize, other: usize| {
            related(&happens, one, other) && related(&communicates, other, one)
        };
        let every = 0..self.events.len();
        let coherent = acyclic
            && every
                .clone()
                .all(|one| !every.clone().any(|it| against(one, it)));
        let atomic = (0..self.events.len()).all(|event| {
            let stores = &self.stores[self.events[event].location];
            let rank = |event| stores.iter().position(|store| *store == event);
            !matches!(self.events[event].kind, Kind::Add(_))
                || rank(event) == rank(self.source[event]).map(|rank| rank + 1)
        });
        coherent && atomic && is_acyclic(&union(&executed, &self.total(&happens, &communicates)))
    }

    /// What the total order must hold to.
    fn total(&self, happens: &Relation, communicates: &Relation) -> Relation {
        let count = self.events.len();
        let starts = |sc: usize, event: usize| {
            sc == event && !self.events[sc].is_fence()
                || self.events[sc].is_fence() && related(happens, sc, event)
        };
        let ends = |event: usize, sc: usize| {
            sc == event && !self.events[sc].is_fence()
                || self.events[sc].is_fence() && related(happens, event, sc)
        };
        self.relation(|from, to| {
            if !self.events[from].is_sc() || !self.events[to].is_sc() {
                return false;
            }
            let mut firsts = (0..count).filter(|first| starts(from, *first));
            firsts.any(|first| {
                let mut lasts = (0..count).filter(|last| related(communicates, first, *last));
                lasts.any(|last| ends(last, to))
            })
        })
    }

    /// What each load saw, and the last value of each location.
    pub fn outcome(&self) -> Vec<i64> {
        let loads = (0..self.events.len()).filter(|event| self.events[*event].reads());
        let mut all: Vec<i64> = loads.map(|load| self.value(self.source[load])).collect();
        all.extend(
            self.stores
                .iter()
                .map(|stores| self.value(stores[stores.len() - 1])),
        );
        all
    }

    fn value(&self, store: usize) -> i64 {
        match self.events[store].kind {
            Kind::Store(value) => value,
            Kind::Add(by) => self.value(self.source[store]) + by,
            _ => unreachable!("not a store"),
        }
    }
}
