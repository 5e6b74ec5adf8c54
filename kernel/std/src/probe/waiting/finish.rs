//! What is recorded of a wait that is over.

use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::layout::EventKind;
use record::snapshot::WaitOutcome;
use record::uses::add;
use record::writer::{Local, NewEvent};

use super::super::current::counts_only;
use super::wait::{Target, Wait};

/// Writes a wait at `place` down; returns when it ended.
pub(super) fn finish(
    local: &Local,
    (wait, place): (&Wait, u32),
    since: u64,
    outcome: WaitOutcome,
    waker: u32,
) -> u64 {
    let (layout, until) = (local.layout(), local.now());
    let time = until.saturating_sub(since);
    if let Some(entry) = local.entry().filter(|_| local.thread().is_some()) {
        add(&entry.blocked[wait.kind as usize], time);
        // Of a wait that has not come to a sleep it was not announced.
        entry.wait_since.store(since, Ordering::Relaxed);
    }
    if let Some(object) = wait.object(layout) {
        let (total, longest) = match wait.target {
            Target::Room(_) | Target::OwnRoom(_) => {
                (&object.send_wait_total, &object.send_wait_max)
            }
            _ => (&object.wait_total, &object.wait_max),
        };
        total.fetch_add(time, Ordering::Relaxed);
        longest.fetch_max(time, Ordering::Relaxed);
    }
    if !counts_only(local) {
        let flags = u8::from(wait.shared_or_send) | (outcome as u8) << 4;
        let target = wait.target_number();
        local.event(NewEvent {
            kind: EventKind::Wait,
            flags,
            wait: wait.kind as u16,
            target,
            place,
            extra: waker,
            start: since,
            end: until,
        });
    }
    until
}
