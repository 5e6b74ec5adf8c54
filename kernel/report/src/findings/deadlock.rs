//! Threads that can never go on, as the detector proved it.
//!
//! Said for every verdict of the recording, and for nothing else: what isn't proved is no deadlock.
//! A file for each sort of proof tells it.

mod advice;
mod alone;
mod edges;
mod holder_ended;
mod nobody;
mod pool;
mod round;
mod told;

pub(crate) use advice::for_kind;

use std::collections::BTreeSet;

use record::snapshot::{ThreadSlot, Verdict, VerdictEdge, VerdictKind, WaitKind, WaitTarget};

use super::task_deadlock;
use crate::analyse::Facts;
use crate::model::{Edge, Finding, FindingKind, Ref, Severity};
use crate::words::units::list;
use edges::{holding, waits_within_dependency};

/// Most edges told.
const EDGES: usize = 24;

/// One finding a verdict.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut seen: BTreeSet<ThreadSlot> = BTreeSet::new();
    let mut findings = Vec::new();
    let mut told: Vec<&Verdict> = Vec::new();
    for verdict in facts
        .snapshot
        .verdicts
        .iter()
        .filter(|verdict| !verdict.edges.is_empty())
    {
        // When a victim has given up, the rest of the same threads, or who waits for one of them,
        // may be stuck once more. That is no second deadlock.
        let parts = |edge: &VerdictEdge| [edge.waiter, edge.holder];
        let mut those = verdict.edges.iter().flat_map(parts);
        let is_new = !those.any(|thread| seen.contains(&thread));
        let waiters = verdict.edges.iter().map(|edge| edge.waiter);
        seen.extend(waiters.chain(facts.for_ever.iter().copied()));
        // Other threads may come to the very same once the first was unwound: no news either.
        let alike = told.iter().position(|&first| is_alike(first, verdict));
        if let (true, Some(alike)) = (is_new, alike) {
            came_to_it_too(facts, &mut findings[alike], verdict);
        } else if is_new && findings.len() < 8 {
            findings.push(finding(facts, verdict));
            told.push(verdict);
        }
    }
    findings
}

/// Whether two proofs speak of the same waits at the same places.
fn is_alike(one: &Verdict, other: &Verdict) -> bool {
    let waits = |verdict: &Verdict| -> Vec<_> {
        let edges = verdict.edges.iter();
        edges
            .map(|edge| (edge.waiting.target, edge.waiting.at, edge.held_since))
            .collect()
    };
    one.kind == other.kind && waits(one) == waits(other)
}

/// The names of those who wait.
fn waiters(facts: &Facts<'_>, verdict: &Verdict) -> String {
    let edges = verdict.edges.iter();
    let names: Vec<String> = edges.map(|edge| facts.who(edge.waiter)).collect();
    list(&names, 4)
}

/// Adds the threads that came to the same after a finding's own.
fn came_to_it_too(facts: &Facts<'_>, finding: &mut Finding, verdict: &Verdict) {
    let names = waiters(facts, verdict);
    finding.detail += &format!(" {names} came to the same once that had been unwound.");
}

fn finding(facts: &Facts<'_>, verdict: &Verdict) -> Finding {
    let mut edges = verdict.edges.clone();
    // A dependency's idle threads are no part of the story.
    if edges.iter().any(|edge| !is_idle(facts, edge)) {
        edges.retain(|edge| !is_idle(facts, edge));
    }
    edges.truncate(EDGES);
    let edges = edges.as_slice();
    let is_ring = verdict.kind == VerdictKind::Cycle;
    let told = match (verdict.kind, edges) {
        (VerdictKind::Cycle, [edge]) => alone::tell(facts, edge),
        (VerdictKind::Cycle, _) => round::tell(facts, edges),
        (VerdictKind::HolderEnded, _) => holder_ended::tell(facts, &edges[0]),
        (VerdictKind::NobodyCanRun, _) => nobody::tell(facts, edges),
    };
    let threads = edges.iter().flat_map(|edge| [edge.waiter, edge.holder]);
    let wanted = |edge: &VerdictEdge| {
        facts
            .wait_ref(edge.waiting.kind, edge.waiting.target)
            .filter(|what| {
                !matches!(
                    what,
                    Ref::Park(_) | Ref::Sleep(_) | Ref::Scope(_) | Ref::Stdio(_)
                )
            })
    };
    let places = edges
        .iter()
        .flat_map(|edge| [edge.waiting.at, edge.held_since]);
    let mut finding = Finding::new(
        FindingKind::Deadlock,
        Severity::Error,
        format!("Deadlock: {}", told.title),
        told.retold.clone() + &told.detail + &staying(facts, verdict),
    )
    .threads(threads.map(|thread| facts.thread_id(thread)))
    .objects(edges.iter().map(wanted))
    .at(places.map(|at| facts.at(at)));
    finding.told_by_edges = told.retold.len();
    finding.edges = edges.iter().map(|edge| model_edge(facts, edge)).collect();
    finding.ring = is_ring;
    if verdict.kind == VerdictKind::NobodyCanRun
        && let Some(of_tasks) = task_deadlock::behind(facts)
    {
        finding.title = of_tasks.title;
        finding.detail = format!("{} {}", finding.detail, of_tasks.detail);
        finding.tasks = of_tasks.tasks;
    }
    finding
}

/// What is said of threads that could not be made to unwind.
fn staying(facts: &Facts<'_>, verdict: &Verdict) -> String {
    let unwinds = |edge: &VerdictEdge| edge.waiter == verdict.victim;
    if verdict.victim == ThreadSlot::NONE || verdict.edges.iter().any(unwinds) {
        return String::new();
    }
    let names = waiters(facts, verdict);
    if verdict.edges.len() == 1 {
        format!(
            " {names} could not be unwound (it unwinds or ends already, or is a dependency's \
             thread): it stays blocked for ever, with what it holds."
        )
    } else {
        format!(
            " {names} could not be unwound (they unwind or end already, or are a dependency's \
             threads): they stay blocked for ever, with what they hold."
        )
    }
}

/// Whether a dependency's own thread waits in the dependency's code (a pool's worker, say, for
/// work).
fn is_idle(facts: &Facts<'_>, edge: &VerdictEdge) -> bool {
    let position = facts.thread_position(edge.waiter);
    position.is_some_and(|position| facts.foreign_code[position])
        && waits_within_dependency(facts, edge)
}

fn model_edge(facts: &Facts<'_>, edge: &VerdictEdge) -> Edge {
    let at = facts.at(edge.waiting.at);
    let held_at = facts.at(edge.held_since);
    let known = facts.thread(edge.holder).is_some();
    let waiting = &edge.waiting;
    Edge {
        thread: facts.thread_id(edge.waiter).unwrap_or(0),
        label: facts.full_label(edge.waiter),
        waits_for: facts
            .wait_ref(waiting.kind, waiting.target)
            .unwrap_or(Ref::Thread(0)),
        wait: facts.wait_words(waiting),
        code: at.as_ref().and_then(|at| facts.code(at)),
        at,
        by: facts.thread_id(edge.holder),
        holding: holding(facts, edge),
        by_label: known.then(|| facts.full_label(edge.holder)),
        held_code: held_at.as_ref().and_then(|at| facts.code(at)),
        held_at,
        object: match waiting.kind {
            WaitKind::Join if waiting.target == WaitTarget::Nothing => "its scope".to_owned(),
            WaitKind::Join => format!("end of {}", facts.label(waiting.target.thread())),
            WaitKind::Park => "unpark".to_owned(),
            WaitKind::Sleep => "the clock".to_owned(),
            _ => facts
                .what(waiting.target.object())
                .trim_matches('`')
                .to_owned(),
        },
    }
}
