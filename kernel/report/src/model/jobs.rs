//! The table of jobs: what a pool's threads run for one line.

use serde::Serialize;

use super::place::At;
use super::sum::Sum;

/// The jobs that one line asked for. Counts are exact.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct JobsRow {
    /// The line. A crate's where no call in a cell is known that led there.
    pub at: Option<At>,
    /// How many jobs have begun.
    pub jobs: u64,
    /// Those among them that another thread took from the queue of the one that had made them.
    pub stolen: u64,
    /// Those among them that came from outside of the pool, or were meant for one thread.
    pub handed_in: u64,
    /// How often a thread waited for jobs that others had.
    pub waits: u64,
    /// How long, without the time in which it ran other jobs meanwhile.
    pub wait_ns: Sum,
    /// The same, thread by thread.
    pub threads: Vec<JobsOfThread>,
}

/// What one thread had of them.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq)]
pub struct JobsOfThread {
    /// An id in `threads`.
    pub thread: u32,
    /// How many it began.
    pub jobs: u64,
    /// How many of them it stole.
    pub stolen: u64,
    /// How often it waited.
    pub waits: u64,
    /// How long.
    pub wait_ns: Sum,
}
