//! The report as data: the public contract, `application/vnd.fearless.report+json`.
//!
//! The keys are those of the schema; the renderers draw nothing that is not in here. Times are
//! integer nanoseconds since the cell began. Unknown is `None` (`null`), never a made-up number.
//! Keys beyond the schema are additions: `label` of threads, `story`, `timeline`, `live`, and so
//! on.
//!
//! A file a table; `bounds` and `merge` keep it small, `json` writes it.

mod activity;
mod between;
mod bounds;
mod channels;
mod finding;
mod jobs;
mod json;
mod locks;
mod merge;
mod named;
mod omitted;
mod order;
mod outcome;
mod place;
mod recording;
mod reference;
mod report;
mod signals;
mod sum;
mod tasks;
mod threads;
mod timeline;

pub use activity::Activity;
pub use between::{Between, BetweenChannel, BetweenLock};
pub(crate) use bounds::cut;
pub use channels::{ChannelKind, ChannelRow};
pub use finding::{Edge, Finding, FindingKind, Holding, Severity};
pub use jobs::{JobsOfThread, JobsRow};
pub use locks::{LockKind, LockRow};
pub(crate) use merge::{Merger, join_hold, thin_holds};
pub use omitted::Omitted;
pub use order::{Order, OrderStep, Outdated, StepKind};
pub use outcome::OutcomeKind;
pub use place::{At, CellPlace};
pub use recording::{DependencyRow, LateOutputRow, OverflowRow, Recording};
pub use reference::Ref;
pub use report::Report;
pub use signals::{
    BarrierRow, CondvarRow, InitialiserKind, InitialiserRow, SemaphoreRow, SignalKind,
};
pub use sum::Sum;
pub use tasks::{SpawnKind, TaskRow, TaskStatus, TaskWaitsFor, WokenBy};
pub use threads::{Blocked, ThreadRow, ThreadStatus};
pub use timeline::{
    ActivityCounts, Arrow, Group, HoldBar, Lane, Mark, MarkKind, Mix, Segment, Series, Step,
    Timeline,
};
