//! Plain accesses to memory: none is a point, but each is checked for a data race.

use std::ffi::c_int;
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

/// An access of any length, by the instruction before `after`.
#[inline]
fn range(address: *const u8, length: usize, writes: bool, after: usize) {
    if scheduler::checks() && !places::is_twins(after) {
        tell_range(address, length, writes, after);
    }
}

#[inline(never)]
fn tell_range(address: *const u8, length: usize, writes: bool, after: usize) {
    if length > 0
        && let Some(place) = places::of_instruction(after)
        && !places::is_own(address as usize)
    {
        scheduler::plain(address as usize, length, writes, place);
    }
}

/// Functions of three arguments (or fewer), which pass on where they were called as the fourth.
macro_rules! ranges {
    ($($module:ident: $name:literal, $function:path;)*) => {
        $(
            mod $module {
                /// # Safety
                ///
                /// To be called by the compiler's instrumentation.
                #[unsafe(naked)]
                #[unsafe(export_name = $name)]
                unsafe extern "C" fn called() {
                    #[cfg(target_arch = "x86_64")]
                    std::arch::naked_asm!(
                        "mov rcx, [rsp]",
                        "jmp {function}",
                        function = sym $function,
                    );
                    #[cfg(target_arch = "aarch64")]
                    std::arch::naked_asm!(
                        "mov x3, x30",
                        "b {function}",
                        function = sym $function,
                    );
                }
            }
        )*
    };
}

ranges! {
    vptr_update: "__tsan_vptr_update", super::vptr_updated;
    read_range: "__tsan_read_range", super::range_read;
    write_range: "__tsan_write_range", super::range_written;
    copy: "__tsan_memcpy", super::copied;
    move_bytes: "__tsan_memmove", super::moved;
    fill: "__tsan_memset", super::filled;
}

extern "C" fn vptr_updated(at: *const u8, _: usize, _: usize, after: usize) {
    range(at, size_of::<usize>(), true, after);
}

extern "C" fn range_read(at: *const u8, length: usize, _: usize, after: usize) {
    range(at, length, false, after);
}

extern "C" fn range_written(at: *const u8, length: usize, _: usize, after: usize) {
    range(at, length, true, after);
}

unsafe extern "C" fn copied(to: *mut u8, from: *const u8, length: usize, after: usize) -> *mut u8 {
    range(from, length, false, after);
    range(to, length, true, after);
    // SAFETY: the program's own call of `memcpy`.
    unsafe { ptr::copy_nonoverlapping(from, to, length) };
    to
}

unsafe extern "C" fn moved(to: *mut u8, from: *const u8, length: usize, after: usize) -> *mut u8 {
    range(from, length, false, after);
    range(to, length, true, after);
    // SAFETY: the program's own call of `memmove`.
    unsafe { ptr::copy(from, to, length) };
    to
}

unsafe extern "C" fn filled(to: *mut u8, value: c_int, length: usize, after: usize) -> *mut u8 {
    range(to, length, true, after);
    // SAFETY: the program's own call of `memset`.
    unsafe { ptr::write_bytes(to, value as u8, length) };
    to
}
