//! Why a cell process can't go on; the kernel shows it as the process's last line.

use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// What can go wrong in a cell process, apart from the cell itself.
#[derive(Debug, Error)]
pub(crate) enum RuntimeError {
    /// The kernel handed over other descriptors than this process expects.
    #[error("cannot arrange its file descriptors: {0}")]
    Descriptors(io::Error),
    /// evcxr's orders can't be read.
    #[error("cannot read its orders from stdin: {0}")]
    Orders(io::Error),
    /// What was compiled can't be loaded.
    #[error("cannot load `{object}`: {cause}")]
    Load {
        /// The shared object.
        object: PathBuf,
        /// The system's reason.
        cause: libloading::Error,
    },
    /// An object lacks a function that it was compiled to export.
    #[error("cannot find `{function}` in `{object}`: {cause}")]
    Function {
        /// The function.
        function: String,
        /// The shared object.
        object: PathBuf,
        /// The system's reason.
        cause: libloading::Error,
    },
    /// The recording can't be mapped.
    #[error("cannot map the recording: {0}")]
    Recording(io::Error),
    /// A program can't be run once more.
    #[error("cannot start a run of the program: {0}")]
    Fork(io::Error),
    /// Only our `std` asks a scheduler.
    #[error("cannot explore: this process runs against the real std")]
    NotRecorded,
    /// The kernel is gone.
    #[error("cannot tell the kernel that the cell has ended: {0}")]
    Protocol(io::Error),
}

impl RuntimeError {
    /// For `map_err`: looking up a function.
    pub(super) fn function(
        function: &str,
        object: impl Into<PathBuf>,
    ) -> impl FnOnce(libloading::Error) -> RuntimeError {
        let (function, object) = (function.to_owned(), object.into());
        move |cause| RuntimeError::Function {
            function,
            object,
            cause,
        }
    }

    /// For `map_err`: loading an object.
    pub(super) fn load(
        object: impl Into<PathBuf>,
    ) -> impl FnOnce(libloading::Error) -> RuntimeError {
        let object = object.into();
        move |cause| RuntimeError::Load { object, cause }
    }
}
