//! The memory model against the axioms: random small programs, all candidate executions, filtered
//! by what RC11 (Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing sequential consistency in
//! C/C++11", PLDI 2017) demands, with the total order and the fences of C++20.
//!
//! One thing is our own: there must be an order of execution in which loads read what was stored
//! before, and sequentially consistent operations come in their total order.

use std::collections::BTreeSet;

use explore::Order::{self, *};
use explore::{Random, Reduced, Strategy, Trace};

use crate::machine;
use crate::program::*;
use crate::run;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Load,
    Store(i64),
    Add(i64),
    Fence,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    thread: usize,
    location: usize,
    kind: Kind,
    order: Order,
}

const LOCATIONS: usize = 2;

/// A relation among events: of each, a bit for each that comes after.
type Relation = Vec<u32>;

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
    fn reads(&self) -> bool {
        matches!(self.kind, Kind::Load | Kind::Add(_))
    }

    fn writes(&self) -> bool {
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
struct Candidate<'a> {
    events: &'a [Event],
    program_order: Relation,
    /// Of each event that reads, the store.
    source: Vec<usize>,
    /// Of each location, its stores in order.
    stores: Vec<Vec<usize>>,
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

    fn is_consistent(&self) -> bool {
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
        let coherent = (0..self.events.len()).all(|one| {
            (0..self.events.len()).all(|other| {
                !related(&communicates, one, one)
                    && !(related(&happens, one, other) && related(&communicates, other, one))
            })
        });
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
    fn outcome(&self) -> Vec<i64> {
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

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for at in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(at);
        for mut permutation in permutations(&rest) {
            permutation.insert(0, first);
            all.push(permutation);
        }
    }
    all
}

/// All outcomes that the axioms allow.
fn allowed(events: &[Event]) -> BTreeSet<Vec<i64>> {
    let count = events.len();
    let stores_of = |location: usize| {
        let all = (LOCATIONS..count)
            .filter(|at| events[*at].writes() && events[*at].location == location);
        all.collect::<Vec<usize>>()
    };
    let orders: Vec<Vec<Vec<usize>>> = (0..LOCATIONS)
        .map(|location| {
            let mut all = permutations(&stores_of(location));
            all.iter_mut().for_each(|order| order.insert(0, location));
            all
        })
        .collect();
    let program_order: Relation = (0..count)
        .map(|from| {
            let after = |to: &usize| {
                let first = events[from].thread == 0 && events[*to].thread > 0;
                first
                    || events[from].thread == events[*to].thread && from < *to && from >= LOCATIONS
            };
            (0..count).filter(after).fold(0, |all, to| all | 1 << to)
        })
        .collect();
    let loads: Vec<usize> = (0..count).filter(|at| events[*at].reads()).collect();
    let mut sources: Vec<Vec<usize>> = vec![vec![usize::MAX; count]];
    for load in &loads {
        let location = events[*load].location;
        let mut choices = stores_of(location);
        choices.push(location);
        choices.retain(|store| store != load);
        sources = sources
            .into_iter()
            .flat_map(|sources| {
                choices.iter().map(move |store| {
                    let mut sources = sources.clone();
                    sources[*load] = *store;
                    sources
                })
            })
            .collect();
    }
    let mut outcomes = BTreeSet::new();
    for source in &sources {
        for first in &orders[0] {
            for second in &orders[1] {
                let candidate = Candidate {
                    events,
                    program_order: program_order.clone(),
                    source: source.clone(),
                    stores: vec![first.clone(), second.clone()],
                };
                if candidate.is_consistent() {
                    outcomes.insert(candidate.outcome());
                }
            }
        }
    }
    outcomes
}

/// Threads of well-known tests: `w`, `r` and `a` (add) at location 0, `W`, `R` and `A` at 1.
const SHAPES: [&[&str]; 9] = [
    &["wR", "Wr"],
    &["wW", "Rr"],
    &["wW", "Ww"],
    &["wW", "Wr"],
    &["wW", "Rw"],
    &["w", "rW", "Rr"],
    &["w", "rR", "Wr"],
    &["wW", "A", "Rr"],
    &["wR", "Ar"],
];

/// One of them, with random orders and fences between.
fn well_known(random: &mut Random) -> Vec<Event> {
    let mut events = random_events(random);
    events.truncate(LOCATIONS);
    let shape = SHAPES[random.below(SHAPES.len())];
    let fenced = random.chance(1, 2);
    for (thread, operations) in (1..).zip(shape) {
        for (position, operation) in operations.chars().enumerate() {
            let location = usize::from(operation.is_uppercase());
            let mut push = |kind, order| {
                events.push(Event {
                    thread,
                    location,
                    kind,
                    order,
                });
            };
            if position > 0 && fenced && random.chance(1, 2) {
                let order = [Release, Acquire, SeqCst, SeqCst][random.below(4)];
                push(Kind::Fence, order);
            }
            let strong = random.chance(if fenced { 1 } else { 3 }, 4);
            let strong = strong.then_some(random.chance(1, 2));
            let order = |plain| match strong {
                None => Relaxed,
                Some(true) => SeqCst,
                Some(false) => plain,
            };
            let number = 10 * thread as i64 + position as i64;
            match operation.to_ascii_lowercase() {
                'w' => push(Kind::Store(number), order(Release)),
                'r' => push(Kind::Load, order(Acquire)),
                _ => push(Kind::Add(100 * number), order(AcquireRelease)),
            }
        }
    }
    events
}

fn random_events(random: &mut Random) -> Vec<Event> {
    let initial = |location| Event {
        thread: 0,
        location,
        kind: Kind::Store(0),
        order: Relaxed,
    };
    let mut events: Vec<Event> = (0..LOCATIONS).map(initial).collect();
    let (threads, most) = [(2, 4), (3, 2), (3, 3)][random.below(3)];
    // Often all with few orders: then they mean something to each other.
    let palettes: [&[Order]; 4] = [
        &[Relaxed],
        &[Acquire, Relaxed],
        &[SeqCst, Relaxed],
        &[SeqCst, Acquire],
    ];
    let palette = palettes[random.below(4)];
    for thread in 1..=threads {
        for _ in 0..2 + random.below(most - 1) {
            if events.len() >= LOCATIONS + 7 {
                break;
            }
            let location = random.below(LOCATIONS);
            let number = events.len() as i64;
            let order = palette[random.below(palette.len())];
            let kind = match random.below(8) {
                0..3 => Kind::Load,
                3..6 => Kind::Store(number),
                6 => Kind::Add(10 * number),
                _ => Kind::Fence,
            };
            let order = match (kind, order) {
                (Kind::Fence, Relaxed | Acquire) => [Acquire, Release, SeqCst][random.below(3)],
                (Kind::Store(_), Acquire) => Release,
                (Kind::Add(_), Acquire) => AcquireRelease,
                _ => order,
            };
            events.push(Event {
                thread,
                location,
                kind,
                order,
            });
        }
    }
    events
}

fn program_of(events: &[Event]) -> Program {
    let threads = events.iter().map(|event| event.thread).max().unwrap_or(0);
    let mut code: Vec<Code> = vec![Code::new(); threads];
    for (at, event) in events.iter().enumerate().skip(LOCATIONS) {
        let (location, order) = (event.location as i64, event.order);
        code[event.thread - 1].push(match event.kind {
            Kind::Load => load_as(at, location, order),
            Kind::Store(value) => store_as(location, value, order),
            Kind::Add(by) => add_as(at, location, by, order),
            Kind::Fence => fence(order),
        });
    }
    let after = (0..LOCATIONS)
        .map(|at| load_as(at, at as i64, Relaxed))
        .collect();
    Program::with_main(code, after).weak()
}

/// All outcomes of the machine; nothing if there are too many runs.
fn reached(events: &[Event]) -> Option<BTreeSet<Vec<i64>>> {
    let program = program_of(events);
    let (mut search, mut all) = (Reduced::new(), BTreeSet::new());
    let mut buffer = Trace::default();
    for _ in 0..1_000 {
        if search.is_finished() {
            return Some(all);
        }
        let (outcome, trace) = run(&program, &mut search, buffer);
        buffer = trace;
        if outcome.end == machine::Outcome::REDUNDANT {
            continue;
        }
        let loads = events.iter().enumerate().filter(|(_, event)| event.reads());
        let mut one: Vec<i64> = loads
            .map(|(at, event)| outcome.registers[event.thread][at])
            .collect();
        one.extend((0..LOCATIONS).map(|at| outcome.registers[0][at]));
        all.insert(one);
    }
    None
}

#[test]
fn programs_do_what_the_axioms_allow_and_nothing_else() {
    let mut random = Random::new(1);
    let (mut compared, mut outcomes) = (0, 0);
    while compared < 600 {
        let events = match compared % 3 {
            0 => random_events(&mut random),
            _ => well_known(&mut random),
        };
        let Some(reached) = reached(&events) else {
            continue;
        };
        let allowed = allowed(&events);
        let too_few: Vec<_> = allowed.difference(&reached).collect();
        let too_many: Vec<_> = reached.difference(&allowed).collect();
        assert!(
            too_few.is_empty() && too_many.is_empty(),
            "program {compared}: {:#?}\nallowed, and not reached: {too_few:?}\nreached, and not allowed: {too_many:?}",
            &events[LOCATIONS..]
        );
        compared += 1;
        outcomes += allowed.len();
    }
    println!("{outcomes} outcomes of {compared} programs");
}
