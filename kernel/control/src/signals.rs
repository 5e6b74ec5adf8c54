//! A run that crashes, or whose program ends it, still leaves what it did.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use explore::End;

use crate::result::Outcome;
use crate::scheduler;
use crate::system::Real;

const ABORT: c_int = 6;
/// Illegal instruction, abort, bus error, arithmetic, bad address.
const CRASHES: [c_int; 5] = [4, ABORT, 7, 8, 11];

unsafe extern "C" {
    fn signal(number: c_int, handler: usize) -> usize;
    fn sigaction(number: c_int, new: *const Action, old: *mut Action) -> c_int;
    fn setitimer(which: c_int, new: *const [i64; 4], old: *mut [i64; 4]) -> c_int;
}

type Handler = extern "C" fn(c_int, *const c_void, *mut c_void);

/// The system's `struct sigaction`.
#[repr(C)]
struct Action {
    handler: usize,
    mask: [u64; 16],
    flags: c_int,
    restorer: usize,
}

/// Has what is left of the run written down when it ends by itself. To be called in the run, by its
/// first thread.
pub fn prepare(seconds: i64) {
    const ON_OWN_STACK: c_int = 0x0800_0000;
    /// Our `std`'s handler, which comes before, calls only those that are told where.
    const TELLS_MORE: c_int = 4;
    const REAL_TIME: c_int = 0;
    let action = Action {
        handler: on_crash as Handler as usize,
        mask: [0; 16],
        flags: ON_OWN_STACK | TELLS_MORE,
        restorer: 0,
    };
    for number in CRASHES {
        // SAFETY: the structure has the system's layout. The handler allocates nothing.
        unsafe { sigaction(number, &raw const action, std::ptr::null_mut()) };
    }
    // SAFETY: the time is four words.
    unsafe { setitimer(REAL_TIME, &[0, 0, seconds, 0], std::ptr::null_mut()) };
}

extern "C" fn on_crash(number: c_int, _: *const c_void, _: *mut c_void) {
    static ONCE: AtomicBool = AtomicBool::new(false);
    const DEFAULT: usize = 0;
    if !ONCE.swap(true, Ordering::SeqCst) {
        scheduler::finish_if_active(Outcome::Crashed(number), End::Failed);
    }
    // SAFETY: the default ends the process, when the fault happens again.
    unsafe { signal(number, DEFAULT) };
}

/// libc's, which `std::process::exit` calls: the run ends here, without destructors.
#[unsafe(no_mangle)]
extern "C" fn exit(code: c_int) -> ! {
    scheduler::finish_if_active(Outcome::Exited(code), End::Failed);
    EXIT.call(code)
}

#[unsafe(no_mangle)]
extern "C" fn _exit(code: c_int) -> ! {
    scheduler::finish_if_active(Outcome::Exited(code), End::Failed);
    EXIT_AT_ONCE.call(code)
}

static EXIT: Exit = Exit(Real::new(c"exit"));
static EXIT_AT_ONCE: Exit = Exit(Real::new(c"_exit"));

/// A function of libc that ends the process.
struct Exit(Real);

impl Exit {
    fn call(&self, code: c_int) -> ! {
        // SAFETY: libc's function of this name has this form.
        let function =
            unsafe { std::mem::transmute::<usize, extern "C" fn(c_int) -> !>(self.0.address()) };
        function(code)
    }
}
