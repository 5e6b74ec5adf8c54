//! `std::thread`, with recording twins of everything that makes a thread, or makes one wait.
//!
//! A thread is the real one's. Around its closure our own code tells the recording where it begins
//! and ends, keeps its result, and waits for it where the wait can be seen.
//!
//! What is `#[track_caller]` and not generic is `#[inline]` in all of our std, or rustc could not
//! make a function pointer of it elsewhere: `tests/types.rs` says more.

mod builder;
mod current;
mod handle;
mod scope_data;
mod scoped;

use real::panic::Location;
use real::prelude::rust_2024::*;
use real::time::{Duration, Instant};

use crate::probe::{self, Operand, Operation, Place, Wait, WaitKind};

pub use real::thread::*;
// By name, or the prelude's would hide it.
pub use real::thread::Result;

pub use builder::{Builder, spawn};
pub use current::{Thread, current};
pub(crate) use current::{become_main, parker};
pub use handle::JoinHandle;
pub use scoped::{Scope, ScopedJoinHandle, scope};

/// Puts the current thread to sleep for at least the specified amount of time. The same as
/// `std::thread::sleep`.
///
/// # Panics
///
/// When the user has stopped the cell.
#[inline]
#[track_caller]
pub fn sleep(dur: Duration) {
    sleep_at(probe::now_for_wait().checked_add(dur), Location::caller());
}

/// Puts the current thread to sleep until the specified instant. Unstable in std; here for its own
/// tests.
///
/// # Panics
///
/// When the user has stopped the cell.
#[cfg(fearless_suite)]
#[inline]
#[track_caller]
pub fn sleep_until(deadline: Instant) {
    sleep_at(Some(deadline), Location::caller());
}

fn sleep_at(deadline: Option<Instant>, at: Place) {
    // A deadline beyond what the clock can count is never reached by it either.
    const FOR_EVER: Duration = Duration::from_secs(1 << 31);
    let deadline = deadline.or_else(|| probe::now_for_wait().checked_add(FOR_EVER));
    probe::sync_point(Operation::Sleep, Operand::Nothing, Some(at));
    let _: Option<()> = probe::block(Wait::own(WaitKind::Sleep, None, at).until(deadline), || {
        None
    });
}

/// Puts the current thread to sleep for at least `ms` milliseconds. The same as
/// `std::thread::sleep_ms`.
#[deprecated(since = "1.6.0", note = "replaced by `std::thread::sleep`")]
#[inline]
#[track_caller]
pub fn sleep_ms(ms: u32) {
    sleep(Duration::from_millis(u64::from(ms)));
}

/// Blocks unless or until the current thread's token is made available. The same as
/// `std::thread::park`.
///
/// # Panics
///
/// Where the real one would wait for ever, or the user has stopped the cell.
#[inline]
#[track_caller]
pub fn park() {
    parker().park(None, Location::caller());
}

/// Blocks unless or until the current thread's token is made available or `dur` is over. The same
/// as `std::thread::park_timeout`.
#[inline]
#[track_caller]
pub fn park_timeout(dur: Duration) {
    parker().park(probe::now_for_wait().checked_add(dur), Location::caller());
}

/// Use [`park_timeout`]. The same as `std::thread::park_timeout_ms`.
#[deprecated(since = "1.6.0", note = "replaced by `std::thread::park_timeout`")]
#[inline]
#[track_caller]
pub fn park_timeout_ms(ms: u32) {
    park_timeout(Duration::from_millis(u64::from(ms)));
}

/// Cooperatively gives up a timeslice to the OS scheduler. The same as `std::thread::yield_now`;
/// the user can stop a loop that does nothing else.
#[inline]
#[track_caller]
pub fn yield_now() {
    let at = Location::caller();
    probe::sync_point(Operation::Yield, Operand::Nothing, Some(at));
    real::thread::yield_now();
}
