//! Jupyter's side of a kernel: messages, signatures, sockets, dispatch and the input history.
//!
//! [`serve`] serves the five channels of a [`ConnectionFile`] until the kernel is told to end.
//! Cells are run by an [`Engine`], of which this package knows the contract alone: it knows no
//! compiler.
//!
//! ```no_run
//! use jupyter::{ConnectionFile, Refusal, ServerSettings, serve};
//!
//! # fn main() -> Result<(), jupyter::Error> {
//! // Refuses each cell with a sentence; a real kernel gives the factory of its engine.
//! let engine = Refusal("there is no rustc: install it from https://rustup.rs".into());
//! let connection = ConnectionFile::read("kernel.json".as_ref())?;
//! serve(&connection, engine, ServerSettings::from_environment())
//! # }
//! ```
//!
//! Bottom up: `wire` are the messages, `engine` the contract, `socket` the channels, `dispatch` who
//! answers what.

mod dispatch;
mod engine;
mod error;
mod history;
mod socket;
mod wire;

pub use dispatch::{Refusal, ServerSettings, serve};
pub use engine::{
    ASK_EXIT, CellError, CellIo, Completeness, CompletionType, Completions, Controls, Engine,
    EngineFactory, ExecuteReply, ExecuteRequest, MimeBundle, Parent, Publisher, Stream,
};
pub use error::{Error, Problem};
pub use socket::pace::Limits;
pub use wire::connection::ConnectionFile;
pub use wire::endpoint::Endpoint;
pub use wire::message::{Encoder, Malformed, Request};
pub use wire::parent::Asked;
pub use wire::sign::Signer;
