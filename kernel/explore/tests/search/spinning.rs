//! Threads that spin: they give way, and what nobody can end is a livelock.

use explore::{Coverage, Exhaustive, Guided, Heuristic, Order, Spinning, Strategy, Trace};

use crate::machine::Outcome;
use crate::program::*;
use crate::run;

fn spin_until(variable: i64, wanted: i64, yielding: bool) -> Part {
    let body = if yielding { vec![yields()] } else { vec![] };
    while_after(vec![load(0, variable)], move |all| all[0] != wanted, body)
}

/// A lock of one's own around a load and a store.
fn spin_lock() -> Code {
    let taken = exchange(1, 1, c(0), c(1));
    vec![
        while_after(vec![taken], |all| all[1] == 0, vec![yields()]),
        load(0, 0),
        store(0, e(|all| all[0] + 1)),
        store(1, c(0)),
    ]
}

fn ways() -> impl Iterator<Item = Guided> {
    use Heuristic::*;
    [Random, Pct, Pos, Surw, ReadsFrom, Portfolio]
        .into_iter()
        .flat_map(|way| (0..5).map(move |seed| Guided::new(way, seed)))
}

#[test]
fn who_spins_gives_way_to_who_helps() {
    for yielding in [false, true] {
        let helper = vec![load(0, 2), load(0, 2), load(0, 2), store(0, c(1))];
        let program = Program::of(vec![vec![spin_until(0, 1, yielding)], helper]);
        for mut way in ways() {
            for _ in 0..20 {
                let (outcome, trace) = run(&program, &mut way, Trace::default());
                assert_eq!(outcome.end, Outcome::FINISHED);
                assert!(trace.steps.len() < 40, "{}", trace.steps.len());
            }
        }
    }
}

/// Where a load may see an old store, it may not see it for ever.
#[test]
fn who_spins_sees_a_store_at_last() {
    for yielding in [false, true] {
        let body = if yielding { vec![yields()] } else { vec![] };
        let look = vec![load_as(0, 0, Order::Relaxed)];
        let waits = while_after(look, |all| all[0] != 1, body);
        let helper = vec![store_as(0, 1, Order::Relaxed)];
        let program = Program::of(vec![vec![waits], helper]).weak();
        for mut way in ways() {
            for _ in 0..20 {
                let (outcome, _) = run(&program, &mut way, Trace::default());
                assert_eq!(outcome.end, Outcome::FINISHED);
            }
        }
        let mut search = Exhaustive::new();
        while !search.is_finished() {
            let (outcome, _) = run(&program, &mut search, Trace::default());
            assert!(!outcome.is_failure(), "{outcome:?}");
        }
        assert!(matches!(search.coverage(), Coverage::All { .. }));
    }
}

/// Of two stores that nothing orders, the one that was executed first may be the newer one.
#[test]
fn who_spins_sees_the_store_that_is_the_newer_one_at_last() {
    let look = |variable| load_as(0, variable, Order::Relaxed);
    let turn = |mine| {
        let waits = vec![look(1), when(|all| all[0] == 0, vec![look(0)])];
        vec![
            store_as(0, mine, Order::Relaxed),
            fence(Order::SeqCst),
            while_after(waits, move |all| all[0] == mine, vec![]),
            store_as(1, 3, Order::Relaxed),
        ]
    };
    let program = Program::of(vec![turn(1), turn(2)]).weak();
    for mut way in ways() {
        for _ in 0..100 {
            let (outcome, _) = run(&program, &mut way, Trace::default());
            assert_eq!(outcome.end, Outcome::FINISHED);
        }
    }
}

#[test]
fn what_nobody_can_end_is_a_livelock() {
    for yielding in [false, true] {
        let wait = |mine, other| vec![spin_until(mine, 1, yielding), store(other, c(1))];
        let program = Program::of(vec![wait(0, 1), wait(1, 0), vec![store(2, c(1))]]);
        for mut way in ways() {
            let (outcome, _) = run(&program, &mut way, Trace::default());
            assert_eq!(outcome.end, Outcome::LIVELOCKED);
        }
    }
}

#[test]
fn a_loop_that_gives_up_after_a_while_is_none() {
    let patient = vec![
        set(1, c(0)),
        while_after(
            vec![load(0, 0), set(1, e(|all| all[1] + 1))],
            |all| all[0] == 0 && all[1] < 500,
            vec![yields()],
        ),
        store(1, c(1)),
    ];
    let program = Program::of(vec![patient, vec![store(2, c(1))]]);
    for mut way in ways() {
        let (outcome, trace) = run(&program, &mut way, Trace::default());
        assert_eq!(outcome.end, Outcome::FINISHED);
        assert_eq!(trace.spinning, Spinning::Counted);
    }
    let mut search = Exhaustive::new();
    for _ in 0..50 {
        if !search.is_finished() {
            run(&program, &mut search, Trace::default());
        }
    }
    assert!(!matches!(search.coverage(), Coverage::All { .. }));
}

#[test]
fn a_spin_lock_is_proved() {
    let after = vec![load(2, 0), check(|all| all[2] == 2)];
    let program = Program::with_main(vec![spin_lock(), spin_lock()], after);
    let mut search = Exhaustive::new();
    while !search.is_finished() {
        let (outcome, _) = run(&program, &mut search, Trace::default());
        assert!(!outcome.is_failure(), "{outcome:?}");
    }
    let Coverage::All { spun: true, .. } = search.coverage() else {
        panic!("{:?}", search.coverage());
    };
}

/// Its loop stores at each turn what it saw, and what the other thread stores may come later than
/// all of that.
#[test]
fn a_spin_lock_by_swap_is_proved() {
    use Order::*;
    let orders = [
        (Acquire, Release),
        (AcquireRelease, Release),
        (SeqCst, SeqCst),
    ];
    for (takes, gives) in orders {
        for yielding in [false, true] {
            let user = || {
                let body = if yielding { vec![yields()] } else { vec![] };
                vec![
                    while_after(vec![swap_as(1, 1, 1, takes)], |all| all[1] != 0, body),
                    read(0, 0),
                    write(0, 1),
                    store_as(1, 0, gives),
                ]
            };
            let program = Program::with_main(vec![user(), user()], vec![]).weak();
            let mut search = Exhaustive::new();
            while !search.is_finished() {
                let (outcome, trace) = run(&program, &mut search, Trace::default());
                assert!(!outcome.is_failure(), "{takes:?} {yielding}: {outcome:?}");
                assert!(trace.steps.len() < 40, "{}", trace.steps.len());
            }
            assert!(matches!(
                search.coverage(),
                Coverage::All { spun: true, .. }
            ));
        }
    }
}

/// Polling under a lock: what is looked at is not seen, but the loops end, and all are covered.
#[test]
fn who_polls_under_a_lock_lets_the_others_on() {
    let poll = || {
        let turn = vec![lock(0), read(0, 0), unlock(0), yields()];
        vec![set(0, c(0)), while_after(turn, |all| all[0] == 0, vec![])]
    };
    let helper = vec![load(0, 2), load(0, 2), lock(0), write(0, 1), unlock(0)];
    let program = Program::of(vec![poll(), poll(), helper]);
    for mut way in ways() {
        for _ in 0..20 {
            let (outcome, trace) = run(&program, &mut way, Trace::default());
            assert_eq!(outcome.end, Outcome::FINISHED);
            assert!(trace.steps.len() < 150, "{}", trace.steps.len());
        }
    }
    let mut search = Exhaustive::new();
    while !search.is_finished() {
        run(&program, &mut search, Trace::default());
    }
    assert!(matches!(
        search.coverage(),
        Coverage::All { spun: true, .. }
    ));
}
