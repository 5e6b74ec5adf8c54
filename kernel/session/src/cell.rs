//! What a cell prints and shows: its output, its report, and what is seen while it runs.

mod content;
pub(crate) mod effort;
mod gutter;
pub(crate) mod live;
pub(crate) mod number;
pub(crate) mod output;
pub(crate) mod report;
pub(crate) mod timing;
