//! `std::sync::mpsc`, with recording twins.

pub use real::sync::mpsc::*;
