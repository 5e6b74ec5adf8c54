//! The file descriptors that the kernel hands to the cell process, and what travels through them.

use command_fds::{CommandFdExt, FdMapping};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable by which evcxr marks a cell process.
pub const IS_RUNTIME: &str = "EVCXR_IS_RUNTIME";
/// The variable that says which object is run as a whole program. No argument does, since the
/// program sees its arguments.
pub const PROGRAM_OBJECT: &str = "FEARLESS_PROGRAM";
/// The variable that says that the program is explored, and how (`control/src/orders.rs`).
pub const EXPLORE: &str = "FEARLESS_EXPLORE";
/// The variable that says that the program is run again and again (`fork_server.rs`).
pub const REPEATED: &str = "FEARLESS_REPEATED";
/// What it says where one process may do run after run (`rewind.rs`).
pub const IN_ONE_PROCESS: &str = "in one process";
/// What it says else.
pub const BY_COPIES: &str = "by copies";
/// The function that a whole program's object exports.
pub const PROGRAM_ENTRY: &str = "fearless_program";

/// The recording.
pub const RECORDING: i32 = 3;
/// The pipe for output frames.
pub const OUTPUT: i32 = 4;
/// The pipe behind descriptor 1, for what does not come through our `std`.
const RAW_STDOUT: i32 = 5;
/// The pipe behind descriptor 2.
const RAW_STDERR: i32 = 6;
/// A small file with the number of the cell that is about to run.
const CELL_NUMBER: i32 = 7;
/// evcxr's protocol: the original stdout.
pub const PROTOCOL: i32 = 8;
/// The socket through which a process that is copied for each run gets its orders.
pub const ORDERS: i32 = 9;

const STANDARD: &str = "FEARLESS_STANDARD";

/// The kernel's side of them.
#[derive(Debug)]
pub struct Handed {
    /// The recording's file.
    pub recording: OwnedFd,
    /// The writing ends of the pipes.
    pub output: OwnedFd,
    /// For descriptor 1.
    pub raw_stdout: OwnedFd,
    /// For descriptor 2.
    pub raw_stderr: OwnedFd,
    /// See [`CellNumber`].
    pub cell_number: OwnedFd,
    /// For [`ORDERS`].
    pub orders: Option<OwnedFd>,
}

impl Handed {
    /// Makes `command` start a cell process that has them, with our `std` at `standard`.
    ///
    /// # Errors
    /// When two of them are to become the same descriptor, which would be a mistake in this file.
    pub fn give_to(self, command: &mut Command, standard: &Path) -> std::io::Result<()> {
        let mapping = |parent_fd, child_fd| FdMapping {
            parent_fd,
            child_fd,
        };
        command.env(STANDARD, standard);
        let mut mappings = vec![
            mapping(self.recording, RECORDING),
            mapping(self.output, OUTPUT),
            mapping(self.raw_stdout, RAW_STDOUT),
            mapping(self.raw_stderr, RAW_STDERR),
            mapping(self.cell_number, CELL_NUMBER),
        ];
        mappings.extend(self.orders.map(|orders| mapping(orders, ORDERS)));
        command
            .fd_mappings(mappings)
            .map_err(std::io::Error::other)?;
        Ok(())
    }
}

/// Our `std`, or `None` in a process that runs against the real one.
pub(super) fn standard_library() -> Option<PathBuf> {
    let recorded = orders().is_some_and(|(_, recorded)| recorded);
    std::env::var_os(STANDARD)
        .filter(|_| recorded)
        .map(PathBuf::from)
}

/// Takes evcxr's stdout away from descriptor 1, which user code can reach, and returns it.
pub(super) fn take_protocol() -> std::io::Result<File> {
    let protocol = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), PROTOCOL)?;
    if standard_library().is_none() {
        // evcxr's generated code prints its markers through the real std here.
        return Ok(File::from(protocol));
    }
    for (number, replace) in [
        (
            RAW_STDOUT,
            rustix::stdio::dup2_stdout as fn(File) -> rustix::io::Result<()>,
        ),
        (
            RAW_STDERR,
            rustix::stdio::dup2_stderr as fn(File) -> rustix::io::Result<()>,
        ),
    ] {
        let pipe = inherited(number)?;
        replace(pipe)?;
    }
    Ok(File::from(protocol))
}

/// An inherited descriptor, opened once more.
fn inherited(number: i32) -> std::io::Result<File> {
    File::options()
        .read(number == CELL_NUMBER)
        .write(number != CELL_NUMBER)
        .open(format!("/proc/self/fd/{number}"))
}

/// The number of the cell that is about to run, and whether it is recorded.
fn orders() -> Option<(u32, bool)> {
    let mut bytes = [0; 8];
    inherited(CELL_NUMBER)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .ok()?;
    let [a, b, c, d, recorded, ..] = bytes;
    Some((u32::from_le_bytes([a, b, c, d]), recorded != 0))
}

/// The number of the cell that is about to run.
pub(super) fn current_cell() -> u32 {
    orders().map_or(0, |(cell, _)| cell)
}

/// Tells the cell process which cell it is about to run, before evcxr sends the cell, and whether
/// it is to record at all, before it starts.
#[derive(Debug)]
pub struct CellNumber {
    file: File,
    recorded: bool,
    written: Option<(u32, bool)>,
}

impl CellNumber {
    /// A new one, without a name in the file system.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn new() -> std::io::Result<CellNumber> {
        let mut number = CellNumber {
            file: tempfile::tempfile()?,
            recorded: true,
            written: None,
        };
        number.set(0)?;
        Ok(number)
    }

    /// The descriptor to hand over.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub fn share(&self) -> std::io::Result<OwnedFd> {
        self.file.as_fd().try_clone_to_owned()
    }

    /// Whether processes that start from now on record.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn set_recorded(&mut self, recorded: bool) -> std::io::Result<()> {
        self.recorded = recorded;
        self.set(0)
    }

    /// Writes the number.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn set(&mut self, cell: u32) -> std::io::Result<()> {
        let orders = Some((cell, self.recorded));
        if self.written == orders {
            return Ok(());
        }
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&cell.to_le_bytes());
        bytes[4] = self.recorded.into();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&bytes)?;
        self.written = orders;
        Ok(())
    }
}
