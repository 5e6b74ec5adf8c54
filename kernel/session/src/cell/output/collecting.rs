//! Content that a thread is in the middle of displaying.

use crate::cell::content::Collector;
use std::time::Instant;

/// What a thread has displayed and may go on displaying.
pub(super) struct Collecting {
    pub ordinal: u32,
    pub collector: Collector,
    pub since: Instant,
}
