//! The contract between the protocol half of the kernel and the half that runs cells.
//!
//! The protocol half owns sockets, queues and counters. It starts one [`Engine`] on a thread of its
//! own, gives it one request at a time, and hands it a [`CellIo`] through which everything that a
//! cell produces reaches the front ends. What must work while a cell runs goes through
//! [`Controls`] instead.
//!
//! The sockets implement what is declared here; nothing here knows them.

mod contract;
mod io;
mod values;

pub use contract::{Controls, Engine, EngineFactory};
pub(crate) use io::{Ask, Publish};
pub use io::{CellIo, Publisher, Stream};
pub use values::{
    ASK_EXIT, CellError, Completeness, CompletionType, Completions, ExecuteReply, ExecuteRequest,
    MimeBundle,
};

pub use crate::wire::parent::Parent;
