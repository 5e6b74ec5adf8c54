//! What one thread ran of the jobs that one place in the source asked for.

use std::sync::atomic::{AtomicU32, AtomicU64};

/// Only its thread writes it, but between cells.
#[repr(C, align(64))]
pub struct JobsEntry {
    /// The cell whose code asked for them; 0 when the entry is free. Written last.
    pub cell: AtomicU32,
    pub thread: AtomicU32,
    /// Where they were asked for.
    pub place: AtomicU32,
    pub next: AtomicU32,
    pub run: AtomicU64,
    /// Those among them that were taken from the queue of the thread that had made them.
    pub stolen: AtomicU64,
    /// Those among them that came from outside of the pool, or were meant for this thread.
    pub handed_in: AtomicU64,
    /// How often the thread waited for jobs that others had, and how long.
    pub waits: AtomicU64,
    pub wait_total: AtomicU64,
    pub wait_max: AtomicU64,
}
