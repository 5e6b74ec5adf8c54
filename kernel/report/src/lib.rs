//! The report under a cell: what its threads, locks and channels did.
//!
//! Pure: a [`Snapshot`](record::snapshot::Snapshot) of the recording and the kernel's [`Context`] go in, a
//! [`Report`] comes out; it is the public JSON contract, and every renderer draws from it alone.
//! Nothing here reads a clock, a file or a socket, so the same input gives the same bytes.
//!
//! One pass over the events (`scan`) feeds everything; `facts` words names and places; `findings` has a file a
//! finding; `timeline` bounds what is drawn; `text`, `html`, `svg`, `csv` and `trace` write it. Recordings for tests
//! are small texts in `tests/recordings`, their golden files are renewed with `UPDATE_EXPECT=1`;
//! `--example gallery` renders them for the eye, `--example large` measures time and size.
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

mod build;
mod columns;
mod csv;
mod error;
mod escape;
mod facts;
mod findings;
mod gaps;
mod history;
mod html;
mod input;
mod json;
mod model;
mod names;
mod notes;
mod options;
mod scan;
mod story;
mod svg;
mod tables;
mod text;
mod timeline;
mod trace;
mod units;
mod width;

pub use build::{build, build_whole};
pub use csv::{Table, csv};
pub use error::deadlock_error;
pub use escape::escaped;
pub use findings::KINDS;
pub use history::SessionHistory;
pub use html::{framed, html};
pub use input::{Context, Input, LateOutput, Outcome, Place};
pub use model::*;
pub use options::{HtmlOptions, Level, SvgOptions, TextOptions};
pub use svg::svg;
pub use text::text;
pub use timeline::{
    Arrow, Group, HoldBar, Lane, Mark, MarkKind, Mix, Segment, Series, State, StateCounts, Step,
    Timeline,
};
pub use trace::trace_events;
