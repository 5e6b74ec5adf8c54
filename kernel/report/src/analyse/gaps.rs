//! Where a thread's events were not kept, nobody knows what it did.

use record::snapshot::{Gap, Snapshot, ThreadSlot};

/// What is known of a thread between two of its events.
pub(crate) struct Span {
    /// How far it goes.
    pub(crate) end_ns: u64,
    /// How many events are missing there; 0 where it ran.
    pub(crate) lost: u64,
}

/// A thread's gaps, by start.
pub(crate) fn of(snapshot: &Snapshot, thread: ThreadSlot) -> Vec<Gap> {
    let is_its = |gap: &&Gap| gap.thread == thread;
    let mut gaps: Vec<Gap> = snapshot.gaps.iter().filter(is_its).copied().collect();
    gaps.sort_by_key(|gap| gap.start_ns);
    gaps
}

/// The first span from `from` on, at most up to `until`; `None` when `until` is reached.
pub(crate) fn next(gaps: &[Gap], from: u64, until: u64) -> Option<Span> {
    if from >= until {
        return None;
    }
    let (end_ns, lost) = match gaps.iter().find(|gap| gap.end_ns > from) {
        Some(gap) if gap.start_ns <= from => (gap.end_ns, gap.events),
        Some(gap) => (gap.start_ns, 0),
        None => (until, 0),
    };
    Some(Span {
        end_ns: end_ns.min(until),
        lost,
    })
}
