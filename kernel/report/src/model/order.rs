//! What happened in which order: the events that matter as numbered steps.

use serde::Serialize;

use super::named::named;
use super::{place::At, reference::Ref};

/// The steps of a short cell, or those that led to a deadlock.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct Order {
    /// By time.
    pub steps: Vec<OrderStep>,
    /// How many steps were left out.
    pub omitted: u64,
    /// Whether they say more than the timeline, in which they are too short to be seen.
    pub says_more: bool,
    /// A thread whose knowledge of what a lock guards may be old when it takes the lock again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outdated: Option<Outdated>,
}

/// A thread takes a lock at two lines, and another one has it between. The numbers are those of
/// steps.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
pub struct Outdated {
    /// Where it takes the lock first.
    pub seen: u32,
    /// Where the other one takes it.
    pub changed: u32,
    /// Where it takes the lock again.
    pub again: u32,
}

/// What a thread did in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// It spawned a thread.
    Spawn,
    /// It took a lock.
    Lock,
    /// It took a lock for reading.
    Read,
    /// It gave a lock back.
    Unlock,
    /// It began to wait.
    Wait,
    /// It was woken from a condition variable or a barrier.
    Wake,
    /// It sent a message.
    Send,
    /// It received a message.
    Receive,
    /// It dropped a channel's receiver, and messages with it.
    DropReceiver,
    /// It notified a condition variable.
    Notify,
    /// It unparked a thread.
    Unpark,
    /// It joined a thread.
    Join,
    /// It panicked.
    Panic,
}

named!(StepKind {
    Spawn = "spawn",
    Lock = "lock",
    Read = "read",
    Unlock = "unlock",
    Wait = "wait",
    Wake = "wake",
    Send = "send",
    Receive = "receive",
    DropReceiver = "drop_receiver",
    Notify = "notify",
    Unpark = "unpark",
    Join = "join",
    Panic = "panic",
});

/// A step.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct OrderStep {
    /// Its number, from 1.
    pub step: u32,
    /// Who did it.
    pub thread: u32,
    /// What it did.
    pub operation: StepKind,
    /// How many times, one right after the other.
    #[serde(skip_serializing_if = "is_once")]
    pub times: u64,
    /// With what, by name: `tickets`, `T3`.
    pub object: Option<String>,
    /// The same as a reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// Who held what it waits for.
    pub blocked_on: Option<u32>,
    /// Whether it was proved that it waits for ever.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub for_ever: bool,
    /// Where.
    pub at: Option<At>,
    /// When.
    pub at_ns: u64,
}

/// Whether a number needs no word.
fn is_once(times: &u64) -> bool {
    *times == 1
}
