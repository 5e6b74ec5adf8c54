//! How long a report of 200 threads and 1,000,000 events takes, and how large it is:
//! `cargo run --release -p report --example large [-- OUT.html]`.

#[path = "../tests/language/synthetic.rs"]
mod synthetic;

use std::time::{Duration, Instant};

use report::{HtmlOptions, Input, SvgOptions, TextOptions};

fn main() {
    for (threads, events, wall_ns) in [
        (2, 1_000, 200_000),
        (12, 100_000, 1_000_000_000),
        (200, 1_000_000, 5_000_000_000),
    ] {
        let (snapshot, context) = synthetic::large(threads, events, wall_ns);
        let input = Input {
            snapshot: &snapshot,
            context: &context,
        };
        let report = report::build(&input).expect("threads make a report");
        // Other work on the machine only ever adds: the fastest of some runs is the cost.
        let built = fastest(|| drop(report::build(&input)));
        let (mut html, mut text, mut svg) = (String::new(), String::new(), String::new());
        let shown = fastest(|| {
            html.clear();
            report::html(&report, &mut html, &HtmlOptions::default()).expect("a string takes all");
        });
        report::text(&report, &mut text, &TextOptions::default()).expect("a string takes all");
        report::svg(&report, &mut svg, &SvgOptions::default()).expect("a string takes all");
        let mut json = String::new();
        let data = fastest(|| json = report.to_json().to_string());
        println!(
            "{threads:3} threads, {:7} events: build {built:.1?}, html {shown:.1?}, json {data:.1?}; \
             html {} B, svg {} B with {} elements, json {} B, text {} B",
            snapshot.events.len(),
            html.len(),
            svg.len(),
            svg.matches('<').count() - svg.matches("</").count(),
            json.len(),
            text.len()
        );
        if let Some(path) = std::env::args_os().nth(1).filter(|_| threads == 200) {
            let page = format!("<!DOCTYPE html><meta charset=\"utf-8\"><body>{html}");
            std::fs::write(path, page).expect("the file can be written");
        }
    }
}

/// The least of five times.
fn fastest(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let clock = Instant::now();
        work();
        clock.elapsed()
    };
    (0..5).map(time).min().unwrap_or_default()
}
