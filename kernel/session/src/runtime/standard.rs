//! Our `std`, as loaded into the cell process: its C functions (see ARCHITECTURE.md).

use super::descriptors;
use super::error::RuntimeError;
use libloading::Library;
use std::mem::ManuallyDrop;
use std::path::Path;

pub(super) struct Standard {
    begin: extern "C" fn(u32),
    end: extern "C" fn(),
    /// Never closed: threads run in it until the process ends.
    _library: ManuallyDrop<Library>,
}

impl Standard {
    /// Loads the library and attaches it to the recording.
    pub(super) fn load(path: &Path) -> Result<Standard, RuntimeError> {
        // SAFETY: the kernel built this library from its own sources; loading it only registers its
        // statics.
        let library = unsafe { Library::new(path) }
            .map(ManuallyDrop::new)
            .map_err(RuntimeError::load(path))?;
        let missing = |function| RuntimeError::function(function, path);
        // SAFETY: the signatures are those of `std/src/interface.rs`, built from the same sources.
        let (attach, begin, end) = unsafe {
            (
                *library
                    .get::<extern "C" fn(i32, i32, i32) -> i32>(b"fearless_attach")
                    .map_err(missing("fearless_attach"))?,
                *library
                    .get::<extern "C" fn(u32)>(b"fearless_cell_begin")
                    .map_err(missing("fearless_cell_begin"))?,
                *library
                    .get::<extern "C" fn()>(b"fearless_cell_end")
                    .map_err(missing("fearless_cell_end"))?,
            )
        };
        let error = attach(
            descriptors::RECORDING,
            descriptors::OUTPUT,
            descriptors::PROTOCOL,
        );
        if error != 0 {
            let cause = std::io::Error::from_raw_os_error(error);
            return Err(RuntimeError::Recording(cause));
        }
        Ok(Standard {
            begin,
            end,
            _library: library,
        })
    }

    /// The calling thread becomes T1 of the cell whose number the kernel has written down.
    pub(super) fn cell_begin(&self) {
        (self.begin)(descriptors::current_cell());
    }

    /// What makes a thread T1 of a cell.
    pub(super) fn begin(&self) -> extern "C" fn(u32) {
        self.begin
    }

    pub(super) fn cell_end(&self) {
        (self.end)();
    }
}
