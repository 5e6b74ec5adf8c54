//! What can go wrong with the toolchain.

use std::path::{Path, PathBuf};
use thiserror::Error;

/// What can go wrong with the toolchain; each message names the next step.
#[derive(Debug, Error)]
pub enum Error {
    /// `rustc` or `cargo` is not there.
    #[error(
        "cannot find `{tool}`: install Rust 1.95 or newer (https://rustup.rs), or set FEARLESS_RUST to the folder in which `rustc` and `cargo` are. Looked in {looked}"
    )]
    Missing {
        /// Which one.
        tool: &'static str,
        /// Where, and what was wrong with what was there.
        looked: String,
    },
    /// Nothing links.
    #[error(
        "cannot find a C linker (`cc`): install one (`apt install build-essential`, `dnf install gcc`, `xcode-select --install`), or, without the rights to, `pip install ziglang` into the Python that runs Jupyter"
    )]
    NoLinker,
    /// A file in the notebook's folder asks for a toolchain that isn't there.
    #[error(
        "the file `{file}` asks for a Rust toolchain that isn't installed: {cause}. Run `rustup toolchain install` in that folder (Fearless needs Rust 1.95 or newer), or change the file"
    )]
    Toolchain {
        /// The file.
        file: PathBuf,
        /// rustup's first line.
        cause: String,
    },
    /// A tool could not be started or failed.
    #[error("`{command}` failed: {cause}")]
    Tool {
        /// The command line.
        command: String,
        /// What it said.
        cause: String,
    },
    /// Our `std` does not compile with the user's rustc.
    #[error(
        "this toolchain ({rustc}) cannot compile Fearless's recording `std`: use Rust 1.95 or a newer Fearless.\n{diagnostics}"
    )]
    Standard {
        /// `rustc --version`.
        rustc: String,
        /// rustc's own words.
        diagnostics: String,
    },
    /// Crates don't link.
    #[error("the dependencies can't be linked to one library:\n{messages}")]
    Crates {
        /// What rustc and the linker said.
        messages: String,
    },
    /// No library sources.
    #[error(
        "the standard library's sources are not installed: cells run all the same, but completion and inspection don't know it. Run `rustup component add rust-src`, or install Debian's `rust-web-src`, or set RUST_SRC_PATH to a `library` folder"
    )]
    NoLibrarySources,
    /// A file operation failed.
    #[error("cannot {operation} `{path}`: {cause}")]
    File {
        /// "create", "lock", …
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        cause: std::io::Error,
    },
}

impl Error {
    /// The message; for a file operation, which is one in the cache, with the next step.
    pub fn with_next_step(self) -> String {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match &self {
            Error::File { cause, .. } if matches!(cause.kind(), StorageFull | QuotaExceeded) => {
                format!(
                    "the disk is full: {self}. Make room, or set FEARLESS_CACHE to a folder that has some, and restart the kernel"
                )
            }
            Error::File { .. } => format!(
                "{self}; set FEARLESS_CACHE to a folder that can be written and has room, and restart the kernel"
            ),
            _ => self.to_string(),
        }
    }

    /// Whether a file was missing in this folder or one below.
    pub(crate) fn is_of_missing_in(&self, folder: &Path) -> bool {
        matches!(self, Error::File { path, cause, .. }
            if cause.kind() == std::io::ErrorKind::NotFound && path.starts_with(folder))
    }

    /// For `map_err`: starting a program.
    pub(crate) fn tool(
        command: &std::process::Command,
    ) -> impl FnOnce(std::io::Error) -> Error + use<> {
        let command = command.get_program().to_string_lossy().into_owned();
        move |cause| Error::Tool {
            command,
            cause: cause.to_string(),
        }
    }

    /// For `map_err`: a file operation on a path.
    pub(crate) fn file(
        operation: &'static str,
        path: &Path,
    ) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |cause| Error::File {
            operation,
            path,
            cause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_in_a_folder_is_known() {
        let failed = |path: &str, kind: std::io::ErrorKind| {
            Error::file("read", Path::new(path))(kind.into()).is_of_missing_in(Path::new("/a"))
        };
        assert!(failed("/a/b", std::io::ErrorKind::NotFound));
        assert!(!failed("/a/b", std::io::ErrorKind::PermissionDenied));
        assert!(!failed("/c/b", std::io::ErrorKind::NotFound));
    }

    #[test]
    fn a_full_disk_is_called_so() {
        let told = |kind: std::io::ErrorKind| {
            let failed = Error::file("write", Path::new("/a/b"));
            failed(kind.into()).with_next_step()
        };
        assert!(
            told(std::io::ErrorKind::StorageFull).starts_with("the disk is full: cannot write")
        );
        assert!(told(std::io::ErrorKind::NotFound).starts_with("cannot write `/a/b`"));
    }
}
