//! The memory model against the axioms: random small programs, all candidate executions, filtered
//! by what RC11 (Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing sequential consistency in
//! C/C++11", PLDI 2017) demands, with the total order and the fences of C++20.
//!
//! One thing is our own: there must be an order of execution in which loads read what was stored
//! before, and sequentially consistent operations come in their total order.

mod candidate;

use std::collections::BTreeSet;

use explore::Order::{self, *};
use explore::{Random, Reduced, Strategy, Trace};

use candidate::{Candidate, Event, Kind, LOCATIONS, Relation};

use crate::machine;
use crate::program::*;
use crate::run;

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
                _ => {
                    let by = if random.chance(1, 4) { 0 } else { 100 * number };
                    push(Kind::Add(by), order(AcquireRelease));
                }
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
                // What modifies nothing is kept as a read, and must not be told from the other.
                6 => Kind::Add(if random.chance(1, 2) { 0 } else { 10 * number }),
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

/// `stored` is how often each location was stored to before the threads begin.
fn program_of(events: &[Event], stored: usize) -> Program {
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
    let mut program = Program::with_main(code, after).weak();
    let before = (0..stored).flat_map(|_| (0..LOCATIONS).map(|at| store_as(at as i64, 0, Relaxed)));
    program.threads[0].splice(0..0, before.flatten());
    program
}

/// All outcomes of the machine; nothing if there are too many runs.
fn reached(events: &[Event], stored: usize) -> Option<BTreeSet<Vec<i64>>> {
    let program = program_of(events, stored);
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
    let wanted = match std::env::var_os("FEARLESS_FULL") {
        Some(_) => 6_000,
        None => 600,
    };
    while compared < wanted {
        let events = match compared % 3 {
            0 => random_events(&mut random),
            _ => well_known(&mut random),
        };
        // Some begin where as many stores are kept as there is room for.
        let stored = if compared % 5 == 4 { 63 } else { 0 };
        let Some(reached) = reached(&events, stored) else {
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
