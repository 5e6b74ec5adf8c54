//! The timeline as data.

#[path = "language/language.rs"]
mod language;
#[path = "language/synthetic.rs"]
mod synthetic;

use language::recording;
use report::Input;

#[test]
fn a_lane_has_neither_holes_nor_overlaps() {
    let (snapshot, context) = synthetic::large(14, 80_000, 900_000_000);
    let report = report::build(&Input {
        snapshot: &snapshot,
        context: &context,
    })
    .unwrap();
    for lane in &report.timeline.unwrap().lanes {
        let mut at = lane.start_ns;
        for segment in &lane.segments {
            assert_eq!(segment.start_ns, at, "{}", lane.label);
            assert!(segment.end_ns > at);
            at = segment.end_ns;
        }
        assert_eq!(at, lane.end_ns);
    }
}

#[test]
fn the_critical_path_leaves_a_thread_when_it_ends() {
    // T2 ends at 10; T3, which waited for its lock, gets a core only at 30.
    let it = recording(
        "wall 50; mutex A a u8 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @3; T2 lock A 1..10 @4; T2 end 10
         T3 wait A 2..30 @5 by T2; T3 lock A 30..40 @5; T3 end 40; T1 join T3 2..41 by T3",
    );
    let input = Input {
        snapshot: &it.snapshot,
        context: &it.context,
    };
    let timeline = report::build(&input).unwrap().timeline.unwrap();
    let path: Vec<(u32, u64, u64)> = timeline
        .critical_path
        .iter()
        .map(|step| {
            (
                step.thread,
                step.start_ns / 1_000_000,
                step.end_ns / 1_000_000,
            )
        })
        .collect();
    assert_eq!(path, [(1, 0, 1), (2, 1, 10), (3, 10, 40), (1, 40, 50)]);
}

/// A recording's report.
fn report(text: &str) -> report::Report {
    let it = recording(text);
    let input = Input {
        snapshot: &it.snapshot,
        context: &it.context,
    };
    report::build(&input).expect("a report")
}

#[test]
fn who_waits_unseen_is_not_drawn_as_running() {
    // T2 waits in a lock of its own for 19 of 20 ms; T3 computes.
    let report = report(
        "wall 20; mutex A a u8 @1; T1 lock A 1..2 @2; T1 spawn T2 0 @1; T1 spawn T3 0 @1
         T1 cpu 19; T2 starts 0; T2 cpu 1; T3 starts 0; T3 cpu 18",
    );
    let mut text = String::new();
    report::text(&report, &mut text, &report::TextOptions::default()).unwrap();
    let lane = |label: &str| {
        let mut lines = text.lines();
        lines.find(|line| line.starts_with(label)).unwrap_or("")
    };
    assert!(
        lane("T2").contains('░') && !lane("T2").contains('█'),
        "{text}"
    );
    assert!(
        lane("T3").contains('█') && !lane("T3").contains('░'),
        "{text}"
    );
    assert!(
        text.contains("░ hardly on a core") && text.contains("T2 had a core"),
        "{text}"
    );
}

#[test]
fn all_who_wait_unseen_are_counted() {
    // 200 threads are on a core for 1 of 20 ms each; half of them have been starting meanwhile.
    let mut text = "wall 20; mutex A a u8 @1; T1 lock A 1..2 @2".to_owned();
    for thread in 2..102 {
        text += &format!("; T1 spawn T{thread} 0 @1; T{thread} starts 0.1; T{thread} cpu 1");
    }
    for thread in 102..202 {
        text += &format!("; T1 spawn T{thread} 0 @1; T{thread} starts 18.5; T{thread} cpu 1");
    }
    let report = report(&text);
    assert!(report.timeline.as_ref().unwrap().lanes.len() < 100);
    let mut text = String::new();
    report::text(&report, &mut text, &report::TextOptions::default()).unwrap();
    assert!(
        text.contains("T2, T3, T4, T5 and 96 more had a core"),
        "{text}"
    );
}

#[test]
fn who_kept_two_hundred_waiting_has_a_lane() {
    // T50 holds the lock for 5 of 20 ms, and all others wait for it; T51 hands it on to most.
    let mut text = "wall 20; mutex A a u8 @1; T1 spawn T50 1 @1; T50 lock A 1..6 @3; \
                    T1 spawn T51 1 @1; T51 wait A 1..6 @3 by T50; T51 lock A 6..6.01 @3"
        .to_owned();
    for thread in (2..50).chain(52..200) {
        text += &format!("; T1 spawn T{thread} 1 @1; T{thread} wait A 1.1..7 @3 by T51");
    }
    let report = report(&text);
    let timeline = report.timeline.as_ref().unwrap();
    assert!(timeline.lanes.iter().any(|lane| lane.thread == 50));
    assert!(
        timeline.critical_path.is_empty(),
        "of 200 threads it explains nothing"
    );
    // The worst holder is found among a dozen, not because all have lanes.
    assert!(timeline.lanes.len() < 20);
}

/// How often a word stands on the bars of what is held.
fn labels(text: &str, word: &str) -> usize {
    let mut page = String::new();
    report::html(&report(text), &mut page, &report::HtmlOptions::default()).expect("a page");
    let picture = page.split("</svg>").next().expect("a picture");
    let mut on_bars = picture.split("<text class=\"fl-l fl-hl\"").skip(1);
    let says = format!(">{word}</text>");
    on_bars
        .by_ref()
        .filter(|it| {
            it.split_inclusive("</text>")
                .next()
                .is_some_and(|it| it.ends_with(&says))
        })
        .count()
}

/// Names stand on all bars, or on none; letters only where there are more locks than hues.
#[test]
fn bars_are_labelled_alike() {
    let head = "wall 100; mutex A printer u8 @1; T1 spawn T2 0 @2; T2 end 99; T1 join T2 1..100;";
    let roomy = format!("{head} T2 lock A 1..30 @3; T2 lock A 40..80 @3");
    assert_eq!(labels(&roomy, "printer"), 2);
    let narrow = format!("{roomy}; T2 lock A 85..90 @3");
    assert_eq!(labels(&narrow, "printer"), 0);
    assert_eq!(labels(&narrow, "A"), 0);
    let locks = ["B", "C", "D", "E", "F"];
    let more: String = locks
        .iter()
        .zip(2..)
        .map(|(lock, at)| {
            format!("; mutex {lock} shelf{at} u8 @{at}; T1 lock {lock} {at}..{at}.9 @9")
        })
        .collect();
    let many = format!("{narrow}{more}");
    assert_eq!(labels(&many, "printer"), 0);
    assert_eq!(labels(&many, "A"), 3);
}

#[test]
fn a_lock_that_is_still_held_has_its_bar() {
    // T2 has taken A at 4 and keeps it; within that it takes B once.
    let mut it = recording(
        "wall 20; mutex A a u8 @1; mutex B b u8 @1; T1 spawn T2 1 @1; T2 lock B 6..9 @3
         T2 blocked park 12 @4",
    );
    let index = it.snapshot.threads[1].index;
    it.snapshot.objects[0].held_by = vec![index];
    it.snapshot.objects[0].held_since_ns = Some(4_000_000);
    let input = Input {
        snapshot: &it.snapshot,
        context: &it.context,
    };
    let report = report::build(&input).unwrap();
    let lane = &report.timeline.as_ref().unwrap().lanes[1];
    let bars: Vec<_> = lane
        .holds
        .iter()
        .map(|bar| {
            (
                bar.lock,
                bar.level,
                bar.start_ns / 1_000_000,
                bar.end_ns / 1_000_000,
            )
        })
        .collect();
    assert_eq!(bars, [(Some(1), 0, 4, 20), (Some(2), 1, 6, 9)]);
    // What is drawn round the wait that goes on stands in the legend.
    let mut svg = String::new();
    report::svg(&report, &mut svg, &report::SvgOptions::default()).unwrap();
    assert!(
        svg.contains("fl-stuck") && svg.contains("wait did not end"),
        "{svg}"
    );
}

#[test]
fn who_has_not_begun_to_run_is_starting() {
    let report = report("wall 20; T1 spawn T2 5 @1; mutex A a u8 @1; T1 lock A 1..2 @2");
    let lane = &report.timeline.as_ref().unwrap().lanes[1];
    let states: Vec<_> = lane.segments.iter().map(|it| it.state).collect();
    assert_eq!(states, [report::Activity::Starting]);
}

#[test]
fn the_name_of_an_earlier_cells_thread_can_be_read() {
    let mut it = recording(
        "cell 3; wall 20; mutex A a u8 @1; T1 spawn T2 background 0 @[2]1; T2 lock A 1..2 @2",
    );
    it.snapshot.threads[1].cell = 2;
    let input = Input {
        snapshot: &it.snapshot,
        context: &it.context,
    };
    let mut svg = String::new();
    let report = report::build(&input).unwrap();
    report::svg(&report, &mut svg, &report::SvgOptions::default()).unwrap();
    assert!(
        svg.contains(">T2 of [2]<") && svg.contains("backg…"),
        "{svg}"
    );
}
