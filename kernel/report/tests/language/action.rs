//! What threads do: events, waits that go on, and what the detector found.

use record::snapshot::*;

use super::Recording;

/// What is said of one thing that a thread did.
struct Said<'w> {
    thread: ThreadSlot,
    span: Option<(u64, u64)>,
    at: LocationSlot,
    waker: ThreadSlot,
    outcome: WaitOutcome,
    /// The other words.
    plain: Vec<&'w str>,
}

impl Recording {
    pub(super) fn action(&mut self, thread: ThreadSlot, verb: &str, rest: &[&str]) -> Option<()> {
        let said = self.read(thread, verb, rest)?;
        match (verb, said.plain.as_slice()) {
            ("joined", []) => self.thread_mut(thread).joined = true,
            ("handle", []) => self.thread_mut(thread).has_handle = true,
            ("cpu", []) => self.thread_mut(thread).cpu_ns = Some(said.span?.0),
            ("prints", []) => self.thread_mut(thread).lines_printed = said.span?.0 / self.unit,
            ("blocked", what) => self.blocked(&said, what)?,
            ("spawn" | "starts" | "panic" | "end", words) => self.life(&said, verb, words)?,
            ("lock" | "read" | "notify" | "drop" | "try", [object]) => {
                self.instant(&said, verb, object)?;
            }
            ("recv" | "send", [object]) => self.message(&said, object, verb == "send")?,
            (verb, words) => self.waited(&said, verb, words)?,
        }
        Some(())
    }

    /// Sorts the words: `@7` is the place, `by T2` who woke it, `3..9` the time.
    fn read<'w>(&mut self, thread: ThreadSlot, verb: &str, rest: &[&'w str]) -> Option<Said<'w>> {
        let mut said = Said {
            thread,
            span: None,
            at: LocationSlot::NONE,
            waker: ThreadSlot::NONE,
            outcome: WaitOutcome::Done,
            plain: Vec::new(),
        };
        let mut words = rest.iter();
        while let Some(&word) = words.next() {
            if let Some(place) = word.strip_prefix('@') {
                said.at = self.location(place);
            } else if verb == "panic" && said.span.is_some() {
                // A message may hold numbers.
                said.plain.push(word);
            } else if word == "by" {
                said.waker = self.thread(words.next()?);
            } else if let Some(how) = wait_outcome(word) {
                said.outcome = how;
            } else if let Some(span) = self.span(word) {
                said.span = said.span.or(Some(span));
            } else {
                said.plain.push(word);
            }
        }
        Some(said)
    }

    /// A thread's beginning and end.
    fn life(&mut self, said: &Said<'_>, verb: &str, words: &[&str]) -> Option<()> {
        let span = said.span?;
        match (verb, words) {
            ("spawn", [child, name @ ..]) => {
                let child = self.thread(child);
                let own = self.snapshot.cell;
                let it = self.thread_mut(child);
                (it.parent, it.spawned_at, it.start_ns) = (said.thread, said.at, span.0);
                it.name = name.first().map(|name| (*name).to_owned());
                it.cell = own;
                self.event(said.thread, span, said.at, Action::Spawn { thread: child });
            }
            ("starts", []) => {
                self.event(said.thread, span, LocationSlot::NONE, Action::ThreadStart)
            }
            ("panic", message) => {
                self.snapshot.panics.push(Panic {
                    thread: said.thread,
                    at_ns: span.0,
                    at: said.at,
                    message: message.join(" "),
                });
                self.event(said.thread, span, said.at, Action::Panic);
                self.thread_mut(said.thread).state = ThreadState::Panicked;
            }
            ("end", []) => {
                let it = self.thread_mut(said.thread);
                it.end_ns = Some(span.0);
                let panicked = it.state == ThreadState::Panicked;
                if !panicked {
                    it.state = ThreadState::Finished;
                }
                self.event(
                    said.thread,
                    span,
                    LocationSlot::NONE,
                    Action::ThreadEnd { panicked },
                );
            }
            _ => return None,
        }
        Some(())
    }

    /// What is one event of one object.
    fn instant(&mut self, said: &Said<'_>, verb: &str, object: &str) -> Option<()> {
        let kind = match verb {
            "notify" => ObjectKind::Condvar,
            "drop" => ObjectKind::Channel,
            _ => ObjectKind::Mutex,
        };
        let object = self.object(object, kind);
        let action = match verb {
            "notify" => Action::Notify {
                object,
                all: false,
                woken: 0,
            },
            "drop" => Action::Drop { object },
            "try" => Action::TryFailed { object },
            _ => Action::Hold {
                object,
                shared: verb == "read",
            },
        };
        self.event(said.thread, said.span?, said.at, action);
        Some(())
    }

    /// A message: waited for, where that took time, and then sent or received.
    fn message(&mut self, said: &Said<'_>, object: &str, sends: bool) -> Option<()> {
        let object = self.object(object, ObjectKind::Channel);
        let (start, end) = said.span?;
        if start < end {
            self.wait(said, WaitKind::Channel, object.0, sends)?;
        }
        if said.outcome == WaitOutcome::Done {
            let action = if sends {
                Action::Send { object, queued: 0 }
            } else {
                Action::Receive { object, queued: 0 }
            };
            self.event(said.thread, (end, end), said.at, action);
        }
        Some(())
    }

    /// A wait that is over.
    fn waited(&mut self, said: &Said<'_>, verb: &str, words: &[&str]) -> Option<()> {
        let (kind, target) = match (verb, words) {
            ("wait", [object]) => (WaitKind::Lock, self.object(object, ObjectKind::Mutex).0),
            ("join", [child]) => {
                let target = self.thread(child);
                self.thread_mut(target).joined = true;
                (WaitKind::Join, target.0)
            }
            ("scope", []) => (WaitKind::Join, 0),
            ("condvar", [object]) => (
                WaitKind::Condvar,
                self.object(object, ObjectKind::Condvar).0,
            ),
            ("barrier", [object]) => (
                WaitKind::Barrier,
                self.object(object, ObjectKind::Barrier).0,
            ),
            ("once", [object]) => (WaitKind::Once, self.object(object, ObjectKind::OnceLock).0),
            ("park", []) => (WaitKind::Park, 0),
            ("sleep", []) => (WaitKind::Sleep, 0),
            _ => return None,
        };
        self.wait(said, kind, target, false)
    }

    fn wait(
        &mut self,
        said: &Said<'_>,
        kind: WaitKind,
        target: u32,
        shared_or_send: bool,
    ) -> Option<()> {
        let span = said.span?;
        let action = Action::Wait {
            kind,
            target: WaitTarget::of(kind, target),
            shared_or_send,
            waker: said.waker,
            outcome: said.outcome,
        };
        self.event(said.thread, span, said.at, action);
        self.thread_mut(said.thread).blocked_ns[kind as usize] += span.1 - span.0;
        Some(())
    }

    /// A wait that goes on.
    fn blocked(&mut self, said: &Said<'_>, what: &[&str]) -> Option<()> {
        let (kind, target, shared_or_send) = self.what(what)?;
        let since_ns = said.span?.0;
        let it = self.thread_mut(said.thread);
        it.state = ThreadState::Blocked;
        it.waiting = Some(Waiting {
            kind,
            target: WaitTarget::of(kind, target),
            shared_or_send,
            timed: false,
            at: said.at,
            since_ns,
        });
        Some(())
    }

    /// What is waited for: `A`, `recv C`, `send C`, `join T2`, `condvar V`, `read R`, `park` …
    pub(super) fn what(&mut self, words: &[&str]) -> Option<(WaitKind, u32, bool)> {
        Some(match *words {
            ["recv", name] => (
                WaitKind::Channel,
                self.object(name, ObjectKind::Channel).0,
                false,
            ),
            ["send", name] => (
                WaitKind::Channel,
                self.object(name, ObjectKind::Channel).0,
                true,
            ),
            ["join", name] => (WaitKind::Join, self.thread(name).0, false),
            ["scope"] => (WaitKind::Join, 0, false),
            ["condvar", name] => (
                WaitKind::Condvar,
                self.object(name, ObjectKind::Condvar).0,
                false,
            ),
            ["barrier", name] => (
                WaitKind::Barrier,
                self.object(name, ObjectKind::Barrier).0,
                false,
            ),
            ["once", name] => (
                WaitKind::Once,
                self.object(name, ObjectKind::OnceLock).0,
                false,
            ),
            ["read", name] => (
                WaitKind::Lock,
                self.object(name, ObjectKind::RwLock).0,
                true,
            ),
            ["park"] => (WaitKind::Park, 0, false),
            ["sleep"] => (WaitKind::Sleep, 0, false),
            [name] => (
                WaitKind::Lock,
                self.object(name, ObjectKind::Mutex).0,
                false,
            ),
            _ => return None,
        })
    }

    /// `deadlock cycle 12 T2: T2 A @9 T3 @14, …`: waiter, what, where, holder, since where.
    pub(super) fn verdict(&mut self, words: &[&str], whole: &str) -> Option<()> {
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
            let mut holder = ThreadSlot::NONE;
            for word in &words[1..] {
                match word.strip_prefix('@') {
                    Some(place) => places.push(self.location(place)),
                    None if !places.is_empty() => holder = self.thread(word),
                    None => what.push(*word),
                }
            }
            let (kind, target, shared_or_send) = self.what(&what)?;
            let at = places.first().copied().unwrap_or(LocationSlot::NONE);
            parsed.push(VerdictEdge {
                waiter,
                waiting: Waiting {
                    kind,
                    target: WaitTarget::of(kind, target),
                    shared_or_send,
                    timed: false,
                    at,
                    since_ns: at_ns,
                },
                holder,
                held_since: places.get(1).copied().unwrap_or(LocationSlot::NONE),
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

    pub(super) fn event(
        &mut self,
        thread: ThreadSlot,
        (start_ns, end_ns): (u64, u64),
        at: LocationSlot,
        action: Action,
    ) {
        let it = self.thread_mut(thread);
        it.events_written += 1;
        let sequence = it.events_written;
        self.snapshot.events.push(Event {
            times: 1,
            thread,
            sequence,
            start_ns,
            end_ns,
            at,
            action,
        });
    }
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
