//! What time it is, as older functions of libc tell it, which C still calls.

use std::ffi::c_int;

use super::{REAL_TIME_S, SECOND, Timespec};
use crate::scheduler;
use crate::system::Real;

/// Seconds and microseconds.
#[repr(C)]
struct Timeval {
    seconds: i64,
    microseconds: i64,
}

fn now() -> Timespec {
    Timespec::of(REAL_TIME_S * SECOND + scheduler::clock())
}

// SAFETY: libc's function of this name has this form.
static GETTIMEOFDAY: Real<unsafe extern "C" fn(*mut Timeval, *mut u8) -> c_int> =
    unsafe { Real::new(c"gettimeofday") };

/// # Safety
///
/// `time` is valid.
#[unsafe(no_mangle)]
unsafe extern "C" fn gettimeofday(time: *mut Timeval, zone: *mut u8) -> c_int {
    if scheduler::decides() {
        let now = now();
        let told = Timeval {
            seconds: now.seconds,
            microseconds: now.nanoseconds / 1000,
        };
        // SAFETY: the caller's promise.
        unsafe { *time = told };
        return 0;
    }
    let function = GETTIMEOFDAY.function();
    // SAFETY: the caller's promise.
    unsafe { function(time, zone) }
}

// SAFETY: libc's function of this name has this form.
static TIME: Real<unsafe extern "C" fn(*mut i64) -> i64> = unsafe { Real::new(c"time") };

/// # Safety
///
/// `to` is valid, or null.
#[unsafe(no_mangle)]
unsafe extern "C" fn time(to: *mut i64) -> i64 {
    if scheduler::decides() {
        let seconds = now().seconds;
        // SAFETY: the caller's promise.
        if let Some(to) = unsafe { to.as_mut() } {
            *to = seconds;
        }
        return seconds;
    }
    let function = TIME.function();
    // SAFETY: the caller's promise.
    unsafe { function(to) }
}
