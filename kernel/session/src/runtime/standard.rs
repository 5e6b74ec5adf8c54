//! Our `std`, as loaded into the cell process: its C functions (see ARCHITECTURE.md).

use super::descriptors;
use super::error::RuntimeError;
use libloading::Library;
use libloading::os::unix::{Library as UnixLibrary, RTLD_NOW};
use std::mem::ManuallyDrop;
use std::path::Path;

pub(super) struct Standard {
    attach_soon: extern "C" fn(i32, u32),
    attach: extern "C" fn(i32, i32, i32) -> i32,
    is_recording: extern "C" fn() -> i32,
    begin: extern "C" fn(u32),
    end: extern "C" fn(),
    /// Never closed: threads run in it until the process ends.
    _library: ManuallyDrop<Library>,
}

impl Standard {
    /// Loads the library and attaches it to the recording.
    pub(super) fn load(path: &Path) -> Result<Standard, RuntimeError> {
        let standard = Standard::load_alone(path)?;
        standard.attach()?;
        Ok(standard)
    }

    /// Loads the library; nothing is recorded yet.
    pub(super) fn load_alone(path: &Path) -> Result<Standard, RuntimeError> {
        // SAFETY: the kernel built this library from its own sources; loading it only registers its
        // statics. Its functions are all found now, so that no copy of this process has to.
        let library = unsafe { UnixLibrary::open(Some(path), RTLD_NOW) }
            .map(Library::from)
            .map(ManuallyDrop::new)
            .map_err(RuntimeError::load(path))?;
        let missing = |function| RuntimeError::function(function, path);
        // SAFETY: the signatures are those of `std/src/interface.rs`, built from the same sources.
        unsafe {
            Ok(Standard {
                attach_soon: *library
                    .get::<extern "C" fn(i32, u32)>(b"fearless_attach_soon")
                    .map_err(missing("fearless_attach_soon"))?,
                attach: *library
                    .get::<extern "C" fn(i32, i32, i32) -> i32>(b"fearless_attach")
                    .map_err(missing("fearless_attach"))?,
                is_recording: *library
                    .get::<extern "C" fn() -> i32>(b"fearless_is_recording")
                    .map_err(missing("fearless_is_recording"))?,
                begin: *library
                    .get::<extern "C" fn(u32)>(b"fearless_cell_begin")
                    .map_err(missing("fearless_cell_begin"))?,
                end: *library
                    .get::<extern "C" fn()>(b"fearless_cell_end")
                    .map_err(missing("fearless_cell_end"))?,
                _library: library,
            })
        }
    }

    /// Does ahead what of [`Standard::attach`] does not hang on what the recording holds, and what
    /// is done once, and for so many threads at once.
    pub(super) fn attach_soon(&self, threads: u32) {
        (self.attach_soon)(descriptors::RECORDING, threads);
    }

    /// Attaches it to the recording that the kernel has handed over.
    pub(super) fn attach(&self) -> Result<(), RuntimeError> {
        let error = (self.attach)(
            descriptors::RECORDING,
            descriptors::OUTPUT,
            descriptors::PROTOCOL,
        );
        match error {
            0 => Ok(()),
            error => Err(RuntimeError::Recording(std::io::Error::from_raw_os_error(
                error,
            ))),
        }
    }

    /// Whether anything was recorded in this process.
    pub(super) fn is_recording(&self) -> bool {
        (self.is_recording)() != 0
    }

    /// The calling thread becomes T1 of the cell whose number the kernel has written down.
    pub(super) fn cell_begin(&self) {
        self.begin_cell(descriptors::current_cell());
    }

    /// The calling thread becomes T1 of this cell.
    pub(super) fn begin_cell(&self, cell: u32) {
        (self.begin)(cell);
    }

    /// What makes a thread T1 of a cell.
    pub(super) fn begin(&self) -> extern "C" fn(u32) {
        self.begin
    }

    pub(super) fn cell_end(&self) {
        (self.end)();
    }
}
