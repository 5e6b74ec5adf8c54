//! The one place where a thread waits.
//!
//! A wait is announced in the thread's entry *before* the last attempt, and marked as stuck after
//! it has failed. So whoever sees a thread stuck, with the word it sleeps on unchanged, knows that
//! nothing that it waits for has happened; and of two threads that close a cycle at once the later
//! one sees both.

mod finish;
mod sleep;
mod ticket;
mod wait;
mod wake;

use real::prelude::rust_2024::*;

use record::snapshot::{WaitKind, WaitOutcome};
use record::writer::Local;

use super::current::with_thread;
use super::sync_point::is_controlled;
use finish::finish;
use sleep::sleep;

pub use ticket::Ticket;
pub use wait::Wait;
pub use wake::{wake_all, wake_one};
pub(super) use wake::{wake_next_on, wake_own};

/// Waits until `attempt` returns something (`Some`), or the deadline has passed (`None`).
///
/// `attempt` is called at least once, must not block, and is called again after each wake-up. If
/// its first call succeeds nothing is recorded. The operation has passed
/// [`sync_point`](super::sync_point()) before.
#[inline]
pub fn block<R>(wait: Wait, mut attempt: impl FnMut() -> Option<R>) -> Option<R> {
    with_thread(|local, _| match attempt() {
        Some(result) => Some(result),
        None => block_as(local, wait, attempt, |_| WaitOutcome::Done).0,
    })
}

/// How often a lock or channel is tried again before its thread goes to sleep.
const SPINS: usize = 10;

/// Between two tries.
fn spin() {
    for _ in 0..4 {
        real::hint::spin_loop();
    }
}

/// The wait itself, after a first attempt has failed; also returns when it ended. `outcome` says
/// what a result means for the report.
pub(super) fn block_as<R>(
    local: &Local,
    wait: Wait,
    mut attempt: impl FnMut() -> Option<R>,
    outcome: impl Fn(&R) -> WaitOutcome,
) -> (Option<R>, u64) {
    let since = local.now();
    let mut result = None;
    let (pause, times): (fn(), _) = match wait.kind {
        WaitKind::Lock | WaitKind::Channel if wait.deadline.is_none() => (spin, SPINS),
        // A short thread that has no processor yet gets this one. Then nobody sleeps, and nobody
        // has to wake anybody.
        WaitKind::Join => (real::thread::yield_now, 1),
        _ => (spin, 0),
    };
    // Where a scheduler decides, nobody else runs meanwhile.
    let times = if is_controlled() { 0 } else { times };
    for _ in 0..times {
        pause();
        result = attempt();
        if let Some(got) = &result {
            let ended = finish(local, &wait, since, outcome(got), 0);
            return (result, ended);
        }
    }
    let ended = sleep(local, &wait, since, &mut || {
        result = attempt();
        result.as_ref().map(&outcome)
    });
    (result, ended)
}
