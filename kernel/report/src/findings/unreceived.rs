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
    let [sender, receiver] = ends(facts, object);
    // Else who does as told waits for ever.
    let drop = match object.counters.senders {
        0 => String::new(),
        _ => format!(": `drop({sender})` once all is sent"),
    };
    let detail = format!(
        "They were in the queue when the receiver was dropped, and were dropped with it. Receive \
         until the channel is closed (`for message in {receiver}` ends when the last sender is \
         dropped{drop}), or send no more than is wanted."
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

/// The names of its sender and its receiver, of a channel that is called `tx → rx`.
fn ends(facts: &Facts<'_>, object: &Object) -> [String; 2] {
    let name = facts.source_name(object.index);
    let ends = name.as_deref().and_then(|name| name.split_once('→'));
    let (sender, receiver) = ends.unwrap_or(("tx", "rx"));
    [sender, receiver].map(|end| end.trim().to_owned())
}
