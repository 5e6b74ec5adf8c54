//! Operations that are the same in any run, and by any thread that runs the same code.

use crate::point::{Object, Operation, Pending};

/// The same operation of a program in any run and by any of its threads that run the same code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Site {
    pub(super) object: Object,
    /// The place; where none is known, the thread.
    place: u64,
    operation: Operation,
}

impl Site {
    /// No store: the value from before the run.
    pub(super) const START: Site = Site {
        object: Object::NONE,
        place: 0,
        operation: Operation::Other,
    };

    #[inline]
    pub(super) fn of(pending: &Pending) -> Site {
        Site {
            object: pending.object,
            place: match pending.place {
                0 => u64::from(pending.thread.0) << 32,
                place => u64::from(place),
            },
            operation: pending.operation,
        }
    }
}

/// "This one reads from that one."
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Aim {
    pub(super) reader: Site,
    pub(super) source: Site,
}

/// Whether it is about an object of the program, and not about a thread's beginning or end.
#[inline]
pub(super) fn is_use(pending: &Pending) -> bool {
    use Operation::*;
    pending.object.is_some() && !matches!(pending.operation, Begin | End | Spawn | Join)
}

/// Whether it sees what another one left. A lock sees who held it before.
#[inline]
pub(super) fn reads(pending: &Pending) -> bool {
    use Operation::*;
    let looks = matches!(
        pending.operation,
        ReadModifyWrite
            | CompareExchange
            | Lock
            | TryLock
            | ReadLock
            | TryReadLock
            | Receive
            | TryReceive
            | Send
            | TrySend
            | Wait
    );
    is_use(pending) && (looks || !pending.writes)
}

/// Whether it leaves something that others see.
#[inline]
pub(super) fn leaves(pending: &Pending) -> bool {
    let gives_back = matches!(pending.operation, Operation::Unlock | Operation::ReadUnlock);
    is_use(pending) && pending.writes && !gives_back
}
