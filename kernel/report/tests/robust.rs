//! Sizes stay within their limits, and no recording makes the report fail.

#[path = "language/synthetic.rs"]
mod synthetic;

use record::snapshot::*;
use report::{Context, CsvTable, HtmlOptions, Input, Outcome, Report, SvgOptions, TextOptions};

fn all_formats(report: &Report) -> (String, String, String) {
    let (mut text, mut html, mut svg, mut csv) =
        (String::new(), String::new(), String::new(), String::new());
    report::text(report, &mut text, &TextOptions::default()).unwrap();
    report::html(report, &mut html, &HtmlOptions::default()).unwrap();
    report::svg(report, &mut svg, &SvgOptions::default()).unwrap();
    report::csv(report, &mut csv, CsvTable::All).unwrap();
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
    let mut snapshot = Snapshot {
        cell: 1,
        wall_ns: any.ns(),
        ended: any.next().is_multiple_of(2),
        ..Snapshot::default()
    };
    for _ in 0..any.next() % 20 {
        snapshot.threads.push(absurd_thread(any));
    }
    for _ in 0..any.next() % 20 {
        snapshot.objects.push(absurd_object(any));
    }
    for sequence in 0..any.next() % 400 {
        snapshot.events.push(absurd_event(any, sequence));
    }
    for _ in 0..any.next() % 4 {
        snapshot.verdicts.push(absurd_verdict(any));
        snapshot.panics.push(Panic {
            thread: ThreadSlot(any.index()),
            at_ns: any.ns(),
            at: LocationSlot(any.index()),
            message: "\0\n\u{7}".repeat(400),
        });
        snapshot.gaps.push(Gap {
            thread: ThreadSlot(any.index()),
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

/// A target of any kind, whatever the kind of the wait.
fn absurd_target(any: &mut Absurd) -> WaitTarget {
    let slot = any.index();
    [
        WaitTarget::Nothing,
        WaitTarget::Object(ObjectSlot(slot)),
        WaitTarget::Thread(ThreadSlot(slot)),
    ][any.next() as usize % 3]
}

fn absurd_wait(any: &mut Absurd) -> Waiting {
    Waiting {
        kind: WaitKind::ALL[any.next() as usize % 8],
        target: absurd_target(any),
        shared_or_send: any.next().is_multiple_of(2),
        timed: false,
        at: LocationSlot(any.index()),
        since_ns: any.ns(),
    }
}

fn absurd_thread(any: &mut Absurd) -> Thread {
    Thread {
        index: ThreadSlot(any.index()),
        cell: (any.next() % 2) as u32,
        ordinal: any.index(),
        is_main: any.next().is_multiple_of(4),
        name: Some("\u{1b}[2J\u{202e}".repeat(any.next() as usize % 90)),
        parent: ThreadSlot(any.index()),
        spawned_at: LocationSlot(any.index()),
        start_ns: any.ns(),
        end_ns: Some(any.ns()).filter(|ns| ns % 2 == 0),
        cpu_ns: Some(any.ns()),
        blocked_ns: [any.ns(); 8],
        state: [
            ThreadState::Running,
            ThreadState::Blocked,
            ThreadState::Panicked,
        ][any.next() as usize % 3],
        waiting: Some(absurd_wait(any)),
        events_written: any.ns(),
        lines_printed: any.ns(),
        ..Thread::default()
    }
}

fn absurd_object(any: &mut Absurd) -> Object {
    let kinds = [
        ObjectKind::Mutex,
        ObjectKind::RwLock,
        ObjectKind::SyncChannel,
        ObjectKind::Condvar,
        ObjectKind::Barrier,
        ObjectKind::LazyLock,
        ObjectKind::Stdio,
    ];
    let total = |any: &mut Absurd| Total {
        total: any.ns(),
        max: any.ns(),
    };
    Object {
        index: ObjectSlot(any.index()),
        kind: kinds[any.next() as usize % kinds.len()],
        cell: (any.next() % 2) as u32,
        created_at: LocationSlot(any.index()),
        order: any.ns(),
        address: 0,
        type_name: "a::<b::".repeat(any.next() as usize % 90),
        dropped: false,
        poisoned: any.next().is_multiple_of(2),
        held_by: vec![ThreadSlot(any.index()), ThreadSlot(any.index())],
        library: Library::Std,
        held_since_ns: None,
        held_by_task: TaskSlot::NONE,
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
    }
}

fn absurd_event(any: &mut Absurd, sequence: u64) -> Event {
    let action = match any.next() % 7 {
        0..=2 => {
            let it = absurd_wait(any);
            let outcome = [
                WaitOutcome::Done,
                WaitOutcome::TimedOut,
                WaitOutcome::Deadlock,
            ][any.next() as usize % 3];
            Action::Wait {
                kind: it.kind,
                target: it.target,
                shared_or_send: true,
                waker: ThreadSlot(any.index()),
                outcome,
            }
        }
        3 | 4 => Action::Hold {
            object: ObjectSlot(any.index()),
            shared: any.next().is_multiple_of(2),
        },
        5 => Action::Notify {
            object: ObjectSlot(any.index()),
            all: true,
            woken: 9,
        },
        _ => Action::Spawn {
            thread: ThreadSlot(any.index()),
        },
    };
    let (start_ns, end_ns) = (any.ns(), any.ns());
    Event {
        times: 1,
        thread: ThreadSlot(any.index()),
        sequence,
        start_ns,
        end_ns,
        at: LocationSlot(any.index()),
        action,
    }
}

fn absurd_verdict(any: &mut Absurd) -> Verdict {
    let edges = (0..any.next() % 9)
        .map(|_| VerdictEdge {
            waiter: ThreadSlot(any.index()),
            waiting: absurd_wait(any),
            holder: ThreadSlot(any.index()),
            held_since: LocationSlot(any.index()),
        })
        .collect();
    let kind = [
        VerdictKind::Cycle,
        VerdictKind::NobodyCanRun,
        VerdictKind::HolderEnded,
    ][any.next() as usize % 3];
    Verdict {
        kind,
        at_ns: any.ns(),
        victim: ThreadSlot(any.index()),
        edges,
    }
}
