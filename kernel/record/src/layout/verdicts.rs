//! What the deadlock detector has proved, and panics: rings of entries.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64};

pub const VERDICT_EDGES: usize = 32;
pub const PANIC_BYTES: usize = 1024;

#[repr(C)]
pub struct VerdictEdge {
    pub waiter: AtomicU32,
    pub holder: AtomicU32,
    pub held_since: AtomicU32,
    pub kind: AtomicU32,
    pub flags: AtomicU32,
    pub target: AtomicU32,
    pub at: AtomicU32,
    pub unused: AtomicU32,
    pub since: AtomicU64,
}

#[repr(C)]
pub struct VerdictEntry {
    /// Odd while it is being written.
    pub version: AtomicU32,
    pub kind: AtomicU32,
    pub victim: AtomicU32,
    pub edge_count: AtomicU32,
    pub at: AtomicU64,
    pub cell: AtomicU32,
    pub unused: AtomicU32,
    pub edges: [VerdictEdge; VERDICT_EDGES],
}

#[repr(C)]
pub struct PanicEntry {
    /// Odd while it is being written.
    pub version: AtomicU32,
    pub thread: AtomicU32,
    pub at: AtomicU64,
    pub place: AtomicU32,
    pub length: AtomicU32,
    pub message: [AtomicU8; PANIC_BYTES],
}
