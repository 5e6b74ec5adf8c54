//! What a thread was doing, as lanes and strips show it.

use record::snapshot::WaitKind;

use super::named::named;

/// What a thread, or a task, was doing. In this order it is stacked and explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Activity {
    /// Spawned, but not begun.
    Starting,
    /// Running, ready to run, or where the recorder can't see (I/O, C code).
    Running,
    /// Waiting for a mutex or reader–writer lock.
    Lock,
    /// Waiting for a message, or for room.
    Channel,
    /// Waiting for a thread or a scope to end.
    Join,
    /// Waiting to be notified.
    Condvar,
    /// Waiting at a barrier.
    Barrier,
    /// Waiting for another thread's initialisation.
    Once,
    /// Parked.
    Park,
    /// Sleeping.
    Sleep,
    /// Of a task: woken, and waiting for a worker.
    Scheduled,
    /// Of a task: waiting to be woken, for what is not known.
    Idle,
    /// Not known: the events are lost.
    Gap,
}

named!(Activity {
    Starting = "starting",
    Running = "running",
    Lock = "lock",
    Channel = "channel",
    Join = "join",
    Condvar = "condvar",
    Barrier = "barrier",
    Once = "once",
    Park = "park",
    Sleep = "sleep",
    Scheduled = "scheduled",
    Idle = "idle",
    Gap = "gap",
});

impl Activity {
    /// What a thread does in a wait of this kind.
    pub(crate) fn of_wait(kind: WaitKind) -> Activity {
        match kind {
            WaitKind::Lock => Activity::Lock,
            WaitKind::Channel => Activity::Channel,
            WaitKind::Join => Activity::Join,
            WaitKind::Condvar => Activity::Condvar,
            WaitKind::Barrier => Activity::Barrier,
            WaitKind::Once => Activity::Once,
            WaitKind::Park => Activity::Park,
            WaitKind::Sleep => Activity::Sleep,
        }
    }
}
