//! Why a kernel can't be served; each message names the next step.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::wire::endpoint::Endpoint;

/// What can go wrong before a kernel can answer.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no connection file, or it can't be read.
    #[error(
        "cannot read the connection file {}: {cause}; Jupyter writes one when it starts a kernel, so start Fearless from there (`jupyter lab`, `jupyter console --kernel fearless`)",
        path.display()
    )]
    Read {
        /// Its path.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
    /// The file is no connection file.
    #[error(
        "{} is not a connection file: {cause}; let Jupyter write it, or compare it with another kernel's in `jupyter --runtime-dir`",
        path.display()
    )]
    Parse {
        /// Its path.
        path: PathBuf,
        /// Where it stops to be one.
        cause: serde_json::Error,
    },
    /// The file asks for what is not spoken here.
    #[error("the connection file {} {problem}", path.display())]
    Connection {
        /// Its path.
        path: PathBuf,
        /// What it asks for.
        problem: Problem,
    },
    /// An address is taken, or is not ours.
    #[error(
        "cannot listen at {endpoint}: {cause}; another kernel may use it, so let Jupyter start this one with a new connection file"
    )]
    Listen {
        /// The address.
        endpoint: Endpoint,
        /// The system's reason.
        cause: io::Error,
    },
    /// The system refuses threads.
    #[error("cannot start {what}: {cause}; end other programs, and start the kernel again")]
    Start {
        /// Whose threads.
        what: &'static str,
        /// The system's reason.
        cause: io::Error,
    },
}

/// What a connection file can't ask for.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// A transport that is not spoken here.
    #[error("asks for the transport `{0}`; use `tcp` or `ipc`")]
    Transport(String),
    /// Another signature.
    #[error("asks for the signature scheme `{0}`; use `hmac-sha256`")]
    Signature(String),
    /// No address.
    #[error("has an empty `ip`; use `127.0.0.1`")]
    NoAddress,
    /// A port that the system would choose, so that nobody could find it.
    #[error("has a port 0; give each of the five channels a port of its own")]
    NoPort,
    /// Two channels at one place.
    #[error("gives one port to two channels; give each its own")]
    SharedPort,
}
