//! Trying again before a thread goes to sleep, and once it was woken.

use real::prelude::rust_2024::*;

use record::snapshot::{WaitKind, WaitOutcome};
use record::writer::Local;

use super::super::sync_point::is_controlled;
use super::wait::Wait;

/// How often a channel is tried again before its thread goes to sleep, and a lock, as by the real
/// std.
const SPINS: usize = 10;
const LOCK_SPINS: usize = 100;

/// Between two tries.
fn spin() {
    for _ in 0..4 {
        real::hint::spin_loop();
    }
}

/// Tries again for as long as that costs less than to sleep.
pub(super) fn try_for_a_while(
    local: &Local,
    wait: &Wait,
    attempt: &mut dyn FnMut() -> Option<WaitOutcome>,
) -> Option<WaitOutcome> {
    let (pause, times): (fn(), _) = match wait.kind {
        WaitKind::Lock if wait.deadline.is_none() => (real::hint::spin_loop, LOCK_SPINS),
        WaitKind::Channel if wait.deadline.is_none() => (spin, SPINS),
        // A short thread that has no processor yet gets this one. Then nobody sleeps, and nobody
        // has to wake anybody.
        WaitKind::Join => (real::thread::yield_now, 1),
        _ => (spin, 0),
    };
    // Where a scheduler decides, nobody else runs meanwhile.
    let times = if is_controlled() { 0 } else { times };
    for _ in 0..times {
        // Who waits for a lock that others sleep for already has come late.
        if wait.kind == WaitKind::Lock && wait.others_sleep(local) {
            return None;
        }
        pause();
        if let Some(outcome) = attempt() {
            return Some(outcome);
        }
    }
    None
}
