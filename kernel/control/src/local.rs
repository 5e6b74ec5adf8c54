//! What is known of the thread that has its turn: its number, and the calls that it is in.

use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// Calls that are kept; deeper ones are only counted.
const CALLS: usize = 1024;

/// Addresses of code about which something is remembered.
const KNOWN: usize = 8192;

/// No thread of a run.
const NOBODY: usize = usize::MAX;

/// The calls that a thread is in, and its last atomic operation.
pub struct Calls {
    exact_place: Cell<u32>,
    is_barrier: Cell<bool>,
    depth: Cell<usize>,
    calls: [Cell<usize>; CALLS],
}

impl Calls {
    /// None yet.
    pub fn new() -> Box<Calls> {
        // SAFETY: numbers, for which nothing but zeros is valid as well.
        unsafe { Box::new_zeroed().assume_init() }
    }
}

/// The number of the thread that has its turn.
static THREAD: AtomicUsize = AtomicUsize::new(NOBODY);
/// Its calls; outside of a run, nobody's.
static CURRENT: AtomicPtr<Calls> = AtomicPtr::new(ptr::null_mut());

/// What was found out about code, by where in the program it lies. It holds for all runs.
static REMEMBERED: Remembered = Remembered(UnsafeCell::new([(0, 0); KNOWN]));

struct Remembered(UnsafeCell<[(u32, u32); KNOWN]>);

// SAFETY: the thread that has its turn uses it alone, and all of them go on on one of the system's.
unsafe impl Sync for Remembered {}

/// The number, from 0, of the thread that has its turn.
#[inline]
pub fn me() -> Option<usize> {
    Some(THREAD.load(Ordering::Relaxed)).filter(|thread| *thread != NOBODY)
}

impl Calls {
    /// For another thread.
    pub fn forget(&self) {
        self.exact_place.set(0);
        self.is_barrier.set(false);
        self.depth.set(0);
    }
}

/// From now on it is the turn of this thread, which is in these calls.
pub fn become_thread(number: usize, calls: &Calls) {
    CURRENT.store(ptr::from_ref(calls).cast_mut(), Ordering::Relaxed);
    THREAD.store(number, Ordering::Relaxed);
}

/// From now on it is nobody's turn.
pub fn forget() {
    THREAD.store(NOBODY, Ordering::Relaxed);
    CURRENT.store(ptr::null_mut(), Ordering::Relaxed);
}

fn current() -> Option<&'static Calls> {
    // SAFETY: null, or calls that live as long as it is their thread's turn.
    unsafe { CURRENT.load(Ordering::Relaxed).as_ref() }
}

/// The calling thread does an atomic operation here, in a crate perhaps, which may be a barrier for
/// the processor.
#[inline]
pub fn begin_atomic(place: u32, is_barrier: bool) {
    if let Some(current) = current() {
        current.exact_place.set(place);
        current.is_barrier.set(is_barrier);
    }
}

/// Whether its last atomic operation was one.
pub fn is_behind_barrier() -> bool {
    current().is_some_and(|current| current.is_barrier.get())
}

/// Where it did the last one.
pub fn exact_place() -> u32 {
    current().map_or(0, |current| current.exact_place.get())
}

/// A function begins, called from `from`.
#[inline]
pub fn enter(from: usize) {
    let Some(current) = current() else { return };
    let depth = current.depth.get();
    if let Some(call) = current.calls.get(depth) {
        call.set(from);
    }
    current.depth.set(depth + 1);
}

/// A function ends.
#[inline]
pub fn exit() {
    if let Some(current) = current() {
        current.depth.set(current.depth.get().saturating_sub(1));
    }
}

/// The first place, from the innermost call outwards, for which `f` has an answer.
#[inline]
pub fn innermost<R>(mut f: impl FnMut(usize) -> Option<R>) -> Option<R> {
    let current = current()?;
    let kept = current.depth.get().min(CALLS);
    let mut calls = current.calls[..kept].iter().rev();
    calls.find_map(|call| f(call.get()))
}

/// What `find` says of the code at `offset` of the program, which is asked once as a rule.
#[inline]
pub fn remembered(offset: u32, find: impl FnOnce() -> u32) -> u32 {
    // SAFETY: see `Remembered`.
    let entry = unsafe { &mut (*REMEMBERED.0.get())[entry(offset)] };
    if entry.0 != offset {
        *entry = (offset, find());
    }
    entry.1
}

#[inline]
fn entry(offset: u32) -> usize {
    // Two calls lie farther apart than this.
    const APART: u32 = 2;
    (offset >> APART ^ offset >> 15) as usize % KNOWN
}
