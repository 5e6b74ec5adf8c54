//! Threads of a pool that all wait in its jobs: what they wait for may be in one that has not
//! begun.

use record::snapshot::{Thread, VerdictEdge, WaitKind};

use super::edges::waits_within_dependency;
use crate::analyse::Facts;

/// The crate of rayon's pools.
const RAYON: &str = "rayon-core ";

/// What is to be said of a pool of rayon's, if all its threads wait in jobs, for what another job
/// could do. A thread that waits in rayon itself would have begun one.
pub(super) fn advice(facts: &Facts<'_>, edges: &[VerdictEdge]) -> Option<String> {
    let waits_in_job = |thread: &Thread| {
        edges.iter().any(|edge| {
            edge.waiter == thread.index
                && !waits_within_dependency(facts, edge)
                && matches!(
                    edge.waiting.kind,
                    WaitKind::Channel | WaitKind::Condvar | WaitKind::Barrier | WaitKind::Park
                )
        })
    };
    let mut of_pool: Vec<&Thread> = facts.snapshot.threads.iter().collect();
    of_pool.retain(|it| is_rayons(facts, it));
    // Another cell's threads are another pool's.
    let cell = of_pool.iter().find(|it| waits_in_job(it))?.cell;
    of_pool.retain(|it| it.cell == cell);
    let in_vain = of_pool.iter().all(|it| waits_in_job(it));
    let who = match of_pool[..] {
        [only] => format!("{} is the only thread", facts.who(only.index)),
        _ => format!("These are all {} threads", of_pool.len()),
    };
    in_vain.then(|| {
        format!(
            " {who} of rayon's pool: while a job waits, another one that has not begun gets no \
             thread. If that is what it waits for, give the pool more threads, or do one of the \
             two outside of it."
        )
    })
}

fn is_rayons(facts: &Facts<'_>, thread: &Thread) -> bool {
    let by = facts.dependency(thread.spawned_at);
    thread.end_ns.is_none() && by.is_some_and(|krate| krate.starts_with(RAYON))
}
