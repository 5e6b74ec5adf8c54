//! The table of threads.

use serde::Serialize;

use super::named::named;
use super::{place::At, reference::Ref};

/// A thread's state when the report was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThreadStatus {
    /// Its closure returned.
    Finished,
    /// Its closure panicked.
    Panicked,
    /// It was unwound, since the user stopped the cell.
    Stopped,
    /// Running, or waiting where the recorder can't see (I/O, C code).
    #[default]
    Running,
    /// Waiting in an operation of std.
    Blocked,
}

named!(ThreadStatus {
    Finished = "finished",
    Panicked = "panicked",
    Stopped = "stopped",
    Running = "running",
    Blocked = "blocked",
});

/// One thread.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct ThreadRow {
    /// Its number in this report: the ordinal within the cell for the cell's own threads.
    pub id: u32,
    /// `T2`, or `T3 of [5]` for a thread of an earlier cell.
    pub label: String,
    /// The name it was given.
    pub name: Option<String>,
    /// The operating system's id.
    pub os_tid: Option<u32>,
    /// Whether it runs the cells.
    pub is_main: bool,
    /// Whether it was made by other means than std.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub foreign: bool,
    /// The cell it belongs to, when that is an earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_cell: Option<u32>,
    /// Where it was spawned.
    pub spawned_at: Option<At>,
    /// Who spawned it.
    pub spawned_by: Option<u32>,
    /// When it was spawned.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: Option<u64>,
    /// CPU time.
    pub cpu_ns: Option<u64>,
    /// Time waited.
    pub blocked_ns: Blocked,
    /// What it is doing.
    pub state: ThreadStatus,
    /// What it waits for, when blocked.
    pub waiting_for: Option<Ref>,
    /// Where it waits, when blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_at: Option<At>,
    /// Since when it waits, when blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_since_ns: Option<u64>,
    /// Whether it was proved that this wait can never end.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub for_ever: bool,
    /// Lines printed, to stdout and stderr.
    pub lines_printed: u64,
}

impl ThreadRow {
    /// Whether this cell spawned it: it doesn't run the cells, and is not of an earlier one.
    pub fn is_spawned_here(&self) -> bool {
        !self.is_main && self.of_cell.is_none()
    }

    /// Whether it was on a core for less than a tenth of the time that it did not wait in std: it
    /// waited for a core, or where the recorder can't see.
    pub(crate) fn hardly_ran(&self, wall_ns: u64) -> bool {
        let life = self.end_ns.unwrap_or(wall_ns).saturating_sub(self.start_ns);
        let unblocked = life.saturating_sub(self.blocked_ns.total());
        let is_less = |cpu: u64| cpu.saturating_mul(10) < unblocked;
        unblocked > LONG_NS && self.cpu_ns.is_some_and(is_less)
    }
}

/// Who did not wait for less than this has hardly had its turn yet.
const LONG_NS: u64 = 2_000_000;

/// Time waited, by what for, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Blocked {
    /// Mutexes and reader–writer locks.
    pub lock: u64,
    /// `recv`, and `send` into a full channel.
    pub channel: u64,
    /// `join`, and the end of a scope.
    pub join: u64,
    /// `Condvar::wait`.
    pub condvar: u64,
    /// `Barrier::wait`.
    pub barrier: u64,
    /// Another thread's initialisation.
    pub once: u64,
    /// `thread::park`.
    pub park: u64,
    /// `thread::sleep`.
    pub sleep: u64,
}

impl Blocked {
    /// All of it.
    fn total(&self) -> u64 {
        let parts = [
            self.lock,
            self.channel,
            self.join,
            self.condvar,
            self.barrier,
            self.once,
            self.park,
            self.sleep,
        ];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}
