//! The one place where a thread waits.
//!
//! A wait is announced in the thread's entry *before* the last attempt, and marked as stuck after
//! it has failed. So whoever sees a thread stuck, with the word it sleeps on unchanged, knows that
//! nothing that it waits for has happened; and of two threads that close a cycle at once the later
//! one sees both.

mod clock;
mod finish;
mod retry;
mod sleep;
mod system;
mod ticket;
mod wait;
mod wake;

use real::prelude::rust_2024::*;

use record::snapshot::WaitOutcome;
use record::writer::Local;

use super::current::with_thread;
use finish::finish;
use retry::try_for_a_while;
use sleep::sleep;

pub use clock::{is_look_for_wait, now_for_wait};
pub use system::wait_in_system;
pub use ticket::Ticket;
pub use wait::Wait;
pub use wake::{wake_all, wake_one};
pub(super) use wake::{wake_next_on, wake_own, wake_successor_on};

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
    let mut attempt = || {
        result = attempt();
        result.as_ref().map(&outcome)
    };
    let ended = match try_for_a_while(local, &wait, &mut attempt) {
        Some(outcome) => finish(local, (&wait, local.place(wait.at)), since, outcome, 0),
        None => sleep(local, &wait, since, &mut attempt),
    };
    (result, ended)
}
