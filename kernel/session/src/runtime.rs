//! The cell process: loads what was compiled, runs it, and says when it is done.
//!
//! It is this same binary, started by evcxr, and speaks evcxr's line protocol: `LOAD_AND_RUN
//! <object> <function>` comes in on stdin, `EVCXR_EXECUTION_COMPLETE` goes out on stdout. Our
//! `std`, which the loaded code links to, knows the kernel through the descriptors listed in
//! [`descriptors`].

mod c_output;
pub(crate) mod descriptors;
mod error;
pub(crate) mod fork_server;
mod loading;
mod processes;
mod rewind;
mod serve;
mod standard;

pub(crate) use serve::run_if_child;
