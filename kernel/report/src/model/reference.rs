//! References from one row of the report to another.

use serde::Serialize;

/// A reference to an entry of one of the tables: `{"lock": 1}`.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Ref {
    /// An id in `locks`.
    Lock(u32),
    /// An id in `channels`.
    Channel(u32),
    /// An id in `condvars`.
    Condvar(u32),
    /// An id in `barriers`.
    Barrier(u32),
    /// An id in `semaphores`.
    Semaphore(u32),
    /// An id in `initialisers`.
    Once(u32),
    /// An id in `threads`.
    Thread(u32),
    /// An id in `tasks`.
    Task(u32),
    /// Waits for `unpark`; the value is 0.
    Park(u32),
    /// Waits for the clock; the value is 0.
    Sleep(u32),
    /// Waits for all threads of a scope; the value is 0.
    Scope(u32),
    /// Waits for the lock of stdout or stderr; the value is 0.
    Stdio(u32),
}

impl Ref {
    /// What one of its table is called.
    pub(crate) fn noun(self) -> Option<&'static str> {
        Some(match self {
            Ref::Lock(_) => "lock",
            Ref::Channel(_) => "channel",
            Ref::Condvar(_) => "condition variable",
            Ref::Barrier(_) => "barrier",
            Ref::Semaphore(_) => "semaphore",
            Ref::Once(_) => "initialiser",
            Ref::Thread(_) => "thread",
            Ref::Task(_) => "task",
            Ref::Park(_) | Ref::Sleep(_) | Ref::Scope(_) | Ref::Stdio(_) => return None,
        })
    }
}
