//! The tables of condition variables, barriers and initialisers.

use serde::Serialize;

use super::named::named;
use super::{place::At, sum::Sum};

/// One condition variable.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct CondvarRow {
    /// Its number in this table.
    pub id: u32,
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
