//! The tables: what counts, what is listed, and what a page of text can hold.

#[path = "language/language.rs"]
mod language;

use language::recording;
use report::{Input, JobsRow, Report, TextOptions};

fn report(text: &str) -> Report {
    let it = recording(text);
    let input = Input {
        snapshot: &it.snapshot,
        context: &it.context,
    };
    report::build(&input).expect("a report")
}

fn text(report: &Report, width: usize) -> String {
    let mut text = String::new();
    let options = TextOptions {
        width,
        ..TextOptions::default()
    };
    report::text(report, &mut text, &options).expect("a string takes all");
    text
}

#[test]
fn a_wait_in_progress_counts_once() {
    let it = report(
        "live; wall 100; mutex A a u8 @1; T1 spawn T2 1 @2; T2 blocked A 20 @3; T1 blocked join T2 10",
    );
    assert_eq!(it.threads[0].blocked_ns.join, 90_000_000);
    assert_eq!(it.threads[1].blocked_ns.lock, 80_000_000);
}

/// A hold that is cut at the cell's beginning is not passed off as the whole.
#[test]
fn what_was_held_before_the_cell_says_so() {
    let says = "big was held already when the cell began";
    let cell = |from: &str| {
        let it = report(&format!(
            "wall 100; mutex A big u8 @1 old; of T2 2 5; T2 lock A {from}..60 @4; T1 wait A 2..60 @7 by T2; T1 lock A 60..61 @7"
        ));
        text(&it, 80)
    };
    assert!(cell("0").contains(says), "{}", cell("0"));
    assert!(!cell("1").contains(says), "{}", cell("1"));
}

#[test]
fn a_pool_that_sleeps_through_the_cell_is_no_dependency_of_it() {
    let pool = "condvar V - @rayon-core_1.13.0!81 nameless; of T2 2 5; T2 blocked condvar V 0 @rayon-core_1.13.0!90";
    let it = report(&format!(
        "cell 3; wall 50; mutex A a u8 @1; T1 lock A 1..2; {pool}"
    ));
    assert!(it.dependencies.is_empty(), "{:?}", it.dependencies);
    let it = report(&format!(
        "cell 3; wall 50; mutex A a u8 @1; T1 lock A 1..2; {pool}; T1 condvar V 3..30 @rayon-core_1.13.0!95 by T2"
    ));
    assert_eq!(it.dependencies.len(), 1);
}

/// The line that led to a spawn in a crate is the person's own; the whole place is in the JSON.
#[test]
fn a_thread_of_a_crate_stands_at_the_line_that_led_there() {
    let it = report(
        "wall 50; mutex A a u8 @1; T1 spawn T2 1 @rayon-core_1.13.0!95<4; T2 lock A 1..30 @rayon-core_1.13.0!9",
    );
    let place = serde_json::to_value(&it.threads[1].spawned_at).expect("JSON");
    assert_eq!(place["crate"], "rayon-core 1.13.0");
    assert_eq!(place["called_at"]["line"], 4);
    let page = text(&it, 80);
    let row = page
        .lines()
        .find(|line| line.starts_with("T2 ") && line.contains("line"));
    assert!(row.is_some_and(|row| row.contains(" line 4 ")), "{page}");
}

/// A thread that has waited for a message since an earlier cell did nothing in this one.
#[test]
fn what_only_sleepers_of_earlier_cells_wait_for_is_left_out() {
    let sleeper = "channel C tx->rx u8 @[2]1 old; of T2 2 5; T2 blocked recv C 0 @[2]3";
    let it = report(&format!(
        "cell 3; wall 50; mutex A a u8 @1; T1 lock A 1..2; {sleeper}"
    ));
    assert!(it.channels.is_empty(), "{:?}", it.channels);
    let it = report(&format!("cell 3; wall 50; T1 send C 1 @1; {sleeper}"));
    assert_eq!(it.channels.len(), 1);
}

#[test]
fn what_std_made_has_no_place_and_is_no_dependency() {
    let it = report("wall 50; mutex A shared u8 @alloc!7; T1 spawn T2 1 @2; T2 lock A 1..30 @4");
    assert_eq!((it.locks.len(), &it.locks[0].created_at), (1, &None));
    assert!(it.dependencies.is_empty());
}

#[test]
fn a_table_too_wide_for_the_page_loses_columns_and_cuts_no_number() {
    let it = report(
        "wall 900000; sync C orders_from_the_counter->orders_for_the_kitchen Result<Option<Vec<(u8,String)>>,Error> @1 cap 8
         mutex A stock_of_the_kitchen BTreeMap<String,HashMap<(u8,u16,u32,u64),Vec<Option<String>>>> @2
         T1 spawn T2 cook 1 @3
         T2 recv C 10..125010 @4 by T1; T2 recv C 125020..300000 @4 by T1
         T1 send C 20..35020 @5 by T2; T1 send C 300000..390000 @5 by T2
         T2 lock A 400000..520000 @6; T1 wait A 400010..520000 @7 by T2; T1 lock A 520000..600000 @7; T2 end 700000",
    );
    let page = text(&it, 80);
    for number in [
        "5 min (2 min 55 s)",
        "2 min 5 s (1 min 30 s)",
        "2 min",
        "3 min 20 s (2 min)",
        "11 min 40 s",
    ] {
        assert!(page.contains(number), "{number} in\n{page}");
    }
    assert!(
        !page.contains("Result<Option<Vec<(u8,String)>>,Error>"),
        "{page}"
    );
    // On a wide page everything has room.
    let wide = text(&it, 250);
    assert!(
        wide.contains("Result<Option<Vec<(u8,String)>>,Error>") && wide.contains("OS id"),
        "{wide}"
    );
    assert!(!wide.contains('…'), "{wide}");
}

#[test]
fn a_long_table_says_how_much_is_missing() {
    let threads: String = (2..=31).map(|id| format!("T1 spawn T{id} 1 @3;")).collect();
    let page = text(&report(&format!("wall 9; {threads}")), 80);
    assert!(
        page.contains("31 threads\n") && page.contains("\n… and 11 more\n"),
        "{page}"
    );
    assert!(
        page.contains("\n19 more threads, spawned at line 3\n"),
        "{page}"
    );
}

#[test]
fn what_was_refused_is_not_lost() {
    // Its sender has it back; the other message lay in the queue.
    let report = report(
        "wall 9; channel C tx->rx u8 @7 lost 2 refused 1 dead; T1 send C 1 @2; T1 send C 2 @3
         T1 spawn T2 3 @4; T2 end 4",
    );
    let mut text = String::new();
    report::text(&report, &mut text, &TextOptions::default()).unwrap();
    let cells = |begin: &str| -> Vec<&str> {
        let line = text.lines().find(|line| line.starts_with(begin)).unwrap();
        line.split_whitespace().rev().take(3).collect()
    };
    assert_eq!(cells("name "), ["state", "refused", "lost"]);
    assert_eq!(cells("tx → rx"), ["closed", "1", "1"]);
}

/// What a crate asked for in the name of a line is that line's, whichever thread ran it.
#[test]
fn jobs_stand_at_the_line_that_asked_for_them() {
    let it = report(
        "wall 50; T1 spawn T2 1 @2; T1 spawn T3 1 @2; jobs @4 T2 40 3 1; jobs @rayon-core_1.13.0!95<4 T3 2 2 0
         jobs @rayon-core_1.13.0!95<4 T3 waits 1 5; jobs @rayon_1.12.0!7 T2 6 0 6",
    );
    let counts = |row: &JobsRow| (row.jobs, row.stolen, row.handed_in, row.waits);
    let rows: Vec<_> = it.jobs.iter().map(counts).collect();
    assert_eq!(rows, [(42, 5, 1, 1), (6, 0, 6, 0)]);
    let page = text(&it, 80);
    assert!(page.contains("48 jobs in pools"), "{page}");
    let line = page.lines().find(|it| it.starts_with("line 4"));
    assert!(
        line.is_some_and(|it| it.contains("T2 ×40, T3 ×2") && it.contains("5 ms")),
        "{page}"
    );
}

#[test]
fn who_ended_the_cell_by_a_panic_is_told_as_others_are() {
    let cell = "wall 20; mutex A a u8 @1; T1 lock A 1..2 @2";
    let row = |it: &Report| {
        let text = text(it, 100);
        let mut lines = text.lines().map(str::trim_end);
        let row = lines.rfind(|line| line.starts_with("T1") && line.contains("main"));
        row.expect("a row").to_owned()
    };
    let panicked = row(&report(&format!("{cell}; outcome panicked")));
    assert!(panicked.ends_with("panicked"), "{panicked}");
    assert!(!row(&report(cell)).contains("panicked"));
}
