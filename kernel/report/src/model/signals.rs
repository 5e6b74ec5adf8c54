//! The tables of condition variables, barriers and initialisers.

use serde::Serialize;

use super::named::named;
use super::{place::At, sum::Sum};

/// Whose a condition variable, barrier or semaphore is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignalKind {
    /// std's: the kind that the table is named after.
    #[default]
    Standard,
    /// `tokio::sync::Notify`
    TokioNotify,
    /// `tokio::sync::Barrier`
    TokioBarrier,
    /// `tokio::sync::Semaphore`
    TokioSemaphore,
}

named!(SignalKind {
    Standard = "std",
    TokioNotify = "tokio::sync::Notify",
    TokioBarrier = "tokio::sync::Barrier",
    TokioSemaphore = "tokio::sync::Semaphore",
});

impl SignalKind {
    fn is_standard(&self) -> bool {
        *self == SignalKind::Standard
    }
}

/// One condition variable, or what does the same for tasks.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct CondvarRow {
    /// Its number in this table.
    pub id: u32,
    /// Whose it is, if it is not std's.
    #[serde(skip_serializing_if = "SignalKind::is_standard")]
    pub kind: SignalKind,
    /// Its name in the source.
    pub name: Option<String>,
    /// Where it was made.
    pub created_at: Option<At>,
    /// Calls of `wait`.
    pub waits: u64,
    /// Calls of `notify_one` and `notify_all`.
    pub notifies: u64,
    /// Of these, with nobody waiting.
    pub notifies_unheard: u64,
    /// Time waited.
    pub wait_ns: Sum,
}

/// One barrier.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct BarrierRow {
    /// Its number in this table.
    pub id: u32,
    /// Whose it is, if it is not std's.
    #[serde(skip_serializing_if = "SignalKind::is_standard")]
    pub kind: SignalKind,
    /// Its name in the source.
    pub name: Option<String>,
    /// Where it was made.
    pub created_at: Option<At>,
    /// How many threads open it.
    pub size: Option<u64>,
    /// Times it opened.
    pub generations: u64,
    /// Calls of `wait`.
    pub waits: u64,
    /// Time waited.
    pub wait_ns: Sum,
}

/// One semaphore.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct SemaphoreRow {
    /// Its number in this table.
    pub id: u32,
    /// Whose it is.
    pub kind: SignalKind,
    /// Its name in the source.
    pub name: Option<String>,
    /// Where it was made.
    pub created_at: Option<At>,
    /// How many permits it was made with.
    pub permits: Option<u64>,
    /// Calls of `acquire` and its kin that were given what they asked for.
    pub acquisitions: u64,
    /// Times a task had to wait.
    pub contended: u64,
    /// Failed `try_acquire` and its kin.
    pub failed_tries: u64,
    /// Time waited.
    pub wait_ns: Sum,
}

/// Kinds of initialisers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InitialiserKind {
    /// `std::sync::Once`
    #[default]
    Once,
    /// `std::sync::OnceLock`
    OnceLock,
    /// `std::sync::LazyLock`
    LazyLock,
}

named!(InitialiserKind {
    Once = "Once",
    OnceLock = "OnceLock",
    LazyLock = "LazyLock",
});

/// One `Once`, `OnceLock` or `LazyLock`.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct InitialiserRow {
    /// Its number in this table.
    pub id: u32,
    /// `Once`, `OnceLock`, `LazyLock`.
    pub kind: InitialiserKind,
    /// Its name in the source.
    pub name: Option<String>,
    /// Where it was made.
    pub created_at: Option<At>,
    /// Times its initialiser ran.
    pub initialisations: u64,
    /// Time other threads waited for it.
    pub wait_ns: Sum,
}
