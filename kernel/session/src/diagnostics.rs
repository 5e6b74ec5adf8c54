//! What a failed cell says: rustc's words and panics, about the lines that a person wrote.

mod advice;
mod ansi;
pub(crate) mod compile_error;
mod dependency;
mod drawing;
mod earlier;
pub(crate) mod errors;
mod relocate;

pub(crate) use ansi::strip_ansi;
pub(crate) use drawing::with_whole_lines;
pub(crate) use earlier::{missing, missing_members, number, numbers, variable, without_guesses};
