//! Waiting for descriptors: what async runtimes sleep in. A wait ends when another thread of the
//! program has written to what is waited for, or when its time on the run's own clock is over.
//!
//! What comes from other processes is not controlled: it is waited for in real time.

mod outside;
mod reads;

use std::ffi::{c_int, c_void};

use explore::{Object, Operation};

use crate::places;
use crate::result;
use crate::scheduler::{self, Arrival, Woken};
use crate::system::{self, Real};

/// What all that is written to descriptors is to the search, and the word that waiters wait for:
/// no address of a word is odd.
pub const DESCRIPTORS: Object = Object(1 << 57);
const WORD: usize = 1;

const MILLISECOND: u64 = 1_000_000;

/// The calling thread is about to use descriptors.
fn step(operation: Operation, place: u32, releases: Object, acquires: Object) {
    scheduler::arrive(Arrival {
        operation,
        object: DESCRIPTORS,
        also: Object::NONE,
        writes: true,
        place,
        of_crate: false,
        wants: None,
        releases,
        acquires,
    });
}

/// Asks `ready`, which is told for how many milliseconds it may wait, how many descriptors are,
/// until some are or the time is over.
fn wait(nanoseconds: Option<u64>, mut ready: impl FnMut(c_int) -> c_int) -> c_int {
    let place = places::of_caller().map_or(0, |site| site.shown);
    step(Operation::Receive, place, Object::NONE, DESCRIPTORS);
    let until = nanoseconds.map(|time| scheduler::time().saturating_add(time));
    let mut patience = 0;
    loop {
        let found = ready(patience);
        let left = until.map(|until| until.saturating_sub(scheduler::time()));
        if found != 0 || left == Some(0) {
            return found;
        }
        let mut time = left;
        if outside::is_open() {
            // Who may be woken from outside looks again and again, and gives way to others.
            step(Operation::Sleep, place, Object::NONE, DESCRIPTORS);
            time = Some(left.unwrap_or(u64::MAX).min(MILLISECOND));
            patience = 1;
        }
        if scheduler::wait(WORD, time) == Woken::ByTime && time == left {
            return ready(0);
        }
    }
}

/// libc's `poll`.
///
/// # Safety
///
/// There are so many descriptors.
unsafe fn poll_now(descriptors: *mut c_void, count: usize, timeout: c_int) -> c_int {
    let function = POLL.function();
    // SAFETY: the caller's promise.
    unsafe { function(descriptors, count, timeout) }
}

/// Milliseconds as they are given to the system: a negative number means without end.
fn milliseconds(given: c_int) -> Option<u64> {
    u64::try_from(given).ok().map(|time| time * MILLISECOND)
}

// SAFETY: libc's function of this name has this form.
static EPOLL_WAIT: Real<EpollWait> = unsafe { Real::new(c"epoll_wait") };

type EpollWait = unsafe extern "C" fn(c_int, *mut c_void, c_int, c_int) -> c_int;

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn epoll_wait(
    descriptor: c_int,
    events: *mut c_void,
    most: c_int,
    timeout: c_int,
) -> c_int {
    let function = EPOLL_WAIT.function();
    // SAFETY: the caller's promise.
    let ask = |timeout| unsafe { function(descriptor, events, most, timeout) };
    match scheduler::decides() {
        true => wait(milliseconds(timeout), ask),
        false => ask(timeout),
    }
}

// SAFETY: libc's function of this name has this form.
static EPOLL_PWAIT: Real<EpollPwait> = unsafe { Real::new(c"epoll_pwait") };

type EpollPwait = unsafe extern "C" fn(c_int, *mut c_void, c_int, c_int, *const c_void) -> c_int;

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn epoll_pwait(
    descriptor: c_int,
    events: *mut c_void,
    most: c_int,
    timeout: c_int,
    mask: *const c_void,
) -> c_int {
    let function = EPOLL_PWAIT.function();
    // SAFETY: the caller's promise.
    let ask = |timeout| unsafe { function(descriptor, events, most, timeout, mask) };
    match scheduler::decides() {
        true => wait(milliseconds(timeout), ask),
        false => ask(timeout),
    }
}

// SAFETY: libc's function of this name has this form.
static POLL: Real<Poll> = unsafe { Real::new(c"poll") };

type Poll = unsafe extern "C" fn(*mut c_void, usize, c_int) -> c_int;

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn poll(descriptors: *mut c_void, count: usize, timeout: c_int) -> c_int {
    // SAFETY: the caller's promise.
    let ask = |timeout| unsafe { poll_now(descriptors, count, timeout) };
    match scheduler::decides() {
        true => wait(milliseconds(timeout), ask),
        false => ask(timeout),
    }
}

/// Does what may make others ready: a step, unless `std` does it for one of its own.
fn change<R>(change: impl FnOnce() -> R) -> R {
    if let Some(site) = places::of_caller() {
        step(Operation::Send, site.shown, DESCRIPTORS, Object::NONE);
    }
    let result = change();
    scheduler::wake(WORD, usize::MAX);
    result
}

// SAFETY: libc's function of this name has this form.
static WRITE: Real<unsafe extern "C" fn(c_int, *const c_void, usize) -> isize> =
    unsafe { Real::new(c"write") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(descriptor: c_int, bytes: *const c_void, length: usize) -> isize {
    let function = WRITE.function();
    if scheduler::decides() && result::keeps(descriptor) {
        // SAFETY: the caller's promise.
        result::keep(unsafe { std::slice::from_raw_parts(bytes.cast(), length) });
        return length as isize;
    }
    if scheduler::decides() && result::drops(descriptor) {
        return length as isize;
    }
    // SAFETY: the caller's promise.
    let call = || unsafe { function(descriptor, bytes, length) };
    match scheduler::decides() && !system::is_file(descriptor) {
        true => change(call),
        false => call(),
    }
}

// SAFETY: libc's function of this name has this form.
static WRITEV: Real<unsafe extern "C" fn(c_int, *const c_void, c_int) -> isize> =
    unsafe { Real::new(c"writev") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn writev(descriptor: c_int, parts: *const c_void, count: c_int) -> isize {
    let function = WRITEV.function();
    // SAFETY: the caller's promise.
    let call = || unsafe { function(descriptor, parts, count) };
    match scheduler::decides() && !system::is_file(descriptor) {
        true => change(call),
        false => call(),
    }
}

// SAFETY: libc's function of this name has this form.
static SEND: Real<unsafe extern "C" fn(c_int, *const c_void, usize, c_int) -> isize> =
    unsafe { Real::new(c"send") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn send(
    descriptor: c_int,
    bytes: *const c_void,
    length: usize,
    flags: c_int,
) -> isize {
    let function = SEND.function();
    // SAFETY: the caller's promise.
    let call = || unsafe { function(descriptor, bytes, length, flags) };
    match scheduler::decides() {
        true => change(call),
        false => call(),
    }
}

// SAFETY: libc's function of this name has this form.
static CLOSE: Real<extern "C" fn(c_int) -> c_int> = unsafe { Real::new(c"close") };

#[unsafe(no_mangle)]
extern "C" fn close(descriptor: c_int) -> c_int {
    let function = CLOSE.function();
    match scheduler::decides() && !system::is_file(descriptor) {
        true => change(|| function(descriptor)),
        false => function(descriptor),
    }
}

// SAFETY: libc's function of this name has this form.
static EPOLL_CTL: Real<unsafe extern "C" fn(c_int, c_int, c_int, *mut c_void) -> c_int> =
    unsafe { Real::new(c"epoll_ctl") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn epoll_ctl(
    descriptor: c_int,
    operation: c_int,
    about: c_int,
    event: *mut c_void,
) -> c_int {
    let function = EPOLL_CTL.function();
    // SAFETY: the caller's promise.
    let call = || unsafe { function(descriptor, operation, about, event) };
    match scheduler::decides() {
        true => change(call),
        false => call(),
    }
}
