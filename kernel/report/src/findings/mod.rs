//! What deserves attention, one file a finding: when it is said, its sentence with numbers, what to change.
//!
//! A finding that accuses a good program does more harm than a missing one, so each file states what it asks
//! for, and the tests hold a recording that nearly does it.

mod advice;
mod condvar;
mod convoy;
mod deadlock;
mod held_across_wait;
mod let_underscore_lock;
mod lock_order;
mod poisoned;
mod receiver_dropped;
mod ring;
mod running_at_end;
mod serial_spawns;
mod source;
mod stopped_waiting;
mod unjoined_panic;
mod unreceived;

pub(crate) use ring::ring;

use record::snapshot::{Event, Object};

use crate::facts::Facts;
use crate::model::{At, Finding, Ref, Severity};

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

/// The kinds of findings there are.
pub const KINDS: [&str; 14] = [
    "convoy",
    "deadlock",
    "held_across_wait",
    "let_underscore_lock",
    "lock_order",
    "poisoned",
    "receiver_dropped_early",
    "running_at_end",
    "serial_spawns",
    "stopped_waiting",
    "unheard_notification",
    "unjoined_panic",
    "unreceived_messages",
    "wait_outside_loop",
];

/// All findings, worst first.
pub(crate) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(facts)).collect();
    leave_out_what_is_explained(&mut findings);
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// Where threads queue for a lock because its holders wait with it in hand, that is the cause, and the
/// convoy only what comes of it.
fn leave_out_what_is_explained(findings: &mut Vec<Finding>) {
    let explained: Vec<Ref> = findings
        .iter()
        .filter(|it| it.kind == "held_across_wait" && it.severity == Severity::Warning)
        .flat_map(|it| it.objects.clone())
        .collect();
    findings.retain(|it| {
        it.kind != "convoy" || it.objects.iter().all(|object| !explained.contains(object))
    });
}

/// Whether what the recording shows is the program's own course, rather than the end of a cell
/// that was stopped or found in a deadlock: then threads unwind, panic and drop what they have.
fn took_its_course(facts: &Facts<'_>) -> bool {
    use crate::Outcome;
    facts.snapshot.verdicts.is_empty()
        && matches!(facts.context.outcome, Outcome::Ok | Outcome::Panicked)
}

/// The events at these positions.
fn events<'a>(facts: &Facts<'a>, positions: &[u32]) -> impl Iterator<Item = &'a Event> {
    let snapshot = facts.snapshot;
    positions
        .iter()
        .map(|&position| &snapshot.events[position as usize])
}

/// Whether a lock guards a channel's receiver. Workers that share one take turns at waiting in `recv` with
/// the lock in hand; that is how a pool without work looks, and nobody is held up.
fn guards_a_receiver(object: &Object) -> bool {
    object.type_name.contains("Receiver<")
}

impl Finding {
    fn new(kind: &'static str, severity: Severity, title: String, detail: String) -> Finding {
        debug_assert!(KINDS.contains(&kind), "`{kind}` is missing in KINDS");
        Finding {
            kind,
            severity,
            title,
            detail,
            told_by_edges: 0,
            threads: Vec::new(),
            objects: Vec::new(),
            at: Vec::new(),
            edges: Vec::new(),
            ring: false,
        }
    }

    fn threads(mut self, threads: impl IntoIterator<Item = Option<u32>>) -> Finding {
        for id in threads.into_iter().flatten() {
            if !self.threads.contains(&id) {
                self.threads.push(id);
            }
        }
        self.threads.truncate(50);
        self
    }

    fn objects(mut self, objects: impl IntoIterator<Item = Option<Ref>>) -> Finding {
        for object in objects.into_iter().flatten() {
            if !self.objects.contains(&object) {
                self.objects.push(object);
            }
        }
        self.objects.truncate(50);
        self
    }

    fn at(mut self, places: impl IntoIterator<Item = Option<At>>) -> Finding {
        for at in places.into_iter().flatten() {
            if !self.at.contains(&at) {
                self.at.push(at);
            }
        }
        self.at.truncate(20);
        self
    }
}
