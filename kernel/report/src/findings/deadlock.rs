//! Threads that can never go on, as the detector proved it.
//!
//! Said for every verdict of the recording, and for nothing else: what isn't proved is no deadlock.

use std::collections::BTreeSet;

use record::snapshot::{
    Action, ObjectKind, ThreadIndex, ThreadState, Verdict, VerdictEdge, VerdictKind, WaitKind,
};

use super::deadlock_advice::advice;
use crate::analyse::Facts;
use crate::model::{Edge, Finding, FindingKind, Ref, Severity};
use crate::words::units::{count, list};

/// Most edges told.
const EDGES: usize = 24;
/// Most edges told in words.
const EDGES_IN_WORDS: usize = 4;

/// One finding a verdict.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut seen: BTreeSet<ThreadIndex> = BTreeSet::new();
    let mut findings = Vec::new();
    for verdict in facts
        .snapshot
        .verdicts
        .iter()
        .filter(|verdict| !verdict.edges.is_empty())
    {
        // When a victim has given up, the rest of the same threads may be stuck once more.
        let is_new = verdict
            .edges
            .iter()
            .any(|edge| !seen.contains(&edge.waiter));
        seen.extend(verdict.edges.iter().map(|edge| edge.waiter));
        if is_new && findings.len() < 8 {
            findings.push(finding(facts, verdict));
        }
    }
    findings
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
    let (title, retold, detail) = match (verdict.kind, edges) {
        (VerdictKind::Cycle, [edge]) => told(alone(facts, edge)),
        (VerdictKind::Cycle, _) => round(facts, edges),
        (VerdictKind::HolderEnded, _) => told(holder_ended(facts, &edges[0])),
        (VerdictKind::NobodyCanRun, _) => nobody(facts, edges),
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
    let detail = detail + &staying(facts, verdict);
    let mut finding = Finding::new(
        FindingKind::Deadlock,
        Severity::Error,
        format!("Deadlock: {title}"),
        retold.clone() + &detail,
    )
    .threads(threads.map(|thread| facts.thread_id(thread)))
    .objects(edges.iter().map(wanted))
    .at(places.map(|at| facts.at(at)));
    finding.told_by_edges = retold.len();
    finding.edges = edges.iter().map(|edge| model_edge(facts, edge)).collect();
    finding.ring = is_ring;
    finding
}

/// What is said of threads that could not be made to unwind.
fn staying(facts: &Facts<'_>, verdict: &Verdict) -> String {
    let unwinds = |edge: &VerdictEdge| edge.waiter == verdict.victim;
    if verdict.victim == 0 || verdict.edges.iter().any(unwinds) {
        return String::new();
    }
    let names: Vec<String> = verdict
        .edges
        .iter()
        .map(|edge| facts.who(edge.waiter))
        .collect();
    let names = list(&names, 4);
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

/// A title and a detail that tells more than the edges do.
fn told((title, detail): (String, String)) -> (String, String, String) {
    (title, String::new(), detail)
}

/// Whether a dependency's own thread waits in the dependency's code (a pool's worker, say, for
/// work).
fn is_idle(facts: &Facts<'_>, edge: &VerdictEdge) -> bool {
    let slot = facts.thread_position(edge.waiter);
    slot.is_some_and(|slot| facts.foreign_code[slot]) && waits_within_dependency(facts, edge)
}

fn waits_within_dependency(facts: &Facts<'_>, edge: &VerdictEdge) -> bool {
    facts.dependency(edge.waiting.at).is_some()
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
        by_label: known.then(|| facts.full_label(edge.holder)),
        held_code: held_at.as_ref().and_then(|at| facts.code(at)),
        held_at,
        object: match waiting.kind {
            WaitKind::Join if waiting.target == 0 => "its scope".to_owned(),
            WaitKind::Join => format!("end of {}", facts.label(waiting.target)),
            WaitKind::Park => "unpark".to_owned(),
            WaitKind::Sleep => "the clock".to_owned(),
            _ => facts.what(waiting.target).trim_matches('`').to_owned(),
        },
    }
}

/// A thread that waits for itself.
fn alone(facts: &Facts<'_>, edge: &VerdictEdge) -> (String, String) {
    let who = facts.who(edge.waiter);
    let what = facts.what(edge.waiting.target);
    let at = facts.at_suffix(edge.waiting.at);
    let since = match facts.at(edge.held_since) {
        Some(place) => format!(
            "The guard taken at {} is still alive",
            facts.at_words(&place)
        ),
        None => "Its guard is still alive".to_owned(),
    };
    match edge.waiting.kind {
        WaitKind::Once => (
            format!("{who} waits for {what} inside the initialiser of {what}"),
            format!(
                "The initialiser of {what} needs the very value that it is about to make{at}. \
                 Compute what it needs without {what}, or split it in two."
            ),
        ),
        WaitKind::Lock => self_lock(facts, edge, &who, &what, &at, &since),
        WaitKind::Join => (
            format!("{who} joins itself"),
            format!("A thread can't wait for its own end{at}. Join it from another thread."),
        ),
        _ => (
            format!(
                "{who} {} and only itself could end that",
                facts.wait_words(&edge.waiting)
            ),
            advice(facts, std::slice::from_ref(edge)),
        ),
    }
}

fn self_lock(
    facts: &Facts<'_>,
    edge: &VerdictEdge,
    who: &str,
    what: &str,
    at: &str,
    since: &str,
) -> (String, String) {
    let is_rw = facts
        .object(edge.waiting.target)
        .is_some_and(|object| object.kind == ObjectKind::RwLock);
    let wants_to_read = edge.waiting.shared_or_send;
    if !is_rw {
        return (
            format!("{who} locks {what}{at} while it holds it already"),
            format!(
                "{since}, and a Mutex can't be locked twice, not even by the same thread. Drop the \
                 first guard before (`drop(guard)`, or a block of its own), or go on using it."
            ),
        );
    }
    match (
        holds_shared(facts, edge.waiter, edge.waiting.target),
        wants_to_read,
    ) {
        (Some(false), _) => (
            format!(
                "{who} wants to {} {what}{at} while it holds it for writing",
                if wants_to_read { "read" } else { "write" }
            ),
            format!("{since}. Drop the write guard before, or go on using it."),
        ),
        (_, true) => (
            format!("{who} wants to read {what} again{at} while a writer waits"),
            format!(
                "{since}. A waiting writer goes before new readers, so a thread that reads twice \
                 can wait for ever. Read once and keep that guard, or drop it before reading \
                 again."
            ),
        ),
        (_, false) => (
            format!("{who} wants to write {what}{at} while it still reads it"),
            format!(
                "{since}: a read guard can't be turned into a write guard. Drop the read guard \
                 before `write()`, or take `write()` from the start."
            ),
        ),
    }
}

/// Whether a thread's last hold of a lock was shared; known once the guard was dropped.
fn holds_shared(facts: &Facts<'_>, thread: ThreadIndex, lock: u32) -> Option<bool> {
    facts
        .snapshot
        .events
        .iter()
        .rev()
        .find_map(|event| match event.action {
            Action::Hold { object, shared } if event.thread == thread && object == lock => {
                Some(shared)
            }
            _ => None,
        })
}

/// Several threads in a ring: title, the edges in words, what to change.
fn round(facts: &Facts<'_>, edges: &[VerdictEdge]) -> (String, String, String) {
    let names: Vec<String> = edges.iter().map(|edge| facts.who(edge.waiter)).collect();
    let whats: Vec<String> = edges.iter().map(|edge| wanted(facts, edge)).collect();
    let title = if edges.len() == 2 {
        format!(
            "{} and {} wait for each other ({})",
            names[0],
            names[1],
            list(&whats, 4)
        )
    } else {
        format!(
            "{} wait for each other in a ring ({})",
            list(&names, 5),
            list(&whats, 5)
        )
    };
    let mut retold = in_words(facts, edges);
    if edges.len() > EDGES_IN_WORDS {
        retold += "And so on round. ";
    }
    (title, retold, advice(facts, edges))
}

/// The first edges, a sentence each.
fn in_words(facts: &Facts<'_>, edges: &[VerdictEdge]) -> String {
    let mut words = String::new();
    for edge in edges.iter().take(EDGES_IN_WORDS) {
        words += &edge_sentence(facts, edge);
        words.push(' ');
    }
    words
}

/// What an edge waits for, in a word or two.
fn wanted(facts: &Facts<'_>, edge: &VerdictEdge) -> String {
    match edge.waiting.kind {
        WaitKind::Join if edge.waiting.target == 0 => "the end of its scope".to_owned(),
        WaitKind::Join => format!("the end of {}", facts.who(edge.waiting.target)),
        WaitKind::Park => "an unpark".to_owned(),
        WaitKind::Sleep => "the clock".to_owned(),
        _ => facts.what(edge.waiting.target),
    }
}

fn edge_sentence(facts: &Facts<'_>, edge: &VerdictEdge) -> String {
    let who = facts.who(edge.waiter);
    let wait = facts.wait_words(&edge.waiting);
    let at = facts.at_suffix(edge.waiting.at);
    let by = match (edge.waiting.kind, facts.thread(edge.holder)) {
        (WaitKind::Lock | WaitKind::Once, Some(_)) => {
            let since = facts
                .at(edge.held_since)
                .map(|at| format!(" since {}", facts.at_words(&at)))
                .unwrap_or_default();
            let verb = if edge.waiting.kind == WaitKind::Once {
                "initialises"
            } else {
                "holds"
            };
            format!(", which {} {verb}{since}", facts.who(edge.holder))
        }
        (WaitKind::Join, _) | (_, None) => String::new(),
        (_, Some(_)) => format!(", which only {} could end", facts.who(edge.holder)),
    };
    format!("{who} {wait}{at}{by}.")
}

/// A wait for a thread that is gone, or is stuck itself.
fn holder_ended(facts: &Facts<'_>, edge: &VerdictEdge) -> (String, String) {
    let what = facts.what(edge.waiting.target);
    let holder = facts.who(edge.holder);
    let waits = format!(
        "{} {}",
        facts.who(edge.waiter),
        facts.wait_words(&edge.waiting)
    );
    let since = facts
        .at(edge.held_since)
        .map(|at| format!(" at {}", facts.at_words(&at)))
        .unwrap_or_default();
    let is_stuck = facts.thread(edge.holder).is_some_and(|holder| {
        !matches!(holder.state, ThreadState::Finished | ThreadState::Panicked)
    });
    if edge.waiting.kind == WaitKind::Join || is_stuck {
        return (
            format!("{waits}, and {holder} can never go on"),
            format!(
                "{holder} is in a deadlock that it could not be unwound from: restart the kernel, \
                 or go on without what it held."
            ),
        );
    }
    (
        format!("{waits}, and {holder}, which took it{since}, has ended without giving it back"),
        format!(
            "A guard unlocks when it is dropped; this one never was (`mem::forget`, `Box::leak`, \
             or a guard kept in something that is never dropped). Let the guard of {what} go out \
             of scope."
        ),
    )
}

/// Everyone waits, though not for each other in one ring: title, the edges in words, what to
/// change.
fn nobody(facts: &Facts<'_>, edges: &[VerdictEdge]) -> (String, String, String) {
    // Who joins, or calls a dependency that waits, only waits for the others; the cause is what
    // these wait for.
    let without = |what: &dyn Fn(&VerdictEdge) -> bool, edges: Vec<VerdictEdge>| {
        let rest: Vec<_> = edges.iter().filter(|edge| !what(edge)).copied().collect();
        if rest.is_empty() { edges } else { rest }
    };
    let causes = without(&|edge| edge.waiting.kind == WaitKind::Join, edges.to_vec());
    let causes = without(&|edge| waits_within_dependency(facts, edge), causes);
    let title = match causes.as_slice() {
        [edge] => format!(
            "{} {}{}",
            facts.who(edge.waiter),
            facts.wait_words(&edge.waiting),
            never(facts, edge)
        ),
        causes if same_barrier(causes) => {
            let object = facts.object(causes[0].waiting.target);
            let size = object.and_then(|object| object.counters.capacity);
            let size = size
                .map(|size| format!(" of {}", count(size)))
                .unwrap_or_default();
            let what = facts.what(causes[0].waiting.target);
            format!(
                "{} threads wait at {what}{size}, and no other is left to fill it",
                causes.len()
            )
        }
        causes => {
            let part = |edge: &VerdictEdge| {
                format!(
                    "{} {}",
                    facts.who(edge.waiter),
                    facts.wait_words(&edge.waiting)
                )
            };
            let parts: Vec<String> = causes.iter().map(part).collect();
            format!("nobody can go on: {}", list(&parts, 3))
        }
    };
    if edges.len() == 1 {
        return (title, String::new(), advice(facts, &causes));
    }
    let detail = format!(
        "No thread is left that could run. {}",
        advice(facts, &causes)
    );
    (title, in_words(facts, edges), detail)
}

fn same_barrier(edges: &[VerdictEdge]) -> bool {
    edges.iter().all(|edge| {
        edge.waiting.kind == WaitKind::Barrier && edge.waiting.target == edges[0].waiting.target
    })
}

/// Why a single wait can't end.
fn never(facts: &Facts<'_>, edge: &VerdictEdge) -> String {
    match edge.waiting.kind {
        WaitKind::Channel if edge.waiting.shared_or_send => {
            ", and nobody is left to receive".to_owned()
        }
        WaitKind::Channel => " that nobody is left to send".to_owned(),
        WaitKind::Condvar => ", and nobody is left to notify it".to_owned(),
        WaitKind::Barrier => {
            let size = facts
                .object(edge.waiting.target)
                .and_then(|object| object.counters.capacity)
                .map(|size| format!(" of {}", count(size)))
                .unwrap_or_default();
            format!("{size} alone, and no other thread is left to fill it")
        }
        WaitKind::Park => ", and nobody is left to unpark it".to_owned(),
        _ => ", and no thread is left that could end that".to_owned(),
    }
}
