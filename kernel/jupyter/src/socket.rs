//! The kernel's side of the five channels.

pub mod heartbeat;
pub mod iopub;
pub mod listener;
pub mod outbox;
pub mod outgoing;
pub mod pace;
pub mod router;
pub mod stdin;
pub mod xpub;
pub mod zmtp;
