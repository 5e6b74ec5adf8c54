//! The timeline as data: lanes, segments, marks and arrows, bounded in number.
//!
//! Text and SVG are drawn from this alone, so whatever is seen in a picture is in the JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::activity::Activity;
use super::named::named;
use super::reference::Ref;
use super::sum::is_zero;

/// A bounded picture of the cell; text and SVG are drawn from it.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct Timeline {
    /// Where the time axis ends; it begins at 0.
    pub end_ns: u64,
    /// Segments shorter than this were merged with their neighbours.
    pub resolution_ns: u64,
    /// How many segments stand for others that were too short to draw.
    pub merged: u64,
    /// Threads with a lane of their own, in order of `id`.
    pub lanes: Vec<Lane>,
    /// Tasks with a lane of their own, in order of `id`. What is polled stands for the thread that
    /// polls it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Lane>,
    /// Who woke whom, for the longest waits.
    pub arrows: Vec<Arrow>,
    /// The chain of work and waiting that decided how long the cell took, from first to last.
    pub critical_path: Vec<Step>,
    /// The other threads, by where they were spawned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// How many of all threads did what; only when there are groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<ActivityCounts>,
    /// The other tasks, by where they were spawned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub task_groups: Vec<Group>,
    /// How many of all tasks did what; only when there are such groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_counts: Option<ActivityCounts>,
    /// How long the threads without a lane were running, by id, where no event of theirs is lost.
    #[serde(skip)]
    pub(crate) ran_ns: BTreeMap<u32, u64>,
}

impl Timeline {
    /// All lanes, those of tasks first.
    pub fn all_lanes(&self) -> impl Iterator<Item = &Lane> + Clone {
        self.tasks.iter().chain(&self.lanes)
    }

    /// How long a thread is drawn as running, in its lane or among others.
    pub(crate) fn running_ns(&self, thread: u32) -> u64 {
        if let Some(ran) = self.ran_ns.get(&thread) {
            return *ran;
        }
        let lanes = self.lanes.iter().filter(|lane| lane.thread == thread);
        let segments = lanes.flat_map(|lane| &lane.segments);
        let running = segments.filter(|it| it.state == Activity::Running);
        running
            .map(|it| it.end_ns.saturating_sub(it.start_ns))
            .sum()
    }

    /// Whether something is drawn beyond the end of the axis, since it never ends.
    pub fn is_open(&self) -> bool {
        self.lanes.iter().any(Lane::is_open)
    }
}

impl Lane {
    /// Whether the thread waits for ever.
    pub fn is_open(&self) -> bool {
        self.segments.last().is_some_and(|last| last.for_ever)
    }
}

/// One thread's lane, or one task's.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Lane {
    /// The thread's id; 0 for a task.
    #[serde(skip_serializing_if = "is_none")]
    pub thread: u32,
    /// The task's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<u32>,
    /// `T2`
    pub label: String,
    /// Its name, or `main`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was spawned.
    pub start_ns: u64,
    /// When it ended, or the end of the axis.
    pub end_ns: u64,
    /// Whether it had ended by then.
    pub ended: bool,
    /// Of the time it was running, the part on a core, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_permille: Option<u32>,
    /// What it did, in order, without holes.
    pub segments: Vec<Segment>,
    /// What it held.
    pub holds: Vec<HoldBar>,
    /// What happened to it.
    pub marks: Vec<Mark>,
}

/// A stretch of a lane.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Segment {
    /// From.
    pub start_ns: u64,
    /// To.
    pub end_ns: u64,
    /// What it did; the longest, when several were merged.
    pub state: Activity,
    /// What it waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<Ref>,
    /// The line of this cell where it waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The crate in whose code it waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// For how many pieces it stands, when they were too short to draw.
    #[serde(skip_serializing_if = "is_zero")]
    pub merged: u64,
    /// When several were merged: what it did besides, and the share of `state`, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mix: Option<Mix>,
    /// Whether the wait did not end well: it was going on, was stopped, or could never end.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stuck: bool,
    /// Whether it was proved that the wait can never end: it is drawn open, beyond the axis.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub for_ever: bool,
}

/// Whether a lane is of no thread.
fn is_none(thread: &u32) -> bool {
    *thread == 0
}

/// What a merged segment is made of.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
pub struct Mix {
    /// What lasted second longest.
    pub also: Activity,
    /// The share of the longest, in thousandths.
    pub permille: u16,
}

/// A stretch in which a lock was held.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct HoldBar {
    /// From.
    pub start_ns: u64,
    /// To.
    pub end_ns: u64,
    /// The lock's id; `None` when several locks were merged.
    pub lock: Option<u32>,
    /// 0, or 1 when taken while another was held.
    pub level: u8,
    /// Whether for reading.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    /// For how many holds it stands.
    #[serde(skip_serializing_if = "is_zero")]
    pub merged: u64,
    /// When it stands for several: the share of its time in which the lock was held, in
    /// thousandths, where that is less than all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_permille: Option<u16>,
}

/// Kinds of marks on a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// It spawned a thread.
    Spawn,
    /// It joined a thread.
    Join,
    /// It panicked.
    Panic,
    /// It was found in a deadlock.
    Deadlock,
}

named!(MarkKind {
    Spawn = "spawn",
    Join = "join",
    Panic = "panic",
    Deadlock = "deadlock",
});

/// A mark on a lane.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Mark {
    /// When.
    pub at_ns: u64,
    /// What.
    pub kind: MarkKind,
    /// The other thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<u32>,
    /// How many marks of this kind stand here together.
    #[serde(skip_serializing_if = "is_zero")]
    pub merged: u64,
}

/// Who woke whom.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Arrow {
    /// Who released, sent, notified or ended.
    pub from: u32,
    /// Who woke.
    pub to: u32,
    /// When.
    pub at_ns: u64,
    /// After how long a wait.
    pub wait_ns: u64,
    /// What for.
    pub state: Activity,
    /// What for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<Ref>,
}

/// A step of the critical path.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Step {
    /// On which thread.
    pub thread: u32,
    /// From.
    pub start_ns: u64,
    /// To.
    pub end_ns: u64,
}

/// Threads or tasks without a lane, spawned at one place.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Group {
    /// `188 × line 5`
    pub label: String,
    /// Where they come from: `spawned at line 5`, `spawned by rayon-core 1.13.0`,
    /// `spawned elsewhere`.
    pub origin: String,
    /// How many.
    pub threads: u64,
    /// What they did.
    pub counts: ActivityCounts,
}

/// How many threads did what over time.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct ActivityCounts {
    /// The length of one entry.
    pub bucket_ns: u64,
    /// One line an activity.
    pub series: Vec<Series>,
}

/// How many threads did one thing over time, on average within each bucket.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Series {
    /// What they did.
    pub state: Activity,
    /// Bucket by bucket, rounded to tenths.
    pub threads: Vec<f64>,
}
