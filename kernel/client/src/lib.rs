//! The front end's side of Jupyter, in as much as a program needs that runs cells of its own.
//!
//! ```no_run
//! # async fn example() -> Result<(), client::Error> {
//! use client::{KernelSpec, Running};
//!
//! let spec = KernelSpec::find("fearless", &client::data_folders())?;
//! let mut kernel = Running::start(&spec).await?;
//! let cell = kernel.client.run("println!(\"hello\");").await?;
//! assert_eq!(cell.stdout(), "hello\n");
//! kernel.shut_down().await?;
//! # Ok(()) }
//! ```
//!
//! [`KernelSpec`] is what Jupyter knows of a kernel, [`Running`] a process started from it,
//! [`Client`] the conversation over its five channels, [`CellOutput`] what a cell gave back.

mod conversation;
mod error;
mod launch;
mod message;
mod spec;

pub use conversation::{Channel, Client, Event};
pub use error::Error;
pub use launch::Running;
pub use message::{CellOutput, Message, plain};
pub use spec::{KernelSpec, data_folders};
