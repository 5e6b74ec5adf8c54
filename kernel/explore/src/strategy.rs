//! Strategies: oracles that are asked who goes on, and what a load sees.

mod chooser;
mod guided;
mod lanes;
mod pct;
mod pos;
mod profile;
mod random_walk;
mod reads_from;
mod replay;
mod site;
mod surw;
mod suspects;

pub use guided::{Guided, Heuristic, UnknownHeuristic};
pub use lanes::Lanes;
pub use random_walk::RandomWalk;
pub use replay::Replay;

use crate::point::Point;
use crate::trace::Trace;

/// Decides what happens in each run.
///
/// A run may take place in a process that was forked after [`Strategy::begin_run`], so what
/// [`Strategy::choose`] changes may be lost with that run: whatever is learned is learned from the
/// trace, in [`Strategy::end_run`]. All of it is deterministic, but for the seed.
pub trait Strategy {
    /// A run begins.
    fn begin_run(&mut self);

    /// Chooses among the alternatives of a point, by position. A position that does not exist
    /// gives the run up, where a thread was asked for.
    fn choose(&mut self, point: &Point<'_>) -> usize;

    /// A run is over.
    fn end_run(&mut self, trace: &Trace);

    /// Nothing is left to try.
    fn is_finished(&self) -> bool {
        false
    }
}
