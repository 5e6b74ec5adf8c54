//! What a reader of the recording gets: plain owned data, checked, with times in nanoseconds.
//!
//! This is all that `report` knows of a recording. It never borrows from
//! the shared memory, so a cell process that goes on writing, or dies, cannot change it.
//!
//! Slots ([`ThreadSlot`], [`ObjectSlot`], [`LocationSlot`]) are positions in the tables of the
//! recording. `NONE` is 0 everywhere.

mod events;
mod jobs;
mod objects;
mod places;
mod tasks;
mod threads;
mod verdicts;
mod waiting;

pub use crate::ids::{LocationSlot, ObjectSlot, TaskSlot, ThreadSlot};
pub use events::{Action, Event, Gap};
pub use jobs::Jobs;
pub use objects::{Between, Counters, Library, Object, ObjectKind, Total, rank_at_place};
pub use places::{Location, is_of_rust};
pub use tasks::{Actor, PollOutcome, Task, TaskKind, TaskState, TaskWait};
pub use threads::{Thread, ThreadState};
pub use verdicts::{Panic, Verdict, VerdictEdge, VerdictKind};
pub use waiting::{WaitKind, WaitOutcome, WaitTarget, Waiting};

/// One cell's view of the recording.
///
/// All times are nanoseconds since the cell began; what happened before is clamped to 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The execution count of the cell this is about.
    pub cell: u32,
    /// How long the cell has run when the snapshot was taken, or ran in all, in nanoseconds.
    pub wall_ns: u64,
    /// Whether the cell process had already marked the end of the cell.
    pub ended: bool,
    /// Whether only counters were recorded (`:record counts`), so that there is no timeline.
    pub counts_only: bool,
    /// Threads that belong to this cell, and threads of earlier cells that were alive in it, by
    /// index.
    pub threads: Vec<Thread>,
    /// Tasks that belong to this cell, and tasks of earlier cells that lived in it, by index.
    pub tasks: Vec<Task>,
    /// What threads ran of the jobs of pools that this cell's code asked for, by place and thread.
    pub jobs: Vec<Jobs>,
    /// Whether somebody may act whom the recording doesn't know: a thread, or a task that was left
    /// out. Looked at where there are tasks.
    pub others_may_act: bool,
    /// Objects that were used in this cell, by index.
    pub objects: Vec<Object>,
    /// The cell whose end was seen before this one began, or 0 if that is not known.
    pub since_cell: u32,
    /// What threads of earlier cells did between the end of that cell and this one, by object.
    pub between: Vec<Between>,
    /// All events of this cell, sorted by start, then thread, then sequence number.
    pub events: Vec<Event>,
    /// Stretches of a thread's events that are not there any more.
    pub gaps: Vec<Gap>,
    /// Source places that the rest refers to, by index.
    pub locations: Vec<Location>,
    /// What the deadlock detector proved during this cell.
    pub verdicts: Vec<Verdict>,
    /// Panics that began during this cell.
    pub panics: Vec<Panic>,
    /// What did not fit in the tables.
    pub overflow: Overflow,
    /// The recorder's own estimate of the time it added in this cell, summed over threads, in
    /// nanoseconds.
    pub overhead_ns: u64,
}

/// What did not fit in the tables, counted together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overflow {
    /// Threads without an entry of their own.
    pub threads: u64,
    /// Tasks without an entry of their own.
    pub tasks: u64,
    /// Objects without an entry of their own.
    pub objects: u64,
    /// Acquisitions of locks among them.
    pub acquisitions: u64,
    /// Messages sent through channels among them.
    pub sent: u64,
    /// Messages received through channels among them.
    pub received: u64,
}
