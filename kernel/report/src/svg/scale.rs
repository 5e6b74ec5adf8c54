//! Where things lie: from time to place, and the heights of a lane's parts.

use super::canvas::WIDTH;
use crate::model::Timeline;

/// Where the lanes begin and end, from left to right.
pub(super) const LEFT: f64 = 112.0;
pub(super) const RIGHT: f64 = WIDTH - 8.0;
/// Heights of a lane's bar and of a row of holds.
pub(super) const BAR: f64 = 14.0;
pub(super) const HOLD: f64 = 12.0;
/// How much of the width is kept, right of the axis, for what never ends.
pub(super) const OPEN: f64 = 150.0;

/// Narrower shapes are drawn together, without texts of their own.
pub(super) const NARROW: f64 = 3.0;

/// From time to place.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    end: f64,
    /// Where the axis ends, from the left.
    right: f64,
}

impl Scale {
    /// Of this timeline. Right of its end is room where a wait never ends.
    pub(super) fn of(timeline: &Timeline) -> Scale {
        let open = if timeline.is_open() { OPEN } else { 0.0 };
        Scale {
            end: timeline.end_ns as f64,
            right: RIGHT - open,
        }
    }

    /// Where the axis ends, from the left.
    pub(super) fn right(&self) -> f64 {
        self.right
    }

    /// Where a time lies, from the left.
    pub(super) fn x(&self, ns: u64) -> f64 {
        LEFT + (ns as f64 / self.end).min(1.0) * (self.right - LEFT)
    }
}
