//! Threads that still ran when the cell ended.
//!
//! Asks for a thread of this cell that hadn't ended when the cell's code had. A note, since it may
//! be meant; threads of dependencies (a pool's workers) are theirs to keep.

use std::collections::BTreeMap;

use record::snapshot::{Thread, ThreadState};

use super::shared::took_its_course;
use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Severity};
use crate::words::units::list;

/// One finding for all of them.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !took_its_course(facts) || !facts.snapshot.ended {
        return Vec::new();
    }
    let mut left: Vec<&Thread> = Vec::new();
    for (slot, thread) in facts.snapshot.threads.iter().enumerate() {
        let own = thread.cell == facts.snapshot.cell && facts.thread_ids[slot] != 0;
        let lives = matches!(thread.state, ThreadState::Running | ThreadState::Blocked);
        let theirs = thread.is_main || thread.is_foreign || facts.foreign_code[slot];
        if own && lives && !theirs && thread.end_ns.is_none() && thread.parent != 0 {
            left.push(thread);
        }
    }
    if left.is_empty() {
        return Vec::new();
    }
    left.sort_by_key(|thread| thread.ordinal);
    let names: Vec<String> = left.iter().map(|thread| facts.who(thread.index)).collect();
    let mut places: BTreeMap<u32, u64> = BTreeMap::new();
    for thread in &left {
        *places.entry(thread.spawned_at).or_default() += 1;
    }
    let places: Vec<String> = places
        .keys()
        .filter_map(|&at| facts.at(at))
        .map(|at| facts.at_words(&at))
        .collect();
    let spawned = if places.is_empty() {
        String::new()
    } else {
        format!(" (spawned at {})", list(&places, 3))
    };
    let (verb, they) = if left.len() == 1 {
        ("was", "it")
    } else {
        ("were", "they")
    };
    let title = format!(
        "{}{spawned} {verb} still running when the cell ended",
        list(&names, 3)
    );
    let blocked: Vec<String> = left
        .iter()
        .filter_map(|thread| {
            let waiting = thread
                .waiting
                .filter(|_| thread.state == ThreadState::Blocked)?;
            let words = facts.wait_words(&waiting);
            Some(format!(
                "{} {words}{}.",
                facts.who(thread.index),
                facts.at_suffix(waiting.at)
            ))
        })
        .take(3)
        .collect();
    let blocked = if blocked.is_empty() {
        String::new()
    } else {
        blocked.join(" ") + " "
    };
    let detail = format!(
        "{blocked}In a notebook {they} may go on; in a program, threads are ended when `main` \
         returns, in the middle of what they do. Keep the JoinHandle and `join` it, or use \
         `thread::scope`."
    );
    vec![
        Finding::new(FindingKind::RunningAtEnd, Severity::Note, title, detail)
            .threads(left.iter().map(|thread| facts.thread_id(thread.index)))
            .at(left.iter().map(|thread| facts.at(thread.spawned_at))),
    ]
}
