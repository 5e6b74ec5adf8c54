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
