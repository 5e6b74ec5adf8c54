//! `std::thread`, with recording twins.

pub use real::thread::*;
