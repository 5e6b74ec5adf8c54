//! A thread that waits for itself.

use record::snapshot::{
    Action, Library, ObjectKind, ObjectSlot, ThreadSlot, VerdictEdge, WaitKind,
};

use super::advice::advice;
use super::told::Told;
use crate::analyse::Facts;

/// Tells of the only edge.
pub(super) fn tell(facts: &Facts<'_>, edge: &VerdictEdge) -> Told {
    let who = facts.who(edge.waiter);
    let what = facts.what(edge.waiting.target.object());
    let at = facts.at_suffix(edge.waiting.at);
    match edge.waiting.kind {
        WaitKind::Once => Told::whole(
            format!("{who} waits for {what} inside the initialiser of {what}"),
            format!(
                "The initialiser of {what} needs the very value that it is about to make{at}. \
                 Compute what it needs without {what}, or split it in two."
            ),
        ),
        WaitKind::Lock => self_lock(facts, edge),
        WaitKind::Join => Told::whole(
            format!("{who} joins itself"),
            format!("A thread can't wait for its own end{at}. Join it from another thread."),
        ),
        _ => Told::whole(
            format!(
                "{who} {} and only itself could end that",
                facts.wait_words(&edge.waiting)
            ),
            advice(facts, std::slice::from_ref(edge)),
        ),
    }
}

/// That the guard taken before has not been dropped.
fn still_alive(facts: &Facts<'_>, edge: &VerdictEdge) -> String {
    match facts.at(edge.held_since) {
        Some(place) => format!(
            "The guard taken at {} is still alive",
            facts.at_words(&place)
        ),
        None => "Its guard is still alive".to_owned(),
    }
}

fn locked_twice(facts: &Facts<'_>, edge: &VerdictEdge) -> Told {
    let (who, what) = (
        facts.who(edge.waiter),
        facts.what(edge.waiting.target.object()),
    );
    let (at, since) = (facts.at_suffix(edge.waiting.at), still_alive(facts, edge));
    Told::whole(
        format!("{who} locks {what}{at} while it holds it already"),
        format!(
            "{since}, and a Mutex can't be locked twice, not even by the same thread. Drop the \
             first guard before (`drop(guard)`, or a block of its own), or go on using it."
        ),
    )
}

/// A lock that the waiting thread holds itself.
fn self_lock(facts: &Facts<'_>, edge: &VerdictEdge) -> Told {
    let lock = edge.waiting.target;
    let is_rw = facts
        .object(lock.object())
        .is_some_and(|object| object.kind == ObjectKind::RwLock);
    if !is_rw {
        return locked_twice(facts, edge);
    }
    let (who, what) = (facts.who(edge.waiter), facts.what(lock.object()));
    let (at, since) = (facts.at_suffix(edge.waiting.at), still_alive(facts, edge));
    let library = facts.object(lock.object()).map(|object| object.library);
    if library == Some(Library::ParkingLot) {
        return Told::whole(
            format!("{who} waits for {what}{at} while it holds it itself"),
            format!(
                "{since}. Beside an upgradable guard only readers get in, beside a write guard \
                 nobody, and an upgrade waits for all readers. Drop the first guard before, or go \
                 on using it."
            ),
        );
    }
    let wants_to_read = edge.waiting.shared_or_send;
    match (
        holds_shared(facts, edge.waiter, lock.object()),
        wants_to_read,
    ) {
        (Some(false), _) => Told::whole(
            format!(
                "{who} wants to {} {what}{at} while it holds it for writing",
                if wants_to_read { "read" } else { "write" }
            ),
            format!("{since}. Drop the write guard before, or go on using it."),
        ),
        (_, true) => Told::whole(
            format!("{who} wants to read {what} again{at} while a writer waits"),
            format!(
                "{since}. A waiting writer goes before new readers, so a thread that reads twice \
                 can wait for ever. Read once and keep that guard, or drop it before reading \
                 again."
            ),
        ),
        (_, false) => Told::whole(
            format!("{who} wants to write {what}{at} while it still reads it"),
            format!(
                "{since}: a read guard can't be turned into a write guard. Drop the read guard \
                 before `write()`, or take `write()` from the start."
            ),
        ),
    }
}

/// Whether a thread's last hold of a lock was shared; known once the guard was dropped.
fn holds_shared(facts: &Facts<'_>, thread: ThreadSlot, lock: ObjectSlot) -> Option<bool> {
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
