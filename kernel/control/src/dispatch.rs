//! What a run asks of the system: what can't be put back ends the life of the process that does it.
//!
//! While a run goes on, each system call of the program, whoever makes it, is a signal instead
//! (Linux calls that *syscall user dispatch*). What leaves no trace is done. Anything else is done
//! as well, but this process will do no further run: it would find what this one left.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::{beyond, own, result, snapshot, system};

const ALLOW: u8 = 0;
const BLOCK: u8 = 1;

/// Whether system calls of others than us are signals. The kernel reads it at each.
static SELECTOR: AtomicU8 = AtomicU8::new(ALLOW);
/// A run has left something that can't be put back.
static SPOILT: AtomicBool = AtomicBool::new(false);

/// Has system calls told; `false` where the system can't.
pub fn prepare() -> bool {
    let Some(own) = own::code() else {
        return false;
    };
    signals_are_ours() && system::dispatch_calls(own, &SELECTOR)
}

fn signals_are_ours() -> bool {
    const NO_SUCH_CALL: c_int = 31;
    system::handle(NO_SUCH_CALL, on_call)
}

/// A run begins.
pub fn watch() {
    SELECTOR.store(BLOCK, Ordering::Relaxed);
}

/// It is over.
pub fn rest() {
    SELECTOR.store(ALLOW, Ordering::Relaxed);
}

/// Whether this process can do no further run.
pub fn is_spoilt() -> bool {
    SPOILT.load(Ordering::Relaxed)
}

/// From now on this run is the process's last one.
pub fn spoil() {
    if !SPOILT.swap(true, Ordering::Relaxed) {
        // From now on nobody sees what is written.
        result::shared().written = true;
        snapshot::give_up();
    }
}

/// The program asks something of the system.
extern "C" fn on_call(_: c_int, _: *const c_void, context: *mut c_void) {
    // SAFETY: the system gives a handler the state of what it interrupted.
    let mut call = unsafe { system::Call::of(context) };
    if only_hurries(&call) {
        call.skip();
        return;
    }
    if leaves_no_trace(&call) {
        call.answer();
        return;
    }
    beyond::note_call(&call);
    spoil();
    if is_for_memory(&call) {
        call.answer();
        return;
    }
    // Some can't be made from here. What comes after one is not told any more.
    rest();
    if let Some((together, lane)) = result::shared().together {
        together.enter_outside(lane);
    }
    call.again();
}

/// Whether a call has to do with the memory of this process alone.
fn is_for_memory(call: &system::Call) -> bool {
    use system::numbers::*;
    [MMAP, MUNMAP, MPROTECT, MADVISE].contains(&call.number())
}

/// Whether a call only has pages of memory be there sooner.
fn only_hurries(call: &system::Call) -> bool {
    const POPULATE: std::ops::RangeInclusive<usize> = 22..=23;
    call.number() == system::numbers::MADVISE && POPULATE.contains(&call.argument(2))
}

/// Whether a call changes nothing, or only what is put back with the memory or read after the run.
fn leaves_no_trace(call: &system::Call) -> bool {
    use system::numbers::*;
    match call.number() {
        WRITE if (1..=2).contains(&call.argument(0)) => {
            result::shared().written = true;
            true
        }
        BRK => {
            snapshot::heap_moved();
            true
        }
        GETPID | GETTID | SCHED_YIELD => true,
        _ => false,
    }
}
