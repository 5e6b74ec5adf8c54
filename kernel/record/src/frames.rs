//! From where a function was called: the return addresses on the calling thread's stack, and which
//! of them lie in the code of cells.

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod cells;

use std::ffi::{c_int, c_void};
use std::ops::ControlFlow;
use std::ptr::from_mut;

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub use cells::calls_in_cell;

/// What the names of the libraries begin with that cells and programs are compiled to.
pub const CELL_LIBRARIES: [&str; 2] = ["libcode_", "libprogram_"];

/// So many different calls in a cell's library are kept. Between a person's line and a crate's own
/// code stand the crate's generic functions, which are compiled into the cell.
const MOST: usize = 48;

/// `_URC_NO_REASON` and `_URC_END_OF_STACK` of the C++ ABI: go on, and stop.
const GO_ON: c_int = 0;
const STOP: c_int = 5;

// SAFETY: these are functions of libgcc_s by these names, with their signatures.
unsafe extern "C" {
    fn _Unwind_Backtrace(
        step: extern "C" fn(*mut c_void, *mut c_void) -> c_int,
        data: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetIP(context: *mut c_void) -> usize;
}

/// Calls in the library of one cell, the innermost first, each once.
#[derive(Debug)]
pub struct CallsInCell {
    /// The library's path.
    pub library: &'static str,
    offsets: [u64; MOST],
    length: usize,
}

impl CallsInCell {
    /// Offsets in the library: each lies within the instruction that calls.
    pub fn offsets(&self) -> &[u64] {
        &self.offsets[..self.length]
    }
}

/// Goes through the addresses that the calling function, its caller and so on will return to, each
/// less one, since a return address may be the next function's first.
pub fn walk(mut each: impl FnMut(usize) -> ControlFlow<()>) {
    let mut each: &mut dyn FnMut(usize) -> ControlFlow<()> = &mut each;
    // SAFETY: `step` is called with what is given here, and only until this returns.
    unsafe { _Unwind_Backtrace(step, from_mut(&mut each).cast()) };
}

extern "C" fn step(context: *mut c_void, data: *mut c_void) -> c_int {
    // SAFETY: what `walk` gave: its closure, which nobody else calls meanwhile.
    let each = unsafe { &mut *data.cast::<&mut dyn FnMut(usize) -> ControlFlow<()>>() };
    // SAFETY: the unwinder's own context, in its call.
    let address = unsafe { _Unwind_GetIP(context) };
    match each(address.wrapping_sub(1)) {
        ControlFlow::Continue(()) => GO_ON,
        ControlFlow::Break(()) => STOP,
    }
}

/// Where the dynamic linker is another one than Linux's, that is not known.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub fn calls_in_cell() -> Option<CallsInCell> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_begins_within_its_caller_and_ends_when_it_is_told() {
        let mut addresses = Vec::new();
        walk(|address| {
            addresses.push(address);
            match addresses.len() {
                2 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        assert_eq!(addresses.len(), 2);
        let image = crate::memory::image_of(addresses[0]).unwrap();
        assert!(image.contains("record"), "{image}");
    }

    #[test]
    fn no_cell_s_code_is_on_the_stack_of_a_test() {
        assert!(calls_in_cell().is_none());
    }
}
