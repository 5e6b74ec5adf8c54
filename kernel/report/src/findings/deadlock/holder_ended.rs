//! A wait for a thread that is gone, or is stuck itself.

use record::snapshot::{ThreadState, VerdictEdge, WaitKind};

use super::told::Told;
use crate::analyse::Facts;

/// Tells of the only edge.
pub(super) fn tell(facts: &Facts<'_>, edge: &VerdictEdge) -> Told {
    let what = facts.what(edge.waiting.target.object());
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
        return Told::whole(
            format!("{waits}, and {holder} can never go on"),
            format!(
                "{holder} is in a deadlock that it could not be unwound from: restart the kernel, \
                 or go on without what it held."
            ),
        );
    }
    Told::whole(
        format!("{waits}, and {holder}, which took it{since}, has ended without giving it back"),
        format!(
            "A guard unlocks when it is dropped; this one never was (`mem::forget`, `Box::leak`, \
             or a guard kept in something that is never dropped). Let the guard of {what} go out \
             of scope."
        ),
    )
}
