//! Holds the house in shape.
pub mod arrows;
pub mod graph;
pub mod modules;
pub mod tokens;
