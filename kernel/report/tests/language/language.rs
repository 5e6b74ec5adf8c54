//! Recordings written as small text, for tests and the gallery: a statement a line or between `;`.
//!
//! ```text
//! cell 3; unit ms; wall 41; outcome deadlocked
//! mutex A counter i32 @2            # also rwlock, channel, sync (cap 2), condvar, once,
//!                                   # barrier (size 4), …
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
//! from the events. Places are lines of this cell, `@[2]7` of cell 2, `@rayon-core 1.13.0!7` of a
//! crate.

mod action;
mod counters;
mod things;

use std::collections::HashMap;

use record::snapshot::*;
use report::{Context, LateOutput, Outcome};

/// A recording and what the kernel knows of it.
#[derive(Default)]
pub struct Recording {
    pub snapshot: Snapshot,
    pub context: Context,
    unit: u64,
    objects: HashMap<String, ObjectSlot>,
    threads: HashMap<String, ThreadSlot>,
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
            ["between", name, acquisitions, sent, received] => {
                let between = Between {
                    object: self.object(name, ObjectKind::Mutex),
                    acquisitions: acquisitions.parse().ok()?,
                    sent: sent.parse().ok()?,
                    received: received.parse().ok()?,
                };
                self.snapshot.between.push(between);
            }
            // `jobs @7 T2 40 3 1`: 40 run, 3 stolen, 1 handed in; `jobs @7 T1 waits 1 20`.
            ["jobs", at, thread, "waits", times, length] => {
                let length = self.time(length)?;
                let jobs = Jobs {
                    at: self.location(at.strip_prefix('@')?),
                    thread: self.thread(thread),
                    waits: times.parse().ok()?,
                    wait_ns: Total {
                        total: length,
                        max: length,
                    },
                    ..Jobs::default()
                };
                self.snapshot.jobs.push(jobs);
            }
            ["jobs", at, thread, run, stolen, handed_in] => {
                let jobs = Jobs {
                    at: self.location(at.strip_prefix('@')?),
                    thread: self.thread(thread),
                    run: run.parse().ok()?,
                    stolen: stolen.parse().ok()?,
                    handed_in: handed_in.parse().ok()?,
                    ..Jobs::default()
                };
                self.snapshot.jobs.push(jobs);
            }
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
            let object = &mut self.snapshot.objects[index.index() - 1];
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
                ("refused", _) => object.counters.refused = words.next()?.parse().ok()?,
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
