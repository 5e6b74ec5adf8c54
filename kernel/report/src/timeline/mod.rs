//! The timeline as data: lanes, segments, marks and arrows, bounded in number.
//!
//! Text and SVG are drawn from this alone, so whatever is seen in a picture is in the JSON.

mod lanes;
mod merge;
mod path;
mod segments;
mod strip;

use record::snapshot::{Action, WaitKind, WaitOutcome};
use serde::Serialize;

use crate::facts::Facts;
use crate::model::Ref;
use segments::LaneBuilder;

/// Most threads with a lane of their own.
pub(crate) const LANES: usize = 12;
/// Columns of a drawing: what is shorter than a column is merged.
const COLUMNS: u64 = 560;
/// Most segments and holds over all lanes.
const SEGMENTS: usize = 860;
const HOLDS: usize = 430;

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
    /// Who woke whom, for the longest waits.
    pub arrows: Vec<Arrow>,
    /// The chain of work and waiting that decided how long the cell took, from first to last.
    pub critical_path: Vec<Step>,
    /// The other threads, by where they were spawned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// How many of all threads were in each state; only when there are groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<StateCounts>,
}

/// What a thread was doing.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Spawned, but not begun.
    Starting,
    /// Running, ready to run, or where the recorder can't see (I/O, C code).
    Running,
    /// Waiting for a mutex or reader–writer lock.
    Lock,
    /// Waiting for a message, or for room.
    Channel,
    /// Waiting for a thread or a scope to end.
    Join,
    /// Waiting to be notified.
    Condvar,
    /// Waiting at a barrier.
    Barrier,
    /// Waiting for another thread's initialisation.
    Once,
    /// Parked.
    Park,
    /// Sleeping.
    Sleep,
    /// Not known: the events are lost.
    Gap,
}

impl State {
    /// All states, in the order in which they are stacked and explained.
    pub const ALL: [State; 11] = [
        State::Starting,
        State::Running,
        State::Lock,
        State::Channel,
        State::Join,
        State::Condvar,
        State::Barrier,
        State::Once,
        State::Park,
        State::Sleep,
        State::Gap,
    ];

    /// The state of a wait of this kind.
    pub(crate) fn of(kind: WaitKind) -> State {
        match kind {
            WaitKind::Lock => State::Lock,
            WaitKind::Channel => State::Channel,
            WaitKind::Join => State::Join,
            WaitKind::Condvar => State::Condvar,
            WaitKind::Barrier => State::Barrier,
            WaitKind::Once => State::Once,
            WaitKind::Park => State::Park,
            WaitKind::Sleep => State::Sleep,
        }
    }
}

/// One thread's lane.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Lane {
    /// The thread's id.
    pub thread: u32,
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
    /// In what state; the longest one, when several were merged.
    pub state: State,
    /// What it waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<Ref>,
    /// The line of this cell where it waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// For how many pieces it stands, when they were too short to draw.
    #[serde(skip_serializing_if = "is_zero")]
    pub merged: u64,
    /// When several were merged: what it did besides, and the share of `state`, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mix: Option<Mix>,
    /// Whether the wait did not end well: it was going on, was stopped, or could never end.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stuck: bool,
}

/// What a merged segment is made of.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
pub struct Mix {
    /// The state that lasted second longest.
    pub also: State,
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
}

/// Kinds of marks on a lane.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
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
    pub state: State,
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

/// Threads without a lane, spawned at one place.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Group {
    /// `188 × line 5`
    pub label: String,
    /// Where they come from: `spawned at line 5`, `spawned by rayon-core 1.13.0`, `spawned elsewhere`.
    pub origin: String,
    /// How many.
    pub threads: u64,
    /// What they did.
    pub counts: StateCounts,
}

/// How many threads were in each state over time.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct StateCounts {
    /// The length of one entry.
    pub bucket_ns: u64,
    /// One line a state.
    pub series: Vec<Series>,
}

/// How many threads were in one state over time, on average within each bucket.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Series {
    /// The state.
    pub state: State,
    /// Bucket by bucket, rounded to tenths.
    pub threads: Vec<f64>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Makes the timeline; `None` when only counters were recorded.
pub(crate) fn build(facts: &Facts<'_>) -> Option<Timeline> {
    let snapshot = facts.snapshot;
    if snapshot.counts_only {
        return None;
    }
    let path = path::critical(facts);
    let chosen = lanes::choose(facts, &path);
    let resolution = (snapshot.wall_ns / COLUMNS).max(1);
    let mut lane_of = vec![None; snapshot.threads.len()];
    let mut builders: Vec<LaneBuilder<'_>> = Vec::with_capacity(chosen.len());
    for (lane, &slot) in chosen.iter().enumerate() {
        lane_of[slot] = Some(lane);
        builders.push(LaneBuilder::new(facts, slot, resolution));
    }
    let mut strips = strip::Strips::new(facts, &lane_of);
    for event in &snapshot.events {
        let Some(slot) = facts.threads.get(event.thread) else {
            continue;
        };
        if let Some(lane) = lane_of[slot] {
            builders[lane].add(event);
        }
        if let (Some(strips), Action::Wait { kind, .. }) = (&mut strips, event.action) {
            strips.add(slot, State::of(kind), event.start_ns, event.end_ns);
        }
    }
    let share = builders.len().max(1);
    let lanes: Vec<Lane> = builders
        .into_iter()
        .map(|builder| builder.finish((SEGMENTS / share).min(160), (HOLDS / share).min(80)))
        .collect();
    let (groups, counts) = match strips {
        Some(strips) => {
            let (groups, counts) = strips.finish();
            (groups, Some(counts))
        }
        None => (Vec::new(), None),
    };
    Some(Timeline {
        end_ns: snapshot.wall_ns,
        resolution_ns: resolution,
        merged: lanes
            .iter()
            .flat_map(|lane| &lane.segments)
            .filter(|segment| segment.merged > 0)
            .count() as u64,
        arrows: path::arrows(facts, &lane_of),
        critical_path: path::on_lanes(facts, &path, &lane_of),
        lanes,
        groups,
        counts,
    })
}

/// Whether a wait that ended so can be told as waiting for something that came.
pub(crate) fn ended_well(outcome: WaitOutcome) -> bool {
    !matches!(outcome, WaitOutcome::Cancelled | WaitOutcome::Deadlock)
}
