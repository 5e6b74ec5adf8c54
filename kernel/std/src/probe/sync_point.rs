//! The one step: every operation of a twin passes here once, before it takes effect, and here alone
//! is known what the flags of [`Attention`] demand of it.
//!
//! - *stop*: the operation unwinds instead, if it may.
//! - *controlled*: a scheduler is asked; the thread goes on when it is its turn. Until a scheduler
//!   is put in, nothing happens.
//! - *counters only* asks nothing of an operation: see [`super::counts_only`].
//!
//! Locks that are taken over and over skip this as long as a sampled run goes on
//! (`record/src/writer/sampled.rs`). It does so only while the heartbeat is what it was, and
//! whoever sets a flag changes that; under *controlled* none begins. What only looks at an
//! initialiser that has run skips it, too, but for those that ran under *controlled*
//! (`sync/once.rs`).
//!
//! A thread that blocks passes here once, not at each attempt: in a controlled program it can't go
//! on until somebody wakes it, and then takes part in the choice at its next operation.

use real::prelude::rust_2024::*;
use real::sync::OnceLock;

use record::attention::Attention;
use record::layout::ThreadEntry;
use record::writer::{self, Local};
use record::{ObjectSlot, ThreadSlot};

use super::objects::{Place, resolve};
use super::operation::{Operand, Operation, Step};
use super::stop;

/// Who is asked in a controlled program.
struct Scheduler {
    turn: fn(Step),
    choose: fn(&[ThreadSlot]) -> usize,
    in_vain: fn(),
}

static SCHEDULER: OnceLock<Scheduler> = OnceLock::new();

/// Puts in the scheduler of this process: `turn` is called by each thread before each of its
/// operations, if the process is controlled, and returns when it is that thread's turn; `choose`
/// says which of the threads that wait for a notification gets it; `in_vain` is told that what the
/// thread had its turn for came to nothing. They may use the real `std` alone, must not unwind, and
/// may be called after the thread's thread locals are gone. Only the first call counts.
pub fn set_scheduler(turn: fn(Step), choose: fn(&[ThreadSlot]) -> usize, in_vain: fn()) {
    let _ = SCHEDULER.set(Scheduler {
        turn,
        choose,
        in_vain,
    });
}

/// What the calling thread attempted came to nothing: a lock is taken, a queue is empty or full.
/// Who attempts it again and again waits for the others.
#[cold]
pub fn in_vain() {
    if is_controlled()
        && let Some(scheduler) = SCHEDULER.get()
    {
        (scheduler.in_vain)();
    }
}

/// Which of the threads that wait for a notification gets it: the first one, unless a scheduler
/// decides.
pub(super) fn choose_waiter(waiters: impl Iterator<Item = ThreadSlot>) -> usize {
    if !is_controlled() {
        return 0;
    }
    let waiters: Vec<ThreadSlot> = waiters.collect();
    match SCHEDULER.get() {
        Some(scheduler) if waiters.len() > 1 => (scheduler.choose)(&waiters),
        _ => 0,
    }
}

/// The thread is about to do `operation`. May unwind instead, if the cell was stopped. For
/// functions that have the thread's own data at hand and are compiled here only; for others there
/// is [`sync_point`](super::sync_point()).
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
pub(super) fn interrupt(
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
        && let Some(scheduler) = SCHEDULER.get()
    {
        let (object, thread) = match operand {
            Operand::Object(object) => (object.index, ThreadSlot::NONE),
            Operand::Of(id, meta) => (resolve(id, meta).index, ThreadSlot::NONE),
            Operand::Thread(thread) => (ObjectSlot::NONE, thread),
            Operand::Nothing => (ObjectSlot::NONE, ThreadSlot::NONE),
        };
        (scheduler.turn)(Step {
            operation,
            object,
            thread,
            at,
        });
    }
}
