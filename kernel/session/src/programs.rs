//! Cells that are programs of their own: `:main`, `:repeat`, `:explore` and `:replay`.

mod difference;
mod ended;
mod explore;
mod explored;
mod fork_server;
pub(crate) mod program;
mod repeat;
mod whole;
mod wrap;
