//! `std::sync`, with recording twins of everything that can make a thread wait.

pub use real::sync::*;

pub mod mpsc;
mod mutex;

pub use mutex::{Mutex, MutexGuard};
