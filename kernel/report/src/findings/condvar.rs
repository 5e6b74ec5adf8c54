//! Condition variables: woken without the condition being looked at again, and notified too early.
//!
//! *Outside a loop* asks for a `wait` that really was woken, and whose source stands in no `while`,
//! `loop` or `for` within its function or closure; it needs the cell's text. *Unheard* asks for a
//! notification with nobody waiting and, after the last one, a wait that never came to its end, of
//! a thread that has not looked at the data since and gone on.
//! Notifying nobody is no fault in itself: the waiter may have found its condition true and not
//! waited at all. Nor is a worker's fault that it is idle when the cell ends.

use std::collections::BTreeSet;

use record::snapshot::{
    Action, Event, LocationSlot, Object, ObjectKind, ObjectSlot, ThreadSlot, WaitKind, WaitOutcome,
    WaitTarget,
};

use super::source::is_in_a_loop;
use crate::analyse::Facts;
use crate::model::{At, Finding, FindingKind, Severity};
use crate::words::units::counted;

/// A finding for each line with such a wait.
pub(super) fn outside_a_loop(facts: &Facts<'_>) -> Vec<Finding> {
    let has_condvar = facts
        .snapshot
        .objects
        .iter()
        .any(|object| object.kind == ObjectKind::Condvar);
    if !has_condvar || facts.context.source_lines.is_empty() {
        return Vec::new();
    }
    let mut waits: BTreeSet<(LocationSlot, ObjectSlot)> = BTreeSet::new();
    for event in &facts.snapshot.events {
        if let Action::Wait {
            kind: WaitKind::Condvar,
            target,
            outcome: WaitOutcome::Done,
            ..
        } = event.action
        {
            waits.insert((event.at, target.object()));
        }
    }
    let mut findings = Vec::new();
    for (location, object) in waits {
        let Some(at @ At::Cell { cell, line, .. }) = facts.at(location) else {
            continue;
        };
        if facts.object_ref(object).is_none()
            || is_in_a_loop(&facts.context.source_lines, cell, line) != Some(false)
        {
            continue;
        }
        let what = facts.what(object);
        let title = format!(
            "The wait on {what} at {} stands in no loop",
            facts.at_words(&at)
        );
        let detail = format!(
            "A thread can wake without a notification, or after another thread has already taken \
             what it was woken for. Look at the condition again after every wake-up: `while !ready \
             {{ guard = {}.wait(guard).unwrap(); }}`, or `wait_while`.",
            facts.source_name(object).unwrap_or_else(|| "cv".to_owned())
        );
        let finding = Finding::new(
            FindingKind::WaitOutsideLoop,
            Severity::Warning,
            title,
            detail,
        )
        .objects([facts.object_ref(object)])
        .at([Some(at)]);
        findings.push(finding);
    }
    findings
}

/// A finding for each condition variable that was notified in vain and then waited for in vain.
pub(super) fn unheard(facts: &Facts<'_>) -> Vec<Finding> {
    let condvars = facts.snapshot.objects.iter().filter(|object| {
        object.kind == ObjectKind::Condvar
            && object.counters.notifies_unheard > 0
            && facts.dependency(object.created_at).is_none()
    });
    condvars
        .filter_map(|condvar| {
            let last = last_notification(facts, condvar.index)?;
            let (waiter, at) = waited_in_vain(facts, condvar.index, last.start_ns)?;
            Some(unheard_finding(facts, condvar, last, waiter, at))
        })
        .take(5)
        .collect()
}

fn last_notification<'a>(facts: &Facts<'a>, condvar: ObjectSlot) -> Option<&'a Event> {
    let is_it = |event: &&Event| match event.action {
        Action::Notify { object, .. } => object == condvar,
        _ => false,
    };
    facts.snapshot.events.iter().rev().find(is_it)
}

/// Who waited from then on and, as was proved or seen, for nothing: in a deadlock, until the user
/// stopped it, or to the end of the only time that it waited. A worker that is idle when the cell
/// ends, or looks again now and then, misses nothing.
fn waited_in_vain(
    facts: &Facts<'_>,
    condvar: ObjectSlot,
    since_ns: u64,
) -> Option<(ThreadSlot, LocationSlot)> {
    let snapshot = facts.snapshot;
    let waits = |thread: ThreadSlot| {
        let of_it = |event: &&Event| event.thread == thread && waits_on(event, condvar).is_some();
        snapshot.events.iter().filter(of_it).count()
    };
    let seen = snapshot
        .events
        .iter()
        .filter(|event| match waits_on(event, condvar) {
            Some(WaitOutcome::Cancelled) => true,
            Some(WaitOutcome::TimedOut) => waits(event.thread) == 1,
            _ => false,
        });
    let seen = seen.map(|event| (event.thread, event.at, event.start_ns));
    let proved = snapshot.verdicts.iter().flat_map(|verdict| &verdict.edges);
    let proved = proved
        .filter(|edge| {
            edge.waiting.kind == WaitKind::Condvar
                && edge.waiting.target == WaitTarget::Object(condvar)
        })
        .filter_map(|edge| {
            let waiting = facts.thread(edge.waiter)?.waiting?;
            Some((edge.waiter, waiting.at, waiting.since_ns))
        });
    proved
        .chain(seen)
        .filter(|(thread, _, since)| *since >= since_ns && !was_notified(facts, *thread, condvar))
        .filter(|(thread, _, since)| !has_looked(facts, *thread, since_ns, *since))
        .map(|(thread, at, _)| (thread, at))
        .next()
}

/// Whether the thread that waits since `until` has taken the lock that it waits with before that,
/// and gone on without waiting, since the time `since`. Then it knows the news: the data told it.
fn has_looked(facts: &Facts<'_>, thread: ThreadSlot, since: u64, until: u64) -> bool {
    let holds = || {
        let events = facts.snapshot.events.iter();
        events.filter_map(|event| match event.action {
            Action::Hold { object, .. }
                if event.thread == thread && event.start_ns >= since && event.end_ns <= until =>
            {
                Some((event.end_ns, object, event.times))
            }
            _ => None,
        })
    };
    let Some((_, lock, _)) = holds().max_by_key(|(end, ..)| *end) else {
        return false;
    };
    let of_it = holds().filter(|(_, object, _)| *object == lock);
    of_it.map(|(.., times)| u64::from(times)).sum::<u64>() > 1
}

/// Whether a thread that waits for this condition variable knows of its last notification.
pub(super) fn knows(facts: &Facts<'_>, thread: ThreadSlot, condvar: ObjectSlot) -> bool {
    let last = last_notification(facts, condvar);
    let waiting = facts.thread(thread).and_then(|thread| thread.waiting);
    last.zip(waiting)
        .is_some_and(|(last, wait)| has_looked(facts, thread, last.start_ns, wait.since_ns))
}

/// How a wait for this condition variable ended, if the event is one.
fn waits_on(event: &Event, condvar: ObjectSlot) -> Option<WaitOutcome> {
    match event.action {
        Action::Wait {
            kind: WaitKind::Condvar,
            target,
            outcome,
            ..
        } if target == WaitTarget::Object(condvar) => Some(outcome),
        _ => None,
    }
}

/// Whether the thread has been woken by this condition variable before: then it has heard.
fn was_notified(facts: &Facts<'_>, thread: ThreadSlot, condvar: ObjectSlot) -> bool {
    let woken = |event: &Event| {
        event.thread == thread && waits_on(event, condvar) == Some(WaitOutcome::Done)
    };
    facts.snapshot.events.iter().any(woken)
}

fn unheard_finding(
    facts: &Facts<'_>,
    condvar: &Object,
    last: &Event,
    waiter: ThreadSlot,
    at: LocationSlot,
) -> Finding {
    let what = facts.what(condvar.index);
    let title = format!(
        "{what} was notified{} before {} waited{}; nobody heard it",
        facts.at_suffix(last.at),
        facts.who(waiter),
        facts.at_suffix(at)
    );
    let detail = format!(
        "A notification reaches only threads that wait at that moment ({} of {} reached nobody). \
         Keep the news in the data: set a flag under the lock, then notify; and wait only `while` \
         the flag isn't set.",
        condvar.counters.notifies_unheard,
        counted(condvar.counters.notifies, "notification")
    );
    Finding::new(
        FindingKind::UnheardNotification,
        Severity::Warning,
        title,
        detail,
    )
    .threads([facts.thread_id(last.thread), facts.thread_id(waiter)])
    .objects([facts.object_ref(condvar.index)])
    .at([facts.at(last.at), facts.at(at)])
}
