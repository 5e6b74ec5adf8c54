//! The kernel between sockets and engine: which request is answered by whom, and when it ends.

mod answers;
mod cells;
mod comms;
mod engine_thread;
mod kernel;
mod queue;
mod refusal;
mod serve;

pub use refusal::Refusal;
pub use serve::{ServerSettings, serve};
