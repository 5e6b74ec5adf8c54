//! What a failed cell says: rustc's words and panics, about the lines that a person wrote.

mod advice;
mod ansi;
pub(crate) mod compile_error;
mod drawing;
pub(crate) mod errors;
mod relocate;

pub(crate) use advice::{missing, variable};
pub(crate) use ansi::strip_ansi;
