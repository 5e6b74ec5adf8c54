//! What leads out of the program: processes that it starts, and sockets of the network. What comes
//! from there is waited for in real time, and nobody is said to wait for ever. Files, too, but
//! nobody waits for them.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::beyond::{self, Beyond};
use crate::scheduler;
use crate::system::{self, Real};

/// Whether the program has made a way out. It stays so for the runs to come: they make one, too.
static OPEN: AtomicBool = AtomicBool::new(false);

/// Whether somebody outside of the program may end a wait for descriptors.
pub fn is_open() -> bool {
    OPEN.load(Ordering::Relaxed)
}

fn note(what: Beyond) {
    if scheduler::runs_program() {
        beyond::note(what);
    }
}

// SAFETY: libc's function of this name has this form.
static SOCKET: Real<extern "C" fn(c_int, c_int, c_int) -> c_int> = unsafe { Real::new(c"socket") };

#[unsafe(no_mangle)]
extern "C" fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int {
    let function = SOCKET.function();
    OPEN.store(true, Ordering::Relaxed);
    note(Beyond::Sockets);
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
    note(Beyond::Processes);
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
    if scheduler::decides() {
        OPEN.store(true, Ordering::Relaxed);
    }
    note(Beyond::Processes);
    // SAFETY: the caller's promise.
    unsafe { function() }
}

// SAFETY: libc's function of this name has this form.
static OPEN_64: Real<unsafe extern "C" fn(*const c_char, c_int, ...) -> c_int> =
    unsafe { Real::new(c"open64") };

/// What `std` opens files with.
///
/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_int) -> c_int {
    /// What the system allows to this process: processors, among others.
    const LIMITS: &CStr = c"/proc/self/cgroup";
    const NO_SUCH_FILE: c_int = 2;
    if scheduler::runs_program() {
        // SAFETY: the caller's promise.
        if unsafe { CStr::from_ptr(path) } == LIMITS {
            // How many processors there are is told by us.
            system::set_errno(NO_SUCH_FILE);
            return -1;
        }
        beyond::note(Beyond::Files);
    }
    let function = OPEN_64.function();
    // SAFETY: the caller's promise.
    unsafe { function(path, flags, mode) }
}
