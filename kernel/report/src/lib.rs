//! The report under a cell: what its threads, locks and channels did.
//!
//! Pure: a [`Snapshot`](record::snapshot::Snapshot) of the recording and the kernel's [`Context`]
//! go in, a [`Report`] comes out. It is the public JSON contract, and every renderer draws from it
//! alone. Nothing here reads a clock, a file or a socket, so the same input gives the same bytes.
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
//!
//! `build` shows the order of things: `analyse` reads the events once, words names and places and
//! makes the tables' rows; `findings` has a file a finding; `timeline` bounds what is drawn;
//! `model` is what comes out. `text`, `html`, `svg`, `csv` and `trace` write it, with the tables of
//! `columns`, the small print of `notes` and the numbers of `words`.
//!
//! Recordings for tests are small texts in `tests/recordings`. Their golden files are renewed with
//! `UPDATE_EXPECT=1`. `--example gallery` renders them for the eye, `--example large` measures time
//! and size.

mod analyse;
mod build;
mod columns;
mod csv;
mod error;
pub mod explore;
mod findings;
mod html;
mod input;
mod lessons;
mod model;
mod notes;
mod options;
mod steps;
mod svg;
mod text;
mod timeline;
mod trace;
mod words;

pub use build::{build, build_whole};
pub use csv::{CsvTable, csv};
pub use error::deadlock_error;
pub use html::{framed, html};
pub use input::{Context, Input, LateOutput, Outcome, Place, SessionHistory};
pub use lessons::FIRST_LESSON;
pub use model::{
    Activity, ActivityCounts, Arrow, At, BarrierRow, Between, BetweenChannel, BetweenLock, Blocked,
    CellPlace, ChannelKind, ChannelRow, CondvarRow, DependencyRow, Edge, Finding, FindingKind,
    Group, HoldBar, Holding, InitialiserKind, InitialiserRow, JobsOfThread, JobsRow, Lane,
    LateOutputRow, LockKind, LockRow, Mark, MarkKind, Mix, Omitted, Order, OrderStep, OutcomeKind,
    Outdated, OverflowRow, Recording, Ref, Report, Segment, SemaphoreRow, Series, Severity,
    SignalKind, SpawnKind, Step, StepKind, Sum, TaskRow, TaskStatus, TaskWaitsFor, ThreadRow,
    ThreadStatus, Timeline, WokenBy,
};
pub use options::{HtmlOptions, Level, SvgOptions, TextOptions};
pub use svg::svg;
pub use text::text;
pub use trace::trace_events;
pub use words::escape::{escaped, prose};
