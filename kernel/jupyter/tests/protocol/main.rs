//! The kernel driven as a front end does it: real ZeroMQ sockets, an engine that follows a script.
//! Each test states every message it expects, in order; one more fails it.

mod client;
mod engine;

mod cells;
mod channels;
mod interrupts;
mod questions;
mod robust;
