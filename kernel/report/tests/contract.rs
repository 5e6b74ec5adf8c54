//! The JSON follows the schema, sizes stay within their limits, and no recording makes the report fail.

mod language;
#[path = "language/synthetic.rs"]
mod synthetic;

use std::collections::BTreeSet;

use language::recording;
use record::snapshot::*;
use report::{Context, HtmlOptions, Input, Level, Outcome, Report, SvgOptions, Table, TextOptions};
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

/// Checks that an object has all these keys: `name` any value, `name:` with the type `n`umber, `s`tring, `b`ool,
/// `a`rray, `o`bject; `?` allows null.
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

fn all_formats(report: &Report) -> (String, String, String) {
    let (mut text, mut html, mut svg, mut csv) =
        (String::new(), String::new(), String::new(), String::new());
    report::text(report, &mut text, &TextOptions::default()).unwrap();
    report::html(report, &mut html, &HtmlOptions::default()).unwrap();
    report::svg(report, &mut svg, &SvgOptions::default()).unwrap();
    report::csv(report, &mut csv, Table::All).unwrap();
    (html, svg, report.to_json().to_string())
}

#[test]
fn sizes_stay_within_their_limits() {
    for (threads, events) in [(2, 9_000), (12, 24_000), (200, 50_000), (3_000, 15_000)] {
        for ended in [true, false] {
            let (mut snapshot, context) = synthetic::large(threads, events, 3_000_000_000);
            snapshot.ended = ended;
            let input = Input {
                snapshot: &snapshot,
                context: &context,
            };
            let report = report::build(&input).unwrap();
            let (html, svg, json) = all_formats(&report);
            let limit = if ended { 150_000 } else { 50_000 };
            assert!(
                html.len() <= limit,
                "{threads} threads: html {} B",
                html.len()
            );
            assert!(html.contains("<svg"), "{threads} threads: a picture");
            assert_eq!(
                html.contains("<img"),
                ended,
                "{threads} threads: its substitute"
            );
            let elements = svg.matches('<').count() - svg.matches("</").count();
            assert!(elements <= 2_000, "{threads} threads: {elements} elements");
            assert!(
                json.len() <= 256 * 1024,
                "{threads} threads: json {} B",
                json.len()
            );
            let timeline = report.timeline.as_ref().unwrap();
            assert!(timeline.lanes.len() <= 12);
            if threads > 200 {
                assert!(report.omitted.is_some_and(|omitted| omitted > 0));
                assert!(json.contains("\"omitted\":"));
            }
        }
    }
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
        },
    )
    .unwrap();
    for page in [&text, &html] {
        assert!(page.contains("main alone, 9 ms") && page.contains("while it holds it already"));
        assert!(
            page.contains("held by T1 main (line 2)"),
            "the cycle, where no picture shows it"
        );
    }
    assert!(!text.contains("1 lock\n") && !html.contains("<svg") && !html.contains("<table"));
}

#[test]
fn a_lane_has_neither_holes_nor_overlaps() {
    let (snapshot, context) = synthetic::large(14, 80_000, 900_000_000);
    let report = report::build(&Input {
        snapshot: &snapshot,
        context: &context,
    })
    .unwrap();
    for lane in &report.timeline.unwrap().lanes {
        let mut at = lane.start_ns;
        for segment in &lane.segments {
            assert_eq!(segment.start_ns, at, "{}", lane.label);
            assert!(segment.end_ns > at);
            at = segment.end_ns;
        }
        assert_eq!(at, lane.end_ns);
    }
}

#[test]
fn the_trace_is_as_the_format_asks() {
    let it = recording(WHOLE);
    let mut bytes = Vec::new();
    let input = Input {
        snapshot: &it.snapshot,
        context: &it.context,
    };
    report::trace_events(&input, &mut bytes).unwrap();
    let trace: Value = serde_json::from_slice(&bytes).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let phase = |phase: &str| {
        events
            .iter()
            .filter(|event| event["ph"] == phase)
            .collect::<Vec<_>>()
    };
    let known: BTreeSet<&str> = ["M", "X", "b", "e", "s", "f", "C", "i"].into();
    for event in events {
        assert!(known.contains(event["ph"].as_str().unwrap()), "{event}");
        has(event, "ph:s pid:n name:s");
        if event["ph"] != "M" {
            assert!(event["ts"].as_f64().unwrap() >= 0.0);
        }
    }
    // Three threads: six slices of waiting, one of them going on; the rest is running.
    let waits = phase("X")
        .into_iter()
        .filter(|event| event["cat"] != "run")
        .count();
    assert_eq!(waits, 6);
    assert_eq!(phase("b").len(), 2, "holds begin");
    assert_eq!(phase("e").len(), 2, "and end");
    assert_eq!(
        (phase("s").len(), phase("f").len()),
        (2, 2),
        "who woke T2, and T1"
    );
    assert_eq!(phase("C").len(), 2, "queue lengths");
    // Slices of a track follow one another.
    for tid in 1..=3 {
        let mut at = 0.0;
        for event in phase("X").into_iter().filter(|event| event["tid"] == tid) {
            assert!(event["ts"].as_f64().unwrap() >= at - 1e-6, "{event}");
            at = event["ts"].as_f64().unwrap() + event["dur"].as_f64().unwrap();
        }
    }
}

/// A repeatable source of absurd values.
struct Absurd(u64);

impl Absurd {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn ns(&mut self) -> u64 {
        match self.next() % 5 {
            0 => 0,
            1 => u64::MAX,
            2 => self.next(),
            _ => self.next() % 2_000,
        }
    }

    fn index(&mut self) -> u32 {
        match self.next() % 8 {
            0 => u32::MAX,
            1 => self.next() as u32,
            _ => (self.next() % 9) as u32,
        }
    }
}

#[test]
fn no_recording_makes_the_report_fail() {
    for seed in 1..=120 {
        let mut any = Absurd(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
        let (snapshot, context) = absurd(&mut any);
        let input = Input {
            snapshot: &snapshot,
            context: &context,
        };
        let mut history = report::SessionHistory::default();
        history.learn(&input);
        if let Some(report) = report::build(&input) {
            let (html, _, json) = all_formats(&report);
            report::trace_events(&input, &mut std::io::sink()).unwrap();
            assert!(
                html.len() <= 150_000 && json.len() <= 256 * 1024,
                "seed {seed}"
            );
        }
    }
}

fn absurd(any: &mut Absurd) -> (Snapshot, Context) {
    let kinds = [
        ObjectKind::Mutex,
        ObjectKind::RwLock,
        ObjectKind::SyncChannel,
        ObjectKind::Condvar,
        ObjectKind::Barrier,
        ObjectKind::LazyLock,
        ObjectKind::Stdio,
    ];
    let mut snapshot = Snapshot {
        cell: 1,
        wall_ns: any.ns(),
        ended: any.next().is_multiple_of(2),
        ..Snapshot::default()
    };
    let waiting = |any: &mut Absurd| Waiting {
        kind: WaitKind::ALL[any.next() as usize % 8],
        target: any.index(),
        shared_or_send: any.next().is_multiple_of(2),
        timed: false,
        at: any.index(),
        since_ns: any.ns(),
    };
    for _ in 0..any.next() % 20 {
        snapshot.threads.push(Thread {
            index: any.index(),
            cell: (any.next() % 2) as u32,
            ordinal: any.index(),
            is_main: any.next().is_multiple_of(4),
            name: Some("\u{1b}[2J\u{202e}".repeat(any.next() as usize % 90)),
            parent: any.index(),
            spawned_at: any.index(),
            start_ns: any.ns(),
            end_ns: Some(any.ns()).filter(|ns| ns % 2 == 0),
            cpu_ns: Some(any.ns()),
            blocked_ns: [any.ns(); 8],
            state: [
                ThreadState::Running,
                ThreadState::Blocked,
                ThreadState::Panicked,
            ][any.next() as usize % 3],
            waiting: Some(waiting(any)),
            events_written: any.ns(),
            lines_printed: any.ns(),
            ..Thread::default()
        });
    }
    for _ in 0..any.next() % 20 {
        let total = |any: &mut Absurd| Total {
            total: any.ns(),
            max: any.ns(),
        };
        snapshot.objects.push(Object {
            index: any.index(),
            kind: kinds[any.next() as usize % kinds.len()],
            cell: (any.next() % 2) as u32,
            created_at: any.index(),
            order: any.ns(),
            address: 0,
            type_name: "a::<b::".repeat(any.next() as usize % 90),
            dropped: false,
            poisoned: any.next().is_multiple_of(2),
            held_by: vec![any.index(), any.index()],
            counters: Counters {
                acquisitions: any.ns(),
                reads: any.ns(),
                contended: any.ns(),
                wait_ns: total(any),
                hold_ns: total(any),
                sent: any.ns(),
                received: any.ns(),
                lost: any.ns(),
                capacity: Some(any.ns()),
                send_wait_ns: total(any),
                waits: any.ns(),
                notifies: any.ns(),
                notifies_unheard: any.ns(),
                ..Counters::default()
            },
        });
    }
    for sequence in 0..any.next() % 400 {
        let action = match any.next() % 7 {
            0..=2 => {
                let it = waiting(any);
                let outcome = [
                    WaitOutcome::Done,
                    WaitOutcome::TimedOut,
                    WaitOutcome::Deadlock,
                ][any.next() as usize % 3];
                Action::Wait {
                    kind: it.kind,
                    target: it.target,
                    shared_or_send: true,
                    waker: any.index(),
                    outcome,
                }
            }
            3 | 4 => Action::Hold {
                object: any.index(),
                shared: any.next().is_multiple_of(2),
            },
            5 => Action::Notify {
                object: any.index(),
                all: true,
                woken: 9,
            },
            _ => Action::Spawn {
                thread: any.index(),
            },
        };
        let (start_ns, end_ns) = (any.ns(), any.ns());
        snapshot.events.push(Event {
            thread: any.index(),
            sequence,
            start_ns,
            end_ns,
            at: any.index(),
            action,
        });
    }
    for _ in 0..any.next() % 4 {
        let edges = (0..any.next() % 9)
            .map(|_| VerdictEdge {
                waiter: any.index(),
                waiting: waiting(any),
                holder: any.index(),
                held_since: any.index(),
            })
            .collect();
        let kind = [
            VerdictKind::Cycle,
            VerdictKind::NobodyCanRun,
            VerdictKind::HolderEnded,
        ][any.next() as usize % 3];
        snapshot.verdicts.push(Verdict {
            kind,
            at_ns: any.ns(),
            victim: any.index(),
            edges,
        });
        snapshot.panics.push(Panic {
            thread: any.index(),
            at_ns: any.ns(),
            at: any.index(),
            message: "\0\n\u{7}".repeat(400),
        });
        snapshot.gaps.push(Gap {
            thread: any.index(),
            start_ns: any.ns(),
            end_ns: any.ns(),
            events: any.ns(),
        });
    }
    let outcome = if any.next().is_multiple_of(2) {
        Outcome::Deadlocked
    } else {
        Outcome::Ok
    };
    (
        snapshot,
        Context {
            cell: 1,
            outcome,
            ..Context::default()
        },
    )
}
