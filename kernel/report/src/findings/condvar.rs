//! Condition variables: woken without the condition being looked at again, and notified too early.
//!
//! *Outside a loop* asks for a `wait` that really was woken, and whose source stands in no `while`,
//! `loop` or `for` within its function or closure; it needs the cell's text. *Unheard* asks for a
//! notification with nobody waiting and, after the last one, a wait that never came to its end.
//! Notifying nobody is no fault in itself: the waiter may have found its condition true and not
//! waited at all.

use std::collections::BTreeSet;

use record::snapshot::{
    Action, Event, LocationIndex, Object, ObjectIndex, ObjectKind, ThreadIndex, ThreadState,
    WaitKind, WaitOutcome,
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
    let mut waits: BTreeSet<(LocationIndex, ObjectIndex)> = BTreeSet::new();
    for event in &facts.snapshot.events {
        if let Action::Wait {
            kind: WaitKind::Condvar,
            target,
            outcome: WaitOutcome::Done,
            ..
        } = event.action
        {
            waits.insert((event.at, target));
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
    findings.truncate(5);
    findings
}

/// A finding for each condition variable that was notified in vain and then waited for in vain.
pub(super) fn unheard(facts: &Facts<'_>) -> Vec<Finding> {
    let condvars = facts.snapshot.objects.iter().filter(|object| {
        object.kind == ObjectKind::Condvar && object.counters.notifies_unheard > 0
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

fn last_notification<'a>(facts: &Facts<'a>, condvar: ObjectIndex) -> Option<&'a Event> {
    let is_it = |event: &&Event| match event.action {
        Action::Notify { object, .. } => object == condvar,
        _ => false,
    };
    facts.snapshot.events.iter().rev().find(is_it)
}

/// Who waited from then on and was never notified, and where.
fn waited_in_vain(
    facts: &Facts<'_>,
    condvar: ObjectIndex,
    since_ns: u64,
) -> Option<(ThreadIndex, LocationIndex)> {
    let snapshot = facts.snapshot;
    let in_vain = snapshot.events.iter().find(|event| match event.action {
        Action::Wait {
            kind: WaitKind::Condvar,
            target,
            outcome,
            ..
        } => {
            let came = matches!(outcome, WaitOutcome::Done | WaitOutcome::Disconnected);
            target == condvar && !came && event.start_ns >= since_ns
        }
        _ => false,
    });
    let waits_now = || {
        let blocked = snapshot
            .threads
            .iter()
            .filter(|thread| thread.state == ThreadState::Blocked && snapshot.ended);
        blocked
            .filter_map(|thread| Some((thread.index, thread.waiting?)))
            .find(|(_, waiting)| {
                waiting.kind == WaitKind::Condvar
                    && waiting.target == condvar
                    && waiting.since_ns >= since_ns
            })
            .map(|(thread, waiting)| (thread, waiting.at))
    };
    in_vain
        .map(|event| (event.thread, event.at))
        .or_else(waits_now)
}

fn unheard_finding(
    facts: &Facts<'_>,
    condvar: &Object,
    last: &Event,
    waiter: ThreadIndex,
    at: LocationIndex,
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
