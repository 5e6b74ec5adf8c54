//! What a thread waits for.

use super::entries::{long, word};
use super::text::Places;
use super::times::Times;
use crate::layout::*;
use crate::snapshot::{LocationSlot, WaitKind, WaitTarget, Waiting};

/// A kind of wait by its number.
pub fn wait_kind(number: u32) -> Option<WaitKind> {
    WaitKind::ALL.get(number as usize).copied()
}

/// What a thread waits for; `None` when it runs, or began to wait only after the cell.
pub fn waiting(entry: &ThreadEntry, times: Times, places: &mut Places) -> Option<Waiting> {
    if !(PHASE_ANNOUNCED..=PHASE_TIMED).contains(&word(&entry.phase)) {
        return None;
    }
    let since = long(&entry.wait_since);
    if times.is_after(since) {
        return None;
    }
    let flags = word(&entry.wait_flags);
    let kind = wait_kind(word(&entry.wait_kind))?;
    Some(Waiting {
        kind,
        target: WaitTarget::of(kind, word(&entry.wait_target)),
        shared_or_send: flags & WAIT_SHARED_OR_SEND != 0,
        timed: flags & WAIT_TIMED != 0,
        at: places.use_place(LocationSlot(word(&entry.wait_at))),
        since_ns: times.moment(since),
    })
}
