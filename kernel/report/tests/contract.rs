//! The JSON follows the schema; what makes a report, and how much of it a summary is.

#[path = "language/language.rs"]
mod language;

use language::recording;
use report::{FindingKind, HtmlOptions, Input, Level, TextOptions};
use serde_json::Value;

fn json(text: &str) -> Value {
    let it = recording(text);
    report::build(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    })
    .unwrap()
    .to_json()
}

/// Checks that an object has all these keys: `name` any value, `name:` with the type `n`umber,
/// `s`tring, `b`ool, `a`rray, `o`bject; `?` allows null.
fn has(value: &Value, keys: &str) {
    for key in keys.split_whitespace() {
        let (name, kind) = key.split_once(':').unwrap();
        let field = value
            .get(name)
            .unwrap_or_else(|| panic!("`{name}` in {value:#}"));
        let fits = match kind.trim_end_matches('?') {
            "n" => field.is_u64(),
            "s" => field.is_string(),
            "b" => field.is_boolean(),
            "a" => field.is_array(),
            "o" => field.is_object(),
            other => panic!("{other}"),
        };
        assert!(
            fits || kind.ends_with('?') && field.is_null(),
            "{name}: {field}"
        );
    }
}

const WHOLE: &str = "cell 7; wall 41; overhead 0.022
    mutex A counter i32 @2; rwlock R table u8 @2; channel C tx->rx String @3; sync D jobs u8 @3 cap 8; condvar V cv @4
    barrier B gate @4 size 2; T1 spawn T2 worker-1 1 @5; T1 spawn T3 2 @5; T2 wait A 3..4 @6 by T3; T2 lock A 4..5 @6
    T3 read R 5..6 @7; T2 send C 5 @8; T3 recv C 6 @9; T2 condvar V 7..8 @9; T3 notify V 8; T2 barrier B 9..10; T3 blocked A 30 @6
    T2 end 20; T1 join T2 3..20; T2 cpu 4; T3 prints 3; mutex Z - @rayon-core_1.13.0!244 nameless; T2 sleep 11..12";

#[test]
fn a_kind_of_finding_has_one_name() {
    for kind in FindingKind::ALL {
        assert_eq!(FindingKind::from_name(kind.name()), Some(kind));
        assert_eq!(serde_json::json!(kind), kind.name());
    }
    assert_eq!(FindingKind::from_name("no such thing"), None);
}

#[test]
fn the_json_follows_the_schema() {
    let it = json(WHOLE);
    has(
        &it,
        "version:n cell:n wall_ns:n outcome:s threads:a locks:a channels:a condvars:a barriers:a",
    );
    has(
        &it,
        "findings:a dependencies:a recording:o story:s timeline:o",
    );
    assert_eq!(
        (&it["version"], &it["cell"], &it["wall_ns"]),
        (&1.into(), &7.into(), &41_000_000.into())
    );
    for thread in it["threads"].as_array().unwrap() {
        has(
            thread,
            "id:n name:s? os_tid:n? is_main:b spawned_at:o? spawned_by:n? start_ns:n end_ns:n? cpu_ns:n?",
        );
        has(
            thread,
            "blocked_ns:o state:s waiting_for:o? lines_printed:n label:s",
        );
        has(
            &thread["blocked_ns"],
            "lock:n channel:n join:n condvar:n barrier:n once:n park:n sleep:n",
        );
    }
    let third = &it["threads"][2];
    assert_eq!(third["waiting_for"], serde_json::json!({"lock": 1}));
    assert_eq!(third["state"], "blocked");
    assert_eq!(
        third["blocked_ns"]["lock"], 11_000_000,
        "the wait in progress counts"
    );
    assert_eq!(
        third["spawned_at"],
        serde_json::json!({"cell": 7, "line": 5, "column": 5})
    );
    for lock in it["locks"].as_array().unwrap() {
        has(
            lock,
            "id:n kind:s name:s? type:s? created_at:o? acquisitions:n contended:n wait_ns:o hold_ns:o poisoned:b held_by:a",
        );
        has(&lock["wait_ns"], "total:n max:n");
    }
    has(&it["locks"][1], "reads:n writes:n");
    assert!(it["locks"][0].get("reads").is_none());
    for channel in it["channels"].as_array().unwrap() {
        has(
            channel,
            "id:n kind:s capacity:n? name:s? type:s? created_at:o? sent:n received:n queued:n max_queued:n lost:n",
        );
        has(
            channel,
            "senders:n receiver_alive:b send_wait_ns:o recv_wait_ns:o",
        );
    }
    assert_eq!(it["channels"][0]["capacity"], Value::Null);
    assert_eq!(it["channels"][1]["capacity"], 8);
    has(
        &it["condvars"][0],
        "id:n name:s? created_at:o? waits:n notifies:n wait_ns:o",
    );
    has(
        &it["barriers"][0],
        "id:n name:s? created_at:o? size:n? generations:n wait_ns:o",
    );
    has(
        &it["dependencies"][0],
        "crate:s threads:n locks:n channels:n wait_ns:n",
    );
    has(&it["recording"], "events:n gap_events:n overhead_ns:n");
    for finding in it["findings"].as_array().unwrap() {
        has(
            finding,
            "kind:s severity:s title:s detail:s threads:a objects:a at:a",
        );
    }
    // The dependency's own lock is folded away.
    assert_eq!(it["locks"].as_array().unwrap().len(), 2);
}

#[test]
fn what_makes_a_report() {
    let made = |text: &str| {
        let it = recording(text);
        report::build(&Input {
            snapshot: &it.snapshot,
            context: &it.context,
        })
        .is_some()
    };
    for text in [
        "wall 5; T1 spawn T2 1",
        "wall 5; T1 lock A 1..2",
        "wall 5; channel C tx->rx u8 @1",
        "wall 5; cell 4; mutex A a u8 @[2]1 old; T1 lock A 1..2",
        "wall 5; cell 4; of T2 3 2; T1 join T2 1..3",
        "wall 5; counts; mutex A a u8 @1 old; T1 lock A 1..2",
        "wall 5; oncelock O o u8 @1; T1 once O 1..2",
    ] {
        assert!(made(text), "{text}");
    }
    for text in [
        "wall 5",
        "wall 5; T1 sleep 1..4; T1 prints 3",
        "wall 5; T1 panic 3 @2 boom; outcome panicked",
        "wall 5; stdio S stdout u8; T1 lock S 1..2",
        "wall 5; oncelock O o u8 @1; T1 lock O 1..2",
        // A background thread of an earlier cell goes about its business.
        "wall 5; cell 4; mutex A a u8 @[2]1 old; of T2 3 2; T2 lock A 1..2; T2 sleep 2..3; T2 prints 1",
        "wall 5; mutex A - @regex_1.12.2!80; T1 lock A 1..2",
    ] {
        assert!(!made(text), "{text}");
    }
}

#[test]
fn ids_follow_the_cell_and_creation() {
    let it = json(
        "wall 5; cell 6; of T9 4 3; mutex B b u8 @1; mutex A a u8 @2; T1 spawn T2 1; T1 spawn T3 2; T9 lock A 1..2; T3 lock B 3..4",
    );
    let threads: Vec<(u64, &str)> = it["threads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["id"].as_u64().unwrap(), row["label"].as_str().unwrap()))
        .collect();
    assert_eq!(threads, [(1, "T1"), (2, "T2"), (3, "T3"), (4, "T3 of [4]")]);
    assert_eq!(
        (&it["locks"][0]["name"], &it["locks"][0]["letter"]),
        (&"b".into(), &"A".into())
    );
}

#[test]
fn a_summary_is_the_story_and_the_findings() {
    let it =
        recording("wall 9; outcome deadlocked; deadlock 5 T1: T1 A @3 T1 @2; T1 lock A 1..6 @2");
    let report = report::build(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    })
    .unwrap();
    let (mut text, mut html) = (String::new(), String::new());
    let options = TextOptions {
        level: Level::Summary,
        ..TextOptions::default()
    };
    report::text(&report, &mut text, &options).unwrap();
    report::html(
        &report,
        &mut html,
        &HtmlOptions {
            level: Level::Summary,
            ..HtmlOptions::default()
        },
    )
    .unwrap();
    for page in [&text, &html] {
        assert!(
            page.contains("1 thread, deadlock after ")
                && page.contains("while it holds it already")
        );
        assert!(
            page.contains("held by T1 main (line 2)"),
            "the cycle, where no picture shows it"
        );
    }
    assert!(!text.contains("1 lock\n") && !html.contains("<svg") && !html.contains("<table"));
}

#[test]
fn a_report_can_be_folded_away_under_a_line() {
    let it = recording("wall 9; T1 lock A 1..6 @2");
    let report = report::build(&Input {
        snapshot: &it.snapshot,
        context: &it.context,
    })
    .unwrap();
    let options = HtmlOptions {
        summary: Some("One of the runs that printed \"<b>\""),
        ..HtmlOptions::default()
    };
    let mut html = String::new();
    report::html(&report, &mut html, &options).unwrap();
    // Nothing that a sanitiser doesn't know may stand outside of what such a viewer hides.
    let plain = "<div class=\"fearless\"><pre class=\"fl-plain\" style=\"display:none\"><code>One of the runs that printed &quot;&lt;b&gt;&quot;:\n";
    assert!(html.starts_with(plain), "{}", &html[..300]);
    let folded = "</style><details><summary>One of the runs that printed &quot;&lt;b&gt;&quot;</summary><p class=\"fl-story\">";
    assert!(html.contains(folded));
    assert!(html.ends_with("</p></details></a></div>"));
}
