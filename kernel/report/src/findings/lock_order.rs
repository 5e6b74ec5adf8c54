//! Locks that were taken in different orders in this session, though no deadlock came of it this
//! time.
//!
//! Asks for a ring of orders (`a` then `b`; `b` then `a`; or longer) that different threads could
//! close at one time: each order by another thread, no other lock held in two of them that would
//! keep them apart (a gate), none of them over before its thread started another's or begun after
//! it joined that, and on each lock at least one of the two that meet there not just reading. At
//! least one of the orders was seen in this cell, so that a risk is told once. Not said beside a
//! proved deadlock.

mod forks;
mod search;

use std::collections::BTreeSet;

use super::shared::took_its_course;
use crate::analyse::Facts;
use crate::input::{LockKey, Nesting};
use crate::model::{At, Edge, Finding, FindingKind, Holding, Ref, Severity};
use crate::words::units::list;
use forks::Forks;
use search::{Link, Search};

/// Most findings.
const FINDINGS: usize = 3;

/// A finding for each set of locks.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !took_its_course(facts) || facts.scan.orders.pairs.is_empty() {
        return Vec::new();
    }
    let mut orders = facts.scan.orders.clone();
    orders.merge(&facts.context.history.orders);
    let forks = Forks::new(facts);
    let mut search = Search::new(&orders, &forks);
    let mut told: BTreeSet<BTreeSet<LockKey>> = BTreeSet::new();
    let mut findings = Vec::new();
    for &start in facts.scan.orders.pairs.keys() {
        if findings.len() >= FINDINGS {
            break;
        }
        let Some(ring) = search.ring_through(start, facts.snapshot.cell) else {
            continue;
        };
        if told.insert(ring.iter().map(|link| link.outer).collect()) {
            findings.push(finding(facts, &ring));
        }
    }
    findings
}

fn finding(facts: &Facts<'_>, ring: &[Link<'_>]) -> Finding {
    let mut locks: Vec<LockKey> = ring.iter().map(|link| link.outer).collect();
    let what = |key: &LockKey| facts.what(key.index);
    let names: Vec<String> = locks.iter().map(what).collect();
    let title = match names.as_slice() {
        [one, other] => {
            format!("{one} and {other} were locked in both orders: a deadlock may come")
        }
        names => format!(
            "{} were locked in a ring of orders: a deadlock may come",
            list(names, 6)
        ),
    };
    locks.sort_by_key(|key| key.order);
    let sorted: Vec<String> = locks.iter().map(what).collect();
    let mut detail: String = ring.iter().map(|link| sentence(facts, link)).collect();
    detail += &format!(
        "It went well this time; if they do it at the same moment, each holds what the other \
         needs. Take them in one order everywhere, first {}, or hold only one at a time.",
        sorted.join(", then ")
    );
    let places = ring
        .iter()
        .flat_map(|link| [link.by.outer_at.clone(), link.by.inner_at.clone()]);
    let mut finding = Finding::new(FindingKind::LockOrder, Severity::Warning, title, detail)
        .threads(ring.iter().map(|link| id_of(facts, link.by)))
        .objects(ring.iter().map(|link| facts.object_ref(link.outer.index)))
        .at(places);
    let next = ring.iter().cycle().skip(1);
    finding.edges = ring
        .iter()
        .zip(next)
        .map(|(link, next)| edge(facts, link, next.by))
        .collect();
    finding.ring = true;
    finding
}

/// One order in words.
fn sentence(facts: &Facts<'_>, link: &Link<'_>) -> String {
    let place = |at: &Option<At>| {
        at.as_ref()
            .map(|at| format!(" ({})", facts.at_words(at)))
            .unwrap_or_default()
    };
    format!(
        "{} took {}{} and then {}{}. ",
        label(facts, link.by),
        facts.what(link.outer.index),
        place(&link.by.outer_at),
        facts.what(link.inner.index),
        place(&link.by.inner_at)
    )
}

/// One order as the report draws it; `next` holds what the thread wants.
fn edge(facts: &Facts<'_>, link: &Link<'_>, next: &Nesting) -> Edge {
    let (inner, outer) = (facts.what(link.inner.index), facts.what(link.outer.index));
    let code = |at: &Option<At>| at.as_ref().and_then(|at| facts.code(at));
    Edge {
        holding: Holding::Holds,
        thread: id_of(facts, link.by).unwrap_or(0),
        label: label(facts, link.by),
        waits_for: facts.object_ref(link.inner.index).unwrap_or(Ref::Lock(0)),
        wait: format!("takes {inner} while it holds {outer}"),
        code: code(&link.by.inner_at),
        at: link.by.inner_at.clone(),
        by: id_of(facts, next),
        by_label: Some(label(facts, next)),
        held_at: next.outer_at.clone(),
        held_code: code(&next.outer_at),
        object: inner.trim_matches('`').to_owned(),
    }
}

/// The thread's label, with its cell when that isn't this one.
fn label(facts: &Facts<'_>, nesting: &Nesting) -> String {
    if nesting.cell == facts.snapshot.cell || nesting.label.ends_with(']') {
        nesting.label.clone()
    } else {
        format!("{} of [{}]", nesting.label, nesting.cell)
    }
}

/// The thread's id, when it is one of this report.
fn id_of(facts: &Facts<'_>, nesting: &Nesting) -> Option<u32> {
    let thread = facts.snapshot.threads.iter().find(|thread| {
        thread.cell == nesting.thread.cell && thread.ordinal == nesting.thread.ordinal
    })?;
    facts.thread_id(thread.index)
}
