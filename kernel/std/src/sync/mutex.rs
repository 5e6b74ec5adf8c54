//! A mutex, the same as `std::sync::Mutex`, that records who holds it and who waits for it.

pub use real::sync::{Mutex, MutexGuard};
