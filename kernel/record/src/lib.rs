//! The recording: what the threads, locks and channels of a cell process did, in memory that the
//! kernel shares with it, so that it can still be read when that process hangs or has died.
//!
//! The kernel creates a [`Region`], hands its descriptor to the cell process, and reads
//! [`snapshot::Snapshot`]s from it. The cell process maps the same memory and writes into it.
//! Output of the cell travels beside it, through a pipe, as [`frame`]s.

pub mod frame;
mod region;
pub mod snapshot;

pub use region::{Baseline, Mode, Region};
