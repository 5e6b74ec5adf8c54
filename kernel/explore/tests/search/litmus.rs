//! Litmus tests: each outcome that the language allows comes about, and no other.

use std::collections::BTreeSet;

use explore::Order::{self, *};
use explore::{Guided, Heuristic, Reduced, Strategy, Trace};

use crate::program::*;
use crate::run;

/// What is looked at: registers of threads, from thread 1.
type Observed<'a> = &'a [(usize, usize)];

type Outcomes = BTreeSet<Vec<i64>>;

fn search(
    program: &Program,
    observed: Observed<'_>,
    strategy: &mut dyn Strategy,
    runs: usize,
) -> (Outcomes, usize) {
    let (mut all, mut count) = (Outcomes::new(), 0);
    while !strategy.is_finished() && count < runs {
        let (outcome, _) = run(program, strategy, Trace::default());
        count += 1;
        if outcome.end != crate::machine::Outcome::REDUNDANT {
            let value = |(thread, register): &(usize, usize)| outcome.registers[*thread][*register];
            all.insert(observed.iter().map(value).collect());
        }
    }
    assert!(strategy.is_finished() || count == runs);
    (all, count)
}

/// All of these, given as texts of digits, and no others; by all executions and by random ones.
/// Returns how many executions there are: as many as other model checkers say where a test looks at
/// it (GenMC, by the tests of Miri: SB 4, MP 3, 2+2W 4 and 3, IRIW 16).
#[track_caller]
fn allows(name: &str, threads: Vec<Code>, observed: Observed<'_>, allowed: &[&str]) -> u64 {
    let ends = observed.iter().filter(|(thread, _)| *thread == 0).count() as i64;
    let after = (0..ends)
        .map(|at| load_as(at as usize, at, Relaxed))
        .collect();
    let program = Program::with_main(threads, after).weak();
    let digits = |text: &&str| text.bytes().map(|digit| i64::from(digit - b'0')).collect();
    let allowed: Outcomes = allowed.iter().map(digits).collect();
    let mut reduced = Reduced::new();
    let (found, runs) = search(&program, observed, &mut reduced, 20_000);
    assert_eq!(found, allowed, "{name}");
    let executions = reduced.executions();
    let mut random = Guided::new(Heuristic::Portfolio, 1);
    let most = match std::env::var_os("FEARLESS_FULL") {
        Some(_) => 20_000,
        None => 2_000,
    };
    let (found, _) = search(&program, observed, &mut random, most);
    assert_eq!(found, allowed, "{name}, at random");
    println!(
        "{name}: {} outcomes, {executions} executions, {runs} runs",
        allowed.len()
    );
    executions
}

fn all_of(digits: usize) -> Vec<String> {
    let count = 1 << digits;
    (0..count)
        .map(|number| format!("{number:0digits$b}"))
        .collect()
}

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

#[test]
fn store_buffer() {
    let threads = |stores, loads| {
        let one = |mine, other| vec![store_as(mine, 1, stores), load_as(0, other, loads)];
        vec![one(0, 1), one(1, 0)]
    };
    let observed = &[(1, 0), (2, 0)];
    let all = ["00", "01", "10", "11"];
    assert_eq!(
        allows("SB, relaxed", threads(Relaxed, Relaxed), observed, &all),
        4
    );
    allows(
        "SB, acquire and release",
        threads(Release, Acquire),
        observed,
        &all,
    );
    assert_eq!(
        allows(
            "SB, sequentially consistent",
            threads(SeqCst, SeqCst),
            observed,
            &all[1..],
        ),
        3
    );
    let fenced = |order: Order| {
        let one = |mine, other| {
            vec![
                store_as(mine, 1, Relaxed),
                fence(order),
                load_as(0, other, Relaxed),
            ]
        };
        vec![one(0, 1), one(1, 0)]
    };
    allows("SB, SC fences", fenced(SeqCst), observed, &all[1..]);
    allows("SB, other fences", fenced(AcquireRelease), observed, &all);
}

#[test]
fn message_passing() {
    let threads = |stores, loads| {
        vec![
            vec![store_as(0, 1, Relaxed), store_as(1, 1, stores)],
            vec![load_as(0, 1, loads), load_as(1, 0, Relaxed)],
        ]
    };
    let observed = &[(2, 0), (2, 1)];
    let all = ["00", "01", "10", "11"];
    let right = ["00", "01", "11"];
    allows("MP, relaxed", threads(Relaxed, Relaxed), observed, &all);
    allows(
        "MP, only released",
        threads(Release, Relaxed),
        observed,
        &all,
    );
    allows(
        "MP, only acquired",
        threads(Relaxed, Acquire),
        observed,
        &all,
    );
    assert_eq!(allows("MP", threads(Release, Acquire), observed, &right), 3);
    allows(
        "MP, sequentially consistent",
        threads(SeqCst, SeqCst),
        observed,
        &right,
    );
    let fenced = |release, acquire| {
        vec![
            vec![
                store_as(0, 1, Relaxed),
                fence(release),
                store_as(1, 1, Relaxed),
            ],
            vec![
                load_as(0, 1, Relaxed),
                fence(acquire),
                load_as(1, 0, Relaxed),
            ],
        ]
    };
    allows("MP, fences", fenced(Release, Acquire), observed, &right);
    allows("MP, SC fences", fenced(SeqCst, SeqCst), observed, &right);
    allows("MP, wrong fences", fenced(Acquire, Release), observed, &all);
}

/// Both seeing 1 needs a load that reads from the future: allowed when relaxed, and out of reach.
#[test]
fn load_buffering() {
    for (loads, stores) in [(Relaxed, Relaxed), (Acquire, Release), (SeqCst, SeqCst)] {
        let one = |mine, other| vec![load_as(0, mine, loads), store_as(other, 1, stores)];
        let threads = vec![one(0, 1), one(1, 0)];
        let name = format!("LB, {loads:?} and {stores:?}");
        allows(&name, threads, &[(1, 0), (2, 0)], &["00", "01", "10"]);
    }
}

#[test]
fn two_and_two_writes() {
    let threads = |order| {
        let one = |first, second| vec![store_as(first, 1, order), store_as(second, 2, order)];
        vec![one(0, 1), one(1, 0)]
    };
    let observed = &[(0, 0), (0, 1)];
    let all = ["11", "12", "21", "22"];
    assert_eq!(allows("2+2W, relaxed", threads(Relaxed), observed, &all), 4);
    allows("2+2W, release", threads(Release), observed, &all);
    assert_eq!(
        allows(
            "2+2W, sequentially consistent",
            threads(SeqCst),
            observed,
            &all[1..],
        ),
        3
    );
}

#[test]
fn independent_reads_of_independent_writes() {
    let threads = |stores, loads, between: Option<Order>| {
        let reader = |first, second| {
            let mut code = vec![load_as(0, first, loads), load_as(1, second, loads)];
            if let Some(order) = between {
                code.insert(1, fence(order));
            }
            code
        };
        let writers = (0..2).map(|at| vec![store_as(at, 1, stores)]);
        writers
            .chain([reader(0, 1), reader(1, 0)])
            .collect::<Vec<Code>>()
    };
    let observed = &[(3, 0), (3, 1), (4, 0), (4, 1)];
    let all = all_of(4);
    let ordered: Vec<String> = all.iter().filter(|text| *text != "1010").cloned().collect();
    let (all, ordered) = (texts(&all), texts(&ordered));
    assert_eq!(
        allows(
            "IRIW, relaxed",
            threads(Relaxed, Relaxed, None),
            observed,
            &all,
        ),
        16
    );
    allows(
        "IRIW, acquire and release",
        threads(Release, Acquire, None),
        observed,
        &all,
    );
    allows(
        "IRIW, sequentially consistent",
        threads(SeqCst, SeqCst, None),
        observed,
        &ordered,
    );
    allows(
        "IRIW, SC fences",
        threads(Relaxed, Relaxed, Some(SeqCst)),
        observed,
        &ordered,
    );
}

/// How stores and loads may be ordered.
const ORDERS: [(Order, Order); 3] = [(Relaxed, Relaxed), (Release, Acquire), (SeqCst, SeqCst)];

/// Of one location, no order of memory allows more than another.
#[test]
fn coherence() {
    for (stores, loads) in ORDERS {
        let of = |test: &str| format!("{test}, {stores:?} and {loads:?}");
        let writer = vec![store_as(0, 1, stores), store_as(0, 2, stores)];
        let reader = vec![load_as(0, 0, loads), load_as(1, 0, loads)];
        let never_back = ["00", "01", "02", "11", "12", "22"];
        let observed = &[(2, 0), (2, 1)];
        allows(&of("CoRR"), vec![writer, reader], observed, &never_back);
        let two = vec![
            vec![store_as(0, 1, stores), load_as(0, 0, loads)],
            vec![store_as(0, 2, stores)],
        ];
        let observed = &[(1, 0), (0, 0)];
        allows(&of("CoWR"), two, observed, &["11", "12", "22"]);
        let two = vec![
            vec![load_as(0, 0, loads), store_as(0, 1, stores)],
            vec![store_as(0, 2, stores)],
        ];
        allows(&of("CoRW"), two, observed, &["01", "02", "21"]);
        two_readers_agree(stores, loads);
    }
}

fn two_readers_agree(stores: Order, loads: Order) {
    let reader = || vec![load_as(0, 0, loads), load_as(1, 0, loads)];
    let four = vec![
        vec![store_as(0, 1, stores)],
        vec![store_as(0, 2, stores)],
        reader(),
        reader(),
    ];
    let program = Program::with_main(four, vec![]).weak();
    let observed = &[(3, 0), (3, 1), (4, 0), (4, 1)];
    let (found, _) = search(&program, observed, &mut Reduced::new(), 50_000);
    assert!(!found.contains(&vec![1, 2, 2, 1]) && !found.contains(&vec![2, 1, 1, 2]));
    assert!(found.contains(&vec![1, 2, 1, 2]) && found.contains(&vec![2, 1, 2, 1]));
}

#[test]
fn read_modify_writes() {
    for order in [Relaxed, AcquireRelease, SeqCst] {
        let one = || vec![add_as(0, 0, 1, order)];
        let two = vec![one(), one()];
        allows(
            &format!("RMW, {order:?}"),
            two,
            &[(1, 0), (2, 0)],
            &["01", "10"],
        );
        // The store comes before both, between them or after them.
        let store = if order == AcquireRelease {
            Release
        } else {
            order
        };
        let threads = vec![one(), one(), vec![store_as(0, 5, store)]];
        allows(
            &format!("RMW and a store, {order:?}"),
            threads,
            &[(1, 0), (2, 0), (0, 0)],
            &["567", "657", "056", "506", "015", "105"],
        );
    }
}

#[test]
fn release_sequences() {
    let reader = || vec![load_as(0, 1, Acquire), load_as(1, 0, Relaxed)];
    let writer = || vec![store_as(0, 1, Relaxed), store_as(1, 1, Release)];
    let another = vec![add_as(0, 1, 1, Relaxed)];
    // 2 is the other's addition to the released 1; 1 without it may also be that addition to 0.
    let observed = &[(3, 0), (3, 1)];
    let allowed = ["00", "01", "10", "11", "21"];
    allows(
        "release sequence",
        vec![writer(), another, reader()],
        observed,
        &allowed,
    );
    // Where everything is sequentially consistent, that is no other; relaxed, it publishes nothing.
    let all = |order, loads| {
        vec![
            vec![store_as(0, 1, Relaxed), store_as(1, 1, order)],
            vec![add_as(0, 1, 1, order)],
            vec![load_as(0, 1, loads), load_as(1, 0, Relaxed)],
        ]
    };
    allows(
        "release sequence, sequentially consistent",
        all(SeqCst, SeqCst),
        observed,
        &allowed,
    );
    let unordered = ["00", "01", "10", "11", "20", "21"];
    allows(
        "release sequence, relaxed",
        all(Relaxed, Relaxed),
        observed,
        &unordered,
    );
    // Since C++20, a later relaxed store of the same thread does not go on with it.
    let mut longer = writer();
    longer.push(store_as(1, 3, Relaxed));
    let allowed = ["00", "01", "11", "30", "31"];
    allows(
        "no release sequence",
        vec![longer, reader()],
        &[(2, 0), (2, 1)],
        &allowed,
    );
}
