//! A receiver that was dropped while there was still sending to do.
//!
//! Asks for proof that a `send` failed: a message that was refused, or a sender that waited for
//! room and was told that the receiver is gone. A receiver that goes when all is sent is as it
//! should be, and so is a sender that takes the error as its sign to stop: one failed `send` of
//! each sender, nothing that was left in the queue, and no panic.

use std::collections::HashSet;

use record::snapshot::{
    Action, Event, Object, ObjectKind, ThreadSlot, WaitKind, WaitOutcome, WaitTarget,
};

use super::shared::took_its_course;
use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Severity};
use crate::words::units::counted;

/// A finding for each such channel.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !took_its_course(facts) {
        return Vec::new();
    }
    let channels = facts.snapshot.objects.iter().filter(|object| {
        matches!(object.kind, ObjectKind::Channel | ObjectKind::SyncChannel)
            && facts.object_ref(object.index).is_some()
            && went_too_early(facts, object)
    });
    channels
        .take(5)
        .map(|object| finding(facts, object))
        .collect()
}

/// Whether the receiver went though there was still sending to do.
pub(super) fn went_too_early(facts: &Facts<'_>, object: &Object) -> bool {
    was_refused(facts, object) && !all_stopped(facts, object)
}

/// Whether a send of another thread than the one that dropped the receiver failed. Who drops it
/// and sends all the same has the error in hand.
fn was_refused(facts: &Facts<'_>, object: &Object) -> bool {
    if object.counters.receiver_alive {
        return false;
    }
    let dropped = dropped(facts, object);
    let is_others = |event: &Event| dropped.is_none_or(|drop| drop.thread != event.thread);
    let is_send = |event: &Event| matches!(event.action, Action::Send { object: to, .. } if to == object.index);
    let sent = |event: &&Event| is_send(event) && is_others(event);
    let sent_after = |at: u64| {
        let mut late = facts.snapshot.events.iter().rev();
        late.by_ref()
            .take_while(|event| event.start_ns > at)
            .any(|event| sent(&event))
    };
    object.counters.refused > 0 && facts.snapshot.events.iter().any(|event| sent(&event))
        || facts.events_at(&facts.scan.waits).any(|event| {
            is_others(event)
                && matches!(event.action, Action::Wait {
                kind: WaitKind::Channel,
                target,
                shared_or_send: true,
                outcome: WaitOutcome::Disconnected,
                ..
            } if target == WaitTarget::Object(object.index))
        })
        || object.counters.refused > 0 && dropped.is_some_and(|drop| sent_after(drop.end_ns))
}

/// Whether nothing was lost, and every sender seems to have stopped at the first error.
fn all_stopped(facts: &Facts<'_>, object: &Object) -> bool {
    let senders: HashSet<ThreadSlot> = facts
        .snapshot
        .events
        .iter()
        .filter(
            |event| matches!(event.action, Action::Send { object: to, .. } if to == object.index),
        )
        .map(|event| event.thread)
        .collect();
    let counters = &object.counters;
    facts.snapshot.panics.is_empty()
        && counters.lost == counters.refused
        && counters.refused <= senders.len() as u64
}

/// The drop of the channel's receiver.
fn dropped<'a>(facts: &Facts<'a>, object: &Object) -> Option<&'a Event> {
    facts.events_at(&facts.scan.drops).find(
        |event| matches!(event.action, Action::Drop { object: dropped } if dropped == object.index),
    )
}

fn finding(facts: &Facts<'_>, object: &Object) -> Finding {
    let what = facts.what(object.index);
    let drop = dropped(facts, object);
    let by = drop
        .map(|event| {
            format!(
                " by {}{}",
                facts.who(event.thread),
                facts.at_suffix(event.at)
            )
        })
        .unwrap_or_default();
    let (lost, refused) = (object.counters.lost, object.counters.refused);
    let lost = match (lost.saturating_sub(refused), refused) {
        (0, 0) => "a sender failed".to_owned(),
        (0, n) => format!("{} refused", counted(n, "message")),
        (n, 0) => format!("{} lost", counted(n, "message")),
        (n, refused) => format!("{} lost, {refused} refused", counted(n, "message")),
    };
    let title = format!("The receiver of {what} was dropped{by} while others still sent: {lost}");
    // Senders that take the error as their sign to stop do as they should.
    let severity = if facts.snapshot.panics.is_empty() {
        Severity::Note
    } else {
        Severity::Warning
    };
    let detail = "Every `send` after that returns an error that carries the message back, and \
                  `unwrap` on it panics. Keep the receiver until the senders are done (receive \
                  until the channel closes), or let the senders take the error as the sign to \
                  stop."
        .to_owned();
    Finding::new(FindingKind::ReceiverDroppedEarly, severity, title, detail)
        .threads(drop.iter().map(|event| facts.thread_id(event.thread)))
        .objects([facts.object_ref(object.index)])
        .at(drop.iter().map(|event| facts.at(event.at)))
}
