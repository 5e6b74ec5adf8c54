//! What can go wrong between a front end and a kernel, and what to do about it.

use std::path::PathBuf;
use std::time::Duration;

/// Why a kernel could not be found, started or talked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Jupyter knows no such kernel.
    #[error("no kernel is registered under the name `{name}`; looked in {}", list(.looked_in))]
    NotRegistered {
        /// The kernelspec's name.
        name: String,
        /// The folders.
        looked_in: Vec<PathBuf>,
    },
    /// The kernelspec is no kernelspec.
    #[error("cannot read the kernelspec {}: {cause}", .path.display())]
    BadSpec {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// A file or a folder for the connection.
    #[error("cannot {operation} {}: {cause}", .path.display())]
    File {
        /// What was tried.
        operation: &'static str,
        /// Of which file.
        path: PathBuf,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// This machine gives no port on which a kernel could listen.
    #[error("cannot get a free port on 127.0.0.1: {0}")]
    NoPort(std::io::Error),
    /// The kernel's program does not start.
    #[error("cannot start {program}: {cause}")]
    NotStarted {
        /// The first of the kernelspec's `argv`.
        program: String,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// The kernel's process has ended.
    #[error("the kernel's process ended ({status}){}", said(.stderr))]
    Ended {
        /// How.
        status: String,
        /// The last that it wrote to its standard error.
        stderr: String,
    },
    /// Nobody listens, or someone who speaks no ZeroMQ.
    #[error("cannot connect to the channel {channel} at {endpoint}: {cause}")]
    Refused {
        /// The channel.
        channel: &'static str,
        /// Where it should be.
        endpoint: String,
        /// Why not.
        cause: String,
    },
    /// A message that must come did not.
    #[error("nothing came on the channel {channel} for {waited:?}; {awaited} was awaited")]
    Silent {
        /// The channel.
        channel: &'static str,
        /// What should have come.
        awaited: String,
        /// How long.
        waited: Duration,
    },
    /// What came is no message of this conversation.
    #[error("what came on the channel {channel} is no message: {cause}")]
    BadMessage {
        /// The channel.
        channel: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// The connection broke.
    #[error("the channel {channel} broke: {cause}")]
    Broken {
        /// The channel.
        channel: &'static str,
        /// ZeroMQ's reason.
        cause: String,
    },
}

impl Error {
    /// What a person can do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::NotRegistered { .. } => {
                "run ./install.sh or `fearless install`; a kernel under a prefix is found when JUPYTER_PATH \
                 holds the prefix's share/jupyter"
            }
            Self::BadSpec { .. } => "write it anew with `fearless install`",
            Self::File { .. } => "set TMPDIR to a folder that can be written and has room",
            Self::NoPort(_) => {
                "see whether the loopback interface is up (`ip address show lo`), and whether a sandbox forbids sockets"
            }
            Self::NotStarted { .. } => {
                "the kernelspec names a program that is not there or may not be run: run ./install.sh again"
            }
            Self::Ended { .. } => "do what the kernel says; FEARLESS_LOG=debug makes it say more",
            Self::Refused { .. } => {
                "see whether a firewall or a sandbox keeps programs of this machine from each other, and try again"
            }
            Self::Silent { .. } | Self::Broken { .. } => {
                "run again with FEARLESS_LOG=debug and report what the kernel says"
            }
            Self::BadMessage { .. } => {
                "another program may have taken the port: try again, and report it if it stays"
            }
        }
    }
}

fn list(folders: &[PathBuf]) -> String {
    let shown: Vec<String> = folders
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    shown.join(", ")
}

fn said(stderr: &str) -> String {
    match stderr.trim() {
        "" => String::from(" and said nothing"),
        text => format!(": {text}"),
    }
}
