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
