//! Calls in the code of cells.
//!
//! A crate that waits says only where in the crate. What tells a person more is the call in the
//! cell that led there. A cell carries no line tables, since making them takes a quarter of the
//! time to compile it: so what is kept are offsets in its library, for which the kernel finds lines
//! when a report has to show them.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ops::ControlFlow;
use std::ptr::from_mut;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use super::{CELL_LIBRARIES, CallsInCell, MOST, walk};

/// So many frames are looked at.
const DEEPEST: usize = 256;

// SAFETY: the function of libc by this name, with its signature.
unsafe extern "C" {
    fn dl_iterate_phdr(
        each: extern "C" fn(*const Loaded, usize, *mut c_void) -> c_int,
        data: *mut c_void,
    ) -> c_int;
}

/// What the dynamic linker tells of a library; its layout is the system's, for 64 bits.
#[repr(C)]
struct Loaded {
    base: usize,
    name: *const c_char,
    segments: *const Segment,
    segment_count: u16,
    /// How many libraries were ever loaded.
    loaded_so_far: u64,
}

/// An entry of a library's table of segments.
#[repr(C)]
struct Segment {
    kind: u32,
    flags: u32,
    offset: usize,
    address: usize,
    physical: usize,
    in_file: usize,
    in_memory: usize,
    align: usize,
}

/// `PT_LOAD`
const IN_MEMORY: u32 = 1;

/// The library of a cell, or the program itself, as it is loaded. It stays for ever.
#[derive(Clone, Copy)]
struct Library {
    base: usize,
    end: usize,
    /// Empty for the program, which calls cells and is called by none.
    path: &'static str,
}

/// Those that were loaded when so many libraries had been.
static LIBRARIES: RwLock<Vec<Library>> = RwLock::new(Vec::new());
static LOADED_THEN: AtomicU64 = AtomicU64::new(0);

/// The calls that led here from the code of the cell that is innermost on the stack; `None` if no
/// cell's is there.
pub fn calls_in_cell() -> Option<CallsInCell> {
    look_for_libraries();
    let libraries = LIBRARIES.read().unwrap_or_else(PoisonError::into_inner);
    let mut found: Option<(Library, CallsInCell)> = None;
    let mut depth = 0;
    walk(|address| {
        depth += 1;
        let is_in = |it: &&Library| (it.base..it.end).contains(&address);
        let library = libraries.iter().rev().find(is_in);
        if library.is_some_and(|it| it.path.is_empty()) {
            return ControlFlow::Break(());
        }
        if let Some(&library) = library {
            let (first, calls) = found.get_or_insert((
                library,
                CallsInCell {
                    library: library.path,
                    offsets: [0; MOST],
                    length: 0,
                },
            ));
            let offset = (address - library.base) as u64;
            if first.base == library.base && !calls.offsets().contains(&offset) {
                calls.offsets[calls.length] = offset;
                calls.length += 1;
            }
        }
        let is_full = found.as_ref().is_some_and(|(_, it)| it.length == MOST);
        match depth == DEEPEST || is_full {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    found.map(|(_, calls)| calls)
}

/// Notes the libraries of cells that were loaded since the last call.
fn look_for_libraries() {
    let mut loaded = 0_u64;
    // SAFETY: the function writes one number, where it is told to.
    unsafe { dl_iterate_phdr(count, from_mut(&mut loaded).cast()) };
    if loaded == LOADED_THEN.load(Ordering::Acquire) {
        return;
    }
    let mut libraries = LIBRARIES.write().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the function adds to the list that nobody else has meanwhile.
    unsafe { dl_iterate_phdr(note, from_mut(&mut *libraries).cast()) };
    LOADED_THEN.store(loaded, Ordering::Release);
}

extern "C" fn count(library: *const Loaded, _: usize, data: *mut c_void) -> c_int {
    // SAFETY: the linker's description of a library, and the number of `look_for_libraries`.
    unsafe { data.cast::<u64>().write((*library).loaded_so_far) };
    1
}

extern "C" fn note(library: *const Loaded, _: usize, data: *mut c_void) -> c_int {
    // SAFETY: the linker's description of a library, as long as it is loaded.
    let library = unsafe { &*library };
    // SAFETY: the list of `look_for_libraries`.
    let libraries = unsafe { &mut *data.cast::<Vec<Library>>() };
    if library.name.is_null() || libraries.iter().any(|it| it.base == library.base) {
        return 0;
    }
    // SAFETY: the linker's own text, which stays as it is while the library is loaded: cells' are
    // never unloaded.
    let path = unsafe { CStr::from_ptr::<'static>(library.name) };
    let path = path.to_str().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_cell = CELL_LIBRARIES.iter().any(|start| name.starts_with(start));
    if !is_cell && !path.is_empty() {
        return 0;
    }
    // SAFETY: the table that the linker has of the library's segments.
    let segments =
        unsafe { std::slice::from_raw_parts(library.segments, usize::from(library.segment_count)) };
    let ends = segments.iter().filter(|it| it.kind == IN_MEMORY);
    let end = ends.map(|it| it.address + it.in_memory).max().unwrap_or(0);
    libraries.push(Library {
        base: library.base,
        end: library.base + end,
        path,
    });
    0
}
