//! Fearless, a Jupyter kernel for Rust that shows concurrency.

pub mod engine;
pub mod socket;
pub mod wire;
