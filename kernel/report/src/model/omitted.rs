//! How many rows were left out.

use serde::Serialize;

use super::sum::is_zero;

/// How many entries were left out, list by list.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Omitted {
    /// Of `threads`.
    pub threads: u64,
    /// Of `tasks`.
    #[serde(skip_serializing_if = "is_zero")]
    pub tasks: u64,
    /// Of `locks`.
    pub locks: u64,
    /// Of `channels`.
    pub channels: u64,
    /// Of the other tables.
    pub others: u64,
    /// Of `findings`.
    pub findings: u64,
}

impl Omitted {
    /// All together.
    pub fn total(&self) -> u64 {
        self.threads + self.tasks + self.locks + self.channels + self.others + self.findings
    }
}
