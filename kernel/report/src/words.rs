//! Words and numbers for people, for all parts of the report.

pub(crate) mod escape;
pub(crate) mod names;
pub(crate) mod units;
pub(crate) mod width;
