//! Memory from the system.

use std::ffi::{c_int, c_void};
use std::ptr;

use super::Real;

unsafe extern "C" {
    fn madvise(at: *mut c_void, length: usize, advice: c_int) -> c_int;
    fn mallopt(option: c_int, value: c_int) -> c_int;
    fn mmap(
        at: *mut c_void,
        length: usize,
        protection: c_int,
        flags: c_int,
        descriptor: c_int,
        offset: i64,
    ) -> *mut c_void;
}

/// Memory that this process shares with its copies.
pub fn shared_memory(length: usize) -> std::io::Result<*mut u8> {
    const SHARED_ANONYMOUS: c_int = 0x21;
    new_memory(length, SHARED_ANONYMOUS)
}

/// Memory of this process alone.
pub fn own_memory(length: usize) -> std::io::Result<*mut u8> {
    const PRIVATE_ANONYMOUS: c_int = 0x22;
    new_memory(length, PRIVATE_ANONYMOUS)
}

/// Memory of which only that takes room which is used.
fn new_memory(length: usize, kind: c_int) -> std::io::Result<*mut u8> {
    const READ_WRITE: c_int = 3;
    const NOT_RESERVED: c_int = 0x4000;
    let kind = kind | NOT_RESERVED;
    // SAFETY: a new mapping, anywhere.
    let at = unsafe { mmap(ptr::null_mut(), length, READ_WRITE, kind, -1, 0) };
    if at as isize == -1 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(at.cast())
}

/// Lets copies of this process write to their own copies of the file behind `descriptor` that is
/// mapped at `at`.
///
/// # Safety
///
/// `at` is where the file is mapped, as long as that, and nobody else of this process uses it now.
pub unsafe fn make_private(at: *mut u8, length: usize, descriptor: i32) -> std::io::Result<()> {
    const READ_WRITE: c_int = 3;
    const PRIVATE_FIXED: c_int = 0x12;
    // SAFETY: the caller's promise: the same bytes lie there afterwards.
    let now = unsafe { mmap(at.cast(), length, READ_WRITE, PRIVATE_FIXED, descriptor, 0) };
    if now as isize == -1 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// Sets memory aside at this address, if nothing is there.
pub fn memory_at(address: usize, length: usize) -> bool {
    const READ_WRITE: c_int = 3;
    const PRIVATE_ANONYMOUS_NOT_RESERVED_IF_FREE: c_int = 0x10_4022;
    let wanted = ptr::with_exposed_provenance_mut(address);
    // SAFETY: a new mapping, where there is none.
    let at = unsafe {
        mmap(
            wanted,
            length,
            READ_WRITE,
            PRIVATE_ANONYMOUS_NOT_RESERVED_IF_FREE,
            -1,
            0,
        )
    };
    at == wanted
}

/// Has memory that was set aside be as it was then.
///
/// # Safety
///
/// It is whole pages, of which nothing is used any more.
pub unsafe fn empty(address: usize, length: usize) {
    const DONT_NEED: c_int = 4;
    // SAFETY: the caller's promise.
    unsafe { madvise(ptr::with_exposed_provenance_mut(address), length, DONT_NEED) };
}

/// Has libc take all of its memory from its first heap, so that nothing of it lies where the system
/// places what a run maps. It is put back by its end.
pub fn keep_to_one_heap() {
    const TRIM_THRESHOLD: c_int = -1;
    const TOP_PAD: c_int = -2;
    const MMAP_MAX: c_int = -4;
    const ARENA_MAX: c_int = -8;
    const AT_ONCE: c_int = 256 << 10;
    // SAFETY: settings.
    unsafe {
        mallopt(ARENA_MAX, 1);
        mallopt(MMAP_MAX, 0);
        mallopt(TOP_PAD, AT_ONCE);
        mallopt(TRIM_THRESHOLD, c_int::MAX);
    }
}

/// The pages to which the kernel writes whenever the thread goes on: what libc keeps of it, which
/// begins at `thread`, and what tells the processor that it runs on.
pub fn written_by_kernel(thread: usize) -> Vec<std::ops::Range<usize>> {
    const PAGE: usize = 4096;
    const LENGTH: usize = 64;
    // SAFETY: a variable.
    static OFFSET: Real<usize> = unsafe { Real::new(c"__rseq_offset") };
    let pages =
        |from: usize, length: usize| from & !(PAGE - 1)..(from + length).next_multiple_of(PAGE);
    let mut ranges = vec![pages(thread, PAGE)];
    let offset = ptr::with_exposed_provenance::<isize>(OFFSET.address());
    // SAFETY: null, or libc's variable of this name.
    if let Some(offset) = unsafe { offset.as_ref() } {
        ranges.push(pages(thread.wrapping_add_signed(*offset), LENGTH));
    }
    ranges
}
