//! What a process that makes copies of itself asks the system about them, and about itself.

use std::ffi::c_int;
use std::io;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, WaitOptions, waitpid};

/// The folder with a folder for each thread of this process.
pub const THREADS: &str = "/proc/self/task";

unsafe extern "C" {
    /// Ends the process as C does. The standard library's own way would first take down what this
    /// process has of it and the program has not, which takes a fourteenth of a small run.
    pub safe fn exit(code: c_int) -> !;
    /// The same, without what is to be done at the end.
    pub safe fn _exit(code: c_int) -> !;
}

/// Waits for a process's end; how that came, as `wait(2)` tells.
///
/// # Errors
/// Where it is no child of this one.
pub fn wait_for(process: Pid) -> io::Result<c_int> {
    loop {
        match waitpid(Some(process), WaitOptions::empty()) {
            Ok(Some((_, status))) => return Ok(status.as_raw()),
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits until a process, of which `ends` is the descriptor, has said something to `told`: `false`
/// where it has ended instead.
///
/// # Errors
/// Where the system fails.
pub fn speaks(told: &impl AsFd, ends: &impl AsFd) -> io::Result<bool> {
    let mut waiting =
        [told.as_fd(), ends.as_fd()].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
    loop {
        match poll(&mut waiting, None) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(waiting[0].revents().contains(PollFlags::IN)),
        }
    }
}

/// Whether this process has one thread.
pub fn has_one_thread() -> bool {
    // A folder has two links, and one more for each folder in it.
    rustix::fs::stat(THREADS).is_ok_and(|folder| folder.st_nlink == 3)
}
