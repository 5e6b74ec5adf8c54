//! What a report is made from: the recording's snapshot, and what only the kernel knows.

mod history;

use std::collections::{HashMap, HashSet};

use record::snapshot::{LocationSlot, ObjectSlot, Snapshot};

use crate::model::Finding;

pub use crate::model::CellPlace;
pub use history::SessionHistory;
pub(crate) use history::{LockKey, Nesting, Orders, Poison, PoisonedBy, ThreadKey};

/// Everything that [`build`](crate::build()) looks at. The same input gives the same report.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// What the recording says of this cell.
    pub snapshot: &'a Snapshot,
    /// What the kernel knows besides.
    pub context: &'a Context,
}

/// What only the kernel knows of a cell. `Context::default()` with the cell's number is valid:
/// names and places are then left out.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The cell's execution count, as the notebook shows it.
    pub cell: u32,
    /// How the cell ended. [`Outcome::Ok`] too while it still runs; `Snapshot::ended` tells.
    pub outcome: Outcome,
    /// Where the recording's locations lie. A location that is missing here is unknown.
    pub places: HashMap<LocationSlot, Place>,
    /// Locations in what stands around the cell's code: objects made there are not the user's.
    pub around_cells: HashSet<LocationSlot>,
    /// Objects' names in the source: `counter`, `forks[0]`, `tx → rx`.
    pub names: HashMap<ObjectSlot, String>,
    /// Threads of earlier cells that printed while this cell ran.
    pub late_output: Vec<LateOutput>,
    /// Text of the cells' lines, by cell and 1-based line, for showing beside places. The findings
    /// about `let _ = m.lock()` and about waits outside a loop need them.
    pub source_lines: HashMap<(u32, u32), String>,
    /// What earlier cells of this session have taught; see [`SessionHistory::learn`].
    pub history: SessionHistory,
    /// The last lines printed, oldest first; shown when the cell crashed.
    pub last_output: Vec<String>,
    /// Deadlocks among tasks that the last report of the running cell told. When the cell is
    /// stopped, its tasks end, and nothing is left of them.
    pub deadlocks_before_stop: Vec<Finding>,
}

/// How a cell ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Its code ran to the end (or still runs).
    #[default]
    Ok,
    /// Its main thread panicked.
    Panicked,
    /// The detector proved a deadlock.
    Deadlocked,
    /// The user stopped it.
    Interrupted,
    /// The cell process died.
    Crashed {
        /// Of what: `SIGSEGV`, `exit code 3`.
        what: String,
    },
}

/// A place in source code, as a person would name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// In a cell of the notebook.
    Cell {
        /// The cell's execution count.
        cell: u32,
        /// 1-based.
        line: u32,
        /// 1-based.
        column: u32,
    },
    /// In a dependency of the cell.
    Dependency {
        /// Name and version: `rayon-core 1.13.0`.
        krate: String,
        /// Path within the crate: `src/latch.rs`.
        file: String,
        /// 1-based.
        line: u32,
        /// 1-based.
        column: u32,
        /// The call in a cell that led there, where it waited or spawned.
        called_at: Option<CellPlace>,
    },
}

/// What a thread of an earlier cell printed while this cell ran (the text itself went to the
/// earlier cell).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateOutput {
    /// The thread, as the earlier cell's report called it: `T3`, `ticker`.
    pub label: String,
    /// The cell it belongs to.
    pub cell: u32,
    /// How many lines.
    pub lines: u64,
}
