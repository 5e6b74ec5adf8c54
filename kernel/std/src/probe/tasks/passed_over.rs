//! Branches of a `select!` that a task does not come to, since earlier ones are ready each time.

use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use record::layout::EventKind;
use record::writer::NewEvent;

use super::super::current::{counts_only, with_thread};
use super::super::objects::Place;

/// So many rounds in a row are worth an event, and then each time twice as many.
const ROUNDS: u32 = 128;

/// A `select!` in the source, and which of its branches were passed over last, time and again.
///
/// That of one task is known. Where several tasks come by in turns, nothing is: then each round
/// begins anew.
#[derive(Debug)]
pub struct PassedOver {
    at: Place,
    task: AtomicU32,
    /// A bit for each branch.
    branches: AtomicU64,
    rounds: AtomicU32,
    since: AtomicU64,
}

impl PassedOver {
    /// The one at a place.
    pub const fn new(at: Place) -> PassedOver {
        PassedOver {
            at,
            task: AtomicU32::new(0),
            branches: AtomicU64::new(0),
            rounds: AtomicU32::new(0),
            since: AtomicU64::new(0),
        }
    }

    /// The task of this thread has chosen a branch, and had not polled these.
    pub fn one_was_chosen(&self, not_polled: u64) {
        with_thread(|local, _| {
            let task = local.task.get();
            if counts_only(local) || !task.is_some() {
                return;
            }
            let before = match self.task.swap(task.0, Ordering::Relaxed) == task.0 {
                true => self.branches.load(Ordering::Relaxed),
                false => 0,
            };
            if before & not_polled == 0 {
                self.branches.store(not_polled, Ordering::Relaxed);
                self.rounds.store(1, Ordering::Relaxed);
                if not_polled != 0 {
                    self.since.store(local.now(), Ordering::Relaxed);
                }
                return;
            }
            let branches = before & not_polled;
            self.branches.store(branches, Ordering::Relaxed);
            let rounds = self.rounds.load(Ordering::Relaxed).saturating_add(1);
            self.rounds.store(rounds, Ordering::Relaxed);
            if rounds >= ROUNDS && rounds.is_power_of_two() {
                local.event(NewEvent {
                    wait: branches as u16,
                    target: task.0,
                    place: local.place(self.at),
                    extra: rounds,
                    start: self.since.load(Ordering::Relaxed),
                    end: local.now(),
                    ..NewEvent::of(EventKind::PassedOver)
                });
            }
        });
    }
}
