//! Jupyter's side of a kernel: messages, signatures, sockets, dispatch and the input history.
//!
//! [`dispatch::serve`] serves the five channels of a connection file. Cells are run by an
//! [`Engine`](engine::Engine), which this package knows by its contract alone.

pub mod dispatch;
pub mod engine;
pub mod history;
pub mod socket;
pub mod wire;
