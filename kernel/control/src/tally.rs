//! What the runs of a lane came to.

use std::collections::VecDeque;

use explore::{Operation, Order, Step, Trace};

use crate::outcomes::{Counted, Outcomes, Way};
use crate::result::{Left, shared};

/// Counts of runs, from which the latest ones can be taken back: another lane may have failed
/// before them.
#[derive(Default)]
pub struct Tally {
    /// Runs.
    pub runs: u64,
    /// Those that a limit cut.
    pub cut: u64,
    /// Those that took too long.
    pub stuck: u64,
    /// How they ended.
    pub outcomes: Outcomes,
    /// The most threads that one had.
    pub threads: u32,
    /// What they did that is not controlled; see [`crate::beyond`].
    pub beyond: u32,
    /// The very first one had nothing to choose: there is no other one.
    pub is_only: bool,
    /// The first one with an order of memory that allows more than is tried.
    weak: Option<u64>,
    /// The first one that had more stores than were kept.
    truncated: Option<u64>,
    /// Those that may be taken back.
    latest: VecDeque<Latest>,
}

struct Latest {
    number: u64,
    counted: Counted,
    kind: &'static str,
}

impl Tally {
    /// The run of this number ended so. `code` is the hash of the program.
    pub fn note(&mut self, number: u64, way: &Way, left: &Left, code: u64) {
        self.runs += 1;
        self.threads = self.threads.max(left.threads);
        self.beyond |= shared().beyond;
        let has_choices = left.trace.as_ref().is_none_or(Trace::has_choices);
        self.is_only = number == 0 && self.runs == 1 && !has_choices;
        let mut steps = left.trace.iter().flat_map(|trace| &trace.steps);
        if self.weak.is_none() && steps.any(is_weak) {
            self.weak = Some(number);
        }
        if left.truncated {
            self.truncated.get_or_insert(number);
        }
        self.count(way.kind, 1);
        let counted = self.outcomes.note(number, way, left.trace.as_ref(), code);
        self.latest.push_back(Latest {
            number,
            counted,
            kind: way.kind,
        });
    }

    fn count(&mut self, kind: &str, times: i64) {
        let count = match kind {
            "cut" => &mut self.cut,
            "stuck" => &mut self.stuck,
            _ => return,
        };
        *count = count.saturating_add_signed(times);
    }

    /// No run before this number will be taken back.
    pub fn settle(&mut self, number: u64) {
        while self.latest.front().is_some_and(|run| run.number < number) {
            self.latest.pop_front();
        }
    }

    /// Takes back all runs after this number.
    pub fn take_back_after(&mut self, number: u64) {
        while let Some(run) = self.latest.pop_back_if(|run| run.number > number) {
            self.runs -= 1;
            self.count(run.kind, -1);
            self.outcomes.take_back(run.counted);
        }
        let is_left = |first: &u64| *first <= number;
        self.weak = self.weak.filter(is_left);
        self.truncated = self.truncated.filter(is_left);
    }

    /// Whether a run used an order of memory that allows more than is tried.
    pub fn is_weak(&self) -> bool {
        self.weak.is_some()
    }

    /// Whether a run had more stores than were kept.
    pub fn is_truncated(&self) -> bool {
        self.truncated.is_some()
    }
}

/// Whether a step is an atomic one whose order allows more than is tried here. Counts of an `Arc`
/// are modified with weak orders, and are right.
fn is_weak(step: &Step) -> bool {
    matches!(step.pending.operation, Operation::Load | Operation::Store)
        && step
            .effect
            .order
            .is_some_and(|order| order != Order::SeqCst)
}
