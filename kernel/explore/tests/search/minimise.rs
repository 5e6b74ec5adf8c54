//! The smallest failure is one, fails the same way, and no smaller one is there.

use explore::{
    Bounded, Guided, Heuristic, Minimiser, Order, Random, RandomWalk, Replay, Strategy, Trace,
};

use crate::benchmarks;
use crate::machine::Outcome;
use crate::program::{Program, check, load_as, store_as};
use crate::random_programs::random_program_of;
use crate::run;

fn failure(program: &Program, seed: u64, limit: u32) -> Option<Trace> {
    let mut search = Guided::new(Heuristic::Portfolio, seed);
    (0..limit).find_map(|_| {
        let (outcome, trace) = run(program, &mut search, Trace::default());
        outcome.is_failure().then_some(trace)
    })
}

fn minimise(program: &Program, failure: Trace, budget: u64) -> Minimiser {
    let mut minimiser = Minimiser::new(failure, budget);
    let mut buffer = Trace::default();
    while !minimiser.is_finished() {
        buffer = run(program, &mut minimiser, buffer).1;
    }
    minimiser
}

/// The fewest preemptions of a failure, by going through all schedules.
fn fewest(program: &Program, end: explore::End) -> Option<usize> {
    let mut plain = Bounded::new(usize::MAX);
    let mut fewest = usize::MAX;
    for _ in 0..300 {
        if plain.is_finished() {
            return Some(fewest);
        }
        let (_, trace) = run(program, &mut plain, Trace::default());
        if trace.end == end {
            fewest = fewest.min(trace.preemptions());
        }
    }
    None
}

#[test]
fn what_is_called_the_fewest_is_the_fewest() {
    let mut random = Random::new(4);
    let (mut compared, mut preempted) = (0, 0);
    while compared < 8 {
        let program = random_program_of(1, &mut random);
        let Some(first) = failure(&program, 1, 20) else {
            continue;
        };
        let Some(expected) = fewest(&program, first.end) else {
            continue;
        };
        let minimiser = minimise(&program, first.clone(), 2_000);
        assert!(minimiser.is_fewest());
        assert_eq!(minimiser.best().preemptions(), expected);
        assert!(
            minimiser.best().steps.len() <= first.steps.len() || expected < first.preemptions()
        );
        compared += 1;
        preempted += expected;
    }
    assert!(
        preempted > 0,
        "none needs a preemption: the test tells nothing"
    );
}

#[test]
fn the_smallest_failure_of_each_benchmark_fails_again_and_its_neighbour_passes() {
    for benchmark in benchmarks::all() {
        if benchmark.program.threads.len() > 12 {
            continue;
        }
        let first = failure(&benchmark.program, 1, 500).unwrap();
        let minimiser = minimise(&benchmark.program, first.clone(), 500);
        let best = minimiser.best();
        assert!(
            best.preemptions() <= 2,
            "{}: {}",
            benchmark.name,
            best.preemptions()
        );
        let mut replay = Replay::new(best.schedule());
        let (outcome, again) = run(&benchmark.program, &mut replay, Trace::default());
        assert!(outcome.is_failure(), "{}", benchmark.name);
        assert_eq!(again.first_difference(best), None);
        let passing = minimiser
            .passing()
            .unwrap_or_else(|| panic!("{}", benchmark.name));
        let mut replay = Replay::new(passing.schedule());
        let (outcome, _) = run(&benchmark.program, &mut replay, Trace::default());
        assert_eq!(outcome.end, Outcome::FINISHED);
        println!(
            "{}: {} preemptions and {} steps, from {} and {}{}",
            benchmark.name,
            best.preemptions(),
            best.steps.len(),
            first.preemptions(),
            first.steps.len(),
            if minimiser.is_fewest() {
                ", fewest"
            } else {
                ""
            }
        );
    }
}

/// One thread stores twice, another one loads twice and minds what it saw.
fn two_and_two(stored: [i64; 2], fails: [i64; 2]) -> Program {
    let stores = stored.map(|variable| store_as(variable, 1, Order::Relaxed));
    let loads =
        [(0, 1), (1, 0)].map(|(register, variable)| load_as(register, variable, Order::Relaxed));
    let mut looks = loads.to_vec();
    looks.push(check(move |all| all[..2] != fails));
    Program::with_main(vec![stores.to_vec(), looks], Vec::new()).weak()
}

/// A failure with stale reads.
fn stale_failure(program: &Program) -> Trace {
    let mut search = RandomWalk::new(1);
    let mut runs = (0..1_000).map(|_| run(program, &mut search, Trace::default()));
    let is_it =
        |(outcome, trace): &(Outcome, Trace)| outcome.is_failure() && trace.stale_reads() > 0;
    runs.find(is_it).expect("a failure with stale reads").1
}

#[test]
fn what_fails_without_stale_reads_is_shown_so() {
    // It sees the first store and not the second: between the two, or what was there before.
    let program = two_and_two([1, 0], [1, 0]);
    let first = stale_failure(&program);
    let minimiser = minimise(&program, first, 2_000);
    let best = minimiser.best();
    assert_eq!((best.stale_reads(), best.preemptions()), (0, 1));
    // What was there before comes without a preemption.
    assert!(!minimiser.is_fewest());
}

#[test]
fn what_needs_stale_reads_keeps_one() {
    // It sees the second store and not the first.
    let program = two_and_two([0, 1], [1, 0]);
    let first = stale_failure(&program);
    let minimiser = minimise(&program, first, 2_000);
    let best = minimiser.best();
    assert_eq!((best.stale_reads(), best.preemptions()), (1, 0));
    assert!(minimiser.is_fewest());
}
