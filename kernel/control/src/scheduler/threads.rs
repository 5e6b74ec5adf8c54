//! Threads from their start to their end.

use std::ffi::c_void;

use explore::{Object, ThreadId};

use super::{BEGINNING, Destructor, Start, State, Status, finish, give, wait, wake, with};
use crate::carriers;
use crate::local;

/// The key of the thread that the calling one is about to start.
pub fn next_thread() -> Object {
    with(|state| Object(BEGINNING | state.threads.len() as u64))
}

/// The calling thread starts another one, on this carrier.
pub fn add_thread(carrier: usize, start: Start) {
    with(|state| {
        let number = state.new_thread(Some(carrier));
        state.threads[number].start = Some(start);
        if let Some(me) = local::me() {
            let id = |number: usize| ThreadId(number as u32 + 1);
            state.memory.spawn(id(me), id(number));
        }
    });
}

/// The calling thread has its turn for the first time; what it is to do.
pub fn begin_thread() -> Option<Start> {
    let me = local::me()?;
    with(|state| {
        state.goes_on(me);
        state.threads[me].start.take()
    })
}

/// The carrier of the calling thread; none for the first one.
pub fn carrier_of_caller() -> Option<usize> {
    let me = local::me()?;
    with(|state| state.threads[me].carrier)
}

/// Has a destructor run when the calling thread ends.
pub fn add_destructor(destructor: Destructor) {
    let Some(me) = local::me() else { return };
    with(|state| state.threads[me].destructors.push(destructor));
}

/// The last one that was asked for and did not run yet.
pub fn next_destructor() -> Option<Destructor> {
    let me = local::me()?;
    with(|state| state.threads[me].destructors.pop())
}

/// The calling thread has ended, its destructors included.
pub fn end_thread(value: *mut c_void) -> ! {
    let me = local::me().unwrap_or(0);
    let handle = with(|state| {
        let thread = &mut state.threads[me];
        thread.status = Status::Ended;
        thread.value = value;
        state.memory.end(ThreadId(me as u32 + 1));
        state.clock_reads = 0;
        let carrier = state.threads[me].carrier;
        carrier.inspect(|carrier| carriers::give_back(*carrier));
        carrier.map(carriers::handle)
    });
    if let Some(handle) = handle {
        wake(handle, usize::MAX);
    }
    let next = with(State::next);
    let next = next.unwrap_or_else(|(outcome, end)| finish(outcome, end));
    give(next)
}

/// Waits for the end of the thread with this handle of libc's; what it returned, and nothing if it
/// is none of the run's.
pub fn join(handle: usize) -> Option<*mut c_void> {
    let me = local::me()?;
    loop {
        let ended = with(|state| {
            let mut threads = state.threads.iter().enumerate().rev();
            let is_it = |carrier: usize| carriers::handle(carrier) == handle;
            let (number, thread) = threads.find(|(_, it)| it.carrier.is_some_and(is_it))?;
            if thread.status != Status::Ended {
                return Some(None);
            }
            let value = thread.value;
            let id = |number: usize| ThreadId(number as u32 + 1);
            state.memory.join(id(me), id(number));
            Some(Some(value))
        })?;
        if ended.is_some() {
            return ended;
        }
        wait(handle, None);
    }
}
