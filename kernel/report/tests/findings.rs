//! Each finding with a recording that triggers it and one that nearly does; and good programs,
//! which have none.

#[path = "language/language.rs"]
mod language;

use language::recording;
use report::{Finding, FindingKind, Input, SessionHistory};

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

const AB: &str = "wall 50; mutex A a u8 @1; mutex B b u8 @2; T1 spawn T2 1 @3; T1 spawn T3 30 @9
    T2 lock A 2..9 @4; T2 lock B 3..8 @5; T2 end 10; T3 end 40; T1 scope 30..41;";

#[test]
fn lock_order() {
    let both = format!("{AB} T3 lock B 31..39 @10; T3 lock A 32..38 @11");
    check(&both, &["lock_order"]);
    title(
        &both,
        "lock_order",
        "`a` and `b` were locked in both orders: a deadlock may come",
    );
    // The same order.
    check(
        &format!("{AB} T3 lock A 31..39 @10; T3 lock B 32..38 @11"),
        &[],
    );
    // One after the other, not nested.
    check(
        &format!("{AB} T3 lock B 31..32 @10; T3 lock A 32..38 @11"),
        &[],
    );
    // A gate lock keeps them apart.
    let gated = "wall 50; T1 spawn T2 1 @3; T1 spawn T3 30 @9; T2 lock G 1.5..9.5; T2 lock A 2..9; T2 lock B 3..8
        T3 lock G 30.5..39.5; T3 lock B 31..39; T3 lock A 32..38; T2 end 10; T3 end 40; T1 scope 30..41";
    check(gated, &[]);
    // Before the other thread was started, and after it was joined.
    let apart = "wall 50; mutex A a u8 @1; mutex B b u8 @2; T1 lock B 1..4; T1 lock A 2..3; T1 spawn T2 5
        T2 lock A 6..9; T2 lock B 7..8; T2 end 10; T1 join T2 6..11; T1 lock B 21..24; T1 lock A 22..23";
    check(apart, &[]);
    // Started only after another one was joined: the next edit may take that away.
    let in_turn = "wall 50; mutex A a u8 @1; mutex B b u8 @2; T1 spawn T2 1; T2 lock A 2..9; T2 lock B 3..8; T2 end 10
        T1 join T2 2..11; T1 spawn T3 12; T3 lock B 13..19; T3 lock A 14..18; T3 end 20; T1 join T3 13..21";
    check(in_turn, &["lock_order"]);
    // And by main, meanwhile.
    let meanwhile = apart.replace(
        "T1 join T2 6..11",
        "T1 lock B 5.2..5.4; T1 lock A 5.3..5.4; T1 join T2 6..11",
    );
    check(&meanwhile, &["lock_order"]);
    // Taken by one thread alone, both ways.
    check(
        "wall 9; T1 spawn T2 1; T1 lock A 1..3; T1 lock B 2..3; T1 lock B 4..6; T1 lock A 5..6; T2 end 2; T2 joined",
        &[],
    );
    // Readers don't exclude each other.
    let read = "wall 50; rwlock A a u8 @1; rwlock B b u8 @1; T1 spawn T2 1; T1 spawn T3 2; T2 read A 3..9; T2 read B 4..8
        T3 read B 13..19; T3 read A 14..18; T2 end 20; T3 end 20; T1 scope 3..20";
    check(read, &[]);
    check(
        &read
            .replace("read B 4..8", "lock B 4..8")
            .replace("read A 14..18", "lock A 14..18"),
        &["lock_order"],
    );
}

#[test]
fn lock_order_of_three() {
    let ring = "wall 90; T1 spawn T2 1; T1 spawn T3 2; T1 spawn T4 3; T2 lock A 4..9; T2 lock B 5..8
        T3 lock B 14..19; T3 lock C 15..18; T4 lock C 24..29; T4 lock A 25..28; T2 end 30; T3 end 30; T4 end 30; T1 scope 4..30";
    check(ring, &["lock_order"]);
    assert_eq!(findings(ring)[0].edges.len(), 3);
    check(
        &ring.replace(
            "T4 lock C 24..29; T4 lock A 25..28",
            "T4 lock A 24..29; T4 lock C 25..28",
        ),
        &[],
    );
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

/// The kinds of the findings of a cell after others.
fn after(history: &SessionHistory, cell: &str) -> Vec<&'static str> {
    let mut it = recording(cell);
    it.context.history = history.clone();
    let report = report::build(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    });
    let findings = report.unwrap().findings;
    findings.iter().map(|found| found.kind.name()).collect()
}

#[test]
fn lock_order_across_cells() {
    let first = recording(&format!("cell 3; {AB}"));
    let mut history = learned(&format!("cell 3; {AB}"));
    let again = "cell 5; wall 50; mutex A a u8 @[3]1 old; mutex B b u8 @[3]2 old; T1 spawn T2 1 @3; T2 end 40; T2 joined;";
    for (order, kinds) in [
        (
            "T2 lock B 31..39 @10; T2 lock A 32..38 @11",
            &["lock_order"][..],
        ),
        ("T2 lock A 31..39 @10; T2 lock B 32..38 @11", &[]),
        ("T2 lock B 31..32 @10", &[]),
    ] {
        let mut second = recording(&format!("{again} {order}"));
        second.context.history = history.clone();
        let report = report::build(&Input {
            snapshot: &second.snapshot,
            context: &second.context,
        });
        let findings = report.unwrap().findings;
        let found: Vec<&str> = findings.iter().map(|finding| finding.kind.name()).collect();
        assert_eq!(found, kinds, "{order}");
        if let Some(finding) = findings.first() {
            assert!(
                finding.detail.contains("T2 of [3] took"),
                "{}",
                finding.detail
            );
        }
    }
    // Main's own orders of a later cell come after the thread that it has joined; so do threads of
    // a later cell after main's orders of an earlier one.
    let main = "cell 5; wall 50; mutex A a u8 @[3]1 old; mutex B b u8 @[3]2 old; T1 lock B 31..39 @10; T1 lock A 32..38 @11";
    let joined = learned(&format!("cell 3; {AB} T2 joined; T3 joined"));
    assert_eq!(after(&joined, main), [""; 0]);
    let first_by_main =
        "cell 3; wall 50; mutex A a u8 @1; mutex B b u8 @2; T1 lock A 2..9 @4; T1 lock B 3..8 @5";
    let then_by_thread = format!("{again} T2 lock B 31..39 @10; T2 lock A 32..38 @11");
    assert_eq!(after(&learned(first_by_main), &then_by_thread), [""; 0]);
    // One that nobody has joined may be at work still.
    let alone = learned(
        "cell 3; wall 50; mutex A a u8 @1; mutex B b u8 @2; T1 spawn T2 1 @3; T2 lock A 2..9 @4; T2 lock B 3..8 @5",
    );
    assert_eq!(after(&alone, main), ["lock_order"]);
    // What is known doesn't grow by being seen again.
    let before = history.clone();
    history.learn(&Input {
        snapshot: &first.snapshot,
        context: &first.context,
    });
    assert_eq!(history, before);
}

#[test]
fn held_across_wait() {
    let text = "wall 50; mutex A log u8 @1; T1 spawn T2 writer 1 @2; T1 spawn T3 2 @6; T2 lock A 3..33 @3; T2 sleep 4..32 @4
        T3 wait A 5..33 @7 by T2; T3 lock A 33..33.1 @7; T2 end 34; T3 end 34; T1 scope 3..34";
    title(
        text,
        "held_across_wait",
        "writer slept 28 ms at line 4 while holding `log`; T3 waited 27 ms for it",
    );
    // Nobody wanted it.
    check(&text.replace("T3 wait A 5..33 @7 by T2; ", ""), &[]);
    // What to do is said in the words of that line.
    let advice = |code: &str| {
        let found = findings(&format!("{text}\nline 3 {code}"));
        found[0].detail.clone()
    };
    let of = "while let Some(line) = log.lock().unwrap().pop() {";
    let said = advice(of);
    assert!(
        said.contains("`while let` keeps it to the end of its body"),
        "{said}"
    );
    assert!(
        said.ends_with("`let next = log.lock().unwrap().pop();`."),
        "{said}"
    );
    assert!(advice("let mut pages = log.lock().unwrap();").contains("`drop(pages)`"));
    assert!(!advice("log.lock().unwrap().push(slow());").contains("drop("));
    // Dropped before sleeping.
    check(
        &text
            .replace("T2 lock A 3..33", "T2 lock A 3..3.9")
            .replace("5..33 @7", "3.1..3.9 @7"),
        &[],
    );
    // Three read and sleep at once; who waits for all of them waits once.
    title(
        "wall 20; rwlock R config i32 @1; T1 spawn T2 0 @2; T1 spawn T3 0 @2; T1 spawn T4 0 @2; T4 read R 1..19 @3
         T3 read R 1..18 @3; T2 read R 1..19 @3; T4 sleep 1..19 @4; T3 sleep 2..18 @4; T2 sleep 1..19 @4
         T1 wait R 4..19 @5 by T2; T1 lock R 19..20 @5; T2 end 20; T3 end 20; T4 end 20",
        "held_across_wait",
        "T2, T3 and T4 slept 52 ms in all at line 4 while holding `config`, 3 times; main waited 15 ms for it",
    );
    // With two locks in hand, taken at two lines: one cause.
    let two = "wall 50; mutex A left u8 @1; mutex B right u8 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @2; T1 spawn T4 1 @2
        T2 lock A 3..33 @3; T2 lock B 3.1..33 @4; T2 sleep 4..32 @5; T3 wait A 5..33 @6 by T2; T3 lock A 33..33.1 @6
        T4 wait B 5..33 @7 by T2; T4 lock B 33..33.1 @7; T2 end 34; T3 end 34; T4 end 34; T1 scope 3..34";
    title(
        two,
        "held_across_wait",
        "T2 slept 28 ms at line 5 while holding `left`; T3 waited 27 ms for it (and 1 more lock of that line)",
    );
    // Short.
    check(
        "unit us; wall 50000; T1 spawn T2 1; T2 lock A 3..500; T2 sleep 4..400; T1 wait A 5..500 by T2; T2 end 600; T2 joined",
        &[],
    );
}

#[test]
fn convoy() {
    let text = "wall 50; mutex A data u8 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @2; T1 spawn T4 1 @2
        T2 lock A 1..11; T3 wait A 1..11 by T2; T3 lock A 11..21; T4 wait A 1..21 by T3; T4 lock A 21..31
        T2 wait A 12..31 by T4; T2 lock A 31..33; T2 end 34; T3 end 21; T4 end 32; T1 scope 2..34";
    title(
        text,
        "convoy",
        "2 threads waited for `data` more than half of their lives: 39 ms in all",
    );
    // Both wait until one long hold is over, and are quick then.
    let one = "wall 50; mutex A data u8 @1; T1 spawn T2 1 @2; T1 spawn T3 1 @2; T1 spawn T4 1 @2
        T2 lock A 1..31; T3 wait A 2..31 by T2; T3 lock A 31..32; T4 wait A 2..32 by T3; T4 lock A 32..33
        T2 end 34; T3 end 34; T4 end 34; T1 scope 2..34";
    check(one, &[]);
    // Only one waits that long.
    check(
        &text.replace(
            "T4 wait A 1..21 by T3; T4 lock A 21..31",
            "T4 lock A 21..31",
        ),
        &[],
    );
}

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
fn panics() {
    let text = "wall 50; mutex A sum u8 @1 poisoned; T1 spawn T2 adder 1 @2; T2 lock A 2..9 @3; T2 panic 8 @5 overflow; T2 end 10
        T2 joined";
    title(
        text,
        "poisoned",
        "`sum` was poisoned: adder panicked at line 5 while holding it",
    );
    check(&text.replace(" poisoned", ""), &[]);
    let old = "wall 5; mutex A sum u8 @1 old poisoned; T1 lock A 2..3 @3";
    title(
        old,
        "poisoned",
        "`sum` is poisoned by a panic of an earlier cell",
    );
    let alone = "wall 50; T1 spawn T2 adder 1 @2; T2 panic 8 @5 overflow; T2 end 10";
    title(
        alone,
        "unjoined_panic",
        "adder panicked at line 5, and nobody joined it",
    );
    check(&format!("{alone}; outcome interrupted"), &[]);
    // Main may have been about to join it.
    check(&format!("{alone}; outcome panicked"), &[]);
    check(&format!("{alone}; live"), &[]);
    // Whoever has the handle may join yet.
    check(&format!("{alone}; T2 handle"), &[]);
}

/// `lock().unwrap()` on a poisoned lock panics with the lock in hand: that is no cause.
#[test]
fn poison_that_was_there_before() {
    let says = "called `Result::unwrap()` on an `Err` value: PoisonError { .. }";
    let old = format!(
        "wall 5; mutex A sum u8 @1 old poisoned; outcome panicked; T1 lock A 2..3 @3; T1 panic 2.5 @3 {says}"
    );
    title(
        &old,
        "poisoned",
        "`sum` was already poisoned by a panic of an earlier cell: main panicked at line 3",
    );
    assert!(
        findings(&old)[0]
            .detail
            .contains("only comes of the poison")
    );
    // The first panic is too long ago to be recorded.
    title(
        &old.replace(" old poisoned", " poisoned"),
        "poisoned",
        "`sum` was already poisoned by a panic that is not recorded: main panicked at line 3",
    );
    // It is, and after the consequence in the list.
    let here = format!("wall 50; mutex A sum u8 @1 poisoned; outcome panicked; T1 spawn T2 adder 1 @2; T1 lock A 11..12 @9; T1 panic 11.5 @9 {says}
        T2 lock A 2..9 @3; T2 panic 8 @5 overflow; T2 end 10; T2 joined");
    title(
        &here,
        "poisoned",
        "`sum` was poisoned: adder panicked at line 5 while holding it",
    );
    // Another lock that it held then is poisoned by that.
    let two = here.replace(
        "T1 lock A 11",
        "mutex B log u8 @1 poisoned; T1 lock B 10..13 @8; T1 lock A 11",
    );
    let titles: Vec<String> = findings(&two).into_iter().map(|it| it.title).collect();
    assert_eq!(
        titles,
        [
            "`sum` was poisoned: adder panicked at line 5 while holding it",
            "`log` was poisoned as well: main panicked at line 9 while holding it, since `sum` was \
             already poisoned",
        ]
    );
}

/// A lock that an earlier cell left poisoned is told with that cell, and a stop is no panic.
#[test]
fn what_poisoned_a_lock_in_an_earlier_cell() {
    let old = "cell 5; wall 5; mutex A sum u8 @[3]1 old poisoned; T1 lock A 2..3 @3";
    let held = "wall 50; mutex A sum u8 @1 poisoned; T1 spawn T2 adder 1 @2; T2 lock A 2..50 @3";
    let panicked = held.replace("2..50", "2..9") + "; T2 panic 8 @5 overflow; T2 end 10; T2 joined";
    let cells = [
        (panicked, "by a panic in [3]", "Mend the cause"),
        (
            format!("{held}; outcome interrupted"),
            "by the stop of [3]",
            "Who held the lock",
        ),
        (
            format!(
                "{held}; T1 lock B 3..50 @4; outcome deadlocked; deadlock 20 T1: T1 A @6 T2 @3, T2 B @7 T1 @4"
            ),
            "by the end of the deadlock in [3]",
            "Who held the lock",
        ),
    ];
    for (first, by, advice) in cells {
        let mut it = recording(old);
        it.context.history = learned(&format!("cell 3; {first}"));
        let report = report::build(&Input {
            snapshot: &it.snapshot,
            context: &it.context,
        });
        let finding = report.unwrap().findings.remove(0);
        assert_eq!(finding.title, format!("`sum` is poisoned {by}"));
        assert!(finding.detail.contains(advice), "{}", finding.detail);
    }
    // Where it was cleared, the next panic counts.
    let mut history = learned(&format!("cell 3; {held}; outcome interrupted"));
    let cleared = recording("cell 4; wall 5; mutex A sum u8 @[3]1 old; T1 lock A 2..3 @3");
    history.learn(&Input {
        snapshot: &cleared.snapshot,
        context: &cleared.context,
    });
    let mut it = recording(old);
    it.context.history = history;
    let report = report::build(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    });
    let title = &report.unwrap().findings[0].title;
    assert_eq!(title, "`sum` is poisoned by a panic of an earlier cell");
}

#[test]
fn let_underscore() {
    let text =
        |code: &str| format!("wall 5; mutex A list u8 @1; T1 lock A 1..1.0001 @3\nline 3 {code}");
    title(
        &text("let _ = list.lock().unwrap();"),
        "let_underscore_lock",
        "`let _ =` at line 3 unlocked `list` at once",
    );
    check(&text("let _ = list.lock().unwrap().pop();"), &[]);
    check(&text("let _guard = list.lock().unwrap();"), &[]);
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
    let text = include_str!("recordings/aftermath.txt");
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
fn the_receiver_s_lock_is_held_while_working() {
    let text = "wall 90; mutex R rx Receiver<u8> @1; channel C tx->rx u8 @1; T1 spawn T2 1 @3; T1 spawn T3 1.2 @3
        T1 send C 2; T1 send C 3; T1 send C 4
        T2 lock R 2..32 @4; T2 recv C 2 @4; T3 wait R 2..32 @4 by T2; T3 lock R 32..62 @4; T3 recv C 32 @4
        T2 wait R 33..62 @4 by T3; T2 lock R 62..80 @4; T2 recv C 62 @4; T2 end 81; T3 end 82; T1 scope 5..83";
    title(
        text,
        "held_across_work",
        "2 threads worked one at a time (60 ms) with `rx` locked at line 4; meanwhile 2 threads waited for it, 59 ms in all",
    );
    // That the work is a sleep is no second finding.
    check(
        &format!("{text}; T2 sleep 3..31 @5; T3 sleep 33..61 @5"),
        &["held_across_work"],
    );
    // With the guard dropped before the work, they wait for messages only: in turn, in `recv`.
    check(
        "wall 90; mutex R rx Receiver<u8> @1; channel C tx->rx u8 @1; T1 spawn T2 1 @3; T1 spawn T3 1.2 @3
         T1 send C 30; T1 send C 60; T2 lock R 2..30 @4; T2 recv C 2..30 @4; T3 wait R 2..30 @4 by T2; T3 lock R 30..60 @4
         T3 recv C 30..60 @4; T2 sleep 30..80 @5; T2 end 81; T3 end 82; T1 scope 5..83",
        &[],
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
fn one_panic_that_poisons_many_locks_is_one_finding() {
    let mut text = String::from(
        "wall 50; T1 spawn T2 clerk 1 @3; T2 panic 11 @6 boom; T2 end 30; T2 joined\n",
    );
    for lock in 0..20 {
        text += &format!("mutex L{lock} shelf{lock} u8 @1 poisoned; T2 lock L{lock} 2..12 @4\n");
    }
    title(
        &text,
        "poisoned",
        "`shelf0`, `shelf1`, `shelf2`, `shelf3` and 16 more were poisoned: clerk panicked at line 6 while holding them",
    );
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
fn who_has_sent_its_result_is_not_accused() {
    check(
        "wall 50; channel C tx->rx u8 @1; T1 spawn T2 1 @2; T2 send C 49; T1 recv C 2..49.1 by T2",
        &[],
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
    let kinds = |it: &language::Recording| -> Vec<usize> {
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
