//! The recording: what the threads, locks and channels of a cell process did, in memory that the
//! kernel shares with it, so that it can still be read when that process hangs or has died.
//!
//! The kernel creates a [`Region`], hands its descriptor to the cell process, and reads
//! [`snapshot::Snapshot`]s from it. The cell process maps the same memory ([`writer::attach`]) and
//! writes into it. Output of the cell travels beside it, through a pipe, as [`frame`]s.
//!
//! ```
//! use record::Region;
//!
//! let region = Region::create()?;
//! let before = region.baseline();
//! // … a cell process inherits `region.fd()` and runs cell 1 …
//! let snapshot = region.snapshot(1, &before);
//! assert!(snapshot.threads.is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # The two sides
//!
//! The kernel's: [`Region`], [`Baseline`] and [`Seen`], [`Mode`], [`snapshot`] (what is read, as
//! plain data) and [`frame`] (output). The cell process's, which only `std` uses: [`writer`] (which
//! thread this is, and its events), [`layout`] (the bytes), [`uses`] (who holds what, how often),
//! [`attention`] (what an operation has to heed), [`futex`], [`clock`], [`memory`]. [`ThreadSlot`],
//! [`ThreadId`] and [`ObjectSlot`] are numbers that must not be taken for one another.
//!
//! # What it cannot see
//!
//! What happens without our `std`: C code, system calls, atomics, spin locks.

pub mod attention;
pub mod clock;
pub mod frame;
pub mod frames;
pub mod futex;
mod heartbeat;
mod ids;
pub mod layout;
pub mod memory;
mod reader;
mod region;
pub mod snapshot;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub mod stack;
mod tables;
mod texts;
pub mod uses;
pub mod writer;

pub use ids::{LocationSlot, ObjectSlot, TaskSlot, ThreadId, ThreadSlot};
pub use reader::{Baseline, Seen, thread_name};
pub use region::{Mode, Region};
