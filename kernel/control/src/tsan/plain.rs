//! Plain accesses to memory: none is a point, but each is checked for a data race.

use std::ffi::{c_int, c_void};
use std::ptr;

use crate::{places, scheduler};

/// An access of so many bytes at `address`, by the instruction before `after`. The last argument is
/// the number of bytes, twice, and one more for a write.
extern "C" fn accessed(address: usize, after: usize, what: usize) {
    // Most are not to be told, and are over here.
    if scheduler::checks() && !places::is_twins(after) {
        tell(address, after, what);
    }
}

#[inline(never)]
fn tell(address: usize, after: usize, what: usize) {
    if let Some(place) = places::of_instruction(after)
        && !places::is_own(address)
    {
        scheduler::plain(address, what >> 1, what & 1 != 0, place);
    }
}

/// Functions that are told an address, and pass on where they were called.
macro_rules! accesses {
    ($($module:ident: $name:literal, $size:literal, $writes:literal;)*) => {
        $(
            mod $module {
                use super::*;

                /// # Safety
                ///
                /// To be called by the compiler's instrumentation.
                #[unsafe(naked)]
                #[unsafe(export_name = $name)]
                unsafe extern "C" fn access(address: usize) {
                    const WHAT: usize = $size << 1 | $writes as usize;
                    #[cfg(target_arch = "x86_64")]
                    std::arch::naked_asm!(
                        "mov rsi, [rsp]",
                        "mov edx, {what}",
                        "jmp {accessed}",
                        what = const WHAT,
                        accessed = sym accessed,
                    );
                    #[cfg(target_arch = "aarch64")]
                    std::arch::naked_asm!(
                        "mov x1, x30",
                        "mov x2, {what}",
                        "b {accessed}",
                        what = const WHAT,
                        accessed = sym accessed,
                    );
                }
            }
        )*
    };
}

accesses! {
    read1: "__tsan_read1", 1, false;
    write1: "__tsan_write1", 1, true;
    read_write1: "__tsan_read_write1", 1, true;
    volatile_read1: "__tsan_volatile_read1", 1, false;
    volatile_write1: "__tsan_volatile_write1", 1, true;
    read2: "__tsan_read2", 2, false;
    write2: "__tsan_write2", 2, true;
    read_write2: "__tsan_read_write2", 2, true;
    volatile_read2: "__tsan_volatile_read2", 2, false;
    volatile_write2: "__tsan_volatile_write2", 2, true;
    read4: "__tsan_read4", 4, false;
    write4: "__tsan_write4", 4, true;
    read_write4: "__tsan_read_write4", 4, true;
    volatile_read4: "__tsan_volatile_read4", 4, false;
    volatile_write4: "__tsan_volatile_write4", 4, true;
    read8: "__tsan_read8", 8, false;
    write8: "__tsan_write8", 8, true;
    read_write8: "__tsan_read_write8", 8, true;
    volatile_read8: "__tsan_volatile_read8", 8, false;
    volatile_write8: "__tsan_volatile_write8", 8, true;
    read16: "__tsan_read16", 16, false;
    write16: "__tsan_write16", 16, true;
    read_write16: "__tsan_read_write16", 16, true;
    volatile_read16: "__tsan_volatile_read16", 16, false;
    volatile_write16: "__tsan_volatile_write16", 16, true;
    unaligned_read2: "__tsan_unaligned_read2", 2, false;
    unaligned_write2: "__tsan_unaligned_write2", 2, true;
    unaligned_read_write2: "__tsan_unaligned_read_write2", 2, true;
    unaligned_volatile_read2: "__tsan_unaligned_volatile_read2", 2, false;
    unaligned_volatile_write2: "__tsan_unaligned_volatile_write2", 2, true;
    unaligned_read4: "__tsan_unaligned_read4", 4, false;
    unaligned_write4: "__tsan_unaligned_write4", 4, true;
    unaligned_read_write4: "__tsan_unaligned_read_write4", 4, true;
    unaligned_volatile_read4: "__tsan_unaligned_volatile_read4", 4, false;
    unaligned_volatile_write4: "__tsan_unaligned_volatile_write4", 4, true;
    unaligned_read8: "__tsan_unaligned_read8", 8, false;
    unaligned_write8: "__tsan_unaligned_write8", 8, true;
    unaligned_read_write8: "__tsan_unaligned_read_write8", 8, true;
    unaligned_volatile_read8: "__tsan_unaligned_volatile_read8", 8, false;
    unaligned_volatile_write8: "__tsan_unaligned_volatile_write8", 8, true;
    unaligned_read16: "__tsan_unaligned_read16", 16, false;
    unaligned_write16: "__tsan_unaligned_write16", 16, true;
    unaligned_read_write16: "__tsan_unaligned_read_write16", 16, true;
    unaligned_volatile_read16: "__tsan_unaligned_volatile_read16", 16, false;
    unaligned_volatile_write16: "__tsan_unaligned_volatile_write16", 16, true;
    vptr_read: "__tsan_vptr_read", 8, false;
}

/// An access of any length, in a function that was called from the innermost place on the stack.
#[inline]
fn range(address: *const u8, length: usize, writes: bool) {
    if scheduler::checks() && !places::caller_is_twins() {
        tell_range(address, length, writes);
    }
}

#[inline(never)]
fn tell_range(address: *const u8, length: usize, writes: bool) {
    if length > 0
        && let Some(place) = places::exact_of_caller()
        && !places::is_own(address as usize)
    {
        scheduler::plain(address as usize, length, writes, place);
    }
}

/// A copy.
#[inline]
fn range_both(to: *const u8, from: *const u8, length: usize) {
    if scheduler::checks() && !places::caller_is_twins() {
        tell_range(from, length, false);
        tell_range(to, length, true);
    }
}

#[unsafe(export_name = "__tsan_vptr_update")]
extern "C" fn vptr_update(at: *const u8, _value: *const c_void) {
    range(at, size_of::<usize>(), true);
}

#[unsafe(export_name = "__tsan_read_range")]
extern "C" fn read_range(at: *const u8, length: usize) {
    range(at, length, false);
}

#[unsafe(export_name = "__tsan_write_range")]
extern "C" fn write_range(at: *const u8, length: usize) {
    range(at, length, true);
}

#[unsafe(export_name = "__tsan_memcpy")]
unsafe extern "C" fn copy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    range_both(to, from, length);
    // SAFETY: the program's own call of `memcpy`.
    unsafe { ptr::copy_nonoverlapping(from, to, length) };
    to
}

#[unsafe(export_name = "__tsan_memmove")]
unsafe extern "C" fn move_bytes(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    range_both(to, from, length);
    // SAFETY: the program's own call of `memmove`.
    unsafe { ptr::copy(from, to, length) };
    to
}

#[unsafe(export_name = "__tsan_memset")]
unsafe extern "C" fn fill(to: *mut u8, value: c_int, length: usize) -> *mut u8 {
    range(to, length, true);
    // SAFETY: the program's own call of `memset`.
    unsafe { ptr::write_bytes(to, value as u8, length) };
    to
}
