//! Who waits for whom, in words.

use record::snapshot::{VerdictEdge, WaitKind};

use crate::analyse::Facts;

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

/// Whether a thread waits in the code of a dependency.
pub(super) fn waits_within_dependency(facts: &Facts<'_>, edge: &VerdictEdge) -> bool {
    facts.dependency(edge.waiting.at).is_some()
}
