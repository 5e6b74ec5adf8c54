//! Locks that were taken in different orders in this session, though no deadlock came of it this
//! time.
//!
//! Asks for a ring of orders (`a` then `b`; `b` then `a`; or longer) that different threads could
//! close at one time: each order by another thread, no other lock held in two of them that would
//! keep them apart (a gate), and on each lock at least one of the two that meet there not just
//! reading. At least one of the orders was seen in this cell, so that a risk is told once. Not said
//! beside a proved deadlock.

use std::collections::{BTreeMap, BTreeSet};

use super::shared::took_its_course;
use crate::analyse::Facts;
use crate::input::{LockKey, Nesting, Orders};
use crate::model::{Edge, Finding, FindingKind, Ref, Severity};
use crate::words::units::list;

/// Longest ring looked for, most steps of the search, most findings.
const LONGEST: usize = 6;
const STEPS: usize = 20_000;
const FINDINGS: usize = 3;

/// An order in a ring: outer lock, inner lock, who took them so.
type Link<'o> = (LockKey, LockKey, &'o Nesting);

/// A finding for each set of locks.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !took_its_course(facts) || facts.scan.orders.pairs.is_empty() {
        return Vec::new();
    }
    let mut orders = facts.scan.orders.clone();
    orders.merge(&facts.context.history.orders);
    let mut search = Search::new(&orders);
    let mut told: BTreeSet<BTreeSet<LockKey>> = BTreeSet::new();
    let mut findings = Vec::new();
    for &start in facts.scan.orders.pairs.keys() {
        if findings.len() >= FINDINGS {
            break;
        }
        let Some(ring) = search.ring_through(start, facts.snapshot.cell) else {
            continue;
        };
        if told.insert(ring.iter().map(|link| link.0).collect()) {
            findings.push(finding(facts, &ring));
        }
    }
    findings
}

struct Search<'o> {
    after: BTreeMap<LockKey, Vec<Link<'o>>>,
    steps: usize,
}

impl<'o> Search<'o> {
    fn new(orders: &'o Orders) -> Search<'o> {
        let mut after: BTreeMap<LockKey, Vec<Link<'o>>> = BTreeMap::new();
        for (&(outer, inner), nestings) in &orders.pairs {
            let links = nestings.iter().map(|nesting| (outer, inner, nesting));
            after.entry(outer).or_default().extend(links);
        }
        Search { after, steps: 0 }
    }

    /// The shortest ring that begins with this order as it was seen in `cell`.
    fn ring_through(&mut self, start: (LockKey, LockKey), cell: u32) -> Option<Vec<Link<'o>>> {
        let first: Vec<Link<'o>> = self.after.get(&start.0)?.clone();
        for longest in 2..=LONGEST {
            for &link in &first {
                if link.1 == start.1 && link.2.cell == cell {
                    let mut ring = vec![link];
                    if self.close(&mut ring, longest) {
                        return Some(ring);
                    }
                }
            }
        }
        None
    }

    /// Goes on from the end of the ring until it meets its beginning.
    fn close(&mut self, ring: &mut Vec<Link<'o>>, longest: usize) -> bool {
        self.steps += 1;
        let (Some(&first), Some(&last)) = (ring.first(), ring.last()) else {
            return false;
        };
        if self.steps > STEPS {
            return false;
        }
        for link in self.after.get(&last.1).cloned().unwrap_or_default() {
            let closes = link.1 == first.0;
            let is_new = closes || ring.iter().all(|seen| seen.0 != link.1);
            let meets = !(last.2.inner_shared && link.2.outer_shared);
            let ends_well = !(closes && link.2.inner_shared && first.2.outer_shared);
            if !is_new || !meets || !ends_well || ring.iter().any(|seen| excludes(seen.2, link.2)) {
                continue;
            }
            ring.push(link);
            if closes || ring.len() < longest && self.close(ring, longest) {
                return true;
            }
            ring.pop();
        }
        false
    }
}

/// Whether two orders can't happen at one time.
fn excludes(one: &Nesting, other: &Nesting) -> bool {
    one.thread.same(&other.thread) || one.gates.iter().any(|gate| other.gates.contains(gate))
}

fn finding(facts: &Facts<'_>, ring: &[Link<'_>]) -> Finding {
    let what = |key: LockKey| facts.what(key.index);
    let names: Vec<String> = ring.iter().map(|link| what(link.0)).collect();
    let title = if let [one, _] = ring {
        format!(
            "{} and {} were locked in both orders: a deadlock may come",
            what(one.0),
            what(one.1)
        )
    } else {
        format!(
            "{} were locked in a ring of orders: a deadlock may come",
            list(&names, 6)
        )
    };
    let mut detail = String::new();
    let mut edges = Vec::new();
    for (position, &(outer, inner, nesting)) in ring.iter().enumerate() {
        let who = label(facts, nesting);
        let place = |at: &Option<crate::model::At>| {
            at.as_ref()
                .map(|at| format!(" ({})", facts.at_words(at)))
                .unwrap_or_default()
        };
        detail += &format!(
            "{who} took {}{} and then {}{}. ",
            what(outer),
            place(&nesting.outer_at),
            what(inner),
            place(&nesting.inner_at)
        );
        let next = ring[(position + 1) % ring.len()].2;
        edges.push(Edge {
            thread: id_of(facts, nesting).unwrap_or(0),
            label: who,
            waits_for: facts.object_ref(inner.index).unwrap_or(Ref::Lock(0)),
            wait: format!("takes {} while it holds {}", what(inner), what(outer)),
            code: nesting.inner_at.as_ref().and_then(|at| facts.code(at)),
            at: nesting.inner_at.clone(),
            by: id_of(facts, next),
            by_label: Some(label(facts, next)),
            held_at: next.outer_at.clone(),
            held_code: next.outer_at.as_ref().and_then(|at| facts.code(at)),
            object: what(inner).trim_matches('`').to_owned(),
        });
    }
    let mut sorted: Vec<LockKey> = ring.iter().map(|link| link.0).collect();
    sorted.sort_by_key(|key| key.order);
    let sorted: Vec<String> = sorted.into_iter().map(what).collect();
    detail += &format!(
        "It went well this time; if they do it at the same moment, each holds what the other \
         needs. Take them in one order everywhere, first {}, or hold only one at a time.",
        sorted.join(", then ")
    );
    let places = ring
        .iter()
        .flat_map(|link| [link.2.outer_at.clone(), link.2.inner_at.clone()]);
    let mut finding = Finding::new(FindingKind::LockOrder, Severity::Warning, title, detail)
        .threads(ring.iter().map(|link| id_of(facts, link.2)))
        .objects(ring.iter().map(|link| facts.object_ref(link.0.index)))
        .at(places);
    finding.edges = edges;
    finding.ring = true;
    finding
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
