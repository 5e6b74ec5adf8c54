//! A run that crashes, or whose program ends it, still leaves what it did.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use explore::End;

use crate::result::Outcome;
use crate::snapshot::{self, Fault};
use crate::system::{self, Real};
use crate::{dispatch, scheduler};

const ABORT: c_int = 6;
const BAD_ADDRESS: c_int = 11;
/// Illegal instruction, abort, bus error, arithmetic, bad address.
const CRASHES: [c_int; 5] = [4, ABORT, 7, 8, BAD_ADDRESS];

unsafe extern "C" {
    fn signal(number: c_int, handler: usize) -> usize;
    fn setitimer(which: c_int, new: *const [i64; 4], old: *mut [i64; 4]) -> c_int;
}

/// The stack on which signals are handled: a thread's own may have overflowed.
struct Stack(UnsafeCell<[u8; Stack::LENGTH]>);

impl Stack {
    const LENGTH: usize = 128 << 10;
}

// SAFETY: the system alone uses it, for the one thread that works.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack(UnsafeCell::new([0; Stack::LENGTH]));

/// Has what is left of the run written down when it ends by itself. To be called in the process
/// that does runs, by its first thread.
pub fn prepare() {
    system::handle_signals_on(STACK.0.get().cast(), Stack::LENGTH);
    for number in CRASHES {
        system::handle(number, on_crash);
    }
}

/// Has the process end by a signal if a run that begins now takes so many seconds: a little sooner,
/// since the system is not asked for each of many runs that follow each other.
pub fn limit(seconds: i64) {
    const REAL_TIME: c_int = 0;
    const SOME_NS: u64 = 200_000_000;
    /// When it was asked last.
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let now = record::clock::monotonic_ns();
    if seconds > 0 && now < ASKED.load(Ordering::Relaxed) + SOME_NS {
        return;
    }
    ASKED.store(if seconds > 0 { now } else { 0 }, Ordering::Relaxed);
    // SAFETY: the time is four words.
    unsafe { setitimer(REAL_TIME, &[0, 0, seconds, 0], std::ptr::null_mut()) };
}

extern "C" fn on_crash(number: c_int, told: *const c_void, context: *mut c_void) {
    static ONCE: AtomicBool = AtomicBool::new(false);
    const DEFAULT: usize = 0;
    const ADDRESS: usize = 16;
    /// So far from where a stack ends a function may write first.
    const NEAR: usize = 64 << 10;
    let mut outcome = Outcome::Crashed(number);
    if number == BAD_ADDRESS {
        // SAFETY: the system tells the address there, and gives what was interrupted.
        let (address, stack) = unsafe {
            let address = told.byte_add(ADDRESS).cast::<usize>().read();
            (address, system::stack_pointer(context))
        };
        match snapshot::fault(address) {
            Fault::FirstWrite => return,
            Fault::TooMany => return dispatch::spoil(),
            Fault::Own => {}
        }
        if address.abs_diff(stack) < NEAR {
            outcome = Outcome::Overflowed;
        }
    }
    dispatch::rest();
    if !ONCE.swap(true, Ordering::SeqCst) {
        scheduler::finish_if_active(outcome, End::Failed);
    }
    // SAFETY: the default ends the process, when the fault happens again.
    unsafe { signal(number, DEFAULT) };
}

/// libc's, which `std::process::exit` calls: the run ends here, without destructors.
#[unsafe(no_mangle)]
extern "C" fn exit(code: c_int) -> ! {
    scheduler::finish_if_active(Outcome::Exited(code), End::Failed);
    EXIT.function()(code)
}

#[unsafe(no_mangle)]
extern "C" fn _exit(code: c_int) -> ! {
    scheduler::finish_if_active(Outcome::Exited(code), End::Failed);
    EXIT_AT_ONCE.function()(code)
}

/// libc's, which `std::process::abort` calls. It would send a signal to the thread of the system
/// that lent its stack.
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    scheduler::finish_if_active(Outcome::Crashed(ABORT), End::Failed);
    ABORTS.function()()
}

// SAFETY: libc's function of this name has this form.
static EXIT: Real<Exit> = unsafe { Real::new(c"exit") };
// SAFETY: as above.
static EXIT_AT_ONCE: Real<Exit> = unsafe { Real::new(c"_exit") };
// SAFETY: as above.
static ABORTS: Real<extern "C" fn() -> !> = unsafe { Real::new(c"abort") };

/// A function of libc that ends the process.
type Exit = extern "C" fn(c_int) -> !;
