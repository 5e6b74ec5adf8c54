//! Fearless, a Jupyter kernel for Rust that shows concurrency.

pub mod cell;
pub mod dispatch;
pub mod engine;
pub mod history;
pub mod kernelspec;
pub mod leftovers;
pub mod runtime;
pub mod session;
pub mod socket;
pub mod toolchain;
pub mod wire;
