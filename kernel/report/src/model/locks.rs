//! The table of locks.

use serde::Serialize;

use super::named::named;
use super::{place::At, sum::Sum};

/// Kinds of locks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockKind {
    /// `std::sync::Mutex`
    #[default]
    Mutex,
    /// `std::sync::RwLock`
    RwLock,
    /// `tokio::sync::Mutex`
    TokioMutex,
    /// `tokio::sync::RwLock`
    TokioRwLock,
    /// `parking_lot::Mutex`, also within a `ReentrantMutex` or a `FairMutex`
    ParkingLotMutex,
    /// `parking_lot::RwLock`
    ParkingLotRwLock,
    /// A part of a `dashmap::DashMap` or `DashSet`.
    DashMapShard,
}

named!(LockKind {
    Mutex = "Mutex",
    RwLock = "RwLock",
    TokioMutex = "tokio::sync::Mutex",
    TokioRwLock = "tokio::sync::RwLock",
    ParkingLotMutex = "parking_lot::Mutex",
    ParkingLotRwLock = "parking_lot::RwLock",
    DashMapShard = "dashmap shard",
});

/// One mutex or reader–writer lock.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct LockRow {
    /// Its number in this table.
    pub id: u32,
    /// The letter that the timeline marks it with.
    pub letter: String,
    /// `Mutex` or `RwLock`, with its path if it is not std's.
    pub kind: LockKind,
    /// Its name in the source.
    pub name: Option<String>,
    /// The type it protects, shortened.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Where it was made.
    pub created_at: Option<At>,
    /// Times acquired.
    pub acquisitions: u64,
    /// Of these, shared; only for `RwLock`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads: Option<u64>,
    /// Of these, exclusive; only for `RwLock`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<u64>,
    /// Times a thread had to wait.
    pub contended: u64,
    /// Failed `try_lock`, `try_read`, `try_write`.
    pub failed_tries: u64,
    /// Time waited.
    pub wait_ns: Sum,
    /// Time held.
    pub hold_ns: Sum,
    /// Whether somebody held it already when the cell began: `hold_ns` counts from there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub held_before: bool,
    /// Whether it is poisoned.
    pub poisoned: bool,
    /// Threads that hold it now.
    pub held_by: Vec<u32>,
    /// The task that holds it now, of a runtime's locks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by_task: Option<u32>,
}
