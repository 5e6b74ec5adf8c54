//! Where this library itself lies, and what memory the process may write.

use std::ffi::{c_char, c_int, c_void};
use std::fs;
use std::ops::Range;

/// What the dynamic linker tells of an object.
#[repr(C)]
struct Object {
    base: usize,
    name: *const c_char,
    parts: *const Part,
    count: u16,
}

/// A program header of 64-bit ELF.
#[repr(C)]
struct Part {
    kind: u32,
    flags: u32,
    offset: usize,
    at: usize,
    physical: usize,
    in_file: usize,
    length: usize,
    align: usize,
}

type Each = extern "C" fn(*const Object, usize, *mut c_void) -> c_int;

unsafe extern "C" {
    fn dl_iterate_phdr(each: Each, data: *mut c_void) -> c_int;
}

const PAGE: usize = 4096;
const LOADED: u32 = 1;
const EXECUTED: u32 = 1;
const WRITTEN: u32 = 2;

/// The parts of this library, with what may be done there.
fn parts() -> Vec<(u32, Range<usize>)> {
    extern "C" fn each(object: *const Object, _: usize, found: *mut c_void) -> c_int {
        let here = parts as fn() -> _ as usize;
        // SAFETY: the linker tells of an object that is loaded, and `found` is what `parts` gave.
        let (object, parts, found) = unsafe {
            let object = &*object;
            let parts = std::slice::from_raw_parts(object.parts, usize::from(object.count));
            (
                object,
                parts,
                &mut *found.cast::<Vec<(u32, Range<usize>)>>(),
            )
        };
        let loaded = parts.iter().filter(|part| part.kind == LOADED);
        let loaded: Vec<_> = loaded
            .map(|part| {
                let from = object.base + part.at;
                (
                    part.flags,
                    from & !(PAGE - 1)..(from + part.length).next_multiple_of(PAGE),
                )
            })
            .collect();
        if !loaded.iter().any(|(_, range)| range.contains(&here)) {
            return 0;
        }
        *found = loaded;
        1
    }
    let mut found = Vec::new();
    // SAFETY: the function is called before this returns, with this pointer.
    unsafe { dl_iterate_phdr(each, (&raw mut found).cast()) };
    found
}

/// Where this library's variables lie.
pub fn variables() -> impl Iterator<Item = Range<usize>> {
    let written = |(flags, _): &(u32, _)| flags & WRITTEN != 0;
    parts().into_iter().filter(written).map(|(_, range)| range)
}

/// Where its code lies.
pub fn code() -> Option<Range<usize>> {
    let executed = |(flags, _): &(u32, _)| flags & EXECUTED != 0;
    parts().into_iter().find(executed).map(|(_, range)| range)
}

/// The memory that the process alone may write, but for the stack of its first thread.
pub fn writable() -> Vec<Range<usize>> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let range = |line: &str| {
        let mut words = line.split_whitespace();
        let (from, to) = words.next()?.split_once('-')?;
        let mine = words.next()?.starts_with("rw-p") && !line.ends_with("[stack]");
        let from = usize::from_str_radix(from, 16).ok()?;
        let to = usize::from_str_radix(to, 16).ok()?;
        mine.then_some(from..to)
    };
    maps.lines().filter_map(range).collect()
}
