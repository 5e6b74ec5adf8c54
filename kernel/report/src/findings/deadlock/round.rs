//! Several threads that wait for each other in a ring.

use record::snapshot::VerdictEdge;

use super::advice::advice;
use super::edges::{EDGES_IN_WORDS, in_words, wanted};
use super::told::Told;
use crate::analyse::Facts;
use crate::words::units::list;

/// Tells of the ring.
pub(super) fn tell(facts: &Facts<'_>, edges: &[VerdictEdge]) -> Told {
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
    Told {
        title,
        retold,
        detail: advice(facts, edges),
    }
}
