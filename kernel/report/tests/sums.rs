//! What every report's numbers keep to, over random programs.

#[path = "language/language.rs"]
mod language;
#[path = "language/random.rs"]
mod random;

use language::recording;
use record::snapshot::Action;
use report::{Activity, Blocked, Input, Report, ThreadRow};

fn all(blocked: &Blocked) -> u64 {
    blocked.lock
        + blocked.channel
        + blocked.join
        + blocked.condvar
        + blocked.barrier
        + blocked.once
        + blocked.park
        + blocked.sleep
}

fn life(report: &Report, row: &ThreadRow) -> u64 {
    row.end_ns.unwrap_or(report.told_ns()) - row.start_ns
}

#[test]
fn no_total_is_exceeded_by_its_parts() {
    let mut deadlocks = 0;
    for seed in 1..600 {
        let text = random::program(seed);
        let it = recording(&text);
        let input = Input {
            snapshot: &it.snapshot,
            context: &it.context,
        };
        let report = report::build(&input).unwrap();
        let told = report.told_ns();
        deadlocks += u32::from(report.deadlock_ns.is_some());
        for row in &report.threads {
            assert!(
                all(&row.blocked_ns) <= life(&report, row),
                "{row:?}\n{text}"
            );
            assert!(row.end_ns.is_none_or(|end| end <= told), "{row:?}\n{text}");
        }
        let (mut waited, mut in_table) = (0, 0);
        for row in &report.threads {
            waited += row.blocked_ns.lock;
        }
        for lock in &report.locks {
            in_table += lock.wait_ns.total;
            assert!(lock.wait_ns.max <= lock.wait_ns.total, "{lock:?}\n{text}");
            assert!(lock.hold_ns.max <= lock.hold_ns.total, "{lock:?}\n{text}");
            assert!(lock.hold_ns.total <= told, "{lock:?}\n{text}");
        }
        assert_eq!(
            waited, in_table,
            "waited for locks, by threads and by locks\n{text}"
        );
        let begun = it
            .snapshot
            .events
            .iter()
            .filter(|event| event.start_ns < told);
        let holds = begun.filter(|event| matches!(event.action, Action::Hold { .. }));
        let counted: u64 = report.locks.iter().map(|lock| lock.acquisitions).sum();
        assert_eq!(counted, holds.count() as u64, "acquisitions\n{text}");
        lanes_agree(&report, &text);
    }
    assert!(
        (50..550).contains(&deadlocks),
        "{deadlocks} of the programs"
    );
}

/// Whether the lanes show what the table says.
fn lanes_agree(report: &Report, text: &str) {
    let timeline = report.timeline.as_ref().unwrap();
    assert_eq!(timeline.end_ns, report.told_ns(), "{text}");
    for lane in &timeline.lanes {
        let row = report
            .threads
            .iter()
            .find(|row| row.id == lane.thread)
            .unwrap();
        let waits = lane
            .segments
            .iter()
            .filter(|it| it.merged == 0 && it.state == Activity::Lock);
        let shown: u64 = waits.map(|it| it.end_ns - it.start_ns).sum();
        assert!(shown <= row.blocked_ns.lock, "{}\n{text}", lane.label);
        for (one, next) in lane.segments.iter().zip(&lane.segments[1..]) {
            assert_eq!(one.end_ns, next.start_ns, "{}\n{text}", lane.label);
        }
        assert!(lane.segments.iter().all(|it| it.end_ns <= timeline.end_ns));
        assert_eq!(lane.is_open(), row.for_ever, "{}\n{text}", lane.label);
    }
}
