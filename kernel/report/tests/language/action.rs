//! What threads do: events, waits that go on, and what the detector found.

use record::snapshot::*;

use super::Recording;

impl Recording {
    pub(super) fn action(&mut self, thread: ThreadIndex, verb: &str, rest: &[&str]) -> Option<()> {
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
    pub(super) fn what(&mut self, words: &[&str]) -> Option<(WaitKind, u32, bool)> {
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

    pub(super) fn event(
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
