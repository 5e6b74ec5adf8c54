//! `std::panic`, with our hook underneath the user's.

pub use real::panic::*;

/// Makes panics known to the recording; called once, when the recording is attached.
pub(crate) fn install() {}
