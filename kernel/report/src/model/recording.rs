//! What the report says of the recording itself, and of what lies outside the cell's own code.

use serde::Serialize;

use super::sum::is_zero;

/// About the recording itself.
#[derive(Clone, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Recording {
    /// Events of this cell, present or lost.
    pub events: u64,
    /// Of these, lost. Counters stay exact.
    pub gap_events: u64,
    /// The recorder's estimate of what it added, summed over threads.
    pub overhead_ns: u64,
    /// Whether only counters were recorded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub counts_only: bool,
    /// What did not fit in the recording's tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overflow: Option<OverflowRow>,
}

/// What did not fit in the recording's tables, counted together.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
pub struct OverflowRow {
    /// Threads.
    pub threads: u64,
    /// Tasks.
    #[serde(skip_serializing_if = "is_zero")]
    pub tasks: u64,
    /// Objects.
    pub objects: u64,
    /// Acquisitions of locks among them.
    pub acquisitions: u64,
    /// Messages sent through channels among them.
    pub sent: u64,
    /// Messages received through channels among them.
    pub received: u64,
}

/// What one crate's code made.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct DependencyRow {
    /// Name and version.
    #[serde(rename = "crate")]
    pub krate: String,
    /// Threads it spawned.
    pub threads: u64,
    /// Locks it made.
    pub locks: u64,
    /// Channels it made.
    pub channels: u64,
    /// Time waited for these.
    pub wait_ns: u64,
}

/// What a thread of an earlier cell printed meanwhile.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct LateOutputRow {
    /// The thread.
    pub thread: String,
    /// Its cell.
    pub cell: u32,
    /// How many lines.
    pub lines: u64,
}
