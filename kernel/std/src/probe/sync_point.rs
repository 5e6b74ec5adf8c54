//! The one step: every operation of a twin passes here once, before it takes effect, and here alone is known
//! what the flags of [`Attention`] demand of it.
//!
//! - *stop*: the operation unwinds instead, if it may.
//! - *controlled*: a scheduler is asked; the thread goes on when it is its turn. Until a scheduler is put in, nothing
//!   happens.
//! - *counters only* asks nothing of an operation: see [`super::counts_only`].
//!
//! Locks that are taken over and over skip this as long as a sampled run goes on (`record/src/writer/runs.rs`). It does
//! so only while the heartbeat is what it was, and whoever sets a flag changes that; under *controlled* none begins.
//! What only looks at an initialiser that has run skips it, too, but for those that ran under *controlled* (`sync/once.rs`).
//!
//! A thread that blocks passes here once, not at each attempt: in a controlled program it can't go on until somebody
//! wakes it, and then takes part in the choice at its next operation.

use real::prelude::rust_2024::*;
use real::sync::OnceLock;

use record::attention::Attention;
use record::layout::ThreadEntry;
use record::writer::{self, Local};

use super::objects::{Id, Meta, Object, resolve};
use super::{Place, stop, with_thread};

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
    /// Waits for a notification. The mutex's own operations come before and after it.
    CondvarWait,
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
    /// Whether it may unwind instead. What gives back, wakes or ends something must be done in any case, and what only
    /// looks is not waited for.
    const fn may_unwind(self) -> bool {
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
    /// A thread, by its index.
    Thread(u32),
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
    /// To which object, by its index in the recording; 0 for none, or one that found the table full.
    pub object: u32,
    /// To which thread, by its index; 0 for none.
    pub thread: u32,
    /// Where in the source, if the operation has a place there: the end of a guard has none.
    pub at: Option<Place>,
}

/// Who is asked at each step of a controlled program.
static SCHEDULER: OnceLock<fn(Step)> = OnceLock::new();

/// Puts in the scheduler of this process: `turn` is called by each thread before each of its operations, if the process
/// is controlled, and returns when it is that thread's turn. It may use the real `std` alone, must not unwind, and may be
/// called after the thread's thread locals are gone. Only the first call counts.
pub fn set_scheduler(turn: fn(Step)) {
    let _ = SCHEDULER.set(turn);
}

/// The calling thread is about to do `operation`. May unwind instead, if the cell was stopped.
#[inline(always)]
pub fn sync_point<'a>(operation: Operation, operand: impl Into<Operand<'a>>, at: Option<Place>) {
    if writer::layout().attention().interrupts() {
        interrupt_caller(operation, operand, at);
    }
}

/// Generic, so that what the operand is made of need not be put together before this is called.
#[cold]
#[inline(never)]
fn interrupt_caller<'a>(operation: Operation, operand: impl Into<Operand<'a>>, at: Option<Place>) {
    interrupt_thread(operation, operand.into(), at);
}

fn interrupt_thread(operation: Operation, operand: Operand<'_>, at: Option<Place>) {
    with_thread(|local, entry| interrupt(local, entry, operation, operand, at));
}

/// The same where the thread's own data is at hand, for functions that are compiled here only.
#[inline(always)]
pub(super) fn sync_point_of(
    (local, entry): (&Local, &ThreadEntry),
    operation: Operation,
    operand: Operand<'_>,
    at: Option<Place>,
) {
    if local.layout().attention().interrupts() {
        interrupt(local, entry, operation, operand, at);
    }
}

/// Whether a scheduler decides at each operation who goes on.
#[inline]
pub fn is_controlled() -> bool {
    writer::layout().attention().has(Attention::CONTROLLED)
}

#[cold]
#[inline(never)]
fn interrupt(
    local: &Local,
    entry: &ThreadEntry,
    operation: Operation,
    operand: Operand<'_>,
    at: Option<Place>,
) {
    let attention = local.layout().attention();
    if attention.has(Attention::STOP)
        && operation.may_unwind()
        && let Some(at) = at
    {
        stop::stop_here(local, entry, at);
    }
    if attention.has(Attention::CONTROLLED)
        && let Some(turn) = SCHEDULER.get()
    {
        let (object, thread) = match operand {
            Operand::Object(object) => (object.index, 0),
            Operand::Of(id, meta) => (resolve(id, meta).index, 0),
            Operand::Thread(index) => (0, index),
            Operand::Nothing => (0, 0),
        };
        turn(Step {
            operation,
            object,
            thread,
            at,
        });
    }
}
