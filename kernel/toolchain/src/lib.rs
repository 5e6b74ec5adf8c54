//! The user's Rust toolchain: finding it, building our `std` with it, and standing in for cargo.
//!
//! evcxr asks `rustup` and the PATH for its tools. The kernel puts a folder of its own in front of
//! the PATH (see [`Workspace`]), so that evcxr finds [`stand_in`] instead of cargo; everything else
//! goes on to the real tools.
//!
//! ```no_run
//! use toolchain::{Cache, Toolchain, standard};
//!
//! # fn main() -> Result<(), toolchain::Error> {
//! let toolchain = Toolchain::discover()?;
//! let folder = standard::provide(&Cache::open()?, &toolchain, &|line| print!("{line}"))?;
//! println!("cells see {}", folder.join(standard::LIBRARY).display());
//! # Ok(())
//! # }
//! ```
//!
//! Types are exported here; functions stay in the modules whose names they need.

pub mod analysis;
mod answers;
pub mod cache;
pub mod cell;
pub mod changes;
mod crates;
mod discover;
mod error;
pub mod explain;
mod items;
pub mod library;
pub mod lines;
mod local;
mod lock;
pub mod messages;
pub mod notes;
pub mod parts;
pub mod program;
pub mod recipe;
mod settings;
pub mod stand_in;
pub mod standard;
mod tools;
pub mod variables;
mod workspace;

pub use cache::Cache;
pub use discover::{Toolchain, cargo_home};
pub use error::Error;
pub use settings::{Display, EDITION, Settings};
pub use stand_in::Failure;
pub use workspace::{Workspace, restore_environment};
