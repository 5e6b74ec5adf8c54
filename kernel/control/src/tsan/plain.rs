//! Plain accesses to memory: none is a point, and none is looked at yet.

use std::ffi::{c_int, c_void};
use std::ptr;

macro_rules! accesses {
    ($($module:ident: $name:literal),* $(,)?) => {
        $(
            mod $module {
                #[unsafe(export_name = $name)]
                extern "C" fn access(_address: *const std::ffi::c_void) {}
            }
        )*
    };
}

accesses! {
    read1: "__tsan_read1", read2: "__tsan_read2", read4: "__tsan_read4", read8: "__tsan_read8",
    read16: "__tsan_read16",
    write1: "__tsan_write1", write2: "__tsan_write2", write4: "__tsan_write4",
    write8: "__tsan_write8", write16: "__tsan_write16",
    unaligned_read2: "__tsan_unaligned_read2", unaligned_read4: "__tsan_unaligned_read4",
    unaligned_read8: "__tsan_unaligned_read8", unaligned_read16: "__tsan_unaligned_read16",
    unaligned_write2: "__tsan_unaligned_write2", unaligned_write4: "__tsan_unaligned_write4",
    unaligned_write8: "__tsan_unaligned_write8", unaligned_write16: "__tsan_unaligned_write16",
    read_write1: "__tsan_read_write1", read_write2: "__tsan_read_write2",
    read_write4: "__tsan_read_write4", read_write8: "__tsan_read_write8",
    read_write16: "__tsan_read_write16",
    unaligned_read_write2: "__tsan_unaligned_read_write2",
    unaligned_read_write4: "__tsan_unaligned_read_write4",
    unaligned_read_write8: "__tsan_unaligned_read_write8",
    unaligned_read_write16: "__tsan_unaligned_read_write16",
    volatile_read1: "__tsan_volatile_read1", volatile_read2: "__tsan_volatile_read2",
    volatile_read4: "__tsan_volatile_read4", volatile_read8: "__tsan_volatile_read8",
    volatile_read16: "__tsan_volatile_read16",
    volatile_write1: "__tsan_volatile_write1", volatile_write2: "__tsan_volatile_write2",
    volatile_write4: "__tsan_volatile_write4", volatile_write8: "__tsan_volatile_write8",
    volatile_write16: "__tsan_volatile_write16",
    unaligned_volatile_read2: "__tsan_unaligned_volatile_read2",
    unaligned_volatile_read4: "__tsan_unaligned_volatile_read4",
    unaligned_volatile_read8: "__tsan_unaligned_volatile_read8",
    unaligned_volatile_read16: "__tsan_unaligned_volatile_read16",
    unaligned_volatile_write2: "__tsan_unaligned_volatile_write2",
    unaligned_volatile_write4: "__tsan_unaligned_volatile_write4",
    unaligned_volatile_write8: "__tsan_unaligned_volatile_write8",
    unaligned_volatile_write16: "__tsan_unaligned_volatile_write16",
    vptr_read: "__tsan_vptr_read",
}

#[unsafe(export_name = "__tsan_vptr_update")]
extern "C" fn vptr_update(_at: *const c_void, _value: *const c_void) {}

#[unsafe(export_name = "__tsan_read_range")]
extern "C" fn read_range(_at: *const c_void, _length: usize) {}

#[unsafe(export_name = "__tsan_write_range")]
extern "C" fn write_range(_at: *const c_void, _length: usize) {}

#[unsafe(export_name = "__tsan_memcpy")]
unsafe extern "C" fn copy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: the program's own call of `memcpy`.
    unsafe { ptr::copy_nonoverlapping(from, to, length) };
    to
}

#[unsafe(export_name = "__tsan_memmove")]
unsafe extern "C" fn move_bytes(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: the program's own call of `memmove`.
    unsafe { ptr::copy(from, to, length) };
    to
}

#[unsafe(export_name = "__tsan_memset")]
unsafe extern "C" fn fill(to: *mut u8, value: c_int, length: usize) -> *mut u8 {
    // SAFETY: the program's own call of `memset`.
    unsafe { ptr::write_bytes(to, value as u8, length) };
    to
}
