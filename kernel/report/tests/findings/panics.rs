//! Panics, and the locks that they poison.

use super::{check, findings, learned, title};
use crate::language::recording;
use report::Input;

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
