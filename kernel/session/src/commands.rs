//! Lines that begin with `:`: read, explained, carried out.

mod apply;
pub(crate) mod check;
mod explain;
pub(crate) mod help;
pub(crate) mod parse;
pub(crate) mod search;
pub(crate) mod shell;
mod traits;
