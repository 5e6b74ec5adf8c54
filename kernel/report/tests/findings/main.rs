//! Each finding with a recording that triggers it and one that nearly does; and good programs,
//! which have none.

#[path = "../language/language.rs"]
mod language;
mod locks;
mod panics;
mod threads;
mod waiting;

use language::recording;
use report::{Finding, Input, SessionHistory};

fn findings(text: &str) -> Vec<Finding> {
    let it = recording(text);
    report::build(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    })
    .map(|report| report.findings)
    .unwrap_or_default()
}

/// Checks the kinds of the findings, in order.
fn check(text: &str, kinds: &[&str]) {
    let found = findings(text);
    let found_kinds: Vec<&str> = found.iter().map(|finding| finding.kind.name()).collect();
    assert_eq!(found_kinds, kinds, "{text}\n{found:#?}");
}

/// Checks that there is one finding of this kind, and what its title says.
fn title(text: &str, kind: &str, expected: &str) {
    let found = findings(text);
    let titles: Vec<&str> = found
        .iter()
        .filter(|it| it.kind.name() == kind)
        .map(|it| it.title.as_str())
        .collect();
    assert_eq!(titles, [expected], "{text}");
}

#[test]
fn good_programs_have_no_finding() {
    let good = [
        // A contended counter with short holds: half of two lives are spent waiting, but nothing is
        // held long.
        "unit us; wall 9000; T1 spawn T2 1 @1; T1 spawn T3 2 @1; T1 spawn T4 3 @1
         T2 wait A 10..4600 by T3; T2 lock A 4600..4600.1; T3 wait A 10..4700 by T2; T3 lock A 4700..4700.1
         T4 wait A 10..4800 by T2; T4 lock A 4800..4800.1; T2 end 8000; T3 end 8000; T4 end 8000; T1 scope 5..8001",
        // A pipeline that ends by disconnection, with messages all received.
        "wall 60; T1 spawn T2 1 @1; T1 spawn T3 2 @2; channel C tx->rx u8 @1 dead; T2 send C 5; T2 send C 9; T2 end 10
         T3 recv C 3..5 by T2; T3 recv C 6..9 by T2; T3 recv C 9..10 disconnected; T3 end 11; T1 join T2 3..10; T1 join T3 10..11",
        // A pool: workers share a receiver behind a mutex, which is held while waiting for the next
        // job.
        "wall 90; channel C tx->rx Job @1 dead; mutex A rx std::sync::mpsc::Receiver<Job> @2
         T1 spawn T2 1 @3; T1 spawn T3 2 @3; T1 spawn T4 2 @3; T1 send C 30; T1 send C 60
         T2 lock A 2..30.1; T2 recv C 2.1..30 by T1; T3 wait A 3..30.1 by T2; T3 lock A 30.1..60.1; T3 recv C 30.2..60 by T1
         T4 wait A 3..60.1 by T3; T4 lock A 60.1..80; T4 recv C 60.2..80 disconnected
         T2 end 80; T3 end 80; T4 end 81; T1 join T2 31..80; T1 join T3 80..80.5; T1 join T4 80.6..81",
        // Spawned all, then joined all; they happen to be short.
        "wall 9; T1 spawn T2 1 @1; T2 end 1.5; T1 spawn T3 2 @1; T3 end 2.5; T1 spawn T4 3 @1; T4 end 3.5
         T2 joined; T3 joined; T4 joined",
        // Rounds of a scope with two threads each.
        "wall 9; T1 spawn T2 1 @1; T1 spawn T3 1.1 @2; T2 end 2; T3 end 2; T1 scope 1.2..2
         T1 spawn T4 3 @1; T1 spawn T5 3.1 @2; T4 end 4; T5 end 4; T1 scope 3.2..4",
        // Messages that wait for a later cell.
        "wall 5; channel C tx->rx u8 @1 senders 1; T1 send C 1; T1 send C 2",
        // Locks nested in one order only, and a lock held while waiting for another.
        "wall 90; T1 spawn T2 1 @1; T2 lock A 2..40; T2 lock B 3..39; T1 wait A 5..40 by T2; T1 lock A 40..50
         T1 lock B 41..49; T2 end 60; T2 joined",
        // A condition found true without waiting: the notification reaches nobody.
        "wall 9; condvar V cv @1 unheard 1; T1 spawn T2 1 @1; T2 notify V 2 @3; T2 end 3; T1 join T2 2..3",
        // A panic that is joined.
        "wall 9; T1 spawn T2 1 @1; T2 panic 2 @2 boom; T2 end 3; T1 join T2 1.5..3",
        // A dependency's workers go on.
        "wall 9; T1 spawn T2 1 @rayon-core_1.13.0!7; T2 blocked park 2",
    ];
    for text in good {
        check(text, &[]);
    }
}

/// What a session knows after this cell.
fn learned(cell: &str) -> SessionHistory {
    let it = recording(cell);
    let mut history = SessionHistory::default();
    history.learn(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    });
    history
}
