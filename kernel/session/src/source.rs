//! The cells' source as a person wrote it: where a recorded place lies in it, and what it names.

pub(crate) mod arrays;
mod called_from;
pub(crate) mod completeness;
pub(crate) mod dialect;
pub(crate) mod names;
pub(crate) mod places;
pub(crate) mod script;
pub(crate) mod source_map;
pub(crate) mod threads;
