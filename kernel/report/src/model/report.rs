//! A cell's report as a whole.

use serde::Serialize;

use super::between::Between;
use super::channels::ChannelRow;
use super::finding::{Finding, FindingKind};
use super::jobs::JobsRow;
use super::locks::LockRow;
use super::omitted::Omitted;
use super::order::Order;
use super::outcome::OutcomeKind;
use super::recording::{DependencyRow, LateOutputRow, Recording};
use super::signals::{BarrierRow, CondvarRow, InitialiserRow, SemaphoreRow};
use super::tasks::TaskRow;
use super::threads::ThreadRow;
use super::timeline::Timeline;

/// A cell's report. [`build`](crate::build()) makes it.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct Report {
    /// Version of the schema: 1.
    pub version: u32,
    /// The cell's execution count.
    pub cell: u32,
    /// How long the cell ran, or has run so far.
    pub wall_ns: u64,
    /// When a deadlock was proved. There all numbers and the timeline end: what threads did
    /// afterwards, while they were made to unwind, is not the program's doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadlock_ns: Option<u64>,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// Of what it crashed: `SIGSEGV`, `exit code 3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crash: Option<String>,
    /// Whether the cell was still running when this was made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub live: bool,
    /// The cell's story in one sentence.
    pub story: String,
    /// Threads, in order of `id`.
    pub threads: Vec<ThreadRow>,
    /// Tasks, in order of `id`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskRow>,
    /// Jobs of pools, by the lines that asked for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<JobsRow>,
    /// Mutexes and reader–writer locks, in order of creation.
    pub locks: Vec<LockRow>,
    /// Channels, in order of creation.
    pub channels: Vec<ChannelRow>,
    /// Condition variables, in order of creation.
    pub condvars: Vec<CondvarRow>,
    /// Barriers, in order of creation.
    pub barriers: Vec<BarrierRow>,
    /// Semaphores, in order of creation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub semaphores: Vec<SemaphoreRow>,
    /// `Once`, `OnceLock`, `LazyLock` for which a thread had to wait.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub initialisers: Vec<InitialiserRow>,
    /// What deserves attention, worst first.
    pub findings: Vec<Finding>,
    /// What was made inside dependencies, folded to a line a crate.
    pub dependencies: Vec<DependencyRow>,
    /// What threads of earlier cells did before this cell began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between: Option<Between>,
    /// Threads of earlier cells that printed meanwhile.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub late_output: Vec<LateOutputRow>,
    /// The last lines printed before a crash.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub last_output: Vec<String>,
    /// The events that matter, in order, where they are few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// What text drawing and SVG are made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// About the recording itself.
    pub recording: Recording,
    /// How many entries of the lists above were left out to keep the report small.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub omitted: Option<u64>,
    /// The same, list by list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub omitted_in: Option<Omitted>,
}

impl Report {
    /// How much of the cell's time the report tells of: up to its end, or to a deadlock.
    pub fn told_ns(&self) -> u64 {
        self.deadlock_ns.unwrap_or(self.wall_ns)
    }

    /// The first finding of this kind.
    pub fn finding(&self, kind: FindingKind) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.kind == kind)
    }

    /// Writes down how many rows were left out.
    pub(crate) fn note_omitted(&mut self, omitted: Omitted) {
        if omitted.total() > 0 {
            self.omitted = Some(omitted.total());
            self.omitted_in = Some(omitted);
        }
    }
}
