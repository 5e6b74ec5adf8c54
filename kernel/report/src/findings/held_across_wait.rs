//! A lock held across `sleep`, `recv`, `join` or another long wait, which made others wait.
//!
//! Asks for a wait that lies wholly within a hold of the same thread, and for others who waited for
//! that lock meanwhile: 1 ms or more in all, and 5 % of the cell's time. Waiting for another lock
//! doesn't count (nested locks are a matter of order), nor does a condition variable's own mutex,
//! which is given back while it waits, nor receiving from a receiver that workers share.

use std::collections::{BTreeMap, HashMap};

use record::snapshot::{Action, Event, LocationSlot, ObjectSlot, ThreadSlot, WaitKind};

use super::shared::{guards_a_receiver, took_its_course};
use super::source::{self, Guard};
use crate::analyse::Facts;
use crate::analyse::length;
use crate::model::{At, Finding, FindingKind, Severity};
use crate::words::names;
use crate::words::units::{counted, duration, list};

/// Below this, waiting isn't worth a word.
const FLOOR: u64 = 1_000_000;

/// The lock, the kind of the wait, and its place.
type Key = (ObjectSlot, WaitKind, LocationSlot);

/// What one place of waiting with a lock in hand has cost.
#[derive(Default)]
struct Cost {
    times: u64,
    waited: u64,
    others: u64,
    /// Who waited for the lock, and up to when that is counted: several may hold a lock for reading
    /// and wait at once, and hold up each of the others only once.
    counted_until: HashMap<ThreadSlot, u64>,
    holders: Vec<ThreadSlot>,
    held_at: LocationSlot,
}

impl Cost {
    /// Adds a wait within a hold, and the waits of `others` for the lock meanwhile.
    fn add(&mut self, hold: &Event, wait: &Event, others: &[&Event]) {
        self.times += 1;
        self.waited = self.waited.saturating_add(length(wait));
        self.held_at = hold.at;
        if !self.holders.contains(&hold.thread) {
            self.holders.push(hold.thread);
        }
        for other in others {
            let until = self.counted_until.entry(other.thread).or_default();
            let from = other.start_ns.max(wait.start_ns).max(*until);
            let to = other.end_ns.min(wait.end_ns);
            self.others = self.others.saturating_add(to.saturating_sub(from));
            *until = to.max(*until);
        }
    }
}

/// All waits for a lock.
#[derive(Default)]
struct WaitsForLock<'a> {
    /// By start.
    waits: Vec<&'a Event>,
    longest: u64,
}

impl<'a> WaitsForLock<'a> {
    fn add(&mut self, wait: &'a Event) {
        self.waits.push(wait);
        self.longest = self.longest.max(length(wait));
    }

    /// Those of other threads that overlap `event`.
    fn meanwhile(&self, event: &Event) -> impl Iterator<Item = &'a Event> {
        let (start, end, thread) = (event.start_ns, event.end_ns, event.thread);
        let earliest = start.saturating_sub(self.longest);
        let first = self.waits.partition_point(|wait| wait.start_ns < earliest);
        self.waits[first..]
            .iter()
            .copied()
            .take_while(move |wait| wait.start_ns < end)
            .filter(move |wait| wait.end_ns > start && wait.thread != thread)
    }
}

/// A finding for each lock and kind of wait.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !took_its_course(facts) {
        return Vec::new();
    }
    let mut waits_of: BTreeMap<ThreadSlot, Vec<&Event>> = BTreeMap::new();
    let mut for_lock: BTreeMap<ObjectSlot, WaitsForLock<'_>> = BTreeMap::new();
    for event in facts.events_at(&facts.scan.waits) {
        match event.action {
            Action::Wait {
                kind: WaitKind::Lock,
                target,
                ..
            } => for_lock.entry(target.object()).or_default().add(event),
            // Who opens a barrier comes to it without waiting.
            Action::Wait { .. } if length(event) > 0 => {
                waits_of.entry(event.thread).or_default().push(event);
            }
            _ => {}
        }
    }
    let mut costs: BTreeMap<Key, Cost> = BTreeMap::new();
    for (object, hold, wait) in waits_in_holds(facts, &waits_of) {
        let (Action::Wait { kind, .. }, Some(waits)) = (wait.action, for_lock.get(&object)) else {
            continue;
        };
        let others: Vec<&Event> = waits.meanwhile(wait).collect();
        if !others.is_empty() {
            let cost = costs.entry((object, kind, wait.at)).or_default();
            cost.add(hold, wait, &others);
        }
    }
    let floor = FLOOR.max(facts.snapshot.wall_ns / 20);
    let mut costly: Vec<(Key, Cost)> = costs
        .into_iter()
        .filter(|(_, cost)| cost.others >= floor)
        .collect();
    costly.sort_by_key(|(key, cost)| (std::cmp::Reverse(cost.others), *key));
    costly
        .into_iter()
        .map(|(key, cost)| finding(facts, key, cost))
        .collect()
}

/// Each wait that lies wholly within a hold of the same thread, by start: lock, hold, wait.
fn waits_in_holds<'a>(
    facts: &'a Facts<'_>,
    waits_of: &BTreeMap<ThreadSlot, Vec<&'a Event>>,
) -> Vec<(ObjectSlot, &'a Event, &'a Event)> {
    let mut found = Vec::new();
    for hold in facts.events_at(&facts.scan.holds) {
        let (Action::Hold { object, .. }, Some(own)) = (hold.action, waits_of.get(&hold.thread))
        else {
            continue;
        };
        let is_shared_receiver = facts.object(object).is_some_and(guards_a_receiver);
        if facts.object_ref(object).is_none() {
            continue;
        }
        let is_innocent = |wait: &Event| {
            let Action::Wait { kind, .. } = wait.action else {
                return false;
            };
            is_shared_receiver && kind == WaitKind::Channel
        };
        let first = own.partition_point(|wait| wait.start_ns < hold.start_ns);
        let within = own[first..]
            .iter()
            .take_while(|wait| wait.end_ns <= hold.end_ns);
        let within = within.filter(|wait| !is_innocent(wait));
        found.extend(within.map(|&wait| (object, hold, wait)));
    }
    found.sort_by_key(|(object, _, wait)| (wait.start_ns, wait.thread, *object));
    found
}

fn finding(facts: &Facts<'_>, (lock, kind, at): Key, cost: Cost) -> Finding {
    let what = facts.what(lock);
    let by_id = |&thread: &ThreadSlot| (facts.thread_id(thread), thread);
    let mut waiters: Vec<ThreadSlot> = cost.counted_until.keys().copied().collect();
    waiters.sort_unstable_by_key(by_id);
    let mut holding = cost.holders;
    holding.sort_unstable_by_key(by_id);
    let holders: Vec<String> = holding.iter().map(|&thread| facts.who(thread)).collect();
    let others: Vec<String> = waiters
        .iter()
        .filter(|thread| !holding.contains(thread) || holding.len() > 1)
        .map(|&thread| facts.who(thread))
        .collect();
    let did = did(kind);
    let (in_all, times) = if cost.times > 1 {
        (" in all", format!(", {} times", cost.times))
    } else {
        ("", String::new())
    };
    let title = format!(
        "{} {did} {}{in_all}{} while holding {what}{times}; {} waited {} for it",
        list(&holders, 3),
        duration(cost.waited),
        facts.at_suffix(at),
        if others.len() > 3 {
            counted(others.len() as u64, "thread")
        } else {
            list(&others, 3)
        },
        duration(cost.others)
    );
    let since = facts.at_suffix(cost.held_at);
    let does = match kind {
        WaitKind::Sleep => "sleep",
        _ => "wait",
    };
    let detail = format!(
        "The guard of {what} taken{since} lives on while the thread {does}s, so who needs the lock \
         waits as long. {}",
        advice(facts, cost.held_at, does)
    );
    // Once may be meant; many times it is a habit.
    let severity = if cost.times > 1 {
        Severity::Warning
    } else {
        Severity::Note
    };
    Finding::new(FindingKind::HeldAcrossWait, severity, title, detail)
        .threads(
            holding
                .iter()
                .chain(&waiters)
                .map(|&thread| facts.thread_id(thread)),
        )
        .objects([facts.object_ref(lock)])
        .at([facts.at(at), facts.at(cost.held_at)])
}

/// How the guard that is taken at a place can be dropped before what the thread `does`.
fn advice(facts: &Facts<'_>, held_at: LocationSlot, does: &str) -> String {
    let statement = match facts.at(held_at) {
        Some(At::Cell { cell, line, .. }) => {
            source::statement(&facts.context.source_lines, cell, line)
        }
        _ => None,
    };
    match statement.map_or(Guard::Unknown, |code| source::guard_of(&code)) {
        Guard::Within {
            keyword,
            expression,
        } => {
            let code = source::without_guard(&expression).map_or_else(String::new, |code| {
                format!(": `let next = {};`", names::in_prose(&names::line(&code)))
            });
            let begin = if keyword.starts_with("while") {
                "Make it a `loop` that begins with a statement of its own"
            } else {
                "Take what is needed in a statement of its own before it"
            };
            format!(
                "It is no variable: `{keyword}` keeps it to the end of its body. {begin}, at whose \
                 end the guard is dropped{code}."
            )
        }
        Guard::Named(name) => format!(
            "Take what is needed out of the lock, drop the guard (`drop({})`, or a block of its \
             own), and {does} only then.",
            names::in_prose(&names::line(&name))
        ),
        Guard::Unknown => format!(
            "Take what is needed out of the lock in a statement of its own, at whose end the guard \
             is dropped, and {does} only then."
        ),
    }
}

/// What the thread did meanwhile.
fn did(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::Sleep => "slept",
        WaitKind::Channel => "waited on a channel",
        WaitKind::Join => "waited for a thread to end",
        WaitKind::Condvar => "waited on a condition variable",
        WaitKind::Barrier => "waited at a barrier",
        WaitKind::Park => "was parked",
        WaitKind::Once | WaitKind::Lock => "waited",
    }
}
