//! The order strip: of a short cell, or of what led to a deadlock, each event that matters.
//!
//! A timeline of milliseconds does not show who came first by a microsecond.

mod given_back;

use std::collections::BTreeSet;

use record::snapshot::{Action, Event, LocationSlot, ObjectSlot, ThreadSlot, WaitKind, WaitTarget};

use super::background::background;
use super::events::{ended_well, length};
use super::facts::Facts;
use super::moments::moments;
use crate::model::{Order, OrderStep, Ref, StepKind};

/// Most steps.
const STEPS: usize = 24;
/// Fewest steps that are worth a table.
const FEWEST: usize = 3;
/// Most events that are looked at.
const EVENTS: usize = 4096;
/// What is shorter than this part of the cell is hardly seen in the timeline.
const SLIVER: u64 = 100;

/// The strip; `None` where there are too many steps, or too few, or only one thread takes any.
pub(crate) fn strip(facts: &Facts<'_>) -> Option<Order> {
    let snapshot = facts.snapshot;
    let is_deadlock = !snapshot.verdicts.is_empty();
    if snapshot.counts_only || facts.live || snapshot.events.len() > EVENTS {
        return None;
    }
    let mut steps = Steps {
        facts,
        found: Vec::new(),
    };
    for (event, moment) in snapshot.events.iter().zip(moments(snapshot)) {
        steps.event(event, moment);
    }
    steps.waits_now();
    let mut found = steps.found;
    if !is_deadlock {
        let background = background(facts);
        let background: BTreeSet<Ref> = background
            .into_iter()
            .filter_map(|object| facts.object_ref(object))
            .collect();
        found.retain(|step| step.reference.is_none_or(|it| !background.contains(&it)));
    }
    found.sort_by_key(|step| (step.at_ns, step.rank(), step.thread));
    given_back::drop_unlocks(&mut found, STEPS);
    let mut found = folded(found);
    // Where anything is shared, who spawned and joined whom is seen well enough in the timeline.
    if found.iter().filter(|step| !step.is_of_life()).count() >= FEWEST {
        found.retain(|step| !step.is_of_life());
    }
    let all: u64 = found.iter().map(|step| step.times).sum();
    if is_deadlock {
        keep_what_led_to(facts, &mut found);
    }
    let shares = found.iter().filter(|step| !step.is_of_life());
    let threads: BTreeSet<u32> = shares.map(|step| step.thread).collect();
    let alone = threads.len() < 2 && !is_deadlock;
    if found.len() > STEPS || found.len() < FEWEST || alone {
        return None;
    }
    for (number, step) in (1..).zip(&mut found) {
        step.step = number;
    }
    Some(Order {
        omitted: all - found.iter().map(|step| step.times).sum::<u64>(),
        says_more: is_deadlock || are_slivers(facts),
        outdated: given_back::outdated(&found),
        steps: found,
    })
}

/// What is done several times, one right after the other, is one step.
fn folded(steps: Vec<OrderStep>) -> Vec<OrderStep> {
    let mut folded: Vec<OrderStep> = Vec::new();
    for step in steps {
        match folded.last_mut().filter(|last| last.is_again(&step)) {
            Some(last) => last.times += 1,
            None => folded.push(step),
        }
    }
    folded
}

/// Of a deadlock: what its threads did, from where the first of them took what another wants.
fn keep_what_led_to(facts: &Facts<'_>, steps: &mut Vec<OrderStep>) {
    let wanted: BTreeSet<Ref> = steps
        .iter()
        .filter(|step| step.for_ever)
        .filter_map(|step| step.reference)
        .collect();
    let stuck: BTreeSet<u32> = facts
        .for_ever
        .iter()
        .filter_map(|&thread| facts.thread_id(thread))
        .collect();
    if steps.len() > STEPS {
        let takes_part = |step: &OrderStep| {
            stuck.contains(&step.thread) && step.reference.is_some_and(|it| wanted.contains(&it))
        };
        steps.retain(takes_part);
    }
    let more = steps.len().saturating_sub(STEPS);
    steps.drain(..more);
}

/// Whether most locks were held, and waited for, too shortly to be seen.
fn are_slivers(facts: &Facts<'_>) -> bool {
    let snapshot = facts.snapshot;
    let is_seen = |event: &&Event| {
        let counts = match event.action {
            Action::Hold { .. } => true,
            Action::Wait { kind, .. } => !matches!(kind, WaitKind::Sleep | WaitKind::Join),
            _ => false,
        };
        counts && length(event) > snapshot.wall_ns / SLIVER
    };
    let holds = snapshot.events.iter().filter(|event| {
        matches!(
            event.action,
            Action::Hold { .. } | Action::Send { .. } | Action::Receive { .. }
        )
    });
    snapshot.events.iter().filter(is_seen).count() * 2 < holds.count()
}

/// Gathers the steps.
struct Steps<'f, 'a> {
    facts: &'f Facts<'a>,
    found: Vec<OrderStep>,
}

impl Steps<'_, '_> {
    /// Adds the steps of an event that took effect at `moment`.
    fn event(&mut self, event: &Event, moment: u64) {
        let object = |index| self.facts.object_ref(index);
        let (start, end) = (event.start_ns, event.end_ns);
        match event.action {
            Action::Hold {
                object: lock,
                shared,
            } => {
                let what = object(lock);
                let kind = if shared {
                    StepKind::Read
                } else {
                    StepKind::Lock
                };
                self.add(event.thread, kind, what, event.at, start);
                if end < self.facts.snapshot.wall_ns {
                    self.add(
                        event.thread,
                        StepKind::Unlock,
                        what,
                        LocationSlot::NONE,
                        end,
                    );
                }
            }
            Action::Send {
                object: channel, ..
            } => {
                let what = object(channel);
                self.add(event.thread, StepKind::Send, what, event.at, moment);
            }
            Action::Receive {
                object: channel, ..
            } => {
                let what = object(channel);
                self.add(event.thread, StepKind::Receive, what, event.at, moment);
            }
            Action::Notify {
                object: condvar, ..
            } => {
                let what = object(condvar);
                self.add(event.thread, StepKind::Notify, what, event.at, moment);
            }
            Action::Drop { object: channel } if self.loses_messages(channel) => {
                let what = object(channel);
                self.add(event.thread, StepKind::DropReceiver, what, event.at, start);
            }
            Action::Spawn { thread } => self.life(event, StepKind::Spawn, thread, start),
            Action::Unpark { thread } => self.life(event, StepKind::Unpark, thread, moment),
            Action::Panic => self.add_known(event.thread, StepKind::Panic, None, event.at, start),
            Action::Wait {
                kind,
                target,
                waker,
                outcome,
                ..
            } => {
                let what = self.facts.wait_ref(kind, target);
                match kind {
                    WaitKind::Join if target != WaitTarget::Nothing && ended_well(outcome) => {
                        self.life(event, StepKind::Join, target.thread(), end);
                    }
                    WaitKind::Lock => {
                        self.add(event.thread, StepKind::Wait, what, event.at, start);
                        self.blocked_on(waker);
                    }
                    WaitKind::Condvar | WaitKind::Barrier if ended_well(outcome) => {
                        self.add(event.thread, StepKind::Wait, what, event.at, start);
                        // Who opens a barrier has not to wait.
                        if end > start {
                            self.add(event.thread, StepKind::Wake, what, event.at, end);
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Whether messages of the channel were lost when its receiver was dropped, or refused after.
    fn loses_messages(&self, channel: ObjectSlot) -> bool {
        let object = self.facts.object(channel);
        object.is_some_and(|it| it.counters.lost > 0 || it.counters.refused > 0)
    }

    /// Waits that go on.
    fn waits_now(&mut self) {
        for thread in &self.facts.snapshot.threads {
            let Some(waiting) = thread.waiting.filter(|it| it.kind != WaitKind::Sleep) else {
                continue;
            };
            let for_ever = self.facts.for_ever.contains(&thread.index);
            let what = self.facts.wait_ref(waiting.kind, waiting.target);
            // How a crate's idle workers wait is nothing of the user's, and no deadlock of theirs.
            let is_users = what.is_some() && self.facts.dependency(waiting.at).is_none();
            let place = self.facts.at(waiting.at);
            let idles = self.facts.dependency(thread.spawned_at).is_some()
                && place.is_some_and(|at| at.in_cell().is_none());
            if !is_users && (!for_ever || idles) {
                continue;
            }
            let before = self.found.len();
            self.add_known(
                thread.index,
                StepKind::Wait,
                what,
                waiting.at,
                waiting.since_ns,
            );
            let edges = self.facts.snapshot.verdicts.iter().flat_map(|it| &it.edges);
            let edge = edges.into_iter().find(|edge| edge.waiter == thread.index);
            let is_lock = waiting.kind == WaitKind::Lock;
            let holder = edge
                .filter(|_| is_lock)
                .map_or(ThreadSlot::NONE, |edge| edge.holder);
            if self.found.len() > before {
                self.found[before].for_ever = for_ever;
                self.blocked_on(holder);
            }
        }
    }

    /// The last step waits for what this thread holds.
    fn blocked_on(&mut self, holder: ThreadSlot) {
        let holder = self.facts.thread_id(holder);
        if let Some(step) = self
            .found
            .last_mut()
            .filter(|step| step.operation == StepKind::Wait)
        {
            step.blocked_on = holder.filter(|&holder| holder != step.thread);
        }
    }

    fn life(&mut self, event: &Event, kind: StepKind, of: ThreadSlot, at_ns: u64) {
        let what = self.facts.thread_id(of).map(Ref::Thread);
        self.add(event.thread, kind, what, event.at, at_ns);
    }

    /// Adds a step with something of the user's.
    fn add(
        &mut self,
        thread: ThreadSlot,
        kind: StepKind,
        what: Option<Ref>,
        at: LocationSlot,
        at_ns: u64,
    ) {
        if what.is_some() && self.facts.dependency(at).is_none() {
            self.add_known(thread, kind, what, at, at_ns);
        }
    }

    fn add_known(
        &mut self,
        thread: ThreadSlot,
        operation: StepKind,
        reference: Option<Ref>,
        at: LocationSlot,
        at_ns: u64,
    ) {
        let Some(thread) = self.facts.thread_id(thread) else {
            return;
        };
        self.found.push(OrderStep {
            step: 0,
            thread,
            operation,
            times: 1,
            object: None,
            reference,
            blocked_on: None,
            for_ever: false,
            at: self.facts.at(at),
            at_ns,
        });
    }
}

impl OrderStep {
    /// Of what happens at one moment: what is given back before what is taken.
    fn rank(&self) -> u8 {
        match self.operation {
            StepKind::Unlock | StepKind::Send | StepKind::Notify => 0,
            StepKind::Wait => 2,
            _ => 1,
        }
    }

    /// Whether another step is the same once more.
    fn is_again(&self, other: &OrderStep) -> bool {
        self.thread == other.thread
            && self.operation == other.operation
            && self.reference == other.reference
            && self.reference.is_some()
            && self.at == other.at
            && self.blocked_on == other.blocked_on
            && self.for_ever == other.for_ever
    }

    /// Whether it takes a lock.
    fn takes(&self) -> bool {
        matches!(self.operation, StepKind::Lock | StepKind::Read)
    }

    /// Whether it only tells of a thread's beginning or end.
    fn is_of_life(&self) -> bool {
        let joins = self.operation == StepKind::Wait
            && matches!(self.reference, Some(Ref::Thread(_) | Ref::Scope(_)));
        joins || matches!(self.operation, StepKind::Spawn | StepKind::Join)
    }
}
