//! Where things lie: from time to place, and the heights of a lane's parts.

use super::canvas::WIDTH;

/// Where the lanes begin and end, from left to right.
pub(super) const LEFT: f64 = 112.0;
pub(super) const RIGHT: f64 = WIDTH - 8.0;
/// Heights of a lane's bar and of a row of holds.
pub(super) const BAR: f64 = 14.0;
pub(super) const HOLD: f64 = 9.0;

/// Narrower shapes are drawn together, without texts of their own.
pub(super) const NARROW: f64 = 3.0;

/// From time to place.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    end: f64,
}

impl Scale {
    /// From here to `end`.
    pub(super) fn until(end: u64) -> Scale {
        Scale { end: end as f64 }
    }

    /// Where a time lies, from the left.
    pub(super) fn x(&self, ns: u64) -> f64 {
        LEFT + (ns as f64 / self.end).min(1.0) * (RIGHT - LEFT)
    }
}
