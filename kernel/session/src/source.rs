//! The cells' source as a person wrote it: where a recorded place lies in it, and what it names.

pub(crate) mod arrays;
mod called_from;
pub(crate) mod completeness;
mod conditions;
pub(crate) mod dialect;
mod finder;
pub(crate) mod names;
pub(crate) mod places;
pub(crate) mod script;
pub(crate) mod source_map;
pub(crate) mod threads;
