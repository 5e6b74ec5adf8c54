//! Cycles in a directed graph that is only known by its successors. Knows nothing of threads.
//!
//! Where every waiter needs *all* of its successors to act (the AND model of E. Knapp, "Deadlock
//! detection in distributed databases", ACM Computing Surveys 19(4), 1987), a cycle in the wait-for
//! graph is necessary and sufficient for a deadlock. A depth-first search from the node that has
//! just got new successors finds it: only that node can have closed a cycle (R. Tarjan,
//! "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1(2), 1972).

use real::collections::BTreeSet;
use real::prelude::rust_2024::*;
use real::vec;

/// The nodes of a cycle through `start`, beginning with it, in the order of the edges; `None` if
/// there is none. A node that is its own successor is a cycle of one.
pub fn cycle_through<N: Copy + Ord>(
    start: N,
    mut successors: impl FnMut(N) -> Vec<N>,
) -> Option<Vec<N>> {
    let mut path = vec![start];
    let mut open = vec![successors(start)];
    let mut seen = BTreeSet::new();
    while let Some(candidates) = open.last_mut() {
        let Some(next) = candidates.pop() else {
            open.pop();
            path.pop();
            continue;
        };
        if next == start {
            return Some(path);
        }
        if seen.insert(next) {
            path.push(next);
            open.push(successors(next));
        }
    }
    None
}
