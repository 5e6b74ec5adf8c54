//! Waits for what may never come: messages, notifications, each other.

use super::{check, findings, title};
use crate::language::recording;
use report::{FindingKind, Input};

#[test]
fn stopped_waiting() {
    let text = "wall 20000; outcome interrupted; channel C tx->rx u8 @1 senders 1; T1 spawn T2 1 @2; T1 spawn T3 1 @3
        T1 join T2 2..20000 cancelled; T2 recv C 3..20000 @7 cancelled; T2 end 20000; T3 sleep 19900..20000 cancelled; T3 end 20000";
    title(
        text,
        "stopped_waiting",
        "When you stopped the cell, T2 had been waiting for 20 s at line 7",
    );
    let found = findings(text);
    assert!(found[0].detail.contains("T3 could still"), "{found:#?}");
    // Not long, not stopped, or only sleeping.
    check(&text.replace("T2 recv C 3..", "T2 recv C 19500.."), &[]);
    check(&text.replace("outcome interrupted", "outcome ok"), &[]);
    check(&text.replace("T2 recv C", "T2 sleep"), &[]);
}

#[test]
fn lost_messages() {
    let text = "wall 50; channel C tx->rx u8 @1 dead lost 2; T1 spawn T2 1 @2; T2 send C 2; T2 send C 3; T2 send C 4; T2 end 5
        T1 recv C 2; T1 join T2 3..5; T1 drop C 6 @9";
    title(
        text,
        "unreceived_messages",
        "2 messages sent through `tx → rx` were never received (3 sent, 1 received)",
    );
    check(
        &text
            .replace("lost 2", "lost 0")
            .replace("T2 send C 3; T2 send C 4; ", ""),
        &[],
    );
    // Sends failed, and the sender went on.
    let early = text.replace("lost 2", "lost 4 refused 2");
    check(&early, &["receiver_dropped_early"]);
    // The sender took the error as its sign to stop.
    let stopped = text.replace("lost 2", "lost 1 refused 1");
    check(&stopped, &[]);
    check(
        &format!("{stopped}; T2 panic 4.5 @2 SendError; T2 joined"),
        &["receiver_dropped_early"],
    );
    // Main dropped it, sent, and has the error in hand: only what was in the queue is lost.
    check(
        &early.replace("T2 send C 2; T2 send C 3; T2 send C 4", "T1 send C 2"),
        &["unreceived_messages"],
    );
    check(
        "wall 50; channel C tx->rx u8 @1 dead lost 1 refused 1; T1 spawn T2 1 @2; T1 drop C 6 @9; T2 end 7; T1 join T2 6..7",
        &[],
    );
    // Sent by an earlier cell.
    title(
        "wall 50; channel C tx->rx u8 @1 old dead lost 2 refused 1; T1 spawn T2 1 @2; T1 drop C 6 @9; T2 end 7; T1 join T2 6..7",
        "unreceived_messages",
        "1 message sent through `tx → rx` was never received",
    );
    title(
        &early,
        "receiver_dropped_early",
        "The receiver of `tx → rx` was dropped by main at line 9 while others still sent: 2 messages lost, 2 refused",
    );
    // A sender that waits for room is told.
    let full = "wall 50; sync C tx->rx u8 @1 cap 1 dead; T1 spawn T2 1 @2; T2 send C 2; T2 send C 3..9 disconnected; T2 end 10
        T1 recv C 2.5; T1 drop C 9 @9; T1 join T2 9..10";
    check(full, &[]);
    check(
        &format!("{full}; T2 panic 9.5 @2 SendError"),
        &["receiver_dropped_early"],
    );
}

#[test]
fn condvars() {
    let wait = |code: &str| {
        format!(
            "wall 50; condvar V cv @1; T1 spawn T2 1 @1; T2 notify V 20 @2; T2 end 21; T1 condvar V 2..20 @6 by T2; T2 joined
             line 5 {code}\nline 6 g = cv.wait(g).unwrap();\nline 4 let mut g = m.lock().unwrap();\nline 3 // twice\nline 2 x\nline 1 y"
        )
    };
    check(&wait("if !*g {"), &["wait_outside_loop"]);
    check(&wait("while !*g {"), &[]);
    // Without the text nothing can be said.
    check(
        "wall 50; condvar V cv @1; T1 spawn T2 1; T2 end 21; T1 condvar V 2..20 @6 by T2; T2 joined",
        &[],
    );
    let early = "wall 50; condvar V cv @1 unheard 1; T1 spawn T2 1 @1; T2 notify V 2 @3; T2 end 3; T1 condvar V 5..40 @6 timeout; T2 joined";
    title(
        early,
        "unheard_notification",
        "`cv` was notified at line 3 before main waited at line 6; nobody heard it",
    );
    // Heard by the next one.
    check(&early.replace("40 @6 timeout", "40 @6 by T2"), &[]);
}

#[test]
fn deadlocks() {
    let cases = [
        (
            "deadlock 5 T1: T1 A @3 T1 @2",
            "main locks `a` at line 3 while it holds it already",
        ),
        (
            "rwlock R table u8 @1; T1 read R 1..6 @2; deadlock 5 T1: T1 R @3 T1 @2",
            "main wants to write `table` at line 3 while it still reads it",
        ),
        (
            "oncelock O config u8 @1; deadlock 5 T1: T1 once O @3 T1 @2",
            "main waits for `config` inside the initialiser of `config`",
        ),
        (
            "T1 spawn T2 1; deadlock 5 T1: T1 join T2 @4 T2, T2 A @3 T1 @2",
            "main and T2 wait for each other (the end of T2 and `a`)",
        ),
        (
            "sync C tx->rx u8 @1 cap 1; nobody 5 T1: T1 send C @4",
            "main waits for capacity in `tx → rx`, and nobody is left to receive",
        ),
        (
            "sync C tx->rx u8 @1 cap 0; nobody 5 T1: T1 send C @4",
            "main waits for the receiver of `tx → rx`, and nobody is left to receive",
        ),
        (
            "nobody 5 T1: T1 condvar V @4",
            "main waits to be notified on `v`, and nobody is left to notify it",
        ),
        (
            "nobody 5 T1: T1 park @4",
            "main is parked, and nobody is left to unpark it",
        ),
        (
            "barrier B gate @1 size 3; T1 spawn T2 1; nobody 5 T1: T1 barrier B @4, T2 barrier B @4",
            "2 threads wait at `gate` of 3, and no other is left to fill it",
        ),
        (
            "T1 spawn T2 1; T2 end 4; ended 5 T1: T1 A @4 T2 @3",
            "main waits for `a`, and T2, which took it at line 3, has ended without giving it back",
        ),
        (
            "T1 spawn T2 1; ended 5 T1: T1 A @4 T2 @3",
            "main waits for `a`, and T2 can never go on",
        ),
    ];
    for (text, expected) in cases {
        let text = format!("wall 9; outcome deadlocked; {text}");
        title(&text, "deadlock", &format!("Deadlock: {expected}"));
        let finding = &findings(&text)[0];
        assert!(
            finding.detail.len() > 60,
            "what to change: {}",
            finding.detail
        );
        assert!(!finding.at.is_empty());
    }
}

#[test]
fn what_comes_of_a_deadlock_is_no_finding() {
    let text = include_str!("../recordings/aftermath.txt");
    let it = recording(text);
    let report = report::build(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    })
    .unwrap();
    let kinds: Vec<FindingKind> = report.findings.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [FindingKind::Deadlock]);
    assert_eq!(report.deadlock_ns, Some(314_000));
    for row in &report.threads {
        assert!(row.end_ns.is_none() || row.id == 4, "{} lives", row.label);
        let life = row.end_ns.unwrap_or(314_000) - row.start_ns;
        assert!(row.blocked_ns.lock <= life && row.blocked_ns.join <= life);
        assert_eq!(row.for_ever, row.id != 4, "{}", row.label);
    }
    assert!(
        report
            .locks
            .iter()
            .all(|lock| !lock.poisoned && lock.acquisitions == 1)
    );
    assert_eq!((report.channels[0].lost, report.channels[0].queued), (0, 2));
    let timeline = report.timeline.unwrap();
    assert_eq!(timeline.end_ns, 314_000);
    let says_panic = |mark: &report::Mark| mark.kind == report::MarkKind::Panic;
    assert!(
        !timeline
            .lanes
            .iter()
            .any(|lane| lane.marks.iter().any(says_panic))
    );
}

#[test]
fn an_idle_worker_has_missed_nothing() {
    // A pool: notified while all were busy, the job was taken, and the worker waits for the next.
    let pool = "wall 50; condvar V cv @1 unheard 1; T1 spawn T2 1 @1; T1 notify V 2 @3; T2 blocked condvar V 5 @6";
    check(pool, &["running_at_end"]);
    // It looks at its condition now and then.
    check(
        "wall 50; condvar V cv @1 unheard 1; T1 spawn T2 1 @1; T1 notify V 2 @3; T2 condvar V 5..20 @6 timeout; T2 condvar V 20..40 @6 timeout; T2 end 41; T2 joined",
        &[],
    );
    // Within a crate.
    check(
        "wall 50; outcome interrupted; condvar V - @blocking_1.7.0!9 nameless unheard 1; T1 spawn T2 1 @1; T1 notify V 2 @3
         T2 condvar V 5..40 @6 cancelled; T2 end 41; T2 joined",
        &[],
    );
}

#[test]
fn who_has_sent_its_result_is_not_accused() {
    check(
        "wall 50; channel C tx->rx u8 @1; T1 spawn T2 1 @2; T2 send C 49; T1 recv C 2..49.1 by T2",
        &[],
    );
}
