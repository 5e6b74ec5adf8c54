//! `std::io`, with recording twins of the standard streams.

pub use real::io::*;
