//! How many runs each way of searching needs to find a mistake.

use explore::{Guided, Heuristic, Strategy, Trace};

use crate::benchmarks;
use crate::program::*;
use crate::run;

/// The runs to the first failure, or none within the limit.
fn runs_to_failure(program: &Program, strategy: &mut dyn Strategy, limit: u32) -> Option<u32> {
    let mut trace = Trace::default();
    (1..=limit).find(|_| {
        let (outcome, traced) = run(program, strategy, std::mem::take(&mut trace));
        trace = traced;
        outcome.is_failure()
    })
}

/// The median and the worst of several seeds.
fn median_and_worst(program: &Program, heuristic: Heuristic, seeds: u64, limit: u32) -> (f64, u32) {
    let of = |seed| runs_to_failure(program, &mut Guided::new(heuristic, seed), limit);
    let mut all: Vec<u32> = (1..=seeds)
        .map(|seed| of(seed).unwrap_or(u32::MAX))
        .collect();
    all.sort_unstable();
    let middle = all.len() / 2;
    let median = match all.len() % 2 {
        1 => f64::from(all[middle]),
        _ => (f64::from(all[middle - 1]) + f64::from(all[middle])) / 2.0,
    };
    (median, all[all.len() - 1])
}

fn median(program: &Program, heuristic: Heuristic, seeds: u64, limit: u32) -> f64 {
    median_and_worst(program, heuristic, seeds, limit).0
}

/// The published figures are of the best of several searches, on programs that may differ a little.
#[test]
fn the_portfolio_finds_every_mistake_about_as_soon_as_published() {
    let mut later = Vec::new();
    for benchmark in benchmarks::all() {
        if benchmark.program.threads.len() > 60 {
            continue;
        }
        let found = median(&benchmark.program, Heuristic::Portfolio, 15, 100);
        assert!(found < 100.0, "{}: not found", benchmark.name);
        if found > benchmark.published {
            later.push((benchmark.name, found));
        }
    }
    assert!(later.len() <= 9, "{later:?}");
}

/// `cargo test --release -p explore -- --ignored --nocapture table`
#[test]
#[ignore = "a table to look at"]
fn table() {
    let ways = std::env::var("WAYS").unwrap_or("random pct pos surw reads-from all".into());
    let ways: Vec<&str> = ways.split(' ').collect();
    println!(
        "{:18}{:>10}{}",
        "",
        "published",
        ways.iter()
            .map(|way| format!("{way:>12}"))
            .collect::<String>()
    );
    let seeds = 15;
    let only = std::env::var("ONLY").unwrap_or_default();
    for benchmark in benchmarks::all() {
        if !benchmark.name.contains(&only) {
            continue;
        }
        let medians = ways.iter().map(|way| {
            let way = way.parse().unwrap();
            let (found, worst) = median_and_worst(&benchmark.program, way, seeds, 200);
            let text = |runs: f64| {
                if runs > 1e6 {
                    "-".into()
                } else {
                    format!("{runs}")
                }
            };
            format!("{}/{}", text(found), text(f64::from(worst)))
        });
        let columns: String = medians
            .map(|found: String| format!("{found:>12}"))
            .collect();
        println!("{:18}{:>10}{columns}", benchmark.name, benchmark.published);
    }
}

#[test]
#[ignore = "minutes"]
fn hardest() {
    let benchmark = benchmarks::hardest();
    for way in ["all", "random", "pos", "surw", "pct"] {
        let all: Vec<_> = (1..=5)
            .map(|seed| {
                let mut strategy = Guided::new(way.parse().unwrap(), seed);
                runs_to_failure(&benchmark.program, &mut strategy, 300_000)
            })
            .collect();
        println!("{way}: {all:?}");
    }
}

/// `cargo test --release -p explore -- --ignored --nocapture speed`
#[test]
#[ignore = "figures to look at"]
fn speed() {
    let count = || vec![load(0, 0), store(0, e(|all| all[0] + 1))];
    let program = Program::with_main(vec![count(), count()], vec![load(1, 0)]);
    for way in ["random", "pct", "pos", "surw", "reads-from", "all"] {
        let mut strategy = Guided::new(way.parse().unwrap(), 1);
        let (began, runs) = (std::time::Instant::now(), 100_000);
        let mut trace = Trace::default();
        for _ in 0..runs {
            trace = run(&program, &mut strategy, trace).1;
        }
        let rate = f64::from(runs) / began.elapsed().as_secs_f64();
        println!("{way}: {rate:.0} runs/s");
    }
}
