//! Everyone waits, though not for each other in one ring.

use record::snapshot::{ObjectSlot, VerdictEdge, WaitKind, WaitTarget};

use super::advice::advice;
use super::edges::{in_words, own_of_crate, waits_within_dependency};
use super::pool;
use super::told::Told;
use crate::analyse::Facts;
use crate::words::units::{count, list};

/// Tells of all edges.
pub(super) fn tell(facts: &Facts<'_>, edges: &[VerdictEdge]) -> Told {
    // Who joins, or calls a dependency that waits, only waits for the others. The cause is what
    // these wait for.
    let without = |what: &dyn Fn(&VerdictEdge) -> bool, edges: Vec<VerdictEdge>| {
        let rest: Vec<_> = edges.iter().filter(|edge| !what(edge)).copied().collect();
        if rest.is_empty() { edges } else { rest }
    };
    let causes = without(&|edge| edge.waiting.kind == WaitKind::Join, edges.to_vec());
    let causes = without(&|edge| waits_within_dependency(facts, edge), causes);
    let (title, advice) = (title(facts, &causes), advice(facts, &causes));
    if edges.len() == 1 {
        return Told::whole(title, advice);
    }
    let pool = pool::advice(facts, edges).unwrap_or_default();
    Told {
        title,
        retold: in_words(facts, edges),
        detail: format!("No thread is left that could run. {advice}{pool}"),
    }
}

fn title(facts: &Facts<'_>, causes: &[VerdictEdge]) -> String {
    let part = |edge: &VerdictEdge| {
        format!(
            "{} {}",
            facts.who(edge.waiter),
            facts.wait_words(&edge.waiting)
        )
    };
    match causes {
        [edge] if edge.waiting.kind == WaitKind::Park && own_of_crate(facts, edge).is_some() => {
            let krate = own_of_crate(facts, edge).unwrap_or_default();
            let who = facts.who(edge.waiter);
            format!("{who} waits inside {krate}, and no thread is left that could end that")
        }
        [edge] => part(edge) + &never(facts, edge),
        causes if same_barrier(causes) => {
            let barrier = causes[0].waiting.target;
            format!(
                "{} threads wait at {}{}, and no other is left to fill it",
                causes.len(),
                facts.what(barrier.object()),
                size(facts, barrier.object())
            )
        }
        causes => {
            let parts: Vec<String> = causes.iter().map(part).collect();
            format!("nobody can go on: {}", list(&parts, 3))
        }
    }
}

/// For how many a barrier was made: ` of 3`.
fn size(facts: &Facts<'_>, barrier: ObjectSlot) -> String {
    facts
        .object(barrier)
        .and_then(|object| object.counters.capacity)
        .map(|size| format!(" of {}", count(size)))
        .unwrap_or_default()
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
        WaitKind::Channel if edge.waiting.target == WaitTarget::Nothing => {
            ", and nobody is left to use them".to_owned()
        }
        WaitKind::Channel => " that nobody is left to send".to_owned(),
        WaitKind::Condvar => ", and nobody is left to notify it".to_owned(),
        WaitKind::Barrier => {
            let size = size(facts, edge.waiting.target.object());
            format!("{size} alone, and no other thread is left to fill it")
        }
        WaitKind::Park => ", and nobody is left to unpark it".to_owned(),
        _ => ", and no thread is left that could end that".to_owned(),
    }
}
