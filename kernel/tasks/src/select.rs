//! `select!`: which of its branches were polled.

use std::panic::Location;
use std::probe::tasks::{self, PassedOver, WaitsBefore};

/// A `select!` in the source.
#[derive(Debug)]
pub struct Select(PassedOver);

impl Select {
    /// The one that stands where this is called.
    #[track_caller]
    pub const fn here() -> Select {
        Select(PassedOver::new(Location::caller()))
    }

    /// One of its branches was chosen; `disabled` are those that take no part any more, and
    /// `before` is what the task waited for already when this poll of them began.
    pub fn chose(&self, polled: &Polled, disabled: u64, branches: u32, before: WaitsBefore) {
        let all = u64::MAX >> (u64::BITS - branches.clamp(1, u64::BITS));
        self.0.one_was_chosen(all & !polled.0 & !disabled);
        // The other branches are dropped, or not polled before the next `select!`.
        tasks::waits_as(before);
    }
}

/// The branches that were polled since its expressions were evaluated: a bit each.
#[derive(Debug, Default)]
pub struct Polled(u64);

impl Polled {
    /// This one is polled.
    pub fn branch(&mut self, branch: u32) {
        self.0 |= 1 << branch;
    }
}
