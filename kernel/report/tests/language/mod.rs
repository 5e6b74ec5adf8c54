//! Recordings written as small text, for tests and the gallery: a statement a line or between `;`.
//!
//! ```text
//! cell 3; unit ms; wall 41; outcome deadlocked
//! mutex A counter i32 @2            # also rwlock, channel, sync (cap 2), condvar, barrier (size 4), once, …
//! T1 spawn T2 worker-1 1 @4         # at 1 ms, line 4
//! T2 wait A 3..9 @5 by T3           # also recv, send!, join, condvar, barrier, once, park, sleep
//! T2 lock A 9..12 @5                # holds it; `read A` for shared
//! T2 send C 4 @6; T3 recv C 2..4 @7 by T2
//! T2 panic 20 @8 boom; T2 end 20
//! T3 blocked A 5 @9                 # waits since then: `blocked recv C`, `blocked join T2`, …
//! deadlock cycle 12 T2: T2 A @9 T3 @14, T3 B @15 T2 @8
//! line 9 let b = b.lock().unwrap();
//! ```
//!
//! Objects that aren't declared are mutexes named like their letter in lower case. Counters follow
//! from the events. Places are lines of this cell, `@[2]7` of cell 2, `@rayon-core 1.13.0!7` of a crate.

use std::collections::HashMap;

use record::snapshot::*;
use report::{Context, LateOutput, Outcome, Place};

/// A recording and what the kernel knows of it.
#[derive(Default)]
pub struct Recording {
    pub snapshot: Snapshot,
    pub context: Context,
    unit: u64,
    objects: HashMap<String, ObjectIndex>,
    threads: HashMap<String, ThreadIndex>,
}

/// Reads a recording. Panics with the statement that it doesn't understand.
pub fn recording(text: &str) -> Recording {
    let mut it = Recording {
        unit: 1_000_000,
        ..Recording::default()
    };
    it.snapshot.cell = 1;
    it.snapshot.ended = true;
    for line in text.lines() {
        // A source line may hold anything.
        if let Some(rest) = line.trim().strip_prefix("line ") {
            let (number, code) = rest.split_once(' ').expect("line N code");
            let cell = it.snapshot.cell;
            it.context
                .source_lines
                .insert((cell, number.parse().unwrap()), code.to_owned());
            continue;
        }
        let line = line.split('#').next().unwrap();
        for statement in line
            .split(';')
            .map(str::trim)
            .filter(|statement| !statement.is_empty())
        {
            let words: Vec<&str> = statement.split_whitespace().collect();
            it.statement(&words, statement)
                .unwrap_or_else(|| panic!("what is `{statement}`?"));
        }
    }
    it.finish();
    it
}

impl Recording {
    fn statement(&mut self, words: &[&str], whole: &str) -> Option<()> {
        match *words {
            ["cell", n] => {
                self.snapshot.cell = n.parse().ok()?;
            }
            ["unit", unit] => {
                self.unit = match unit {
                    "ns" => 1,
                    "us" => 1_000,
                    "ms" => 1_000_000,
                    "s" => 1_000_000_000,
                    _ => return None,
                }
            }
            ["wall", n] => self.snapshot.wall_ns = self.time(n)?,
            ["live"] => self.snapshot.ended = false,
            ["counts"] => self.snapshot.counts_only = true,
            ["overhead", n] => self.snapshot.overhead_ns = self.time(n)?,
            ["outcome", name, ref what @ ..] => {
                self.context.outcome = match name {
                    "ok" => Outcome::Ok,
                    "panicked" => Outcome::Panicked,
                    "deadlocked" => Outcome::Deadlocked,
                    "interrupted" => Outcome::Interrupted,
                    "crashed" => Outcome::Crashed {
                        what: what.join(" "),
                    },
                    _ => return None,
                }
            }
            ["late", label, cell, lines] => self.context.late_output.push(LateOutput {
                label: label.to_owned(),
                cell: cell.parse().ok()?,
                lines: lines.parse().ok()?,
            }),
            ["printed", ..] => {
                self.context
                    .last_output
                    .push(whole["printed ".len()..].to_owned());
            }
            ["gap", thread, span, n] => {
                let (start_ns, end_ns) = self.span(span)?;
                let thread = self.thread(thread);
                let events = n.parse().ok()?;
                self.snapshot.gaps.push(Gap {
                    thread,
                    start_ns,
                    end_ns,
                    events,
                });
            }
            ["deadlock" | "nobody" | "ended", ..] => self.verdict(words, whole)?,
            ["of", thread, cell, ordinal] => {
                let index = self.thread(thread);
                let thread = self.thread_mut(index);
                thread.cell = cell.parse().ok()?;
                thread.ordinal = ordinal.parse().ok()?;
            }
            [kind, name, ref rest @ ..] if object_kind(kind).is_some() => {
                self.declare(object_kind(kind)?, name, rest)?;
            }
            [thread, verb, ref rest @ ..] if thread.starts_with('T') => {
                let index = self.thread(thread);
                self.action(index, verb, rest)?;
            }
            _ => return None,
        }
        Some(())
    }

    /// `mutex A counter i32 @2 cap 3`
    fn declare(&mut self, kind: ObjectKind, name: &str, rest: &[&str]) -> Option<()> {
        let index = self.object(name, kind);
        let mut plain = 0;
        let mut words = rest.iter();
        while let Some(&word) = words.next() {
            let location = word.strip_prefix('@').map(|place| self.location(place));
            let object = &mut self.snapshot.objects[index as usize - 1];
            match (word, location) {
                (_, Some(location)) => object.created_at = location,
                ("cap" | "size", _) => {
                    object.counters.capacity = Some(words.next()?.parse().ok()?);
                }
                ("poisoned", _) => object.poisoned = true,
                ("nameless", _) => {
                    self.context.names.remove(&index);
                }
                ("dead", _) => {
                    object.counters.receiver_alive = false;
                    object.dropped = true;
                }
                ("senders", _) => object.counters.senders = words.next()?.parse().ok()?,
                ("lost", _) => object.counters.lost = words.next()?.parse().ok()?,
                ("unheard", _) => {
                    object.counters.notifies_unheard = words.next()?.parse().ok()?;
                }
                ("old", _) => object.cell = self.snapshot.cell - 1,
                _ if plain == 0 => {
                    plain = 1;
                    self.context.names.insert(index, word.replace("->", " → "));
                }
                _ => object.type_name = word.to_owned(),
            }
        }
        Some(())
    }

    fn action(&mut self, thread: ThreadIndex, verb: &str, rest: &[&str]) -> Option<()> {
        let mut at = 0;
        let mut waker = 0;
        let mut outcome = WaitOutcome::Done;
        let mut times = Vec::new();
        let mut plain: Vec<&str> = Vec::new();
        let mut words = rest.iter();
        while let Some(&word) = words.next() {
            if let Some(place) = word.strip_prefix('@') {
                at = self.location(place);
            } else if verb == "panic" && !times.is_empty() {
                // A message may hold numbers.
                plain.push(word);
            } else if word == "by" {
                waker = self.thread(words.next()?);
            } else if let Some(how) = wait_outcome(word) {
                outcome = how;
            } else if let Some(span) = self.span(word) {
                times.push(span);
            } else {
                plain.push(word);
            }
        }
        let span = times.first().copied();
        let wait = |it: &mut Recording, kind, target, shared_or_send| {
            let action = Action::Wait {
                kind,
                target,
                shared_or_send,
                waker,
                outcome,
            };
            it.event(thread, span?, at, action);
            it.thread_mut(thread).blocked_ns[kind as usize] += span?.1 - span?.0;
            Some(())
        };
        match (verb, plain.as_slice()) {
            ("spawn", [child, name @ ..]) => {
                let child = self.thread(child);
                let (start, _) = span?;
                let own = self.snapshot.cell;
                let it = self.thread_mut(child);
                (it.parent, it.spawned_at, it.start_ns) = (thread, at, start);
                it.name = name.first().map(|name| (*name).to_owned());
                it.cell = own;
                self.event(thread, span?, at, Action::Spawn { thread: child });
            }
            ("starts", []) => self.event(thread, span?, 0, Action::ThreadStart),
            ("lock" | "read", [object]) => {
                let object = self.object(object, ObjectKind::Mutex);
                self.event(
                    thread,
                    span?,
                    at,
                    Action::Hold {
                        object,
                        shared: verb == "read",
                    },
                );
            }
            ("wait", [object]) => {
                let object = self.object(object, ObjectKind::Mutex);
                wait(self, WaitKind::Lock, object, false)?;
            }
            ("recv", [object]) => {
                let object = self.object(object, ObjectKind::Channel);
                if span?.0 < span?.1 {
                    wait(self, WaitKind::Channel, object, false)?;
                }
                if outcome == WaitOutcome::Done {
                    let end = span?.1;
                    self.event(
                        thread,
                        (end, end),
                        at,
                        Action::Receive { object, queued: 0 },
                    );
                }
            }
            ("send", [object]) => {
                let object = self.object(object, ObjectKind::Channel);
                if span?.0 < span?.1 {
                    wait(self, WaitKind::Channel, object, true)?;
                }
                if outcome == WaitOutcome::Done {
                    let end = span?.1;
                    self.event(thread, (end, end), at, Action::Send { object, queued: 0 });
                }
            }
            ("join", [child]) => {
                let target = self.thread(child);
                self.thread_mut(target).joined = true;
                wait(self, WaitKind::Join, target, false)?;
            }
            ("scope", []) => wait(self, WaitKind::Join, 0, false)?,
            ("condvar", [object]) => {
                let object = self.object(object, ObjectKind::Condvar);
                wait(self, WaitKind::Condvar, object, false)?;
            }
            ("barrier", [object]) => {
                let object = self.object(object, ObjectKind::Barrier);
                wait(self, WaitKind::Barrier, object, false)?;
            }
            ("once", [object]) => {
                let object = self.object(object, ObjectKind::OnceLock);
                wait(self, WaitKind::Once, object, false)?;
            }
            ("park", []) => wait(self, WaitKind::Park, 0, false)?,
            ("sleep", []) => wait(self, WaitKind::Sleep, 0, false)?,
            ("notify", [object]) => {
                let object = self.object(object, ObjectKind::Condvar);
                self.event(
                    thread,
                    span?,
                    at,
                    Action::Notify {
                        object,
                        all: false,
                        woken: 0,
                    },
                );
            }
            ("drop", [object]) => {
                let object = self.object(object, ObjectKind::Channel);
                self.event(thread, span?, at, Action::Drop { object });
            }
            ("try", [object]) => {
                let object = self.object(object, ObjectKind::Mutex);
                self.event(thread, span?, at, Action::TryFailed { object });
            }
            ("panic", message) => {
                let at_ns = span?.0;
                let message = message.join(" ");
                self.snapshot.panics.push(Panic {
                    thread,
                    at_ns,
                    at,
                    message,
                });
                self.event(thread, span?, at, Action::Panic);
                self.thread_mut(thread).state = ThreadState::Panicked;
            }
            ("end", []) => {
                let it = self.thread_mut(thread);
                it.end_ns = Some(span?.0);
                let panicked = it.state == ThreadState::Panicked;
                if !panicked {
                    it.state = ThreadState::Finished;
                }
                self.event(thread, span?, 0, Action::ThreadEnd { panicked });
            }
            ("joined", []) => self.thread_mut(thread).joined = true,
            ("cpu", []) => self.thread_mut(thread).cpu_ns = Some(span?.0),
            ("prints", []) => self.thread_mut(thread).lines_printed = span?.0 / self.unit,
            ("blocked", rest) => {
                let (kind, target, shared_or_send) = self.what(rest)?;
                let since_ns = span?.0;
                let it = self.thread_mut(thread);
                it.state = ThreadState::Blocked;
                it.waiting = Some(Waiting {
                    kind,
                    target,
                    shared_or_send,
                    timed: false,
                    at,
                    since_ns,
                });
            }
            _ => return None,
        }
        Some(())
    }

    /// What is waited for: `A`, `recv C`, `send C`, `join T2`, `condvar V`, `read R`, `park` …
    fn what(&mut self, words: &[&str]) -> Option<(WaitKind, u32, bool)> {
        Some(match *words {
            ["recv", name] => (
                WaitKind::Channel,
                self.object(name, ObjectKind::Channel),
                false,
            ),
            ["send", name] => (
                WaitKind::Channel,
                self.object(name, ObjectKind::Channel),
                true,
            ),
            ["join", name] => (WaitKind::Join, self.thread(name), false),
            ["scope"] => (WaitKind::Join, 0, false),
            ["condvar", name] => (
                WaitKind::Condvar,
                self.object(name, ObjectKind::Condvar),
                false,
            ),
            ["barrier", name] => (
                WaitKind::Barrier,
                self.object(name, ObjectKind::Barrier),
                false,
            ),
            ["once", name] => (
                WaitKind::Once,
                self.object(name, ObjectKind::OnceLock),
                false,
            ),
            ["read", name] => (WaitKind::Lock, self.object(name, ObjectKind::RwLock), true),
            ["park"] => (WaitKind::Park, 0, false),
            ["sleep"] => (WaitKind::Sleep, 0, false),
            [name] => (WaitKind::Lock, self.object(name, ObjectKind::Mutex), false),
            _ => return None,
        })
    }

    /// `deadlock cycle 12 T2: T2 A @9 T3 @14, …`: waiter, what, where, holder, since where.
    fn verdict(&mut self, words: &[&str], whole: &str) -> Option<()> {
        let kind = match words[0] {
            "deadlock" => VerdictKind::Cycle,
            "nobody" => VerdictKind::NobodyCanRun,
            _ => VerdictKind::HolderEnded,
        };
        let (head, edges) = whole.split_once(':')?;
        let head: Vec<&str> = head.split_whitespace().collect();
        let at_ns = self.time(head[1])?;
        let victim = self.thread(head[2]);
        let mut parsed = Vec::new();
        for edge in edges.split(',') {
            let words: Vec<&str> = edge.split_whitespace().collect();
            let waiter = self.thread(words[0]);
            let mut places = Vec::new();
            let mut what = Vec::new();
            let mut holder = 0;
            for word in &words[1..] {
                match word.strip_prefix('@') {
                    Some(place) => places.push(self.location(place)),
                    None if !places.is_empty() => holder = self.thread(word),
                    None => what.push(*word),
                }
            }
            let (kind, target, shared_or_send) = self.what(&what)?;
            let at = places.first().copied().unwrap_or(0);
            parsed.push(VerdictEdge {
                waiter,
                waiting: Waiting {
                    kind,
                    target,
                    shared_or_send,
                    timed: false,
                    at,
                    since_ns: at_ns,
                },
                holder,
                held_since: places.get(1).copied().unwrap_or(0),
            });
        }
        self.snapshot.verdicts.push(Verdict {
            kind,
            at_ns,
            victim,
            edges: parsed,
        });
        Some(())
    }

    fn event(
        &mut self,
        thread: ThreadIndex,
        (start_ns, end_ns): (u64, u64),
        at: LocationIndex,
        action: Action,
    ) {
        let it = self.thread_mut(thread);
        it.events_written += 1;
        let sequence = it.events_written;
        self.snapshot.events.push(Event {
            thread,
            sequence,
            start_ns,
            end_ns,
            at,
            action,
        });
    }

    /// `3..9`, `4`, also with decimals; in the recording's unit.
    fn span(&self, text: &str) -> Option<(u64, u64)> {
        match text.split_once("..") {
            Some((start, end)) => Some((self.time(start)?, self.time(end)?)),
            None => self.time(text).map(|at| (at, at)),
        }
    }

    fn time(&self, text: &str) -> Option<u64> {
        text.parse::<f64>()
            .ok()
            .map(|value| (value * self.unit as f64).round() as u64)
    }

    fn thread(&mut self, name: &str) -> ThreadIndex {
        if !self.threads.contains_key("T1") {
            self.add_thread("T1");
            self.thread_mut(1).is_main = true;
        }
        match self.threads.get(name) {
            Some(index) => *index,
            None => self.add_thread(name),
        }
    }

    fn add_thread(&mut self, name: &str) -> ThreadIndex {
        let ordinal = name[1..]
            .parse()
            .unwrap_or_else(|_| panic!("`{name}` is no thread"));
        let index = self.snapshot.threads.len() as u32 + 1;
        self.threads.insert(name.to_owned(), index);
        self.snapshot.threads.push(Thread {
            index,
            ordinal,
            cell: self.snapshot.cell,
            os_tid: 4000 + ordinal,
            ..Thread::default()
        });
        index
    }

    fn thread_mut(&mut self, index: ThreadIndex) -> &mut Thread {
        &mut self.snapshot.threads[index as usize - 1]
    }

    fn object(&mut self, name: &str, kind: ObjectKind) -> ObjectIndex {
        if let Some(index) = self.objects.get(name) {
            return *index;
        }
        let index = self.snapshot.objects.len() as u32 + 1;
        self.objects.insert(name.to_owned(), index);
        self.context.names.insert(index, name.to_lowercase());
        self.snapshot.objects.push(Object {
            index,
            kind,
            cell: self.snapshot.cell,
            created_at: 0,
            order: u64::from(index),
            address: 0,
            type_name: String::new(),
            dropped: false,
            poisoned: false,
            held_by: Vec::new(),
            counters: Counters {
                receiver_alive: true,
                ..Counters::default()
            },
        });
        index
    }

    /// `7`, `[2]7`, `rayon-core_1.13.0!7`
    fn location(&mut self, place: &str) -> LocationIndex {
        let cell = self.snapshot.cell;
        let place = if let Some((of, line)) = place
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            Place::Cell {
                cell: of.parse().unwrap(),
                line: line.parse().unwrap(),
                column: 5,
            }
        } else if let Some((krate, line)) = place.split_once('!') {
            Place::Dependency {
                krate: krate.replace('_', " "),
                file: "src/lib.rs".to_owned(),
                line: line.parse().unwrap(),
                column: 9,
            }
        } else {
            Place::Cell {
                cell,
                line: place.parse().expect("a line"),
                column: 5,
            }
        };
        let known = self
            .context
            .places
            .iter()
            .find(|(_, known)| **known == place);
        if let Some((index, _)) = known {
            return *index;
        }
        let index = self.snapshot.locations.len() as u32 + 1;
        self.snapshot.locations.push(Location {
            index,
            ..Location::default()
        });
        self.context.places.insert(index, place);
        index
    }

    /// Sorts the events and derives the counters from them.
    fn finish(&mut self) {
        self.context.cell = self.snapshot.cell;
        self.snapshot
            .events
            .sort_by_key(|event| (event.start_ns, event.thread, event.sequence));
        let objects = &mut self.snapshot.objects;
        let add = |total: &mut Total, ns: u64| {
            total.total += ns;
            total.max = total.max.max(ns);
        };
        for event in &self.snapshot.events {
            let length = event.end_ns - event.start_ns;
            fn counters(objects: &mut [Object], index: ObjectIndex) -> &mut Counters {
                &mut objects[index as usize - 1].counters
            }
            match event.action {
                Action::Hold { object, shared } => {
                    let of = counters(objects, object);
                    of.acquisitions += 1;
                    of.reads += u64::from(shared);
                    add(&mut of.hold_ns, length);
                }
                Action::Wait {
                    kind,
                    target,
                    shared_or_send,
                    ..
                } => match kind {
                    WaitKind::Join | WaitKind::Park | WaitKind::Sleep => {}
                    WaitKind::Channel if shared_or_send => {
                        add(&mut counters(objects, target).send_wait_ns, length);
                    }
                    _ => {
                        let of = counters(objects, target);
                        of.contended += u64::from(kind == WaitKind::Lock);
                        of.waits += 1;
                        add(&mut of.wait_ns, length);
                    }
                },
                Action::Send { object, .. } => {
                    counters(objects, object).sent += 1;
                    let queued =
                        counters(objects, object).sent - counters(objects, object).received;
                    counters(objects, object).max_queued =
                        counters(objects, object).max_queued.max(queued);
                }
                Action::Receive { object, .. } => counters(objects, object).received += 1,
                Action::Notify { object, .. } => counters(objects, object).notifies += 1,
                Action::TryFailed { object } => counters(objects, object).failed_tries += 1,
                _ => {}
            }
        }
        for object in objects.iter_mut() {
            let counters = &mut object.counters;
            if counters.receiver_alive {
                counters.queued = counters.sent.saturating_sub(counters.received);
            }
        }
    }
}

fn object_kind(word: &str) -> Option<ObjectKind> {
    Some(match word {
        "mutex" => ObjectKind::Mutex,
        "rwlock" => ObjectKind::RwLock,
        "channel" => ObjectKind::Channel,
        "sync" => ObjectKind::SyncChannel,
        "condvar" => ObjectKind::Condvar,
        "barrier" => ObjectKind::Barrier,
        "once" => ObjectKind::Once,
        "oncelock" => ObjectKind::OnceLock,
        "lazylock" => ObjectKind::LazyLock,
        "stdio" => ObjectKind::Stdio,
        _ => return None,
    })
}

fn wait_outcome(word: &str) -> Option<WaitOutcome> {
    Some(match word {
        "timeout" => WaitOutcome::TimedOut,
        "disconnected" => WaitOutcome::Disconnected,
        "cancelled" => WaitOutcome::Cancelled,
        "deadlocked" => WaitOutcome::Deadlock,
        _ => return None,
    })
}
