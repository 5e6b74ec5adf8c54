//! What recording has cost.

use super::entries::word;
use crate::layout::{COUNTS_ONLY, CostOf, Layout};
use crate::snapshot::{Gap, Library, ObjectKind, Snapshot};

/// The recorder's own part: how often each operation was done, times what it was measured to add,
/// and so for each event that was written.
pub fn overhead(layout: &Layout, snapshot: &Snapshot) -> u64 {
    let offset = if snapshot.counts_only { COUNTS_ONLY } else { 0 };
    let cost = |of: CostOf| u64::from(word(&layout.header.costs[of as usize + offset]));
    let mut scaled = 0_u64;
    let mut add =
        |count: u64, of: CostOf| scaled = scaled.saturating_add(count.saturating_mul(cost(of)));
    for object in &snapshot.objects {
        let counters = &object.counters;
        let exclusive = match object.kind {
            ObjectKind::RwLock => CostOf::Write,
            _ => CostOf::Exclusive,
        };
        add(
            counters.acquisitions.saturating_sub(counters.reads),
            exclusive,
        );
        add(counters.reads, CostOf::Shared);
        let [send, receive] = match (object.kind, object.library) {
            (_, Library::CrossbeamChannel | Library::Flume | Library::AsyncChannel) => {
                [CostOf::OfCrate; 2]
            }
            (ObjectKind::SyncChannel, _) => [CostOf::Bounded; 2],
            _ => [CostOf::Send, CostOf::Receive],
        };
        add(counters.sent, send);
        add(counters.received, receive);
    }
    let lost = |sum: u64, gap: &Gap| sum.saturating_add(gap.events);
    let events = snapshot
        .gaps
        .iter()
        .fold(snapshot.events.len() as u64, lost);
    add(events, CostOf::Event);
    add(snapshot.overflow.acquisitions, CostOf::Exclusive);
    add(snapshot.overflow.sent, CostOf::Send);
    add(snapshot.overflow.received, CostOf::Receive);
    for thread in &snapshot.threads {
        // The main thread is not spawned.
        add(u64::from(!thread.is_main), CostOf::Thread);
        add(thread.lines_printed, CostOf::Line);
    }
    scaled / 1024
}
