//! How threads are started and ended; and what holds of all findings.

use super::{check, findings, title};
use crate::language::{Recording, recording};
use report::{Finding, Input};

#[test]
fn serial_spawns() {
    let text = "wall 50; T1 spawn T2 1 @2; T1 join T2 1.1..10 @2; T2 end 10; T1 spawn T3 11 @2; T1 join T3 11.1..20 @2; T3 end 20
        T1 spawn T4 21 @2; T1 join T4 21.1..30 @2; T4 end 30";
    title(
        text,
        "serial_spawns",
        "3 threads spawned at line 2 ran one after another: each was joined before the next was spawned",
    );
    // At three different places: three steps, not a loop.
    check(
        &text
            .replace("T3 11 @2", "T3 11 @3")
            .replace("T4 21 @2", "T4 21 @4"),
        &[],
    );
    // A loop of scopes with a single thread each.
    let scopes = text
        .replace("join T2", "scope")
        .replace("join T3", "scope")
        .replace("join T4", "scope");
    check(&scopes, &["serial_spawns"]);
}

#[test]
fn running_at_end() {
    let text = "wall 50; T1 spawn T2 ticker 1 @2; T2 sleep 2..40 @4; T2 blocked sleep 41 @4";
    title(
        text,
        "running_at_end",
        "ticker (spawned at line 2) was still running when the cell ended",
    );
    // Those that wait alike are told in one sentence, and the lines stand in the threads' order.
    let three = "wall 50; condvar V q @1; T1 spawn T2 1 @9; T1 spawn T3 1 @9; T1 spawn T4 1 @8
        T2 blocked condvar V 4 @5; T3 blocked condvar V 4 @5; T4 blocked sleep 4 @6";
    let found = &findings(three)[0];
    assert!(
        found
            .title
            .starts_with("T2, T3 and T4 (spawned at line 9 and line 8)"),
        "{}",
        found.title
    );
    let all = "T2 and T3 wait to be notified on `q` at line 5. T4 sleeps at line 6.";
    assert!(found.detail.starts_with(all), "{}", found.detail);
    check(&format!("{text}; live"), &[]);
    check(&text.replace("T2 blocked sleep 41 @4", "T2 end 41"), &[]);
    // Who has the handle can still wait for it.
    check(&format!("{text}; T2 handle"), &[]);
}

#[test]
fn one_line_is_told_once() {
    let mut text = String::from("wall 50; T1 spawn T2 1 @2; T2 end 40; T1 join T2 3..41\n");
    for channel in 0..3 {
        text += &format!(
            "channel C{channel} nameless @5 dead lost 1; T2 send C{channel} 2; T1 drop C{channel} 45 @9\n"
        );
    }
    let found = findings(&text);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0]
            .title
            .ends_with("(and 2 more channels of that line)"),
        "{}",
        found[0].title
    );
}

#[test]
fn advice_fits() {
    let detail = |text: &str| findings(text)[0].detail.clone();
    let alone =
        "wall 9; outcome deadlocked; channel C tx->rx u8 @1 senders 1; nobody 5 T1: T1 recv C @4";
    assert!(!detail(alone).contains("cloning"), "{}", detail(alone));
    let cloned = format!("{alone}; T1 spawn T2 1 @2; T2 send C 2; T2 end 3");
    assert!(
        detail(&cloned).contains("after cloning"),
        "{}",
        detail(&cloned)
    );
    let inside = "wall 9; outcome deadlocked; condvar V - @tokio_1.54.1!7 nameless; nobody 5 T1: T1 condvar V @4";
    assert!(
        detail(inside).contains("waits inside tokio 1.54.1"),
        "{}",
        detail(inside)
    );
    // Who has ended holds nothing; who waits does not either.
    let edges = |text: &str| {
        let it = recording(text);
        let report = report::build(&Input {
            snapshot: &it.snapshot,
            context: &it.context,
        });
        report::deadlock_error(&report.unwrap()).unwrap().1
    };
    let ended = "wall 9; outcome deadlocked; T1 spawn T2 1 @2; T2 end 3; ended 5 T1: T1 A @4 T2 @9";
    assert!(
        edges(ended).contains("taken by T2 (line 9), which has ended"),
        "{}",
        edges(ended)
    );
    let queue = "wall 9; outcome deadlocked; rwlock R r u8 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @2; T3 blocked R 3 @8
        nobody 5 T2: T2 read R @4 T3 @, T3 R @8 T1 @7";
    let queue = queue.replace("T3 @,", "T3,");
    assert!(
        edges(&queue).contains("after T3, which waits to write"),
        "{}",
        edges(&queue)
    );
}

#[test]
fn a_thread_that_waits_for_its_first_turn_runs_on_too() {
    let mut it =
        recording("wall 9; T1 spawn T2 8 @3; T1 spawn T3 1 @4; T3 spawn T4 8 @5; T3 end 9");
    let kinds = |it: &Recording| -> Vec<usize> {
        let input = Input {
            snapshot: &it.snapshot,
            context: &it.context,
        };
        let report = report::build(&input).unwrap();
        let of = |finding: &Finding| finding.threads.len();
        report.findings.iter().map(of).collect()
    };
    assert_eq!(kinds(&it), [2]);
    for thread in &mut it.snapshot.threads {
        if matches!(thread.ordinal, 2 | 4) {
            thread.os_tid = 0;
        }
    }
    // The system may refuse T4 still; main has gone on after it had spawned T2.
    assert_eq!(kinds(&it), [1]);
}
