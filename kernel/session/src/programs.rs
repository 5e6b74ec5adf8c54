//! Cells that are programs of their own: `:main` and `:repeat`.

mod program;
mod repeat;
mod wrap;
