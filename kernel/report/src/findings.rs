//! What deserves attention, one file a finding: when it is said, its sentence with numbers, what to
//! change.
//!
//! A finding that accuses a good program does more harm than a missing one, so each file states
//! what it asks for, and the tests hold a recording that nearly does it.

mod condvar;
mod convoy;
mod deadlock;
mod held_across_wait;
mod let_underscore_lock;
mod lock_order;
mod poisoned;
mod receiver_dropped;
mod running_at_end;
mod serial_spawns;
mod shared;
mod source;
mod stopped_waiting;
mod unjoined_panic;
mod unreceived;

use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Ref, Severity};

/// One kind of finding.
type Check = fn(&Facts<'_>) -> Vec<Finding>;

/// In the order in which findings of one severity are told.
const CHECKS: [Check; 14] = [
    deadlock::check,
    poisoned::check,
    unjoined_panic::check,
    lock_order::check,
    let_underscore_lock::check,
    held_across_wait::check,
    convoy::check,
    receiver_dropped::check,
    unreceived::check,
    serial_spawns::check,
    condvar::outside_a_loop,
    condvar::unheard,
    running_at_end::check,
    stopped_waiting::check,
];

/// All findings, worst first.
pub(crate) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(facts)).collect();
    leave_out_what_is_explained(&mut findings);
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// Where threads queue for a lock because its holders wait with it in hand, that is the cause, and
/// the convoy only what comes of it.
fn leave_out_what_is_explained(findings: &mut Vec<Finding>) {
    let explained: Vec<Ref> = findings
        .iter()
        .filter(|it| it.kind == FindingKind::HeldAcrossWait && it.severity == Severity::Warning)
        .flat_map(|it| it.objects.clone())
        .collect();
    findings.retain(|it| {
        it.kind != FindingKind::Convoy
            || it.objects.iter().all(|object| !explained.contains(object))
    });
}
