//! The operations of the twins, as a scheduler sees them.

use real::prelude::rust_2024::*;

use record::{ObjectSlot, ThreadSlot};

use super::objects::{Id, Meta, Object, Place};

/// What a thread is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Takes a lock alone: a mutex, a reader–writer lock for writing, a standard stream.
    Lock,
    /// Tries that.
    TryLock,
    /// Gives it back.
    Unlock,
    /// Takes a reader–writer lock together with other readers.
    Read,
    /// Tries that.
    TryRead,
    /// Gives it back.
    EndRead,
    /// Turns a write into a read.
    Downgrade,
    /// Looks whether a lock is poisoned.
    IsPoisoned,
    /// Says that it is not.
    ClearPoison,
    /// Is about to wait for a notification, with the mutex still held: from here on one reaches
    /// the thread. Asked of controlled programs alone.
    CondvarWait,
    /// Waits for it. The mutex's own operations come before and after it.
    CondvarSleep,
    /// Notifies one waiter.
    NotifyOne,
    /// Notifies all waiters.
    NotifyAll,
    /// Arrives at a barrier.
    BarrierWait,
    /// Wants an initialiser to have run: runs it, waits for it, or finds it done.
    CallOnce,
    /// The initialiser that the thread runs is over.
    EndOnce,
    /// Waits until an initialiser has run.
    WaitOnce,
    /// Looks whether an initialiser has run.
    IsComplete,
    /// Sends a message.
    Send,
    /// Tries that.
    TrySend,
    /// Receives a message.
    Receive,
    /// Tries that.
    TryReceive,
    /// Drops a sender.
    DropSender,
    /// Drops a receiver.
    DropReceiver,
    /// Starts a thread.
    Spawn,
    /// The thread begins.
    StartThread,
    /// The thread has ended, its thread-local destructors included.
    EndThread,
    /// Waits for the end of a thread.
    Join,
    /// Looks whether a thread has ended.
    IsFinished,
    /// Waits for the end of a scope's threads.
    JoinScope,
    /// A thread leaves its scope: nothing of it borrows from there any more.
    LeaveScope,
    /// Waits for the token of `unpark`.
    Park,
    /// Leaves that token.
    Unpark,
    /// Sleeps.
    Sleep,
    /// Lets others run.
    Yield,
    /// Prints.
    Print,
    /// Has read a line of input.
    ReadLine,
}

impl Operation {
    /// Whether it may unwind instead. What gives back, wakes or ends something must be done in any
    /// case, and what only looks is not waited for.
    pub(super) const fn may_unwind(self) -> bool {
        use Operation::*;
        !matches!(
            self,
            Unlock
                | EndRead
                | Downgrade
                | IsPoisoned
                | ClearPoison
                | NotifyOne
                | NotifyAll
                | EndOnce
                | IsComplete
                | DropSender
                | DropReceiver
                | StartThread
                | EndThread
                | IsFinished
                | JoinScope
                | LeaveScope
                | Unpark
        )
    }
}

/// What an operation is done to.
#[derive(Clone, Copy)]
pub enum Operand<'a> {
    /// An object.
    Object(Object),
    /// An object that need not have been used before.
    Of(&'a Id, &'static Meta),
    /// A thread.
    Thread(ThreadSlot),
    /// None of them.
    Nothing,
}

impl From<Object> for Operand<'_> {
    #[inline]
    fn from(object: Object) -> Self {
        Operand::Object(object)
    }
}

/// An operation as a scheduler sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What the calling thread is about to do.
    pub operation: Operation,
    /// To which object, by its index in the recording; 0 for none, or one that found the table
    /// full.
    pub object: ObjectSlot,
    /// To which thread.
    pub thread: ThreadSlot,
    /// Where in the source, if the operation has a place there: the end of a guard has none.
    pub at: Option<Place>,
}
