//! From where a panic was called: addresses alone.
//!
//! For the names of functions the real library reads the symbols of every library in the process,
//! which takes a tenth of a second and more at a process's first panic: a time that the thread seems
//! to run, and perhaps to hold a lock. So the kernel looks for those that it shows, the cells'.

use real::ffi::{CStr, c_char, c_int, c_void};
use real::fmt::Write;
use real::prelude::rust_2024::*;
use real::ptr::{from_mut, null, null_mut};

/// So many of them at most: a recursion without end has too many for a person.
const MOST: usize = 128;

/// `_URC_NO_REASON` and `_URC_END_OF_STACK` of the C++ ABI: go on, and stop.
const GO_ON: c_int = 0;
const STOP: c_int = 5;

/// What the dynamic linker knows of an address; its layout is the system's.
#[repr(C)]
struct Known {
    file: *const c_char,
    base: *mut c_void,
    symbol: *const c_char,
    symbol_at: *mut c_void,
}

// SAFETY: these are the functions of libgcc_s and libc by these names, with their signatures.
unsafe extern "C" {
    fn _Unwind_Backtrace(
        step: extern "C" fn(*mut c_void, *mut c_void) -> c_int,
        data: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetIP(context: *mut c_void) -> usize;
    fn dladdr(address: *const c_void, known: *mut Known) -> c_int;
}

/// A line for each caller, innermost first: `@FILE+OFFSET`, the offset in hexadecimal digits.
pub(super) fn callers() -> String {
    let mut addresses: Vec<usize> = Vec::with_capacity(MOST);
    // SAFETY: `step` is called with what is given here, and only until this returns.
    unsafe { _Unwind_Backtrace(step, from_mut(&mut addresses).cast()) };
    let mut text = String::new();
    for address in addresses {
        // The return address may be the next function's first.
        let address = address.wrapping_sub(1);
        let mut known = Known {
            file: null(),
            base: null_mut(),
            symbol: null(),
            symbol_at: null_mut(),
        };
        // SAFETY: it only looks at the address, and writes to the structure.
        let is_known = unsafe { dladdr(address as *const c_void, &raw mut known) } != 0;
        if is_known && !known.file.is_null() {
            // SAFETY: the linker's own text, which stays as long as the library is loaded: the
            // cell's code that is running.
            let file = unsafe { CStr::from_ptr(known.file) }.to_string_lossy();
            let offset = address.wrapping_sub(known.base as usize);
            let _ = real::writeln!(text, "@{file}+{offset:x}");
        }
    }
    text
}

extern "C" fn step(context: *mut c_void, data: *mut c_void) -> c_int {
    // SAFETY: what `callers` gave: its list, which nobody else has meanwhile.
    let addresses = unsafe { &mut *data.cast::<Vec<usize>>() };
    if addresses.len() == MOST {
        return STOP;
    }
    // SAFETY: the unwinder's own context, in its call.
    addresses.push(unsafe { _Unwind_GetIP(context) });
    GO_ON
}
