//! What threads of earlier cells did between the cell before and this one.

use serde::Serialize;

/// It is no part of this cell's numbers.
#[derive(Clone, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Between {
    /// The cell before.
    pub since_cell: u32,
    /// Locks that were taken meanwhile.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<BetweenLock>,
    /// Channels that were used meanwhile.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<BetweenChannel>,
}

/// A lock that was taken between the cells.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq, Eq)]
pub struct BetweenLock {
    /// Its id in `locks`.
    pub lock: u32,
    /// How often.
    pub acquisitions: u64,
}

/// A channel that was used between the cells.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq, Eq)]
pub struct BetweenChannel {
    /// Its id in `channels`.
    pub channel: u32,
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub received: u64,
}
