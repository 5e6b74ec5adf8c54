//! Sums of times.

use serde::Serialize;

/// A sum and its largest part, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Sum {
    /// The sum.
    pub total: u64,
    /// The largest part.
    pub max: u64,
}

/// Whether a count is left out of the JSON.
pub(super) fn is_zero(n: &u64) -> bool {
    *n == 0
}
