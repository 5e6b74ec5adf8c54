//! Tokens and replays: a run comes again, or it is said where it does not.

use std::collections::BTreeMap;

use explore::{
    Cause, Heuristic, Lanes, RandomWalk, Replay, Schedule, ThreadId, Token, TokenError, Trace,
};

use crate::program::*;
use crate::run;

/// Two threads that count, a waiter and a notifier.
fn program() -> Program {
    let count = || vec![load(0, 0), store(0, e(|all| all[0] + 1))];
    let waiter = || {
        vec![
            lock(0),
            while_after(vec![load(0, 1)], |all| all[0] == 0, vec![wait(0, 0)]),
            unlock(0),
        ]
    };
    let notifier = vec![
        lock(0),
        store(1, c(1)),
        notify_one(0),
        notify_one(0),
        unlock(0),
    ];
    let threads = vec![count(), count(), waiter(), waiter(), notifier];
    Program::with_main(threads, vec![load(1, 0), check(|all| all[1] == 2)])
}

#[test]
fn what_was_recorded_comes_again() {
    let program = program();
    let mut walk = RandomWalk::new(3);
    for code in 0..200 {
        let (outcome, trace) = run(&program, &mut walk, Trace::default());
        let schedule = trace.schedule();
        let text = Token { code, schedule }.to_string();
        let token: Token = text.parse().unwrap();
        let mut replay = Replay::new(token.schedule_for(code).unwrap().clone());
        let (again, traced) = run(&program, &mut replay, Trace::default());
        assert_eq!((again, traced.first_difference(&trace)), (outcome, None));
        assert_eq!(replay.divergence(), None);
    }
}

#[test]
fn a_seed_repeats_a_search() {
    let program = program();
    let search = |seed| {
        let mut walk = RandomWalk::new(seed);
        let runs = (0..50).map(|_| run(&program, &mut walk, Trace::default()).1);
        runs.collect::<Vec<_>>()
    };
    assert_eq!(search(5), search(5));
    assert_ne!(search(5), search(6));
}

#[test]
fn every_prefix_of_a_token_is_cut() {
    let (_, trace) = run(&program(), &mut RandomWalk::new(1), Trace::default());
    let schedule = trace.schedule();
    let text = Token { code: 99, schedule }.to_string();
    for end in 0..text.len() {
        assert_eq!(text[..end].parse::<Token>(), Err(TokenError::Cut), "{end}");
    }
    assert!(format!("  {text}\n").parse::<Token>().is_ok());
}

#[test]
fn a_letter_that_was_changed_is_noticed() {
    let (_, trace) = run(&program(), &mut RandomWalk::new(1), Trace::default());
    let schedule = trace.schedule();
    let text = Token { code: 99, schedule }.to_string();
    for position in 0..text.len() {
        let mut letters: Vec<char> = text.chars().collect();
        letters[position] = if letters[position] == 'x' { 'y' } else { 'x' };
        let changed: String = letters.into_iter().collect();
        assert!(changed.parse::<Token>().is_err(), "{position}");
    }
    assert_eq!("a b".parse::<Token>(), Err(TokenError::NotAToken));
    let newer = format!("Ag{}", &text[2..]).parse::<Token>();
    assert!(matches!(newer, Err(TokenError::Version(_))), "{newer:?}");
}

/// One thread less, one instruction more: the replay says where.
#[test]
fn an_edited_program_is_told_where_it_differs() {
    let old = Program::of(vec![vec![load(0, 0), load(1, 0)], vec![store(0, c(1))]]);
    let (_, trace) = run(&old, &mut RandomWalk::new(2), Trace::default());
    let longer = Program::of(vec![
        vec![load(0, 0), load(1, 0), load(1, 0)],
        vec![store(0, c(1))],
    ]);
    let mut replay = Replay::new(trace.schedule());
    run(&longer, &mut replay, Trace::default());
    assert!(replay.divergence().is_some());
    let without = Program::of(vec![vec![load(0, 0), load(1, 0)]]);
    let mut replay = Replay::new(trace.schedule());
    run(&without, &mut replay, Trace::default());
    let divergence = replay.divergence().unwrap();
    let first = trace
        .steps
        .iter()
        .position(|step| step.thread() == ThreadId(2));
    assert_eq!(divergence.step, first.unwrap() + 1);
    assert!(divergence.to_string().contains("T2 was to go on and can't"));
}

#[test]
fn another_operation_by_the_same_threads_is_noticed() {
    let steps = |part: fn(i64) -> Part| Program::of(vec![(0..9).map(part).collect()]);
    let (_, trace) = run(
        &steps(|at| load(0, at)),
        &mut RandomWalk::new(2),
        Trace::default(),
    );
    let mut replay = Replay::new(trace.schedule());
    run(&steps(|at| add(0, at, 1)), &mut replay, Trace::default());
    let divergence = replay.divergence().unwrap();
    assert_eq!(divergence.cause, Cause::DidOtherwise);
    assert!(divergence.step <= Schedule::CHECKED);
}

/// A run is what its number says, whoever does it.
#[test]
fn lanes_are_the_same_alone_and_together() {
    let program = program();
    let runs = |own| {
        let mut lanes = Lanes::new(Heuristic::Portfolio, 7, own);
        let mut runs = BTreeMap::new();
        while lanes.number() < 600 {
            let number = lanes.number();
            let (_, trace) = run(&program, &mut lanes, Trace::default());
            runs.insert(number, trace.schedule().threads);
        }
        runs
    };
    let all = runs(None);
    assert!((0..600).eq(all.keys().copied()));
    for lane in 0..Lanes::COUNT {
        let own = runs(Some(lane));
        assert_eq!(own.len() as u64, Lanes::COMMON + (600 - Lanes::COMMON) / 2);
        assert!(own.iter().all(|(number, run)| all[number] == *run));
    }
}
