//! A report of 200 threads and 1,000,000 events: how large it is, and how long it takes.
//!
//! The time means something only of an optimised build:
//! `cargo test --release -p report --test large`.

#[path = "language/synthetic.rs"]
mod synthetic;

use std::time::{Duration, Instant};

use report::{HtmlOptions, Input};

/// How long this thread has had a core, so that other work on the machine doesn't count; a clock's
/// time where the kernel doesn't tell.
fn time_on_a_core(since: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ns = told.and_then(|told| told.split_whitespace().next()?.parse().ok());
    ns.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

#[test]
fn a_million_events_are_rendered_in_time() {
    let (snapshot, context) = synthetic::large(200, 1_000_000, 5_000_000_000);
    let input = Input {
        snapshot: &snapshot,
        context: &context,
    };
    let started = Instant::now();
    let mut html = String::new();
    let mut render = || {
        let before = time_on_a_core(started);
        html.clear();
        let report = report::build(&input).unwrap();
        report::html(&report, &mut html, &HtmlOptions::default()).unwrap();
        time_on_a_core(started) - before
    };
    // What shares caches and cores only ever adds: the fastest of some is the cost.
    let runs = if cfg!(debug_assertions) { 1 } else { 20 };
    let fastest = (0..runs).map(|_| render()).min().unwrap();
    let picture = &html[html.find("<svg").unwrap()..html.find("</svg>").unwrap()];
    let elements = picture.matches('<').count() - picture.matches("</").count();
    assert!(html.len() <= 150_000, "{} B", html.len());
    assert!(elements <= 2_000, "{elements} elements");
    if !cfg!(debug_assertions) {
        println!("{fastest:?}");
        assert!(!fastest.is_zero(), "the clock stands still");
        assert!(fastest <= Duration::from_millis(50), "{fastest:?}");
    }
}
