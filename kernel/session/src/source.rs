//! The cells' source, as a person wrote it.

pub mod completeness;
