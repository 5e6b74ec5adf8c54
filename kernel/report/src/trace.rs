//! Everything that was recorded as Trace Event JSON, for ui.perfetto.dev and chrome://tracing.
//!
//! A process for the cell, a track a thread with slices for running, waiting and what was not kept,
//! an asynchronous track for each lock a thread held, flows for wake-ups, counters for the lengths
//! of queues. Times are in microseconds, with nanoseconds as decimals. Written piece by piece,
//! never held in memory.

use std::collections::HashMap;
use std::io::{self, Write};

use record::snapshot::{
    Action, Event, Gap, ObjectSlot, ThreadSlot, WaitKind, WaitOutcome, Waiting,
};
use serde_json::{Value, json};

use crate::analyse::{Facts, ended_well, gaps};
use crate::input::Input;
use crate::model::{Activity, Ref};
use crate::words::units::counted;

/// Writes everything that was recorded as Trace Event JSON, which ui.perfetto.dev and
/// chrome://tracing open.
///
/// # Errors
/// Only those of `out`.
pub fn trace_events(input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
    let facts = Facts::new(input);
    let mut trace = Trace {
        facts: &facts,
        out,
        is_first: true,
        flows: 0,
        cursor: HashMap::new(),
        gaps: HashMap::new(),
    };
    trace
        .out
        .write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
    trace.names()?;
    for event in &facts.snapshot.events {
        if facts.thread_id(event.thread).is_some() {
            trace.event(event)?;
        }
    }
    trace.rest()?;
    let cell = facts.context.cell;
    write!(
        trace.out,
        "\n],\"otherData\":{}}}",
        json!({ "producer": "fearless", "cell": cell })
    )
}

struct Trace<'t> {
    facts: &'t Facts<'t>,
    out: &'t mut dyn Write,
    is_first: bool,
    flows: u64,
    /// Up to when each thread's track is filled.
    cursor: HashMap<ThreadSlot, u64>,
    /// Where events of a thread were not kept.
    gaps: HashMap<ThreadSlot, Vec<Gap>>,
}

/// A piece of a track.
struct Slice<'s> {
    name: &'s str,
    category: &'s str,
    from: u64,
    to: u64,
    args: Value,
}

/// How a wait ended, in the trace's words.
fn outcome_name(outcome: WaitOutcome) -> &'static str {
    match outcome {
        WaitOutcome::Done => "done",
        WaitOutcome::TimedOut => "timedout",
        WaitOutcome::Disconnected => "disconnected",
        WaitOutcome::Cancelled => "cancelled",
        WaitOutcome::Deadlock => "deadlock",
    }
}

/// Nanoseconds as the format's microseconds.
fn micros(ns: u64) -> Value {
    json!(ns as f64 / 1000.0)
}

impl Trace<'_> {
    fn emit(&mut self, event: Value) -> io::Result<()> {
        self.out
            .write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        serde_json::to_writer(&mut *self.out, &event).map_err(io::Error::from)
    }

    /// Names and order of process and threads.
    fn names(&mut self) -> io::Result<()> {
        let name = format!("cell [{}]", self.facts.context.cell);
        self.emit(json!({"ph": "M", "pid": 1, "name": "process_name", "args": {"name": name}}))?;
        let facts = self.facts;
        for thread in &facts.snapshot.threads {
            let Some(tid) = facts.thread_id(thread.index) else {
                continue;
            };
            let name = facts.full_label(thread.index);
            self.emit(
                json!({"ph": "M", "pid": 1, "tid": tid, "name": "thread_name",
                "args": {"name": name}}),
            )?;
            self.emit(
                json!({"ph": "M", "pid": 1, "tid": tid, "name": "thread_sort_index",
                "args": {"sort_index": tid}}),
            )?;
            self.cursor.insert(thread.index, thread.start_ns);
            let gaps = gaps::of(facts.snapshot, thread.index);
            self.gaps.insert(thread.index, gaps);
        }
        Ok(())
    }

    fn slice(&mut self, tid: u32, slice: Slice<'_>) -> io::Result<()> {
        let length = slice.to.saturating_sub(slice.from);
        self.emit(
            json!({"ph": "X", "pid": 1, "tid": tid, "name": slice.name, "cat": slice.category,
            "ts": micros(slice.from), "dur": micros(length), "args": slice.args}),
        )
    }

    /// Fills a thread's track up to `until`: with running, and with what was not kept.
    fn run_until(&mut self, thread: ThreadSlot, until: u64) -> io::Result<()> {
        let Some(tid) = self.facts.thread_id(thread) else {
            return Ok(());
        };
        loop {
            let from = self.cursor.get(&thread).copied().unwrap_or(0);
            let gaps = self.gaps.get(&thread).map_or(&[][..], Vec::as_slice);
            let Some(span) = gaps::next(gaps, from, until) else {
                return Ok(());
            };
            let to = span.end_ns;
            self.cursor.insert(thread, to);
            let (name, category, args) = if span.lost > 0 {
                let name = format!("{} not kept", counted(span.lost, "event"));
                (name, "gap", json!({"events": span.lost}))
            } else {
                ("running".to_owned(), "run", json!({}))
            };
            let slice = Slice {
                name: &name,
                category,
                from,
                to,
                args,
            };
            self.slice(tid, slice)?;
        }
    }

    fn instant(&mut self, event: &Event, name: &str, args: Value) -> io::Result<()> {
        let tid = self.facts.thread_id(event.thread);
        self.emit(
            json!({"ph": "i", "s": "t", "pid": 1, "tid": tid, "name": name, "cat": "mark",
            "ts": micros(event.start_ns), "args": args}),
        )
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        let facts = self.facts;
        let args = json!({"at": self.place(event)});
        match event.action {
            Action::Wait { .. } => self.wait(event),
            Action::Hold { object, shared } => match facts.object_ref(object) {
                Some(Ref::Lock(id)) => self.hold(event, object, id, shared),
                _ => Ok(()),
            },
            Action::Send { object, queued } | Action::Receive { object, queued } => {
                let name = format!("queue of {}", self.what(object));
                self.emit(json!({"ph": "C", "pid": 1, "name": name, "cat": "channel",
                    "id": object.0, "ts": micros(event.start_ns), "args": {"messages": queued}}))
            }
            Action::Spawn { thread } => {
                self.instant(event, &format!("spawn {}", facts.label(thread)), args)
            }
            Action::Panic => self.instant(event, "panic", args),
            Action::Notify { object, all, woken } => {
                let call = if all { "notify_all" } else { "notify_one" };
                let name = format!("{call} {}", self.what(object));
                let args = json!({"woken": woken, "at": self.place(event)});
                self.instant(event, &name, args)
            }
            Action::Unpark { thread } => {
                self.instant(event, &format!("unpark {}", facts.label(thread)), args)
            }
            Action::TryFailed { object } => {
                let name = format!("try_lock {} failed", self.what(object));
                self.instant(event, &name, args)
            }
            Action::Poll { task, .. } => {
                let (tid, name) = (facts.thread_id(event.thread), facts.task_words(task));
                let length = event.end_ns - event.start_ns;
                self.emit(
                    json!({"ph": "X", "pid": 1, "tid": tid, "name": name, "cat": "poll",
                    "ts": micros(event.start_ns), "dur": micros(length)}),
                )
            }
            Action::ThreadStart
            | Action::ThreadEnd { .. }
            | Action::Drop { .. }
            | Action::PassedOver { .. } => Ok(()),
        }
    }

    /// Where an event happened.
    fn place(&self, event: &Event) -> Option<String> {
        let at = self.facts.at(event.at)?;
        Some(self.facts.at_words(&at))
    }

    /// An object's name, without marks.
    fn what(&self, object: ObjectSlot) -> String {
        self.facts.what(object).replace('`', "")
    }

    /// From when on a thread's track is free, at the earliest from `from`.
    fn free_from(&self, thread: ThreadSlot, from: u64) -> u64 {
        from.max(self.cursor.get(&thread).copied().unwrap_or(0))
    }

    fn wait(&mut self, event: &Event) -> io::Result<()> {
        let Action::Wait {
            kind,
            target,
            shared_or_send,
            waker,
            outcome,
        } = event.action
        else {
            return Ok(());
        };
        self.run_until(event.thread, event.start_ns)?;
        let from = self.free_from(event.thread, event.start_ns);
        let to = event.end_ns.max(from);
        self.cursor.insert(event.thread, to);
        let waiting = Waiting {
            kind,
            target,
            shared_or_send,
            timed: false,
            at: event.at,
            since_ns: from,
        };
        let tid = self.facts.thread_id(event.thread).unwrap_or(0);
        let slice = Slice {
            name: &self.facts.wait_words(&waiting).replace('`', ""),
            category: Activity::of_wait(kind).name(),
            from,
            to,
            args: json!({"at": self.place(event), "outcome": outcome_name(outcome)}),
        };
        self.slice(tid, slice)?;
        let waker = if waker == ThreadSlot::NONE && kind == WaitKind::Join {
            target.thread()
        } else {
            waker
        };
        if ended_well(outcome) && waker != event.thread {
            self.flow(waker, tid, from, to)?;
        }
        Ok(())
    }

    fn hold(&mut self, event: &Event, lock: ObjectSlot, id: u32, shared: bool) -> io::Result<()> {
        let tid = self.facts.thread_id(event.thread).unwrap_or(0);
        let (who, what) = (self.facts.label(event.thread), self.what(lock));
        let name = format!("{who} holds {what}");
        let id = format!("hold-{tid}-{id}");
        let mut args = json!({"at": self.place(event), "shared": shared});
        if event.times > 1 {
            args["times"] = event.times.into();
        }
        self.emit(
            json!({"ph": "b", "pid": 1, "tid": tid, "cat": "hold", "id": id, "name": name,
            "ts": micros(event.start_ns), "args": args}),
        )?;
        self.emit(
            json!({"ph": "e", "pid": 1, "tid": tid, "cat": "hold", "id": id, "name": name,
            "ts": micros(event.end_ns)}),
        )
    }

    /// An arrow from who woke to who was woken, from `from` to `to` in its wait. Either end must
    /// lie within a slice of its thread: a waker may have ended long before the woken thread came
    /// to run.
    fn flow(&mut self, waker: ThreadSlot, tid: u32, from: u64, to: u64) -> io::Result<()> {
        let facts = self.facts;
        let (Some(by), Some(thread)) = (facts.thread_id(waker), facts.thread(waker)) else {
            return Ok(());
        };
        let end = thread.end_ns.unwrap_or(facts.snapshot.wall_ns);
        if from == to || end <= thread.start_ns || to <= thread.start_ns {
            return Ok(());
        }
        self.flows += 1;
        let woken = to - 1;
        let waking = woken.min(end - 1);
        for (phase, tid, at) in [("s", by, waking), ("f", tid, woken)] {
            let mut event = json!({"ph": phase, "pid": 1, "tid": tid, "name": "wakes",
                "cat": "wake", "id": self.flows, "ts": micros(at)});
            if phase == "f" {
                event["bp"] = json!("e");
            }
            self.emit(event)?;
        }
        Ok(())
    }

    /// What goes on at the end, and running up to there.
    fn rest(&mut self) -> io::Result<()> {
        let facts = self.facts;
        for thread in &facts.snapshot.threads {
            let Some(tid) = facts.thread_id(thread.index) else {
                continue;
            };
            let end = thread.end_ns.unwrap_or(facts.snapshot.wall_ns);
            if let Some(waiting) = thread.waiting.filter(|_| thread.end_ns.is_none()) {
                self.run_until(thread.index, waiting.since_ns)?;
                let from = self.free_from(thread.index, waiting.since_ns);
                let slice = Slice {
                    name: &facts.wait_words(&waiting).replace('`', ""),
                    category: "waiting",
                    from,
                    to: end.max(from),
                    args: json!({"outcome": "goes on"}),
                };
                self.slice(tid, slice)?;
            } else {
                self.run_until(thread.index, end)?;
            }
        }
        Ok(())
    }
}
