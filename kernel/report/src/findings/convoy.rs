//! A convoy: one lock for which threads waited more than half of their lives.
//!
//! Asks for two threads at least that each spent more than half of their time, and 2 ms or more,
//! waiting for the lock, and for holds of 50 µs or more on average. A counter that many threads hit
//! with short holds is contended too, but there is nothing to shorten. Nor is a receiver that
//! workers share a convoy, nor those who wait until one long hold is over: nobody waits in turn.

use std::collections::BTreeMap;

use super::shared::{guards_a_receiver, took_its_course};
use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Severity};
use crate::words::units::{count, counted, duration};

/// Least waiting of a thread, and least average hold.
const WAIT: u64 = 2_000_000;
const HOLD: u64 = 50_000;

/// A finding for each such lock.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !took_its_course(facts) {
        return Vec::new();
    }
    let snapshot = facts.snapshot;
    let mut waiters: BTreeMap<usize, Vec<(usize, u64)>> = BTreeMap::new();
    for (thread, object, waited) in facts.scan.lock_waits.iter() {
        let it = &snapshot.threads[thread];
        let life = it
            .end_ns
            .unwrap_or(snapshot.wall_ns)
            .saturating_sub(it.start_ns);
        if waited >= WAIT && waited > life / 2 && facts.refs[object].is_some() {
            waiters.entry(object).or_default().push((thread, waited));
        }
    }
    let mut findings = Vec::new();
    for (position, mut threads) in waiters {
        let object = &snapshot.objects[position];
        let counters = &object.counters;
        let average = counters
            .hold_ns
            .total
            .checked_div(counters.acquisitions)
            .unwrap_or(0);
        let is_one_hold = counters.hold_ns.max > counters.hold_ns.total / 2;
        if threads.len() < 2 || average < HOLD || is_one_hold || guards_a_receiver(object) {
            continue;
        }
        threads.sort_unstable();
        let waited: u64 = threads.iter().map(|(_, waited)| waited).sum();
        let what = facts.what(object.index);
        let title = format!(
            "{} waited for {what} more than half of their lives: {} in all",
            counted(threads.len() as u64, "thread"),
            duration(waited)
        );
        let detail = format!(
            "{what} was locked {} times and held {} on average, so the threads went one after \
             another, as one thread would. Do the slow work before locking and hold the lock only \
             for the change itself, or give each thread its own part and join the parts at the \
             end.",
            count(counters.acquisitions),
            duration(average)
        );
        let finding = Finding::new(FindingKind::Convoy, Severity::Warning, title, detail)
            .threads(
                threads
                    .iter()
                    .map(|&(position, _)| facts.thread_id(snapshot.threads[position].index)),
            )
            .objects([facts.refs[position]])
            .at([facts.at(object.created_at)]);
        findings.push((waited, finding));
    }
    findings.sort_by_key(|(waited, _)| std::cmp::Reverse(*waited));
    findings.into_iter().map(|(_, finding)| finding).collect()
}
