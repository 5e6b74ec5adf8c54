//! Fearless, a Jupyter kernel for Rust that shows concurrency.

pub mod dispatch;
pub mod engine;
pub mod history;
pub mod kernelspec;
pub mod socket;
pub mod wire;
pub mod cell;
pub mod runtime;
pub mod session;
pub mod toolchain;
