//! What deserves attention, as data.

use serde::Serialize;

use super::named::named;
use super::{place::At, reference::Ref};

/// Kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// A task blocked the thread that polled it.
    BlockedWorker,
    /// Threads queued for one lock more than half of their lives.
    Convoy,
    /// Threads could never go on.
    Deadlock,
    /// A lock was held across a long wait, which made others wait.
    HeldAcrossWait,
    /// The lock of a shared receiver was held while its holder worked on what it had received.
    HeldAcrossWork,
    /// `let _ = m.lock()` gives the lock back at once.
    LetUnderscoreLock,
    /// Locks were taken in different orders: a deadlock may come.
    LockOrder,
    /// A task kept its worker for long without giving it back.
    LongPoll,
    /// A task was never polled.
    NeverPolled,
    /// A panic has poisoned a lock.
    Poisoned,
    /// A receiver was dropped while others still sent.
    ReceiverDroppedEarly,
    /// Threads still ran when the cell ended.
    RunningAtEnd,
    /// Threads were spawned and joined one after another.
    SerialSpawns,
    /// A task never came to a branch of a `select!`, since an earlier one was always ready.
    StarvedBranch,
    /// A task kept a guard of std's locks while it waited.
    StdGuardAcrossAwait,
    /// What threads waited for when the user stopped the cell.
    StoppedWaiting,
    /// A notification came before anyone waited for it.
    UnheardNotification,
    /// A thread panicked, and nobody joined it.
    UnjoinedPanic,
    /// Messages were sent and never received.
    UnreceivedMessages,
    /// A condition variable's wait stands in no loop.
    WaitOutsideLoop,
}

named!(FindingKind {
    BlockedWorker = "blocked_worker",
    Convoy = "convoy",
    Deadlock = "deadlock",
    HeldAcrossWait = "held_across_wait",
    HeldAcrossWork = "held_across_work",
    LetUnderscoreLock = "let_underscore_lock",
    LockOrder = "lock_order",
    LongPoll = "long_poll",
    NeverPolled = "never_polled",
    Poisoned = "poisoned",
    ReceiverDroppedEarly = "receiver_dropped_early",
    RunningAtEnd = "running_at_end",
    SerialSpawns = "serial_spawns",
    StarvedBranch = "starved_branch",
    StdGuardAcrossAwait = "std_guard_across_await",
    StoppedWaiting = "stopped_waiting",
    UnheardNotification = "unheard_notification",
    UnjoinedPanic = "unjoined_panic",
    UnreceivedMessages = "unreceived_messages",
    WaitOutsideLoop = "wait_outside_loop",
});

/// How bad a finding is; orders worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something went wrong.
    Error,
    /// Something is likely to go wrong, or costs much.
    Warning,
    /// Worth knowing.
    Note,
}

named!(Severity {
    Error = "error",
    Warning = "warning",
    Note = "note",
});

/// What the other thread of an edge has to do with what is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Holding {
    /// It holds it, or only it could act.
    #[default]
    Holds,
    /// It took it, never gave it back, and has ended.
    Took,
    /// It waits for it as well, and comes first.
    WaitsBefore,
}

named!(Holding {
    Holds = "holds",
    Took = "took",
    WaitsBefore = "waits_before",
});

impl Holding {
    /// Whether it simply holds it, which needs no word.
    fn is_plain(&self) -> bool {
        *self == Holding::Holds
    }
}

/// Something that deserves attention.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Finding {
    /// What sort.
    pub kind: FindingKind,
    /// How bad.
    pub severity: Severity,
    /// One sentence, with its numbers.
    pub title: String,
    /// Why, and what to change.
    pub detail: String,
    /// How many bytes of `detail` say in words what `edges` say. Who shows these leaves them out.
    #[serde(skip)]
    pub(crate) told_by_edges: usize,
    /// Threads that take part.
    pub threads: Vec<u32>,
    /// Tasks that take part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<u32>,
    /// Objects that take part.
    pub objects: Vec<Ref>,
    /// Where in the source.
    pub at: Vec<At>,
    /// Who waits for whom, for a deadlock or a risky lock order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<Edge>,
    /// Whether the edges form a ring.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ring: bool,
}

impl Finding {
    /// A finding that names nothing yet.
    pub fn new(
        kind: FindingKind,
        severity: Severity,
        title: impl Into<String>,
        detail: impl Into<String>,
    ) -> Finding {
        Finding {
            kind,
            severity,
            title: title.into(),
            detail: detail.into(),
            told_by_edges: 0,
            threads: Vec::new(),
            tasks: Vec::new(),
            objects: Vec::new(),
            at: Vec::new(),
            edges: Vec::new(),
            ring: false,
        }
    }

    /// What to say below the edges.
    pub(crate) fn besides_edges(&self) -> &str {
        &self.detail[self.told_by_edges..]
    }

    /// A deadlock's title without the word that says what it is.
    pub(crate) fn title_alone(&self) -> &str {
        self.title.strip_prefix("Deadlock: ").unwrap_or(&self.title)
    }
}

/// One thread's part in a deadlock: it waits for something that another must give.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Edge {
    /// Who waits.
    pub thread: u32,
    /// How the thread is called: `T2 worker-1`.
    pub label: String,
    /// For what.
    pub waits_for: Ref,
    /// What it does, in words: ``waits for `b` ``, `joins T3`.
    pub wait: String,
    /// Where it waits.
    pub at: Option<At>,
    /// The source line there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Who would have to act.
    pub by: Option<u32>,
    /// What that thread has to do with what is waited for.
    #[serde(skip_serializing_if = "Holding::is_plain")]
    pub holding: Holding,
    /// How that thread is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_label: Option<String>,
    /// Where that thread took what is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_at: Option<At>,
    /// The source line there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_code: Option<String>,
    /// The name of what is waited for: `b`, `tx → rx`.
    pub object: String,
}
