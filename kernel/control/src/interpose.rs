//! What the system would decide in an explored program: who sleeps and wakes, what time it is, what
//! is random. These functions are found before libc's.

mod threads;
mod time;

pub use threads::make_carrier;

use std::ffi::{c_int, c_long};
use std::sync::atomic::AtomicU32;

use explore::{Object, Operation};

use crate::places::Site;
use crate::scheduler::{self, Woken};
use crate::system::{self, Real, SYS_CLOCK_GETTIME, SYS_FUTEX, SYS_GETRANDOM};
use crate::{places, random};

/// A second, in nanoseconds.
const SECOND: u64 = 1_000_000_000;
/// Midnight of 2030's first day: what `SystemTime` says when a run begins.
const REAL_TIME_S: u64 = 1_893_456_000;
/// Processors that a program is told of.
const PROCESSORS: u64 = 4;

const EAGAIN: c_int = 11;
const ETIMEDOUT: c_int = 110;

#[repr(C)]
#[derive(Clone, Copy)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

impl Timespec {
    fn nanoseconds(self) -> u64 {
        let seconds = u64::try_from(self.seconds).unwrap_or(0);
        seconds
            .saturating_mul(SECOND)
            .saturating_add(u64::try_from(self.nanoseconds).unwrap_or(0))
    }

    fn of(nanoseconds: u64) -> Timespec {
        Timespec {
            seconds: (nanoseconds / SECOND) as i64,
            nanoseconds: (nanoseconds % SECOND) as i64,
        }
    }
}

/// libc's `syscall`, which the real `std`, our own and crates call for what has no function.
///
/// # Safety
///
/// As for the call with this number.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(
    number: c_long,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> c_long {
    if scheduler::decides() {
        match number {
            SYS_FUTEX => {
                // SAFETY: the caller's promise.
                if let Some(result) = unsafe { futex([a, b, c, d, e, f]) } {
                    return result;
                }
            }
            // SAFETY: the caller's promise.
            SYS_GETRANDOM => return unsafe { getrandom(a as *mut u8, b, 0) } as c_long,
            SYS_CLOCK_GETTIME => {
                // SAFETY: the caller's promise.
                return unsafe { clock_gettime(a as c_int, b as *mut Timespec) }.into();
            }
            _ => {}
        }
    }
    // SAFETY: the caller's promise.
    unsafe { system::system_call(number, [a, b, c, d, e, f]) }
}

/// Sleeping on a word and waking sleepers; `None` for what is left to the system.
///
/// # Safety
///
/// The arguments are those of the system call.
unsafe fn futex([at, operation, value, time, second, bits]: [usize; 6]) -> Option<c_long> {
    const WAIT: usize = 0;
    const WAKE: usize = 1;
    const REQUEUE: usize = 3;
    const COMPARE_REQUEUE: usize = 4;
    const WAIT_BITSET: usize = 9;
    const WAKE_BITSET: usize = 10;
    const REAL_TIME: usize = 256;
    Some(match operation & 0x7f {
        kind @ (WAIT | WAIT_BITSET) => {
            // SAFETY: the caller's word.
            let word = unsafe { AtomicU32::from_ptr(at as *mut u32) };
            if word.load(std::sync::atomic::Ordering::SeqCst) != value as u32 {
                system::set_errno(EAGAIN);
                return Some(-1);
            }
            // SAFETY: the caller's time, if it gives one.
            let time = unsafe { (time as *const Timespec).as_ref() };
            let time = time.map(|time| {
                let given = time.nanoseconds();
                let past = match kind {
                    WAIT => 0,
                    _ if operation & REAL_TIME != 0 => scheduler::clock() + REAL_TIME_S * SECOND,
                    _ => scheduler::clock(),
                };
                given.saturating_sub(past)
            });
            match scheduler::wait(at, time) {
                Woken::ByThread => 0,
                Woken::ByTime => {
                    system::set_errno(ETIMEDOUT);
                    -1
                }
            }
        }
        WAKE | WAKE_BITSET => scheduler::wake(at, value) as c_long,
        REQUEUE | COMPARE_REQUEUE => {
            if operation & 0x7f == COMPARE_REQUEUE {
                // SAFETY: the caller's word.
                let word = unsafe { AtomicU32::from_ptr(at as *mut u32) };
                if word.load(std::sync::atomic::Ordering::SeqCst) != bits as u32 {
                    system::set_errno(EAGAIN);
                    return Some(-1);
                }
            }
            let woken = scheduler::wake(at, value);
            (woken + scheduler::move_waiters(at, second, time)) as c_long
        }
        _ => return None,
    })
}

// SAFETY: libc's function of this name has this form.
static CLOCK_GETTIME: Real<unsafe extern "C" fn(c_int, *mut Timespec) -> c_int> =
    unsafe { Real::new(c"clock_gettime") };

/// # Safety
///
/// `time` is valid.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int {
    const REAL_TIME: [c_int; 2] = [0, 5];
    const MONOTONIC: [c_int; 4] = [1, 4, 6, 7];
    const USED_TIME: [c_int; 2] = [2, 3];
    const DEVICE: c_int = 3;
    if scheduler::decides() {
        // Those of single threads are negative, and told from clocks of devices by their last bits.
        let of_thread = clock < 0 && clock & 7 != DEVICE;
        if USED_TIME.contains(&clock) || of_thread {
            // SAFETY: the caller's promise.
            unsafe { *time = Timespec::of(scheduler::used_time()) };
            return 0;
        }
        let beginning = match clock {
            clock if REAL_TIME.contains(&clock) => Some(REAL_TIME_S * SECOND),
            clock if MONOTONIC.contains(&clock) => Some(0),
            _ => None,
        };
        if let Some(beginning) = beginning {
            if scheduler::has_just_looked() && !std::probe::is_look_for_wait() {
                let nothing = (Object::NONE, Object::NONE);
                // Who asks is not instrumented: only who called the function that asks is known.
                let site = places::of_caller().unwrap_or(Site::of_program(0));
                scheduler::point(Operation::Clock, nothing, false, site);
            }
            // SAFETY: the caller's promise.
            unsafe { *time = Timespec::of(beginning + scheduler::clock()) };
            return 0;
        }
    }
    let function = CLOCK_GETTIME.function();
    // SAFETY: the caller's promise.
    unsafe { function(clock, time) }
}

// SAFETY: libc's function of this name has this form.
static NANOSLEEP: Real<unsafe extern "C" fn(*const Timespec, *mut Timespec) -> c_int> =
    unsafe { Real::new(c"nanosleep") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn nanosleep(time: *const Timespec, rest: *mut Timespec) -> c_int {
    if scheduler::decides() {
        // SAFETY: the caller's promise.
        let time = unsafe { *time };
        scheduler::wait(0, Some(time.nanoseconds()));
        return 0;
    }
    let function = NANOSLEEP.function();
    // SAFETY: the caller's promise.
    unsafe { function(time, rest) }
}

// SAFETY: libc's function of this name has this form.
static CLOCK_NANOSLEEP: Real<
    unsafe extern "C" fn(c_int, c_int, *const Timespec, *mut Timespec) -> c_int,
> = unsafe { Real::new(c"clock_nanosleep") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_nanosleep(
    clock: c_int,
    flags: c_int,
    time: *const Timespec,
    rest: *mut Timespec,
) -> c_int {
    const ABSOLUTE: c_int = 1;
    if scheduler::decides() {
        // SAFETY: the caller's promise.
        let given = unsafe { *time }.nanoseconds();
        let past = match (flags & ABSOLUTE != 0, clock) {
            (false, _) => 0,
            (true, 0) => scheduler::clock() + REAL_TIME_S * SECOND,
            (true, _) => scheduler::clock(),
        };
        scheduler::wait(0, Some(given.saturating_sub(past)));
        return 0;
    }
    let function = CLOCK_NANOSLEEP.function();
    // SAFETY: the caller's promise.
    unsafe { function(clock, flags, time, rest) }
}

// SAFETY: libc's function of this name has this form.
static GETRANDOM: Real<unsafe extern "C" fn(*mut u8, usize, u32) -> isize> =
    unsafe { Real::new(c"getrandom") };

/// # Safety
///
/// `to` has room for so many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(to: *mut u8, length: usize, flags: u32) -> isize {
    if scheduler::decides() {
        // SAFETY: the caller's promise.
        random::fill(unsafe { std::slice::from_raw_parts_mut(to, length) });
        return length as isize;
    }
    let function = GETRANDOM.function();
    // SAFETY: the caller's promise.
    unsafe { function(to, length, flags) }
}

// SAFETY: libc's function of this name has this form.
static SCHED_YIELD: Real<extern "C" fn() -> c_int> = unsafe { Real::new(c"sched_yield") };

#[unsafe(no_mangle)]
extern "C" fn sched_yield() -> c_int {
    if scheduler::decides() {
        // Within `std`'s own function it is a step already.
        if let Some(site) = places::of_caller() {
            let nothing = (Object::NONE, Object::NONE);
            scheduler::point(Operation::Yield, nothing, false, site);
        }
        return 0;
    }
    let function = SCHED_YIELD.function();
    function()
}

// SAFETY: libc's function of this name has this form.
static SCHED_GETAFFINITY: Real<unsafe extern "C" fn(c_int, usize, *mut u8) -> c_int> =
    unsafe { Real::new(c"sched_getaffinity") };

/// # Safety
///
/// `set` has room for so many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn sched_getaffinity(process: c_int, length: usize, set: *mut u8) -> c_int {
    if scheduler::decides() && length >= size_of::<u64>() {
        // SAFETY: the caller's promise.
        let set = unsafe { std::slice::from_raw_parts_mut(set, length) };
        set.fill(0);
        set[0] = (1 << PROCESSORS) - 1;
        return 0;
    }
    let function = SCHED_GETAFFINITY.function();
    // SAFETY: the caller's promise.
    unsafe { function(process, length, set) }
}
