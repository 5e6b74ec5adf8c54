//! Waiting in the system for whatever it tells a runtime of: sockets, timers, wake-ups.

use real::io;
use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;
use real::time::{Duration, Instant};

use record::ThreadSlot;
use record::layout::{FLAG_DEPENDENCY, PHASE_TIMED, ThreadEntry};
use record::snapshot::WaitOutcome;
use record::writer::Local;

use super::super::calls::is_of_crate;
use super::super::current::with_thread;
use super::super::objects::Place;
use super::super::stop;
use super::finish::finish;
use super::sleep::{announce, look_again_after, look_for_calls, place_of, set_phase};
use super::wait::Wait;

/// Calls `poll` with how long it may wait: until it has found something (`true`), it fails, or the
/// limit has passed. The thread is shown as parked meanwhile.
///
/// Nobody here can wake a thread there. So the user's own threads look now and then whether their
/// cell was stopped, and unwind then. What ends the wait isn't known, so it is part of no deadlock.
pub fn wait_in_system(
    limit: Option<Duration>,
    at: Place,
    poll: &mut dyn FnMut(Option<Duration>) -> io::Result<bool>,
) -> io::Result<()> {
    if limit == Some(Duration::ZERO) {
        return poll(limit).map(|_| ());
    }
    with_thread(|local, entry| match local.thread() {
        ThreadSlot::NONE => poll(limit).map(|_| ()),
        _ => wait((local, entry), limit, at, poll),
    })
}

fn wait(
    (local, entry): (&Local, &ThreadEntry),
    limit: Option<Duration>,
    at: Place,
    poll: &mut dyn FnMut(Option<Duration>) -> io::Result<bool>,
) -> io::Result<()> {
    let wait = Wait::in_system(at);
    let since = local.now();
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    let is_workers = entry.flags.load(Ordering::Relaxed) & FLAG_DEPENDENCY != 0;
    let slice = (!is_workers).then(|| look_again_after(entry));
    let announced = announce(local, entry, &wait, since);
    set_phase(local.thread(), entry, PHASE_TIMED);
    let mut left = limit;
    let (result, outcome) = loop {
        let at_most = match (left, slice) {
            (Some(left), Some(slice)) => Some(left.min(slice)),
            (left, slice) => left.or(slice),
        };
        match poll(at_most) {
            Ok(false) => {}
            Ok(true) => break (Ok(()), WaitOutcome::Done),
            Err(error) => break (Err(error), WaitOutcome::Done),
        }
        if is_of_crate(local, place_of(entry)) {
            look_for_calls(local, entry);
        }
        if stop::must_stop(local, entry, place_of(entry)) {
            drop(announced);
            let place = (&wait, place_of(entry));
            finish(local, place, since, WaitOutcome::Cancelled, 0);
            stop::stop(local)
        }
        left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            break (Ok(()), WaitOutcome::TimedOut);
        }
    };
    drop(announced);
    finish(local, (&wait, place_of(entry)), since, outcome, 0);
    result
}
