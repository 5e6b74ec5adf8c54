//! From where a panic was called: addresses alone.
//!
//! For the names of functions the real library reads the symbols of every library in the process,
//! which takes a tenth of a second and more at a process's first panic: a time that the thread
//! seems to run, and perhaps to hold a lock. So the kernel looks for those that it shows, the
//! cells'.

use real::ffi::{CStr, c_char, c_int, c_void};
use real::fmt::Write;
use real::ops::ControlFlow;
use real::prelude::rust_2024::*;
use real::ptr::{null, null_mut};

use crate::probe::walk_frames;

/// So many of them at most: a recursion without end has too many for a person.
const MOST: usize = 128;

/// What the dynamic linker knows of an address; its layout is the system's.
#[repr(C)]
struct Known {
    file: *const c_char,
    base: *mut c_void,
    symbol: *const c_char,
    symbol_at: *mut c_void,
}

// SAFETY: the function of libc by this name, with its signature.
unsafe extern "C" {
    fn dladdr(address: *const c_void, known: *mut Known) -> c_int;
}

/// A line for each caller, innermost first: `@FILE+OFFSET`, the offset in hexadecimal digits.
pub(super) fn callers() -> String {
    let mut addresses: Vec<usize> = Vec::with_capacity(MOST);
    walk_frames(|address| {
        addresses.push(address);
        match addresses.len() {
            MOST => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    let mut text = String::new();
    for address in addresses {
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
