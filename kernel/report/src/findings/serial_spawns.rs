//! Threads spawned and joined at once in a loop, so that no two ran at the same time.
//!
//! Asks for three threads or more spawned by one thread at one place, each ended before the next
//! was spawned, and a wait of the spawner for each of them (for at most one in three the join may
//! have found it ended already) in between. Threads that merely happen to be short, joined after
//! the loop, don't count.

use std::collections::BTreeMap;

use record::snapshot::{Action, LocationSlot, Thread, ThreadSlot};

use super::shared::took_its_course;
use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Severity};
use crate::words::units::counted;

/// Fewer say nothing about a loop.
const THREADS: usize = 3;

/// A finding for each place of spawning.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !took_its_course(facts) || facts.live {
        return Vec::new();
    }
    let mut places: BTreeMap<(ThreadSlot, LocationSlot), Vec<&Thread>> = BTreeMap::new();
    for (position, thread) in facts.snapshot.threads.iter().enumerate() {
        let own = thread.cell == facts.snapshot.cell && facts.thread_ids[position] != 0;
        if own
            && !thread.is_main
            && thread.spawned_at != LocationSlot::NONE
            && !facts.foreign_code[position]
        {
            places
                .entry((thread.parent, thread.spawned_at))
                .or_default()
                .push(thread);
        }
    }
    let mut findings = Vec::new();
    for ((parent, at), mut threads) in places {
        threads.sort_by_key(|thread| (thread.start_ns, thread.ordinal));
        if threads.len() >= THREADS && is_serial(facts, parent, &threads) {
            findings.push(finding(facts, at, &threads));
        }
    }
    findings
}

fn is_serial(facts: &Facts<'_>, parent: ThreadSlot, threads: &[&Thread]) -> bool {
    let joins: Vec<(ThreadSlot, u64)> = facts
        .events_at(&facts.scan.joins)
        .filter(|event| event.thread == parent)
        .filter_map(|event| match event.action {
            Action::Wait { target, .. } => Some((target.thread(), event.end_ns)),
            _ => None,
        })
        .collect();
    let mut waited = 0;
    for pair in threads.windows(2) {
        let (this, next) = (pair[0], pair[1]);
        if this.end_ns.is_none_or(|end| end > next.start_ns) {
            return false;
        }
        // The end of a scope (target 0) counts as a join of all its threads.
        let joined = |&(target, end): &(ThreadSlot, u64)| {
            (target == this.index || target == ThreadSlot::NONE)
                && end >= this.start_ns
                && end <= next.start_ns
        };
        let late = |&(target, end): &(ThreadSlot, u64)| target == this.index && end > next.start_ns;
        if joins.iter().any(late) {
            return false;
        }
        waited += usize::from(joins.iter().any(joined));
    }
    let pairs = threads.len() - 1;
    waited >= 2 && 3 * waited >= 2 * pairs
}

fn finding(facts: &Facts<'_>, at: LocationSlot, threads: &[&Thread]) -> Finding {
    let place = facts.at_suffix(at);
    let title = format!(
        "{} spawned{place} ran one after another: each was joined before the next was spawned",
        counted(threads.len() as u64, "thread")
    );
    let detail = "No two of them ran at the same time, so it took as long as doing the work \
                  without threads. Spawn all first and keep the handles (`let handles: Vec<_> = \
                  …collect();`), then join them in a second loop; or use `thread::scope`."
        .to_owned();
    Finding::new(FindingKind::SerialSpawns, Severity::Warning, title, detail)
        .threads(threads.iter().map(|thread| facts.thread_id(thread.index)))
        .at([facts.at(at)])
}
