//! Messages that were sent and never received.
//!
//! Asks for messages that were still in the queue when the receiver was dropped, and can never be
//! received. What waits in a queue whose receiver lives may be received by a later cell.

use record::snapshot::{Object, ObjectKind};

use super::receiver_dropped::went_too_early;
use super::shared::took_its_course;
use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Severity};
use crate::words::units::{count, counted};

/// A finding for each such channel.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !took_its_course(facts) {
        return Vec::new();
    }
    let channels = facts.snapshot.objects.iter().filter(|object| {
        matches!(object.kind, ObjectKind::Channel | ObjectKind::SyncChannel)
            && left(object) > 0
            && facts.object_ref(object.index).is_some()
            // That the receiver went too early says it all.
            && !went_too_early(facts, object)
    });
    channels
        .take(5)
        .map(|object| finding(facts, object))
        .collect()
}

fn finding(facts: &Facts<'_>, object: &Object) -> Finding {
    let counters = &object.counters;
    let (what, left) = (facts.what(object.index), left(object));
    let mut title = format!(
        "{} sent through {what} {} never received",
        counted(left, "message"),
        if left == 1 { "was" } else { "were" },
    );
    // What earlier cells sent is not among this cell's numbers.
    if counters.sent >= counters.received.saturating_add(left) {
        let (sent, received) = (count(counters.sent), count(counters.received));
        title += &format!(" ({sent} sent, {received} received)");
    }
    let detail = format!(
        "They were in the queue when the receiver was dropped, and were dropped with it. Receive \
         until the channel is closed (`for message in {what}` ends when the last sender is \
         dropped), or send no more than is wanted.",
        what = receiver_name(facts, object)
    );
    Finding::new(
        FindingKind::UnreceivedMessages,
        Severity::Warning,
        title,
        detail,
    )
    .objects([facts.object_ref(object.index)])
    .at([facts.at(object.created_at)])
}

/// How many were in the queue when the receiver was dropped. A `send` that failed is not among
/// them: it has given its message back.
fn left(object: &Object) -> u64 {
    let counters = &object.counters;
    counters.lost.saturating_sub(counters.refused)
}

/// The receiver's name, when the channel's is `tx → rx`.
fn receiver_name(facts: &Facts<'_>, object: &Object) -> String {
    facts
        .source_name(object.index)
        .and_then(|name| {
            name.split_once('→')
                .map(|(_, receiver)| receiver.trim().to_owned())
        })
        .unwrap_or_else(|| "rx".to_owned())
}
