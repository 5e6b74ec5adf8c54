//! Who waits for whom, in words.

use record::snapshot::{LocationSlot, Thread, VerdictEdge, WaitKind, WaitTarget};

use crate::analyse::Facts;
use crate::model::Holding;
use crate::words::names;

/// Most edges told in words.
pub(super) const EDGES_IN_WORDS: usize = 4;

/// The first edges, a sentence each.
pub(super) fn in_words(facts: &Facts<'_>, edges: &[VerdictEdge]) -> String {
    let mut words = String::new();
    for edge in edges.iter().take(EDGES_IN_WORDS) {
        words += &edge_sentence(facts, edge);
        words.push(' ');
    }
    words
}

/// What an edge waits for, in a word or two.
pub(super) fn wanted(facts: &Facts<'_>, edge: &VerdictEdge) -> String {
    match edge.waiting.kind {
        WaitKind::Join if edge.waiting.target == WaitTarget::Nothing => {
            "the end of its scope".to_owned()
        }
        WaitKind::Join => format!("the end of {}", facts.who(edge.waiting.target.thread())),
        WaitKind::Park => "an unpark".to_owned(),
        WaitKind::Sleep => "the clock".to_owned(),
        _ => facts.what(edge.waiting.target.object()),
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
            let verb = match (edge.waiting.kind, holding(facts, edge)) {
                (WaitKind::Once, _) => "initialises",
                (_, Holding::Holds) => "holds",
                (_, Holding::Took) => "took, and has ended,",
                (_, Holding::WaitsBefore) => "waits to write before",
            };
            format!(", which {} {verb}{since}", facts.who(edge.holder))
        }
        (WaitKind::Join, _) | (_, None) => String::new(),
        (_, Some(_)) => format!(", which only {} could end", facts.who(edge.holder)),
    };
    format!("{who} {wait}{at}{by}.")
}

/// Whether a thread waits in the code of a dependency.
pub(super) fn waits_within_dependency(facts: &Facts<'_>, edge: &VerdictEdge) -> bool {
    facts.dependency(edge.waiting.at).is_some()
}

/// The dependency that waits by means of its own: parked in its own code, or for an object that it
/// made.
pub(super) fn own_of_crate(facts: &Facts<'_>, edge: &VerdictEdge) -> Option<String> {
    let place = match edge.waiting.kind {
        WaitKind::Join | WaitKind::Sleep => return None,
        WaitKind::Park => edge.waiting.at,
        _ => facts.object(edge.waiting.target.object())?.created_at,
    };
    facts.dependency(place).map(|krate| names::clean(krate, 80))
}

/// What the holder of an edge has to do with what is waited for.
pub(super) fn holding(facts: &Facts<'_>, edge: &VerdictEdge) -> Holding {
    let holder = facts.thread(edge.holder);
    let waits_for_it = |thread: &Thread| {
        let waiting = thread.waiting.filter(|it| it.kind == WaitKind::Lock);
        waiting.is_some_and(|it| it.target == edge.waiting.target)
    };
    match holder {
        _ if edge.waiting.kind != WaitKind::Lock => Holding::Holds,
        Some(holder) if holder.end_ns.is_some() => Holding::Took,
        Some(holder)
            if edge.held_since == LocationSlot::NONE
                && holder.index != edge.waiter
                && waits_for_it(holder) =>
        {
            Holding::WaitsBefore
        }
        _ => Holding::Holds,
    }
}
