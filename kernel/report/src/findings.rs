//! What deserves attention, one file a finding: when it is said, its sentence with numbers, what to
//! change.
//!
//! A finding that accuses a good program does more harm than a missing one, so each file states
//! what it asks for, and the tests hold a recording that nearly does it.

mod blocked_worker;
mod condvar;
mod convoy;
mod deadlock;
pub(crate) mod for_locks;
mod guard_across_await;
mod held_across_wait;
mod held_across_work;
mod let_underscore_lock;
mod lock_order;
mod long_poll;
mod never_polled;
mod poisoned;
mod receiver_dropped;
mod running_at_end;
mod serial_spawns;
mod shared;
mod source;
mod starved_branch;
mod stopped_waiting;
mod task_deadlock;
mod unjoined_panic;
mod unjoined_task;
mod unreceived;

pub(crate) use deadlock::for_kind;
pub(crate) use poisoned::poisons;

use crate::analyse::Facts;
use crate::model::{At, Finding, FindingKind, Ref, Severity};

/// One kind of finding.
type Check = fn(&Facts<'_>) -> Vec<Finding>;

/// In the order in which findings of one severity are told.
const CHECKS: [Check; 22] = [
    deadlock::check,
    task_deadlock::check,
    poisoned::check,
    unjoined_panic::check,
    unjoined_task::check,
    lock_order::check,
    let_underscore_lock::check,
    held_across_wait::check,
    held_across_work::check,
    convoy::check,
    receiver_dropped::check,
    unreceived::check,
    serial_spawns::check,
    blocked_worker::check,
    guard_across_await::check,
    long_poll::check,
    never_polled::check,
    starved_branch::check,
    condvar::outside_a_loop,
    condvar::unheard,
    running_at_end::check,
    stopped_waiting::check,
];

/// All findings, worst first.
pub(crate) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(facts)).collect();
    leave_out_what_is_explained(&mut findings);
    findings.retain(|finding| !is_dependencys_own(finding));
    put_together(&mut findings);
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// Where threads queue for a lock because its holders wait or work with it in hand, that is the
/// cause, and the convoy only what comes of it. That they wait while they work is no second cause.
fn leave_out_what_is_explained(findings: &mut Vec<Finding>) {
    let told = |kind: FindingKind| -> Vec<Ref> {
        let is_it = |it: &&Finding| it.kind == kind && it.severity == Severity::Warning;
        let of_kind = findings.iter().filter(is_it);
        of_kind.flat_map(|it| it.objects.clone()).collect()
    };
    let (wait, work) = (
        told(FindingKind::HeldAcrossWait),
        told(FindingKind::HeldAcrossWork),
    );
    findings.retain(|it| {
        let among = |objects: &[Ref]| it.objects.iter().any(|object| objects.contains(object));
        match it.kind {
            FindingKind::Convoy => !among(&wait) && !among(&work),
            FindingKind::HeldAcrossWait => !among(&work),
            _ => true,
        }
    });
}

/// Whether all places of a finding lie within a dependency: how it is made inside is not for the
/// user to change. A deadlock or a panic concerns them all the same.
fn is_dependencys_own(finding: &Finding) -> bool {
    let concerns = matches!(
        finding.kind,
        FindingKind::Deadlock
            | FindingKind::Poisoned
            | FindingKind::UnjoinedPanic
            | FindingKind::StoppedWaiting
    );
    let is_theirs = |at: &At| matches!(at, At::Dependency { .. });
    !concerns && !finding.at.is_empty() && finding.at.iter().all(is_theirs)
}

/// The places that make a finding what it is. Who waits with several locks in hand does so at one
/// place, wherever it took them.
fn cause(finding: &Finding) -> &[At] {
    match finding.kind {
        FindingKind::HeldAcrossWait => &finding.at[..finding.at.len().min(1)],
        _ => &finding.at,
    }
}

/// One line of the source is told once of each sort, however many objects it has made.
fn put_together(findings: &mut Vec<Finding>) {
    let mut kept: Vec<(Finding, u64)> = Vec::new();
    for finding in findings.drain(..) {
        let same = |(known, _): &&mut (Finding, u64)| {
            known.kind == finding.kind && cause(known) == cause(&finding) && !finding.at.is_empty()
        };
        match kept.iter_mut().find(same) {
            Some((known, more)) if finding.kind != FindingKind::Deadlock => {
                *more += 1;
                let threads = finding.threads.into_iter().map(Some);
                let tasks = finding.tasks.into_iter().map(Some);
                let objects = finding.objects.into_iter().map(Some);
                let whole =
                    std::mem::replace(known, Finding::new(known.kind, known.severity, "", ""));
                *known = whole.threads(threads).tasks(tasks).objects(objects);
            }
            _ => kept.push((finding, 0)),
        }
    }
    findings.extend(kept.into_iter().map(|(mut finding, more)| {
        if more > 0 {
            finding.title += &format!(" (and {more} more of that line)");
        }
        finding
    }));
}
