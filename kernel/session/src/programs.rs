//! Cells that are programs of their own: `:main`, `:repeat`, `:explore` and `:replay`.

mod explore;
mod explored;
mod program;
mod repeat;
mod wrap;
