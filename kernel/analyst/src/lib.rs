//! rust-analyzer in a process of its own, which all kernels of a user share.
//!
//! A cell needs no rust-analyzer: rustc tells the types of variables. Completion and inspection do,
//! with all of the standard library and of the crates in use, which takes a second to read and two
//! hundred MiB to keep. So it is started by the first question, serves every kernel of the user,
//! and ends when no kernel is left, or when nobody has asked for long.
//!
//! ```no_run
//! use analyst::{Client, Place, Project, Question, Wanted};
//! use std::time::Duration;
//!
//! # fn project() -> Project { unimplemented!() }
//! # fn command() -> std::process::Command { unimplemented!() }
//! let client = Client::new(Place::of_user("this build").unwrap(), command);
//! let question = Question {
//!     project: project().into(),
//!     source: "fn main() { std::thread::sp }".into(),
//!     offset: 26,
//!     wanted: Wanted::Completions,
//! };
//! // `None` while it starts, and when it is busy for too long.
//! let answer = client.ask(question, Duration::from_millis(900));
//! ```
//!
//! Where to look: `place` is the folder with the socket, `protocol` what goes over it, `client` the
//! kernel's side, `server` the analyst's. `analysis` holds rust-analyzer, `project` tells it of
//! crates, `files` reads their sources.

mod analysis;
mod client;
mod error;
mod files;
mod place;
mod project;
mod protocol;
mod server;

pub use client::Client;
pub use error::Error;
pub use place::Place;
pub use protocol::{Answer, Candidate, Documentation, Found, Project, Question, Wanted};
pub use server::serve;
