//! Reading from what may have nothing yet: a pipe, a socket, a listener.

use std::ffi::{c_int, c_short, c_void};

use super::{change, wait};
use crate::scheduler;
use crate::system::{self, Real};

/// The system's `struct pollfd`.
#[repr(C)]
struct Asked {
    descriptor: c_int,
    events: c_short,
    found: c_short,
}

/// Waits until there is something to read from a descriptor, or its other end is closed; not for
/// one that never makes anybody wait.
fn until_readable(descriptor: c_int) {
    const READABLE: c_short = 1;
    if !scheduler::decides() || system::is_file(descriptor) || !system::blocks(descriptor) {
        return;
    }
    wait(None, |timeout| {
        let mut asked = Asked {
            descriptor,
            events: READABLE,
            found: 0,
        };
        // SAFETY: it is one, and has the system's layout.
        unsafe { super::poll_now((&raw mut asked).cast(), 1, timeout) }
    });
}

// SAFETY: libc's function of this name has this form.
static READ: Real<unsafe extern "C" fn(c_int, *mut c_void, usize) -> isize> =
    unsafe { Real::new(c"read") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn read(descriptor: c_int, to: *mut c_void, length: usize) -> isize {
    let function = READ.function();
    until_readable(descriptor);
    // SAFETY: the caller's promise.
    unsafe { function(descriptor, to, length) }
}

// SAFETY: libc's function of this name has this form.
static READV: Real<unsafe extern "C" fn(c_int, *const c_void, c_int) -> isize> =
    unsafe { Real::new(c"readv") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn readv(descriptor: c_int, parts: *const c_void, count: c_int) -> isize {
    let function = READV.function();
    until_readable(descriptor);
    // SAFETY: the caller's promise.
    unsafe { function(descriptor, parts, count) }
}

// SAFETY: libc's function of this name has this form.
static RECV: Real<unsafe extern "C" fn(c_int, *mut c_void, usize, c_int) -> isize> =
    unsafe { Real::new(c"recv") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn recv(
    descriptor: c_int,
    to: *mut c_void,
    length: usize,
    flags: c_int,
) -> isize {
    let function = RECV.function();
    until_readable(descriptor);
    // SAFETY: the caller's promise.
    unsafe { function(descriptor, to, length, flags) }
}

// SAFETY: libc's function of this name has this form.
static ACCEPT: Real<unsafe extern "C" fn(c_int, *mut c_void, *mut u32, c_int) -> c_int> =
    unsafe { Real::new(c"accept4") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn accept4(
    descriptor: c_int,
    address: *mut c_void,
    length: *mut u32,
    flags: c_int,
) -> c_int {
    let function = ACCEPT.function();
    until_readable(descriptor);
    // SAFETY: the caller's promise.
    unsafe { function(descriptor, address, length, flags) }
}

// SAFETY: libc's function of this name has this form.
static CONNECT: Real<unsafe extern "C" fn(c_int, *const c_void, u32) -> c_int> =
    unsafe { Real::new(c"connect") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn connect(descriptor: c_int, address: *const c_void, length: u32) -> c_int {
    let function = CONNECT.function();
    // SAFETY: the caller's promise.
    let call = || unsafe { function(descriptor, address, length) };
    match scheduler::decides() {
        true => change(call),
        false => call(),
    }
}

// SAFETY: libc's function of this name has this form.
static SHUTDOWN: Real<extern "C" fn(c_int, c_int) -> c_int> = unsafe { Real::new(c"shutdown") };

#[unsafe(no_mangle)]
extern "C" fn shutdown(descriptor: c_int, how: c_int) -> c_int {
    let function = SHUTDOWN.function();
    match scheduler::decides() {
        true => change(|| function(descriptor, how)),
        false => function(descriptor, how),
    }
}
