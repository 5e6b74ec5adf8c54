//! The items of a notebook: what its cells defined, and what is still valid.
//!
//! evcxr keeps items by their name alone, and an `impl` under whatever item happened to stand
//! before it. So the stand-in for cargo keeps its own list, and puts each source together from it
//! (see [`arrange`]). The list is written down when a build has succeeded: a cell that doesn't
//! compile changes nothing.

pub(crate) mod arrange;
mod describe;
mod generation;
mod kinds;
pub(crate) mod known;
mod list;
mod macros;
pub(crate) mod made;
mod reached;
mod symbols;
mod tokens;
mod unfit;

pub use describe::import_lines;
pub(crate) use list::Items;

#[cfg(test)]
mod tests;
