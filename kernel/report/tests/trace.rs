//! Trace Event JSON as the format asks for it.

#[path = "language/language.rs"]
mod language;

use std::collections::BTreeSet;

use language::recording;
use report::Input;
use serde_json::Value;

const WHOLE: &str = "cell 7; wall 41
    mutex A counter i32 @2; rwlock R table u8 @2; channel C tx->rx String @3; condvar V cv @4; barrier B gate @4 size 2
    T1 spawn T2 worker-1 1 @5; T1 spawn T3 2 @5; T2 wait A 3..4 @6 by T3; T2 lock A 4..5 @6; T3 read R 5..6 @7
    T2 send C 5 @8; T3 recv C 6 @9; T2 condvar V 7..8 @9; T3 notify V 8; T2 barrier B 9..10; T3 blocked A 30 @6
    T2 end 20; T1 join T2 3..20.5; T2 sleep 11..12; T1 sleep 22..30; T1 wait A 30..33 @8 by T2";

/// The events of a recording's trace.
fn trace(text: &str) -> Vec<Value> {
    let it = recording(text);
    let mut bytes = Vec::new();
    let input = Input {
        snapshot: &it.snapshot,
        context: &it.context,
    };
    report::trace_events(&input, &mut bytes).unwrap();
    let mut trace: Value = serde_json::from_slice(&bytes).unwrap();
    serde_json::from_value(trace["traceEvents"].take()).unwrap()
}

fn of<'t>(events: &'t [Value], phase: &str) -> Vec<&'t Value> {
    let is_it = |event: &&Value| event["ph"] == phase;
    events.iter().filter(is_it).collect()
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("a number, not {value}"))
}

#[test]
fn it_has_what_was_recorded() {
    let events = trace(WHOLE);
    // Eight slices of waiting, one of them going on; the rest is running.
    let waits = of(&events, "X")
        .into_iter()
        .filter(|event| event["cat"] != "run");
    assert_eq!(waits.count(), 8);
    assert_eq!(of(&events, "b").len(), 2, "holds");
    assert_eq!(of(&events, "C").len(), 2, "queue lengths");
    assert_eq!(of(&events, "s").len(), 3, "who woke T2, and T1 twice");
    let names: Vec<&str> = of(&events, "M")
        .into_iter()
        .filter(|event| event["name"] == "thread_name")
        .map(|event| event["args"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["T1 main", "T2 worker-1", "T3"]);
}

#[test]
fn what_was_not_kept_is_said_on_the_track() {
    let events = trace(
        "cell 7; wall 41; mutex A a i32 @2
         T1 spawn T2 1 @3; T2 lock A 2..3 @4; gap T2 5..20 1234; T2 sleep 20..21 @5; gap T2 30..31 1
         T2 end 35; T1 join T2 2..35",
    );
    let track: Vec<(&str, f64, f64)> = of(&events, "X")
        .into_iter()
        .filter(|slice| slice["tid"] == 2)
        .map(|slice| {
            let name = slice["name"].as_str().unwrap();
            (name, number(&slice["ts"]), number(&slice["dur"]))
        })
        .collect();
    assert_eq!(
        track,
        [
            ("running", 1000.0, 4000.0),
            ("1,234 events not kept", 5000.0, 15000.0),
            ("sleeps", 20000.0, 1000.0),
            ("running", 21000.0, 9000.0),
            ("1 event not kept", 30000.0, 1000.0),
            ("running", 31000.0, 4000.0),
        ]
    );
}

#[test]
fn every_recording_gives_what_the_format_asks_for() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");
    let mut recordings = vec![("whole".to_owned(), WHOLE.to_owned())];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        recordings.push((
            path.display().to_string(),
            std::fs::read_to_string(path).unwrap(),
        ));
    }
    for (name, text) in recordings {
        let events = trace(&text);
        for event in &events {
            has_what_its_phase_asks_for(event);
        }
        let mut tids: Vec<u64> = events
            .iter()
            .filter_map(|event| event["tid"].as_u64())
            .collect();
        tids.sort_unstable();
        tids.dedup();
        for tid in tids {
            slices_follow_one_another(&name, &events, tid);
        }
        flows_bind_to_slices(&name, &events);
        holds_are_in_pairs(&name, &events);
    }
}

fn has_what_its_phase_asks_for(event: &Value) {
    assert!(
        event["pid"].is_u64() && event["name"].is_string(),
        "{event}"
    );
    let has_number = |key: &str| event[key].as_f64().is_some_and(|number| number >= 0.0);
    let phase = event["ph"].as_str().unwrap();
    let fits = match phase {
        "M" => event["args"].is_object(),
        "X" => has_number("ts") && has_number("dur") && event["tid"].is_u64(),
        "i" => has_number("ts") && event["s"] == "t",
        "b" | "e" => has_number("ts") && event["id"].is_string() && event["cat"].is_string(),
        "s" => has_number("ts") && event["id"].is_u64(),
        "f" => has_number("ts") && event["id"].is_u64() && event["bp"] == "e",
        "C" => {
            let series = event["args"].as_object().unwrap();
            has_number("ts") && series.values().all(Value::is_number) && !series.is_empty()
        }
        _ => false,
    };
    assert!(fits, "{event}");
}

fn slices_follow_one_another(name: &str, events: &[Value], tid: u64) {
    let mut at = 0.0;
    for slice in of(events, "X")
        .into_iter()
        .filter(|event| event["tid"] == tid)
    {
        assert!(number(&slice["ts"]) >= at - 1e-6, "{name}: {slice}");
        at = number(&slice["ts"]) + number(&slice["dur"]);
    }
}

/// A flow belongs to the slices that enclose its two ends; without them a viewer drops it.
fn flows_bind_to_slices(name: &str, events: &[Value]) {
    let slices = of(events, "X");
    let (starts, ends) = (of(events, "s"), of(events, "f"));
    assert_eq!(starts.len(), ends.len(), "{name}");
    for (start, end) in starts.iter().zip(&ends) {
        for key in ["id", "name", "cat"] {
            assert_eq!(start[key], end[key], "{name}");
        }
        assert!(
            number(&start["ts"]) <= number(&end["ts"]),
            "{name}: {start} {end}"
        );
        for point in [start, end] {
            let encloses = |slice: &&&Value| {
                let (from, at) = (number(&slice["ts"]), number(&point["ts"]));
                slice["tid"] == point["tid"] && from <= at && at < from + number(&slice["dur"])
            };
            assert!(
                slices.iter().any(|slice| encloses(&slice)),
                "{name}: {point} lies in no slice"
            );
        }
    }
}

fn holds_are_in_pairs(name: &str, events: &[Value]) {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for event in events {
        let id = event["id"].as_str().unwrap_or_default();
        match event["ph"].as_str() {
            Some("b") => assert!(open.insert(id), "{name}: {id} begins twice"),
            Some("e") => assert!(open.remove(id), "{name}: {id} ends without having begun"),
            _ => {}
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
}
