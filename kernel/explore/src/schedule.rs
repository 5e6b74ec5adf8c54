//! The choices of a run, and where another run leaves them.

use std::fmt;

use crate::point::{Operation, ThreadId};

/// The choices of a run: enough to have it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Who goes on, at each step.
    pub threads: Vec<ThreadId>,
    /// What was chosen within steps, in order.
    pub data: Vec<u32>,
    /// A byte for every [`Schedule::CHECKED`] steps: what was done up to there. Empty where a
    /// schedule was made up rather than recorded.
    pub checks: Vec<u8>,
}

impl Schedule {
    /// How many steps one byte of [`Schedule::checks`] stands for.
    pub const CHECKED: usize = 8;
}

/// Where a run left its schedule, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The first step that differs, from 1. With [`Cause::DidOtherwise`], it lies at most
    /// [`Schedule::CHECKED`] steps before.
    pub step: usize,
    /// In which way.
    pub cause: Cause,
}

/// In which way a run left its schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The thread that was to go on could not.
    CannotGoOn {
        /// Who was to go on.
        scheduled: ThreadId,
        /// Who could instead.
        instead: ThreadId,
        /// What that one did.
        operation: Operation,
    },
    /// The schedule ended, the run did not.
    WentOn {
        /// Who went on.
        thread: ThreadId,
        /// What it did.
        operation: Operation,
    },
    /// The run ended, the schedule did not.
    EndedEarly {
        /// How many steps were still to come.
        missing: usize,
    },
    /// A thread did something else than when the schedule was recorded.
    DidOtherwise,
    /// There were fewer alternatives (stores to see, threads to wake) than then, or more choices.
    OtherAlternatives,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = self.step;
        match &self.cause {
            Cause::CannotGoOn {
                scheduled,
                instead,
                operation,
            } => write!(
                f,
                "step {step}: {scheduled} was to go on and can't; {instead} did instead ({operation})"
            ),
            Cause::WentOn { thread, operation } => write!(
                f,
                "step {step}: the schedule ends here, the program goes on ({thread}: {operation})"
            ),
            Cause::EndedEarly { missing } => {
                let s = if *missing == 1 { "" } else { "s" };
                write!(
                    f,
                    "step {step}: the program ends here, the schedule has {missing} more step{s}"
                )
            }
            Cause::DidOtherwise => write!(
                f,
                "step {step}: a thread does something else here than when the schedule was recorded"
            ),
            Cause::OtherAlternatives => write!(
                f,
                "step {step}: the choices here (stores to see, threads to wake) are others than when the schedule was recorded"
            ),
        }
    }
}
