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

use std::collections::BTreeSet;

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
    keep_the_worst(&mut findings);
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
    let mut kept: Vec<(Finding, More)> = Vec::new();
    for finding in findings.drain(..) {
        let same = |(known, _): &&mut (Finding, More)| {
            known.kind == finding.kind && cause(known) == cause(&finding) && !finding.at.is_empty()
        };
        match kept.iter_mut().find(same) {
            Some((known, more)) if finding.kind != FindingKind::Deadlock => {
                more.count(known, &finding);
                let threads = finding.threads.into_iter().map(Some);
                let tasks = finding.tasks.into_iter().map(Some);
                let objects = finding.objects.into_iter().map(Some);
                let whole =
                    std::mem::replace(known, Finding::new(known.kind, known.severity, "", ""));
                *known = whole.threads(threads).tasks(tasks).objects(objects);
            }
            _ => kept.push((finding, More::default())),
        }
    }
    findings.extend(kept.into_iter().map(|(mut finding, more)| {
        finding.title += &more.words();
        finding
    }));
}

/// What else there is of a line's findings than the one that is told.
#[derive(Default)]
struct More {
    findings: u64,
    /// How many of them are about another task.
    tasks: u64,
    /// How many about another object, and what these are.
    objects: u64,
    nouns: BTreeSet<&'static str>,
    /// How many about another thread.
    threads: u64,
}

impl More {
    fn count(&mut self, known: &Finding, other: &Finding) {
        self.findings += 1;
        self.tasks += u64::from(other.tasks.iter().any(|it| !known.tasks.contains(it)));
        self.threads += u64::from(other.threads.iter().any(|it| !known.threads.contains(it)));
        let objects = other
            .objects
            .iter()
            .filter(|it| !known.objects.contains(it));
        let nouns: BTreeSet<_> = objects.filter_map(|it| it.noun()).collect();
        self.objects += u64::from(!nouns.is_empty());
        self.nouns.extend(nouns);
    }

    /// As the end of a title.
    fn words(&self) -> String {
        let noun = match (self.nouns.first(), self.nouns.len()) {
            _ if self.tasks == self.findings => Some("task"),
            (Some(noun), 1) if self.objects == self.findings => Some(*noun),
            _ if self.threads == self.findings => Some("thread"),
            _ => None,
        };
        match (self.findings, noun) {
            (0, _) => String::new(),
            (1, Some(noun)) => format!(" (and 1 more {noun} of that line)"),
            (n, Some(noun)) => format!(" (and {n} more {noun}s of that line)"),
            (n, None) => format!(" (and {n} more of that line)"),
        }
    }
}

/// Leaves out all but some lines of the kinds that there may be hundreds of. Each kind's worst come
/// first.
fn keep_the_worst(findings: &mut Vec<Finding>) {
    let mut told: Vec<(FindingKind, usize)> = Vec::new();
    findings.retain(|finding| {
        let most = match finding.kind {
            FindingKind::Convoy
            | FindingKind::HeldAcrossWait
            | FindingKind::HeldAcrossWork
            | FindingKind::LongPoll
            | FindingKind::StdGuardAcrossAwait => 3,
            FindingKind::WaitOutsideLoop => 5,
            _ => return true,
        };
        let known = told.iter().position(|(kind, _)| *kind == finding.kind);
        let known = known.unwrap_or_else(|| {
            told.push((finding.kind, 0));
            told.len() - 1
        });
        told[known].1 += 1;
        told[known].1 <= most
    });
}
