//! Holds the house in shape: reads manifests, `use` lines and paths, and tells what breaks a rule.
//!
//! `tests/house.rs` holds the rules of this project as data; `tests/planted.rs` breaks each of them
//! on purpose. `cargo run -p layout -- TREE` prints the rings of files of any tree.
//!
//! What it can't see: names that macros make, and methods, which are called without the name of
//! their file.

mod arrows;
mod graph;
mod modules;
pub mod rules;
mod tokens;
mod tree;

pub use arrows::Family;
pub use tree::{Package, Tree};
