//! Cells that are programs of their own: `:main`, `:repeat`, `:explore` and `:replay`.

pub(crate) mod compiled;
mod controlled;
mod difference;
mod ended;
mod explore;
mod explored;
mod fork_server;
mod program;
mod repeat;
mod whole;
mod wrap;
