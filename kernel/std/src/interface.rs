//! The C functions by which the runtime of the cell process, which is linked to another copy of
//! the standard library, attaches the recording and marks where cells begin and end.

use crate::{cost, probe};

/// Does ahead what of [`fearless_attach`] does not hang on what the recording `region` holds.
/// The calling thread is the only one of this process, until then. What is done once and for so
/// many `threads` at once is done as well.
#[unsafe(no_mangle)]
pub extern "C" fn fearless_attach_soon(region: i32, threads: u32) {
    probe::attach_soon(region);
    if threads > 0 {
        probe::prepare_stacks(threads);
    }
}

/// Maps the recording `region`, sends output frames to `output` and evcxr's own lines to
/// `protocol`, and installs the panic hook. Returns 0 or an errno.
///
/// Threads that live at this moment, other than those that later run cells, are taken to be the
/// runtime's own: the deadlock detector does not wait for them to act.
#[unsafe(no_mangle)]
pub extern "C" fn fearless_attach(region: i32, output: i32, protocol: i32) -> i32 {
    match probe::attach(region, output, protocol) {
        Ok(()) => {
            cost::calibrate();
            crate::panic::install();
            0
        }
        Err(errno) => errno,
    }
}

/// Whether this process records already: 1 if it does.
#[unsafe(no_mangle)]
pub extern "C" fn fearless_is_recording() -> i32 {
    i32::from(probe::is_recording())
}

/// Makes the calling thread T1 of the cell with the execution count `cell`.
#[unsafe(no_mangle)]
pub extern "C" fn fearless_cell_begin(cell: u32) {
    crate::thread::become_main();
    probe::cell_begin(cell);
    crate::io::cell_begins();
}

/// Marks the end of the cell that the calling thread runs, and sends the `CellEnd` frame.
#[unsafe(no_mangle)]
pub extern "C" fn fearless_cell_end() {
    crate::io::cell_ends();
    probe::cell_end();
}
