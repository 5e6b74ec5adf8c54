//! What can go wrong between a kernel and the analyst.

use std::path::{Path, PathBuf};

/// An error that names what was done, and to what.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused something about a file.
    #[error("cannot {operation} `{path}`: {cause}")]
    File {
        /// Such as `create`.
        operation: &'static str,
        /// The file, folder or socket.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The folder of the socket can be used by others.
    #[error(
        "`{0}` must be a folder of yours that nobody else can enter; remove it or mend its mode"
    )]
    OpenFolder(PathBuf),
    /// The process at the other end of the socket is another user's.
    #[error("the process behind `{0}` is another user's")]
    Stranger(PathBuf),
    /// The process at the other end is of another build.
    #[error("the other end is of another version ({0})")]
    Version(String),
    /// Reading or writing failed: the other end is gone, as a rule.
    #[error("the connection broke: {0}")]
    Connection(#[from] std::io::Error),
    /// What came over the socket is no message.
    #[error("the other end sent what is no message: {0}")]
    Message(#[from] serde_json::Error),
    /// The analyst did not start.
    #[error("the analyst did not start")]
    Start,
    /// rust-analyzer could not read the project.
    #[error("cannot analyse the project in `{folder}`: {cause}")]
    Project {
        /// The folder of the cell's package.
        folder: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

impl Error {
    /// Wraps a system error with the operation and the path it was about.
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
