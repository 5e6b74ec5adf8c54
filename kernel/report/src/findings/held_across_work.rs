//! The receiver's lock held across the work on what was received: `while let Ok(job) =
//! rx.lock().unwrap().recv() { … }`.
//!
//! The guard that the condition makes lives to the end of the loop's body, so that a pool does one
//! job at a time. Asks for holds that go on after a `recv` under them, and for others who waited
//! for the lock in those stretches: 1 ms or more in all, and 5 % of the cell's time. Waiting for
//! the message with the lock in hand is how workers share a receiver, and is no fault.

use std::collections::{BTreeMap, BTreeSet};

use record::snapshot::{Action, Event, LocationSlot, ObjectSlot, ThreadSlot, WaitKind, WaitTarget};

use super::shared::{guards_a_receiver, took_its_course};
use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Severity};
use crate::words::names;
use crate::words::units::{counted, duration};

/// Below this, waiting isn't worth a word.
const FLOOR: u64 = 1_000_000;

/// What one lock has cost.
#[derive(Default)]
struct Cost {
    holders: BTreeSet<ThreadSlot>,
    jobs: u64,
    worked: u64,
    waiters: BTreeSet<ThreadSlot>,
    waited: u64,
    at: LocationSlot,
}

/// A finding for each such lock.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let is_shared_receiver = facts.snapshot.objects.iter().any(guards_a_receiver);
    if !is_shared_receiver || !took_its_course(facts) {
        return Vec::new();
    }
    let mut costs: BTreeMap<ObjectSlot, Cost> = BTreeMap::new();
    let received = received_at(facts);
    for hold in facts.events_at(&facts.scan.holds) {
        let Action::Hold { object, .. } = hold.action else {
            continue;
        };
        let guards = facts.object(object).is_some_and(guards_a_receiver);
        if !guards || facts.object_ref(object).is_none() {
            continue;
        }
        let Some(from) = last_within(&received, hold) else {
            continue;
        };
        let cost = costs.entry(object).or_default();
        add(facts, cost, object, hold, from);
    }
    let floor = FLOOR.max(facts.snapshot.wall_ns / 20);
    let mut costly: Vec<(ObjectSlot, Cost)> = costs
        .into_iter()
        .filter(|(_, cost)| cost.waited >= floor)
        .collect();
    costly.sort_by_key(|(object, cost)| (std::cmp::Reverse(cost.waited), *object));
    costly
        .into_iter()
        .map(|(lock, cost)| finding(facts, lock, &cost))
        .collect()
}

/// When each thread received something, by time.
fn received_at(facts: &Facts<'_>) -> BTreeMap<ThreadSlot, Vec<u64>> {
    let mut received: BTreeMap<ThreadSlot, Vec<u64>> = BTreeMap::new();
    for event in &facts.snapshot.events {
        if let Action::Receive { .. } = event.action {
            received.entry(event.thread).or_default().push(event.end_ns);
        }
    }
    for times in received.values_mut() {
        times.sort_unstable();
    }
    received
}

/// When the holder received its last message within a hold.
fn last_within(received: &BTreeMap<ThreadSlot, Vec<u64>>, hold: &Event) -> Option<u64> {
    let times = received.get(&hold.thread)?;
    let until = times.partition_point(|&at| at <= hold.end_ns);
    let last = *times[..until].last()?;
    (last >= hold.start_ns).then_some(last)
}

/// Adds a hold that went on from `from`, and who waited meanwhile.
fn add(facts: &Facts<'_>, cost: &mut Cost, lock: ObjectSlot, hold: &Event, from: u64) {
    let mut waited = 0_u64;
    for wait in facts.events_at(&facts.scan.waits) {
        let is_for_it = matches!(wait.action, Action::Wait { kind: WaitKind::Lock, target, .. }
            if target == WaitTarget::Object(lock) && wait.thread != hold.thread);
        let (start, end) = (wait.start_ns.max(from), wait.end_ns.min(hold.end_ns));
        if is_for_it && start < end {
            waited = waited.saturating_add(end - start);
            cost.waiters.insert(wait.thread);
        }
    }
    if waited > 0 {
        cost.holders.insert(hold.thread);
        cost.jobs += 1;
        cost.worked = cost.worked.saturating_add(hold.end_ns.saturating_sub(from));
        cost.waited = cost.waited.saturating_add(waited);
        cost.at = hold.at;
    }
}

fn finding(facts: &Facts<'_>, lock: ObjectSlot, cost: &Cost) -> Finding {
    let what = facts.what(lock);
    let who = match cost.holders.iter().collect::<Vec<_>>().as_slice() {
        [one] => facts.who(**one),
        many => counted(many.len() as u64, "thread"),
    };
    let worked = duration(cost.worked);
    let worked = match cost.holders.len() {
        1 => worked,
        _ => format!("one at a time ({worked})"),
    };
    let title = format!(
        "{who} worked {worked} with {what} locked{}; meanwhile {} waited for it, {} in all",
        facts.at_suffix(cost.at),
        counted(cost.waiters.len() as u64, "thread"),
        duration(cost.waited)
    );
    let name = facts.source_name(lock).unwrap_or_else(|| "rx".to_owned());
    let name = names::in_prose(&name);
    let detail = format!(
        "After `recv` the guard of {what} lives on: in `while let Ok(job) = \
         {name}.lock().unwrap().recv() {{ … }}` to the end of the loop's body. So only one thread works \
         at a time. Receive in a statement of its own, at whose end the guard is dropped: `loop {{ \
         let Ok(job) = {name}.lock().unwrap().recv() else {{ break }}; … }}`."
    );
    let threads = cost.holders.iter().chain(&cost.waiters);
    Finding::new(
        FindingKind::HeldAcrossWork,
        Severity::Warning,
        title,
        detail,
    )
    .threads(threads.map(|&thread| facts.thread_id(thread)))
    .objects([facts.object_ref(lock)])
    .at([facts.at(cost.at)])
}
