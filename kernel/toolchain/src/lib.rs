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

mod ahead;
pub mod analysis;
mod answers;
pub mod c_compiler;
pub mod cache;
pub mod calls;
mod cargo_home;
pub mod cell;
pub mod changes;
mod crates;
mod discover;
mod error;
pub mod explain;
mod files;
pub mod functions;
pub mod imports;
mod instrumented;
mod items;
pub mod library;
pub mod lines;
mod local;
mod lock;
pub mod messages;
pub mod notes;
mod own_program;
pub mod parts;
mod places;
pub mod program;
pub mod recipe;
pub mod redefined;
mod settings;
pub mod stand_in;
pub mod standard;
pub mod system_cache;
mod tools;
mod trusted;
pub mod variables;
mod whole;
mod workspace;

pub use ahead::Keeper;
pub use cache::Cache;
pub use cargo_home::cargo_home;
pub use discover::Toolchain;
pub use error::Error;
pub use items::import_lines;
pub use items::made::{Macros, Made};
pub use own_program::own_program;
pub use settings::{Display, EDITION, Settings};
pub use stand_in::Failure;
pub use system_cache::SystemCache;
pub use workspace::{Workspace, restore_environment};
