//! What the calling thread knows of itself: its number, and the calls that it is in.

use std::cell::Cell;

/// Calls that are kept; deeper ones are only counted.
const CALLS: usize = 1024;

/// Addresses of code about which something is remembered.
const KNOWN: usize = 2048;

/// Of one thread. It has no destructor, so that it can be asked as long as the thread lives.
struct Local {
    thread: Cell<usize>,
    exact_place: Cell<u32>,
    is_barrier: Cell<bool>,
    depth: Cell<usize>,
    calls: [Cell<usize>; CALLS],
    /// What was found out about code, by its address.
    known: [Cell<(usize, u32)>; KNOWN],
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            thread: Cell::new(usize::MAX),
            exact_place: Cell::new(0),
            is_barrier: Cell::new(false),
            depth: Cell::new(0),
            calls: [const { Cell::new(0) }; CALLS],
            known: [const { Cell::new((0, 0)) }; KNOWN],
        }
    };
}

/// The calling thread's number, from 0, if it is one whose turn is decided.
#[inline]
pub fn me() -> Option<usize> {
    LOCAL.with(|local| Some(local.thread.get()).filter(|thread| *thread != usize::MAX))
}

/// Gives the calling thread its number.
pub fn become_thread(number: usize) {
    LOCAL.with(|local| local.thread.set(number));
}

/// The calling thread is one that nobody decides about any more.
pub fn forget() {
    LOCAL.with(|local| local.thread.set(usize::MAX));
}

/// The calling thread does an atomic operation here, in a crate perhaps, which may be a barrier for
/// the processor.
#[inline]
pub fn begin_atomic(place: u32, is_barrier: bool) {
    LOCAL.with(|local| {
        local.exact_place.set(place);
        local.is_barrier.set(is_barrier);
    });
}

/// Whether its last atomic operation was one.
pub fn is_behind_barrier() -> bool {
    LOCAL.with(|local| local.is_barrier.get())
}

/// Where it did the last one.
pub fn exact_place() -> u32 {
    LOCAL.with(|local| local.exact_place.get())
}

/// A function begins, called from `from`.
#[inline]
pub fn enter(from: usize) {
    LOCAL.with(|local| {
        let depth = local.depth.get();
        if let Some(call) = local.calls.get(depth) {
            call.set(from);
        }
        local.depth.set(depth + 1);
    });
}

/// A function ends.
#[inline]
pub fn exit() {
    LOCAL.with(|local| local.depth.set(local.depth.get().saturating_sub(1)));
}

/// The first place, from the innermost call outwards, for which `f` has an answer.
pub fn innermost<R>(mut f: impl FnMut(usize) -> Option<R>) -> Option<R> {
    LOCAL.with(|local| {
        let kept = local.depth.get().min(CALLS);
        local.calls[..kept]
            .iter()
            .rev()
            .find_map(|call| f(call.get()))
    })
}

/// What `find` says of the code at `address`, which is asked once as a rule.
#[inline]
pub fn remembered(address: usize, find: impl FnOnce() -> u32) -> u32 {
    LOCAL.with(|local| {
        let entry = &local.known[(address ^ address >> 9) % KNOWN];
        let (known, answer) = entry.get();
        if known == address {
            return answer;
        }
        let answer = find();
        entry.set((address, answer));
        answer
    })
}
