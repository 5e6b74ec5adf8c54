//! The exhaustive searches see all that plain enumeration sees.

use std::collections::BTreeSet;

use explore::{Bounded, Coverage, Exhaustive, Random, Reduced, Strategy, Trace};

use crate::machine::Outcome;
use crate::program::*;
use crate::random_programs::random_program;
use crate::run;

/// All outcomes of a search, with the fewest preemptions of a deadlock; nothing if it is too long.
pub fn outcomes(
    program: &Program,
    strategy: &mut dyn Strategy,
    limit: usize,
) -> Option<(BTreeSet<Outcome>, usize)> {
    let (mut all, mut runs) = (BTreeSet::new(), 0);
    let mut buffer = Trace::default();
    while !strategy.is_finished() {
        let (outcome, trace) = run(program, strategy, buffer);
        buffer = trace;
        if outcome.end != Outcome::REDUNDANT {
            all.insert(outcome);
        }
        runs += 1;
        if runs > limit {
            return None;
        }
    }
    Some((all, runs))
}

/// Compares both searches on a thousand programs, of those that plain enumeration sees within
/// `limit` runs: how many runs that made, and how many the reduced search.
fn compare(limit: usize, mut program: impl FnMut() -> Program) -> (usize, usize) {
    let (mut compared, mut plain_runs, mut reduced_runs) = (0, 0, 0);
    while compared < 1_000 {
        let program = program();
        let mut plain = Bounded::new(usize::MAX);
        let Some((all, runs)) = outcomes(&program, &mut plain, limit) else {
            continue;
        };
        let mut reduced = Reduced::new();
        let (found, fewer) = outcomes(&program, &mut reduced, 4_000).unwrap();
        assert_eq!(found, all, "program {compared}");
        assert!(!plain.diverged() && !reduced.diverged());
        plain_runs += runs;
        reduced_runs += fewer;
        compared += 1;
    }
    (plain_runs, reduced_runs)
}

#[test]
fn the_reduced_search_sees_all_that_plain_enumeration_sees() {
    let mut random = Random::new(1);
    let (plain_runs, reduced_runs) = compare(150, || random_program(&mut random));
    println!("{plain_runs} runs of plain enumeration, {reduced_runs} reduced");
    assert!(reduced_runs * 3 < plain_runs);
}

#[test]
fn the_reduced_search_sees_what_comes_before_the_end_of_the_process() {
    let mut random = Random::new(3);
    compare(300, || random_program(&mut random).leaves());
}

#[test]
fn a_bound_keeps_exactly_what_has_few_preemptions() {
    let mut random = Random::new(2);
    let mut compared = 0;
    while compared < 60 {
        let program = random_program(&mut random);
        let mut plain = Bounded::new(usize::MAX);
        let (mut by_preemptions, mut runs) = (vec![BTreeSet::new(); 3], 0);
        while !plain.is_finished() && runs < 300 {
            let (outcome, trace) = run(&program, &mut plain, Trace::default());
            for set in by_preemptions.iter_mut().skip(trace.preemptions()) {
                set.insert(outcome.clone());
            }
            runs += 1;
        }
        if runs == 300 {
            continue;
        }
        for (bound, expected) in by_preemptions.iter().enumerate() {
            let (found, _) = outcomes(&program, &mut Bounded::new(bound), 1_000).unwrap();
            assert_eq!(&found, expected);
        }
        compared += 1;
    }
}

/// Known numbers of executions.
#[test]
fn executions_are_counted_once() {
    let counts = |threads: Vec<Code>| {
        let mut search = Exhaustive::new();
        let program = Program::of(threads);
        while !search.is_finished() {
            run(&program, &mut search, Trace::default());
        }
        search.coverage()
    };
    let all = |executions| Coverage::All {
        executions,
        spun: false,
    };
    let one = || vec![store(0, c(1))];
    assert_eq!(counts(vec![one(), vec![store(1, c(1))]]), all(1));
    // Nobody reads which of them came last.
    assert_eq!(counts(vec![one(), one()]), all(1));
    let swap = || vec![add(0, 0, 1)];
    assert_eq!(counts(vec![swap(), swap()]), all(2));
    assert_eq!(counts(vec![swap(), swap(), swap()]), all(6));
    let reader = || vec![load(0, 0)];
    assert_eq!(counts(vec![reader(), reader(), reader()]), all(1));
    // The store comes before, between or after the reads, by each of which is after it.
    assert_eq!(counts(vec![one(), reader(), reader()]), all(4));
    let buffer = |mine, other| vec![store(mine, c(1)), load(0, other)];
    assert_eq!(counts(vec![buffer(0, 1), buffer(1, 0)]), all(3));
    let locked = || {
        vec![
            lock(0),
            load(0, 0),
            store(0, e(|all| all[0] + 1)),
            unlock(0),
        ]
    };
    assert_eq!(counts(vec![locked(), locked()]), all(2));
    assert_eq!(counts(vec![locked(), locked(), locked()]), all(6));
}

#[test]
fn a_search_that_is_not_done_says_how_far_it_came() {
    let long = || (0..12).map(|at| add(0, at % 3, 1)).collect::<Code>();
    let program = Program::of(vec![long(), long(), long()]);
    let mut search = Exhaustive::new();
    assert_eq!(search.coverage(), Coverage::Nothing);
    for _ in 0..2_000 {
        run(&program, &mut search, Trace::default());
    }
    assert_eq!(search.coverage(), Coverage::UpTo { preemptions: 1 });
}
