//! In what order locks are taken, how long they are held, and across what.

use super::{check, findings, learned, title};
use crate::language::recording;
use report::{Input, SessionHistory};

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
