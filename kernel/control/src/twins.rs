//! The operations of our `std` as the search knows them.

use std::probe::{Operation as Twin, Step};

use explore::{Object, Operation, ThreadId};
use record::snapshot::ObjectKind;
use record::{ObjectSlot, ThreadSlot, writer};

use crate::made::{of_object, of_thread, of_token};
use crate::places;
use crate::scheduler::{self, Arrival};

/// Has our `std` ask here.
pub fn attach() {
    std::probe::set_scheduler(turn, choose, in_vain);
}

/// The calling thread is about to do an operation of a twin.
fn turn(step: Step) {
    if !scheduler::decides() {
        return;
    }
    let operation = match step.operation {
        // It had its turn already, before its first instruction.
        Twin::StartThread => return,
        // It had its turn when it came to wait, before it gave back the mutex.
        Twin::CondvarSleep => {
            let (place, _) = step.at.map_or((0, false), places::of_twin);
            return scheduler::sleeps_in(Operation::Wait, of_object(step.object.0), place);
        }
        other => known(other),
    };
    let mut object = match (step.object, step.thread) {
        (ObjectSlot::NONE, ThreadSlot::NONE) => Object::NONE,
        (ObjectSlot::NONE, thread) => of_thread(thread.0),
        (object, _) => of_object(object.0),
    };
    let mut also = Object::NONE;
    match step.operation {
        Twin::Spawn => (object, also) = (scheduler::next_thread(), Object::THREADS),
        Twin::JoinScope | Twin::LeaveScope => also = Object::THREADS,
        Twin::Park => object = of_token(scheduler::slot_of_caller().0),
        Twin::Unpark => object = of_token(step.thread.0),
        _ => {}
    }
    let looks = only_looks(step.operation);
    let key = if object.is_some() { object } else { also };
    let (releases, acquires) = edges(step.operation, key);
    let (place, of_crate) = step.at.map_or((0, false), places::of_twin);
    scheduler::arrive(Arrival {
        operation,
        object,
        also,
        writes: !looks,
        place,
        of_crate,
        wants: wanted_lock(&step),
        releases,
        acquires,
    });
}

/// What the calling thread had its turn for came to nothing.
fn in_vain() {
    if scheduler::decides() {
        scheduler::observed(|effect| effect.failed = true);
    }
}

/// Where an operation on `key` passes on what happened before it, and where it takes that over.
/// More is taken over than must be (what is still in a channel, say): some races stay unseen, and
/// none is made up.
fn edges(operation: Twin, key: Object) -> (Object, Object) {
    use Twin::*;
    /// Tells what receivers pass to senders from what senders pass to receivers.
    const BACK: u64 = 1 << 40;
    let back = Object(key.0 ^ BACK);
    match operation {
        Lock | TryLock | Read | TryRead | CallOnce | WaitOnce | IsComplete | Join | JoinScope
        | Park => (Object::NONE, key),
        Unlock | EndRead | EndOnce | EndThread | LeaveScope | Unpark | DropSender
        | DropReceiver => (key, Object::NONE),
        Downgrade | BarrierWait => (key, key),
        Send | TrySend => (key, back),
        Receive | TryReceive => (back, key),
        _ => (Object::NONE, Object::NONE),
    }
}

/// Which of the threads that wait at a condition variable is notified.
fn choose(waiters: &[ThreadSlot]) -> usize {
    if !scheduler::decides() {
        return 0;
    }
    let ids: Vec<ThreadId> = waiters
        .iter()
        .map(|slot| scheduler::thread_with_slot(slot.0))
        .collect();
    scheduler::choose_waiter(&ids)
}

/// Whether an operation changes nothing that others could see.
fn only_looks(operation: Twin) -> bool {
    matches!(
        operation,
        Twin::IsPoisoned | Twin::IsFinished | Twin::IsComplete | Twin::Yield | Twin::Sleep
    )
}

/// The lock that has to be free before the thread can go on.
fn wanted_lock(step: &Step) -> Option<u32> {
    let waits = step.operation == Twin::Lock && is_mutex(step.object);
    waits.then_some(step.object.0)
}

fn is_mutex(object: ObjectSlot) -> bool {
    use std::sync::atomic::Ordering::Relaxed;
    let entry = writer::layout().objects.get(object.index());
    object != ObjectSlot::NONE
        && entry.is_some_and(|entry| entry.kind.load(Relaxed) == ObjectKind::Mutex as u32)
}

/// The search's word for it.
fn known(operation: Twin) -> Operation {
    match operation {
        Twin::Lock => Operation::Lock,
        Twin::TryLock => Operation::TryLock,
        Twin::Unlock => Operation::Unlock,
        Twin::Read => Operation::ReadLock,
        Twin::TryRead => Operation::TryReadLock,
        Twin::EndRead => Operation::ReadUnlock,
        Twin::CondvarWait => Operation::Wait,
        Twin::NotifyOne => Operation::NotifyOne,
        Twin::NotifyAll => Operation::NotifyAll,
        Twin::BarrierWait => Operation::Barrier,
        Twin::CallOnce | Twin::WaitOnce => Operation::Once,
        Twin::EndOnce => Operation::EndOnce,
        Twin::IsComplete => Operation::IsComplete,
        Twin::Send => Operation::Send,
        Twin::TrySend => Operation::TrySend,
        Twin::Receive => Operation::Receive,
        Twin::TryReceive => Operation::TryReceive,
        Twin::DropSender | Twin::DropReceiver => Operation::Close,
        Twin::Spawn => Operation::Spawn,
        Twin::StartThread => Operation::Begin,
        Twin::EndThread => Operation::End,
        Twin::Join | Twin::JoinScope => Operation::Join,
        Twin::Park => Operation::Park,
        Twin::Unpark => Operation::Unpark,
        Twin::Sleep => Operation::Sleep,
        Twin::Yield => Operation::Yield,
        Twin::Downgrade
        | Twin::IsPoisoned
        | Twin::ClearPoison
        | Twin::IsFinished
        | Twin::CondvarSleep
        | Twin::LeaveScope
        | Twin::Print
        | Twin::ReadLine => Operation::Other,
    }
}
