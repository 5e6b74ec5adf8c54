//! How large a report of 200 threads and 1,000,000 events is. How long it takes is measured by
//! `cargo run --release -p report --example large`.

#[path = "language/synthetic.rs"]
mod synthetic;

use report::{HtmlOptions, Input};

#[test]
fn a_report_of_a_million_events_stays_small() {
    let (snapshot, context) = synthetic::large(200, 1_000_000, 5_000_000_000);
    let input = Input {
        snapshot: &snapshot,
        context: &context,
    };
    let report = report::build(&input).unwrap();
    let mut html = String::new();
    report::html(&report, &mut html, &HtmlOptions::default()).unwrap();
    let picture = &html[html.find("<svg").unwrap()..html.find("</svg>").unwrap()];
    let elements = picture.matches('<').count() - picture.matches("</").count();
    assert!(html.len() <= 150_000, "{} B", html.len());
    assert!(elements <= 2_000, "{elements} elements");
}
