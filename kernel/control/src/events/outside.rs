//! What leads out of the program: processes that it starts, and sockets of the network. What comes
//! from there is waited for in real time, and nobody is said to wait for ever.

use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::system::Real;

/// Whether the program has made a way out. It stays so for the runs to come: they make one, too.
static OPEN: AtomicBool = AtomicBool::new(false);

/// Whether somebody outside of the program may end a wait for descriptors.
pub fn is_open() -> bool {
    OPEN.load(Ordering::Relaxed)
}

// SAFETY: libc's function of this name has this form.
static SOCKET: Real<extern "C" fn(c_int, c_int, c_int) -> c_int> = unsafe { Real::new(c"socket") };

#[unsafe(no_mangle)]
extern "C" fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int {
    let function = SOCKET.function();
    OPEN.store(true, Ordering::Relaxed);
    function(domain, kind, protocol)
}

// SAFETY: libc's function of this name has this form.
static SPAWN: Real<
    unsafe extern "C" fn(
        *mut c_int,
        *const c_char,
        *const c_void,
        *const c_void,
        *const *mut c_char,
        *const *mut c_char,
    ) -> c_int,
> = unsafe { Real::new(c"posix_spawnp") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_spawnp(
    process: *mut c_int,
    file: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    arguments: *const *mut c_char,
    environment: *const *mut c_char,
) -> c_int {
    let function = SPAWN.function();
    OPEN.store(true, Ordering::Relaxed);
    // SAFETY: the caller's promise.
    unsafe { function(process, file, actions, attributes, arguments, environment) }
}

// SAFETY: libc's function of this name has this form.
static FORK: Real<unsafe extern "C" fn() -> c_int> = unsafe { Real::new(c"fork") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn fork() -> c_int {
    let function = FORK.function();
    if crate::scheduler::decides() {
        OPEN.store(true, Ordering::Relaxed);
    }
    // SAFETY: the caller's promise.
    unsafe { function() }
}
