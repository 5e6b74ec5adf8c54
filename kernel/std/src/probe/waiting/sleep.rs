//! Sleeping: announced, looked at for deadlocks, ended by what is waited for, a deadline, or an
//! order.

use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;
use real::time::Duration;

use record::ThreadSlot;
use record::futex;
use record::layout::{
    FLAG_MAIN, ObjectEntry, PHASE_ANNOUNCED, PHASE_RUNNING, PHASE_STUCK, PHASE_TIMED, ThreadEntry,
    WAIT_NO_UNWIND, WAIT_SHARED_OR_SEND, WAIT_TIMED, Wake,
};
use record::snapshot::{ObjectKind, WaitKind, WaitOutcome};
use record::writer::Local;

use super::super::calls::{is_of_crate, place_with_calls};
use super::super::stop;
use super::super::sync_point::is_controlled;
use super::clock::now_for_wait;
use super::finish::finish;
use super::retry::try_for_a_while;
use super::wait::{Target, Wait};
use crate::deadlock;

/// What can end a sleep besides what it waits for.
enum Order {
    Stop,
    Deadlock(u32),
}

/// Undoes the announcement of a wait.
pub(super) struct Announced<'a> {
    thread: ThreadSlot,
    entry: &'a ThreadEntry,
    writer: Option<&'static ObjectEntry>,
}

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        if self.entry.phase.swap(PHASE_RUNNING, Ordering::SeqCst) == PHASE_STUCK {
            deadlock::mark_running(self.thread);
        }
        if let Some(lock) = self.writer {
            lock.writers_waiting.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

pub(super) fn announce<'a>(
    local: &Local,
    entry: &'a ThreadEntry,
    wait: &Wait,
    since: u64,
) -> Announced<'a> {
    let mut flags = wait.flags;
    if wait.shared_or_send {
        flags |= WAIT_SHARED_OR_SEND;
    }
    if wait.deadline.is_some() {
        flags |= WAIT_TIMED;
    }
    if !wait.unwinds || !stop::may_unwind(local, entry) {
        flags |= WAIT_NO_UNWIND;
    }
    entry.wait_sequence.fetch_add(1, Ordering::SeqCst);
    entry.wait_kind.store(wait.kind as u32, Ordering::Relaxed);
    entry.wait_flags.store(flags, Ordering::Relaxed);
    entry
        .wait_target
        .store(wait.target_number(), Ordering::Relaxed);
    entry.wait_at.store(local.place(wait.at), Ordering::Relaxed);
    entry.wait_since.store(since, Ordering::Relaxed);
    entry
        .wait_on
        .store(wait.wake_ref(local.thread()).0, Ordering::Relaxed);
    let scope = if let Target::Scope(scope) = wait.target {
        scope
    } else {
        0
    };
    entry.wait_scope.store(scope, Ordering::Relaxed);
    let writer = wait.object(local.layout()).filter(|lock| {
        let is_rw_lock = lock.kind.load(Ordering::Relaxed) == ObjectKind::RwLock as u32;
        is_rw_lock && wait.kind == WaitKind::Lock && !wait.shared_or_send
    });
    if let Some(lock) = writer {
        lock.writers_waiting.fetch_add(1, Ordering::SeqCst);
    }
    Announced {
        thread: local.thread(),
        entry,
        writer,
    }
}

/// After so long it is worth looking which call in a cell led to a wait in a crate: short waits
/// would cost twice as much.
const LONG: Duration = Duration::from_micros(200);

/// Between two looks at the graph, in a thread that nobody wakes. Only what could not be proved at
/// once (a thread that was just ending, say) is found by looking again. Where a scheduler decides,
/// it knows who can go on, and nobody looks.
pub(super) fn look_again_after(entry: &ThreadEntry) -> Duration {
    let is_main = entry.flags.load(Ordering::Relaxed) & FLAG_MAIN != 0;
    Duration::from_millis(if is_main { 100 } else { 500 })
}

/// Sleeps until `attempt` succeeds or the deadline has passed; returns when it ended. Unwinds when
/// the thread is stopped or condemned.
pub(super) fn sleep(
    local: &Local,
    wait: &Wait,
    since: u64,
    attempt: &mut dyn FnMut() -> Option<WaitOutcome>,
) -> u64 {
    let layout = local.layout();
    let entry = local.entry().unwrap_or(&layout.threads[0]);
    if local.thread() == ThreadSlot::NONE {
        return sleep_without_entry(local, wait, since, attempt);
    }
    let wake = layout
        .wake(wait.wake_ref(local.thread()))
        .unwrap_or(&entry.own);
    let waker = || wake.waker.load(Ordering::Relaxed);
    let announced = announce(local, entry, wait, since);
    loop {
        let seen = wake.announce();
        set_phase(
            local.thread(),
            entry,
            if wait.deadline.is_some() {
                PHASE_TIMED
            } else {
                PHASE_ANNOUNCED
            },
        );
        // After the phase: who was woken must not look as if it slept on the new word (see `look`
        // in `deadlock/proof.rs`).
        entry.wait_seen.store(seen, Ordering::SeqCst);
        if let Some(outcome) = attempt() {
            drop(announced);
            return finish(local, (wait, place_of(entry)), since, outcome, waker());
        }
        if wait.deadline.is_none() {
            set_phase(local.thread(), entry, PHASE_STUCK);
            if !is_controlled() {
                deadlock::check(layout, local.thread());
            }
        }
        let ended = sleep_once(local, entry, wait, wake, seen);
        // Not announced: who goes on at once need not be woken once more, in vain.
        let outcome = if ended.is_none() {
            attempt().or_else(|| try_for_a_while(local, wait, attempt))
        } else {
            None
        };
        wake.has_looked();
        if let Some(outcome) = outcome {
            drop(announced);
            return finish(local, (wait, place_of(entry)), since, outcome, waker());
        }
        match ended {
            Some(Ended::TimedOut) => {
                drop(announced);
                let outcome = attempt().unwrap_or(WaitOutcome::TimedOut);
                return finish(local, (wait, place_of(entry)), since, outcome, 0);
            }
            Some(Ended::By(order)) => {
                drop(announced);
                if wait.returns {
                    return postpone(local, (wait, place_of(entry)), since, &order);
                }
                obey((local, entry), wait, wake, since, order)
            }
            None => {}
        }
    }
}

/// Where the thread waits: see [`look_for_calls`].
pub(super) fn place_of(entry: &ThreadEntry) -> u32 {
    entry.wait_at.load(Ordering::Relaxed)
}

/// Adds the calls in a cell that led to the wait.
pub(super) fn look_for_calls(local: &Local, entry: &ThreadEntry) {
    let place = place_with_calls(local, place_of(entry));
    entry.wait_at.store(place, Ordering::Relaxed);
}

pub(super) fn set_phase(thread: ThreadSlot, entry: &ThreadEntry, phase: u32) {
    let before = entry.phase.swap(phase, Ordering::SeqCst);
    if before == PHASE_STUCK && phase != PHASE_STUCK {
        deadlock::mark_running(thread);
    } else if before != PHASE_STUCK && phase == PHASE_STUCK {
        deadlock::mark_stuck(thread);
    }
}

enum Ended {
    TimedOut,
    By(Order),
}

/// Sleeps until the word changes (`None`), or for good.
fn sleep_once(
    local: &Local,
    entry: &ThreadEntry,
    wait: &Wait,
    wake: &Wake,
    seen: u32,
) -> Option<Ended> {
    let mut has_looked = is_controlled() || !is_of_crate(local, place_of(entry));
    loop {
        let condemned = entry.verdict.load(Ordering::SeqCst);
        if condemned != 0 {
            return Some(Ended::By(Order::Deadlock(condemned - 1)));
        }
        if wait.unwinds && stop::must_stop(local, entry, place_of(entry)) {
            return Some(Ended::By(Order::Stop));
        }
        if wake.word.load(Ordering::SeqCst) != seen {
            return None;
        }
        let slice = (!is_controlled()).then(|| match has_looked {
            false => LONG,
            true => look_again_after(entry),
        });
        let timeout = match wait.deadline {
            None => slice,
            Some(deadline) => {
                let left = deadline.saturating_duration_since(now_for_wait());
                if left.is_zero() {
                    return Some(Ended::TimedOut);
                }
                Some(slice.map_or(left, |slice| left.min(slice)))
            }
        };
        let began = (!has_looked).then(now_for_wait);
        futex::wait(&wake.word, seen, timeout);
        if let Some(began) = began {
            has_looked = true;
            // On a busy machine it may have been woken before it came to look.
            if wake.word.load(Ordering::SeqCst) == seen || now_for_wait() - began >= LONG {
                look_for_calls(local, entry);
            }
            continue;
        }
        if slice.is_some() && wait.deadline.is_none() && wake.word.load(Ordering::SeqCst) == seen {
            deadlock::check(local.layout(), local.thread());
        }
    }
}

/// Ends the wait, for who unwinds later.
fn postpone(local: &Local, place: (&Wait, u32), since: u64, order: &Order) -> u64 {
    let (order, outcome) = match order {
        Order::Stop => (stop::STOP, WaitOutcome::Cancelled),
        Order::Deadlock(slot) => (stop::BY_VERDICT + slot, WaitOutcome::Deadlock),
    };
    local.ordered.set(order);
    finish(local, place, since, outcome, 0)
}

/// Unwinds, after passing on a wake-up that may have been meant for this thread.
fn obey(
    (local, entry): (&Local, &ThreadEntry),
    wait: &Wait,
    wake: &Wake,
    since: u64,
    order: Order,
) -> ! {
    if wake.is_wanted() {
        wake.wake_all(local.thread());
    }
    let place = (wait, place_of(entry));
    match order {
        Order::Stop => {
            finish(local, place, since, WaitOutcome::Cancelled, 0);
            stop::stop(local)
        }
        Order::Deadlock(slot) => {
            finish(local, place, since, WaitOutcome::Deadlock, 0);
            entry.verdict.store(0, Ordering::SeqCst);
            stop::force_unwind(deadlock::explanation(local.layout(), slot))
        }
    }
}

/// For a thread that found the table full: nobody sees that it waits, so it looks itself.
#[cold]
fn sleep_without_entry(
    local: &Local,
    wait: &Wait,
    since: u64,
    attempt: &mut dyn FnMut() -> Option<WaitOutcome>,
) -> u64 {
    const SLICE: Duration = Duration::from_millis(5);
    let wake = local.layout().wake(wait.wake_ref(ThreadSlot::NONE));
    while attempt().is_none() {
        let left = wait
            .deadline
            .map(|deadline| deadline.saturating_duration_since(now_for_wait()));
        if left.is_some_and(|left| left.is_zero()) {
            return local.now();
        }
        let timeout = left.map_or(SLICE, |left| left.min(SLICE));
        match wake {
            Some(wake) => {
                let seen = wake.announce();
                if attempt().is_some() {
                    break;
                }
                futex::wait(&wake.word, seen, Some(timeout));
                wake.has_looked();
            }
            None => real::thread::sleep(timeout),
        }
    }
    let _ = since;
    local.now()
}
