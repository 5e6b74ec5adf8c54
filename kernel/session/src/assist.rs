//! What helps while a cell is written: completion and inspection, with the engine and without.

mod arguments;
mod completion;
pub(crate) mod cursor;
mod inspect;
pub(crate) mod known;
mod offers;
