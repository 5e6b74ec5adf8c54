//! Every interleaving: either one of each kind (reduced), or all with few preemptions (bounded).
//!
//! The reduced search never runs two interleavings that differ only in the order of operations that
//! do not depend on each other; it alone can prove a program in reasonable time. Such a reduction
//! does not go together with a bound on preemptions (Coons, Musuvathi and McKinley, "Bounded
//! partial-order reduction", OOPSLA 2013), so the bounded search reduces nothing. [`Exhaustive`]
//! lets both take turns: what is first done has the say.

mod bounded;
mod clocks;
mod races;
mod reduced;

pub use bounded::Bounded;
pub use reduced::Reduced;

use crate::point::Point;
use crate::strategy::Strategy;
use crate::trace::{End, Spinning, Trace};

/// How far an exhaustive search came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All executions that differ, of which there are so many.
    All {
        /// Runs that differ in more than the order of independent operations.
        executions: u64,
        /// Threads spun. All the same if their loops do nothing but look.
        spun: bool,
    },
    /// All schedules with at most so many preemptions.
    UpTo {
        /// The bound.
        preemptions: usize,
    },
    /// Not even all schedules without a preemption.
    Nothing,
}

/// Goes through all interleavings: reduced, and with a growing bound of preemptions, in turn.
#[derive(Debug)]
pub struct Exhaustive {
    reduced: Reduced,
    bounded: Bounded,
    covered: Option<usize>,
    reduces: bool,
    cut: u64,
    failed: bool,
    spinning: Spinning,
}

impl Default for Exhaustive {
    fn default() -> Self {
        Exhaustive::new()
    }
}

impl Exhaustive {
    /// Begins with no preemption.
    pub fn new() -> Exhaustive {
        Exhaustive {
            reduced: Reduced::new(),
            bounded: Bounded::new(0),
            covered: None,
            reduces: true,
            cut: 0,
            failed: false,
            spinning: Spinning::No,
        }
    }

    /// How far it came. A run that was cut, failed (others are then not looked for from there), did
    /// not repeat itself or had a loop that counts its turns makes a proof impossible.
    pub fn coverage(&self) -> Coverage {
        let counted = self.spinning == Spinning::Counted;
        let sound = self.cut == 0 && !self.failed && !counted;
        if sound && self.reduced.is_finished() && !self.reduced.diverged() {
            let executions = self.reduced.executions();
            return Coverage::All {
                executions,
                spun: self.spinning != Spinning::No,
            };
        }
        match self.covered {
            Some(preemptions) if sound => Coverage::UpTo { preemptions },
            _ => Coverage::Nothing,
        }
    }

    /// Runs that the limit of steps cut.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// A run did not repeat what it did before, though the same was chosen: something in the
    /// program is not controlled.
    pub fn diverged(&self) -> bool {
        self.reduced.diverged() || self.bounded.diverged()
    }

    /// All schedules with at most so many preemptions were tried, and none failed.
    pub fn covered_preemptions(&self) -> Option<usize> {
        self.covered
    }
}

impl Strategy for Exhaustive {
    fn begin_run(&mut self) {
        if self.reduces {
            self.reduced.begin_run();
        } else {
            self.bounded.begin_run();
        }
    }

    fn choose(&mut self, point: &Point<'_>) -> usize {
        if self.reduces {
            self.reduced.choose(point)
        } else {
            self.bounded.choose(point)
        }
    }

    fn end_run(&mut self, trace: &Trace) {
        self.cut += u64::from(trace.end == End::Cut);
        self.spinning = self.spinning.max(trace.spinning);
        self.failed |= trace.end.is_failure();
        if self.reduces {
            self.reduced.end_run(trace);
        } else {
            self.bounded.end_run(trace);
            if self.bounded.is_finished() && !self.bounded.diverged() {
                let bound = self.bounded.bound();
                self.covered = Some(bound);
                if self.bounded.was_limited() {
                    self.bounded = Bounded::new(bound + 1);
                }
            }
        }
        self.reduces = !self.reduces || self.bounded.is_finished();
    }

    fn is_finished(&self) -> bool {
        self.reduced.is_finished()
    }
}
