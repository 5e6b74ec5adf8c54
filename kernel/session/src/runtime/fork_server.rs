//! `:repeat`: a process that has loaded a program, and of which each run is a copy.
//!
//! Starting a process and loading a program takes ten times as long as a small program runs. A copy
//! begins where its `main` would: statics are as they were compiled, nothing is recorded, and there
//! are no threads. Runs come one after the other: two at once would take turns on the processors,
//! and so interleave in other ways than one alone.

use std::ffi::c_int;
use std::io::{self, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

use super::descriptors::{self, ORDERS};
use super::error::RuntimeError;
use super::loading::{die_with_parent, entry, load};
use super::standard::Standard;
use libloading::os::unix::RTLD_LOCAL;
use rustix::fs::{MemfdFlags, fstat, memfd_create};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{Pid, WaitOptions, getpid, getppid, waitpid};
use rustix::stdio::{dup2_stderr, dup2_stdout, stderr, stdout};

/// What this process says first: whether copies of it are what a process of their own would be.
pub const CAN_BE_COPIED: u8 = 1;

/// Loads a program and runs it, in a copy, as often as the kernel orders by a byte, which the copy
/// reads. Each run is answered by how it ended, as `wait(2)` tells.
pub(super) fn serve(object: &str, standard: &Path) -> Result<ExitCode, RuntimeError> {
    let standard = Standard::load_alone(standard)?;
    let mut orders = orders();
    let captured = Captured::begin().map_err(RuntimeError::Descriptors)?;
    let library = load(object, RTLD_LOCAL)?;
    let main = entry(object, &library)?;
    let printed = captured.end().map_err(RuntimeError::Descriptors)?;
    // A crate's initialiser may have done what each run is to do.
    let fresh = !printed && !standard.is_recording() && has_one_thread();
    orders
        .write_all(&[if fresh { CAN_BE_COPIED } else { 0 }])
        .map_err(RuntimeError::Protocol)?;
    let (this, cell) = (getpid(), descriptors::current_cell());
    loop {
        // Made ahead, while the kernel looks at what the run before has left.
        let Some(run) = copy().map_err(RuntimeError::Fork)? else {
            die_with_parent();
            let is_ordered = getppid() == Some(this) && orders.read_exact(&mut [0]).is_ok();
            drop(orders);
            if !is_ordered {
                // Without the kernel there is nothing left to do.
                exit(0);
            }
            standard.attach()?;
            standard.begin_cell(cell);
            let code = main();
            standard.cell_end();
            // The library must outlive its threads, which end with the process.
            exit(code);
        };
        let status = wait_for(run).map_err(RuntimeError::Fork)?;
        orders
            .write_all(&status.to_le_bytes())
            .map_err(RuntimeError::Protocol)?;
    }
}

fn orders() -> UnixStream {
    // SAFETY: the kernel has put this end of a socket here, and nobody else of this process has it.
    let socket = unsafe { OwnedFd::from_raw_fd(ORDERS) };
    // What a run starts has no use for it.
    let _ = rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC);
    UnixStream::from(socket)
}

/// Standard output and standard error, while something else is in their place.
struct Captured {
    file: OwnedFd,
    before: [OwnedFd; 2],
}

impl Captured {
    fn begin() -> io::Result<Captured> {
        let file = memfd_create("fearless-initialisers", MemfdFlags::CLOEXEC)?;
        let before = [
            fcntl_dupfd_cloexec(stdout(), 0)?,
            fcntl_dupfd_cloexec(stderr(), 0)?,
        ];
        dup2_stdout(&file)?;
        dup2_stderr(&file)?;
        Ok(Captured { file, before })
    }

    /// Puts them back; whether anything was printed meanwhile.
    fn end(self) -> io::Result<bool> {
        let [stdout, stderr] = self.before;
        dup2_stdout(stdout)?;
        dup2_stderr(stderr)?;
        Ok(fstat(&self.file)?.st_size > 0)
    }
}

fn has_one_thread() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1)
}

unsafe extern "C" {
    fn fork() -> c_int;
    /// Ends the process as C does. The standard library's own way would first take down what this
    /// process has of it and the program has not, which takes a fourteenth of a small run.
    safe fn exit(code: c_int) -> !;
}

/// Makes a copy of this process: its number, or `None` in the copy.
fn copy() -> io::Result<Option<Pid>> {
    // SAFETY: there is no other thread that could hold a lock in the copy: one that was there
    // before the first order has told the kernel not to order any.
    match unsafe { fork() } {
        -1 => Err(io::Error::last_os_error()),
        child => Ok(Pid::from_raw(child)),
    }
}

/// Waits for a run's end; how that came, as `wait(2)` tells.
fn wait_for(run: Pid) -> io::Result<c_int> {
    loop {
        match waitpid(Some(run), WaitOptions::empty()) {
            Ok(Some((_, status))) => return Ok(status.as_raw()),
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
