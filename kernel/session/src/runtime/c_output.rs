//! C's own standard output.
//!
//! To a pipe, C's library writes only now and then. Here each line is to appear at once, as in a
//! terminal, and the rest when the cell ends.

use std::ffi::{c_char, c_int, c_void};

/// `_IOLBF`: by lines.
const BY_LINES: c_int = 1;

#[cfg(target_os = "linux")]
unsafe extern "C" {
    static stdout: *mut c_void;
    fn setvbuf(stream: *mut c_void, buffer: *mut c_char, mode: c_int, size: usize) -> c_int;
    fn fflush(stream: *mut c_void) -> c_int;
}

pub(super) fn by_lines() {
    // SAFETY: `stdout` is C's stream, nothing was printed to it yet, and it brings its own buffer.
    #[cfg(target_os = "linux")]
    unsafe {
        setvbuf(stdout, std::ptr::null_mut(), BY_LINES, 0);
    }
}

pub(super) fn flush() {
    // SAFETY: `stdout` is C's stream, which locks itself.
    #[cfg(target_os = "linux")]
    unsafe {
        fflush(stdout);
    }
}
