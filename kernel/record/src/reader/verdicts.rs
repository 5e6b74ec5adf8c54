//! What the deadlock detector has proved.

use std::sync::atomic::Ordering;

use super::entries::{long, word};
use super::text::Places;
use super::times::Times;
use super::waiting::wait_kind;
use crate::attention::Attention;
use crate::clock;
use crate::layout::{Layout, WAIT_SHARED_OR_SEND, WAIT_TIMED};
use crate::snapshot::{
    LocationSlot, ThreadSlot, Verdict, VerdictEdge, VerdictKind, WaitTarget, Waiting,
};

/// The cell's verdicts, by time.
pub fn read(layout: &Layout, times: Times, places: &mut Places) -> Vec<Verdict> {
    let now = clock::read(word(&layout.header.clock));
    let stopped = stopped_since(layout, times);
    let mut found: Vec<Verdict> = layout
        .verdicts
        .iter()
        .filter_map(|entry| {
            let version = entry.version.load(Ordering::Acquire);
            let at = long(&entry.at);
            if version == 0
                || version % 2 == 1
                || word(&entry.cell) != times.cell
                || at < times.begin
                || stopped.is_some_and(|stopped| times.span(now.saturating_sub(at)) < stopped)
            {
                return None;
            }
            let kind = match word(&entry.kind) {
                1 => VerdictKind::Cycle,
                2 => VerdictKind::NobodyCanRun,
                3 => VerdictKind::HolderEnded,
                _ => return None,
            };
            let edges = entry.edges.iter().take(word(&entry.edge_count) as usize);
            let edges = edges
                .filter_map(|edge| verdict_edge(edge, times, places))
                .collect();
            Some(Verdict {
                kind,
                at_ns: times.moment(at),
                victim: ThreadSlot(word(&entry.victim)),
                edges,
            })
        })
        .collect();
    found.sort_by_key(|verdict| verdict.at_ns);
    found
}

/// How long ago the cell was stopped, in nanoseconds. What is proved after that tells of a program
/// that comes apart: whoever could have woken the others has left.
fn stopped_since(layout: &Layout, times: Times) -> Option<u64> {
    let header = &layout.header;
    let is_stopped =
        layout.attention_in_order().has(Attention::STOP) && word(&header.cancel_cell) == times.cell;
    is_stopped.then(|| clock::monotonic_ns().saturating_sub(long(&header.cancel_at)))
}

fn verdict_edge(
    edge: &crate::layout::VerdictEdge,
    times: Times,
    places: &mut Places,
) -> Option<VerdictEdge> {
    let flags = word(&edge.flags);
    let kind = wait_kind(word(&edge.kind))?;
    Some(VerdictEdge {
        waiter: ThreadSlot(word(&edge.waiter)),
        waiting: Waiting {
            kind,
            target: WaitTarget::of(kind, word(&edge.target)),
            shared_or_send: flags & WAIT_SHARED_OR_SEND != 0,
            timed: flags & WAIT_TIMED != 0,
            at: places.use_place(LocationSlot(word(&edge.at))),
            since_ns: times.moment(long(&edge.since)),
        },
        holder: ThreadSlot(word(&edge.holder)),
        held_since: places.use_place(LocationSlot(word(&edge.held_since))),
    })
}
