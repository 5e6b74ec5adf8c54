//! The report under a cell: what its threads, locks and channels did.
//!
//! Pure: a [`Snapshot`](record::snapshot::Snapshot) of the recording and the kernel's [`Context`] go in, a
//! [`Report`] comes out; it is the public JSON contract, and every renderer draws from it alone.
//! Nothing here reads a clock, a file or a socket, so the same input gives the same bytes.
//!
//! ```
//! use record::snapshot::Snapshot;
//! use report::{Context, Input, TextOptions};
//!
//! let snapshot = Snapshot { cell: 1, ended: true, ..Snapshot::default() };
//! let context = Context { cell: 1, ..Context::default() };
//! let input = Input { snapshot: &snapshot, context: &context };
//! // Nothing concurrent happened, so there is nothing to report.
//! assert!(report::build(&input).is_none());
//! ```

mod history;
mod input;
mod model;
mod options;
mod timeline;

use std::fmt;
use std::io;

pub use history::SessionHistory;
pub use input::{Context, Input, LateOutput, Outcome, Place};
pub use model::*;
pub use options::{HtmlOptions, Level, SvgOptions, TextOptions};
pub use timeline::Timeline;

/// Makes the report of a cell, or `None` when the cell used no thread, lock or channel.
pub fn build(_input: &Input<'_>) -> Option<Report> {
    None
}

impl Report {
    /// The public contract, at most 256 KiB when written without white space: longer lists are cut,
    /// with `"omitted"` telling by how much.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Writes the report as plain text.
///
/// # Errors
/// Only those of `out`.
pub fn text(_report: &Report, _out: &mut dyn fmt::Write, _options: &TextOptions) -> fmt::Result {
    Ok(())
}

/// Writes the report as HTML that holds in trusted and sanitising viewers, at most 150 KB (50 KB
/// while the cell runs).
///
/// # Errors
/// Only those of `out`.
pub fn html(_report: &Report, _out: &mut dyn fmt::Write, _options: &HtmlOptions) -> fmt::Result {
    Ok(())
}

/// Draws the timeline alone. Writes nothing when there is none (`:record counts`).
///
/// # Errors
/// Only those of `out`.
pub fn svg(_report: &Report, _out: &mut dyn fmt::Write, _options: &SvgOptions) -> fmt::Result {
    Ok(())
}

/// Which table [`csv`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// [`Report::threads`]
    Threads,
    /// [`Report::locks`]
    Locks,
    /// [`Report::channels`]
    Channels,
    /// [`Report::condvars`]
    Condvars,
    /// [`Report::barriers`]
    Barriers,
    /// All of them, each under a line with its name and followed by an empty line.
    All,
}

/// Writes a table as comma-separated values with a header line (RFC 4180).
///
/// # Errors
/// Only those of `out`.
pub fn csv(_report: &Report, _out: &mut dyn fmt::Write, _table: Table) -> fmt::Result {
    Ok(())
}

/// Writes everything that was recorded as Trace Event JSON, which ui.perfetto.dev and
/// chrome://tracing open.
///
/// # Errors
/// Only those of `out`.
pub fn trace_events(_input: &Input<'_>, _out: &mut dyn io::Write) -> io::Result<()> {
    Ok(())
}

/// The kernel's error text for a deadlocked cell: one line for `evalue`, and the lines of the
/// traceback, which draw the cycle with names and cell lines. `None` when there was no deadlock.
pub fn deadlock_error(_report: &Report) -> Option<(String, String)> {
    None
}
