//! What was proved, and what panicked.

use super::{LocationSlot, ThreadSlot, Waiting};

/// A proof that some threads can never go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Why.
    pub kind: VerdictKind,
    /// When it was found.
    pub at_ns: u64,
    /// The thread that was made to panic with the explanation; 0 if only the end of the process
    /// helps. Where it is none of the edges' waiters, these could not be made to panic: they stay
    /// where they are.
    pub victim: ThreadSlot,
    /// Who waits for what, held or owed by whom. In a cycle each edge's `holder` is the next
    /// edge's `waiter`, and the last one's is the first's.
    pub edges: Vec<VerdictEdge>,
}

/// Kinds of proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum VerdictKind {
    /// Threads wait for each other in a ring (a ring of one included).
    Cycle = 1,
    /// No thread of the process can run any more.
    NobodyCanRun = 2,
    /// What is waited for was held by a thread that has ended.
    HolderEnded = 3,
}

/// One thread's part in a [`Verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerdictEdge {
    /// Who waits.
    pub waiter: ThreadSlot,
    /// For what, and where.
    pub waiting: Waiting,
    /// Who would have to act, or 0 when nobody can.
    pub holder: ThreadSlot,
    /// Where the holder took it, or 0.
    pub held_since: LocationSlot,
}

/// A panic.
#[derive(Clone, Debug, PartialEq)]
pub struct Panic {
    /// Whose.
    pub thread: ThreadSlot,
    /// When.
    pub at_ns: u64,
    /// Where.
    pub at: LocationSlot,
    /// The message, cut to 1 KiB.
    pub message: String,
}
