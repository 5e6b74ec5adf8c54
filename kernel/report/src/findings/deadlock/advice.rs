//! What to change about a deadlock, by the sorts of waits that take part.

use std::collections::BTreeSet;

use record::snapshot::{Action, VerdictEdge, WaitKind, WaitTarget};

use super::edges::own_of_crate;
use crate::analyse::Facts;
use crate::findings::{condvar, for_locks};

/// What to change, for each sort of wait that takes part.
pub(super) fn advice(facts: &Facts<'_>, edges: &[VerdictEdge]) -> String {
    let kinds: BTreeSet<(WaitKind, bool)> = edges
        .iter()
        .filter(|edge| !selects(edge))
        .map(|edge| {
            let is_channel = edge.waiting.kind == WaitKind::Channel;
            (edge.waiting.kind, is_channel && edge.waiting.shared_or_send)
        })
        .collect();
    let of = |kind: WaitKind, sends: bool| {
        let is_it = |edge: &&VerdictEdge| {
            edge.waiting.kind == kind
                && !selects(edge)
                && (kind != WaitKind::Channel || edge.waiting.shared_or_send == sends)
        };
        edges
            .iter()
            .find(is_it)
            .map_or_else(String::new, |edge| facts.what(edge.waiting.target.object()))
    };
    let locks = kinds.contains(&(WaitKind::Lock, false));
    let mut advice: Vec<String> = Vec::new();
    if edges.iter().any(selects) {
        advice.push(
            "A `select!` ends when one of its channels has a message or room for one, or when all \
             its other ends are dropped."
                .to_owned(),
        );
    }
    if locks && kinds.len() == 1 {
        advice.push(lock_order_advice(facts, edges));
    } else if locks {
        let what = of(WaitKind::Lock, false);
        advice.push(for_locks::held_while_waiting(&what));
    }
    for (kind, sends) in kinds {
        if kind == WaitKind::Channel && sends && is_rendezvous(facts, edges) {
            advice.push(no_room(&of(kind, sends)));
        } else if !(kind == WaitKind::Join && locks) {
            let is_it = |edge: &&VerdictEdge| {
                edge.waiting.kind == kind
                    && (kind != WaitKind::Channel || edge.waiting.shared_or_send == sends)
            };
            let first = edges.iter().find(is_it);
            let own = first.and_then(|edge| within(facts, edge).or_else(|| in_vain(facts, edge)));
            advice.extend(match own {
                Some(advice) => Some(advice),
                None => for_kind(
                    kind,
                    sends,
                    &of(kind, sends),
                    first.is_some_and(|edge| match kind {
                        WaitKind::Condvar => was_notified(facts, edge),
                        WaitKind::Park => false,
                        _ => was_cloned(facts, edge),
                    }),
                ),
            });
        }
    }
    advice.join(" ")
}

/// Whether somebody waits on several channels.
fn selects(edge: &VerdictEdge) -> bool {
    edge.waiting.kind == WaitKind::Channel && edge.waiting.target == WaitTarget::Nothing
}

/// What to change about a send that waits for its message to be taken.
fn no_room(what: &str) -> String {
    format!(
        "{what} has no capacity: a `send` ends only when another thread receives. Let that \
             thread receive before it waits for something else, or give the channel capacity for \
             a message."
    )
}

/// What to say of who has seen all that he was notified of, and waits once more.
fn in_vain(facts: &Facts<'_>, edge: &VerdictEdge) -> Option<String> {
    let object = edge.waiting.target.object();
    let knows =
        edge.waiting.kind == WaitKind::Condvar && condvar::knows(facts, edge.waiter, object);
    knows.then(|| {
        format!(
            "{} has looked at the data since the last notification, and waits for one more. \
             Either somebody has to change the data once more and notify {}, or this wait is one \
             too many.",
            facts.who(edge.waiter),
            facts.what(object)
        )
    })
}

/// What to look at where a dependency waits with something of its own: how it does that is not for
/// the user to change.
fn within(facts: &Facts<'_>, edge: &VerdictEdge) -> Option<String> {
    let krate = own_of_crate(facts, edge)?;
    let mut advice = format!(
        "{} waits inside {krate} for something that another thread or task would have to do.",
        facts.who(edge.waiter),
    );
    if krate.contains("channel") {
        advice += " Who receives waits until a message comes or the last sender is dropped, who \
                   sends until there is capacity.";
    }
    Some(advice)
}

/// Whether a channel had more than one sender: several are alive, or somebody who has sent is gone
/// while a sender still lives.
fn was_cloned(facts: &Facts<'_>, edge: &VerdictEdge) -> bool {
    let channel = edge.waiting.target;
    let senders = facts
        .object(channel.object())
        .map_or(0, |object| object.counters.senders);
    let is_gone = |thread| {
        facts
            .thread(thread)
            .is_some_and(|thread| thread.end_ns.is_some())
    };
    senders > 1
        || facts.snapshot.events.iter().any(|event| {
            matches!(event.action, Action::Send { object, .. } if object == channel.object())
                && is_gone(event.thread)
        })
}

/// Whether the condition variable was notified in this cell.
fn was_notified(facts: &Facts<'_>, edge: &VerdictEdge) -> bool {
    facts
        .object(edge.waiting.target.object())
        .is_some_and(|object| object.counters.notifies > 0)
}

/// What to change about waits of one kind; `sends` tells the two waits on channels apart, `past`
/// whether the channel's sender was cloned, the condition variable notified, the thread unparked.
pub(crate) fn for_kind(kind: WaitKind, sends: bool, what: &str, past: bool) -> Option<String> {
    let advice = match (kind, sends) {
        (WaitKind::Channel, true) => format!(
            "{what} is full and its receiver takes nothing out: receive in a thread of its \
             own, or before sending more, or give the channel more capacity."
        ),
        (WaitKind::Channel, false) if !past => format!(
            "`recv` ends when a message comes or when the last sender is dropped. The sender of \
             {what} is still alive: `drop` it when nothing more is to be sent, or move it into the \
             thread that sends."
        ),
        (WaitKind::Channel, false) => format!(
            "`recv` ends when a message comes or when the last sender is dropped. A sender of \
             {what} is still alive: after cloning, `drop` the original, and move each sender \
             into the thread that uses it."
        ),
        (WaitKind::Condvar, _) if !past => format!(
            "Nobody has notified {what} in this cell: whoever changes what its waiters look at \
             calls `notify_one` or `notify_all` after that."
        ),
        (WaitKind::Condvar, _) => format!(
            "A notification that comes before the wait is not kept: let the notifier change a \
             flag under the lock and then notify {what}, and wait in `while !flag`, or with \
             `wait_while`."
        ),
        (WaitKind::Barrier, _) => format!(
            "{what} opens when as many threads wait as it was made for: make it for the number \
             of threads that really come, in every round."
        ),
        (WaitKind::Park, _) if past => {
            "`unpark` before `park` is kept, but once: two of them let one `park` pass. Park in a \
             loop that looks at what is waited for: `while !ready { park() }`."
                .to_owned()
        }
        (WaitKind::Park, _) => "`park` needs an `unpark` of this very thread: keep its handle \
             (`thread::current()`) where another thread calls `unpark` on it."
            .to_owned(),
        (WaitKind::Once, _) => {
            format!("Initialise {what} without waiting for threads that need it.")
        }
        (WaitKind::Join, _) => {
            "A thread can be joined when it can end: give it what it waits for before `join` \
             (send it a last message, drop the sender, notify it)."
                .to_owned()
        }
        (WaitKind::Lock | WaitKind::Sleep, _) => return None,
    };
    Some(advice)
}

/// Whether the first of the senders waits for its message to be taken.
fn is_rendezvous(facts: &Facts<'_>, edges: &[VerdictEdge]) -> bool {
    edges
        .iter()
        .find(|edge| edge.waiting.kind == WaitKind::Channel && edge.waiting.shared_or_send)
        .is_some_and(|edge| facts.is_rendezvous(edge.waiting.target.object()))
}

fn lock_order_advice(facts: &Facts<'_>, edges: &[VerdictEdge]) -> String {
    let mut whats: Vec<(u64, String)> = edges
        .iter()
        .map(|edge| {
            let order = facts
                .object(edge.waiting.target.object())
                .map_or(u64::MAX, |object| object.order);
            (order, facts.what(edge.waiting.target.object()))
        })
        .collect();
    whats.sort();
    whats.dedup();
    let names: Vec<String> = whats.into_iter().map(|(_, what)| what).collect();
    for_locks::in_order(&names)
}
