//! What deserves attention, one file a finding: when it is said, its sentence with numbers, what to change.
//!
//! A finding that accuses a good program does more harm than a missing one, so each file states what it asks
//! for, and the tests hold a recording that nearly does it.

mod deadlock;

pub(crate) use deadlock::ring;

use crate::facts::Facts;
use crate::model::{At, Finding, Ref, Severity};

/// One kind of finding.
type Check = fn(&Facts<'_>) -> Vec<Finding>;

/// In the order in which findings of one severity are told.
const CHECKS: [Check; 1] = [deadlock::check];

/// All findings, worst first.
pub(crate) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(facts)).collect();
    findings.sort_by_key(|finding| finding.severity);
    findings
}

impl Finding {
    fn new(kind: &'static str, severity: Severity, title: String, detail: String) -> Finding {
        Finding {
            kind,
            severity,
            title,
            detail,
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
