//! `:repeat` in one process: after each run its memory is put back as it was before.
//!
//! That serves programs whose runs leave nothing but memory behind (`toolchain::program::
//! changes_memory_alone`). A run ends as that of a process does: threads that still run then end
//! the process, and so does whatever else is not as it was; runs that follow are copies.

mod memory;
mod registers;

use std::fs::{self, File};
use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use super::processes::{_exit, THREADS, has_one_thread, speaks, wait_for};
use memory::{Memory, watch};
use registers::{Said, mark, say_and_go_back};
use rustix::event::pause;
use rustix::process::{
    Pid, PidfdFlags, Signal, getpid, getppid, kill_process, pidfd_open, set_child_subreaper,
    set_parent_process_death_signal,
};
use rustix::thread::{disable_transparent_huge_pages, sched_yield};

/// What the process says first, with the number of the one whose memory stays.
const READY: u8 = 1;
/// With the program's code: a run is over.
const OVER: u8 = 2;

/// How often a process looks whether it is alone, where a thread does not end.
const LOOKS: u32 = 200;
/// The same, where all others are at their end, which a busy machine may draw out.
const LOOKS_AT_END: u32 = 100_000;

/// Stack that the main thread has from the beginning, half of the usual limit: a mapping that grows
/// is not as it was.
const STACK: usize = 4 << 20;

/// What must be after a run as it was before, by the names of `/proc/…/status`: threads, how
/// signals are handled, and how much memory is mapped, writable and swapped out (what was written
/// and then swapped out looks like what was never there). Where writable memory lies, [`Memory`]
/// looks itself.
const SAME: [&str; 13] = [
    "Umask:",
    "FDSize:",
    "VmLck:",
    "VmSize:",
    "VmData:",
    "VmStk:",
    "VmSwap:",
    "Threads:",
    "SigBlk:",
    "SigIgn:",
    "SigCgt:",
    "NoNewPrivs:",
    "Seccomp:",
];

/// Whether the process goes back where it would end.
static GOES_BACK: AtomicBool = AtomicBool::new(false);
static CODE: AtomicI32 = AtomicI32::new(0);
static TELLS: AtomicI32 = AtomicI32::new(-1);
static WORD: AtomicI32 = AtomicI32::new(-1);
/// The process that goes back.
static THIS: AtomicI32 = AtomicI32::new(0);

unsafe extern "C" {
    fn atexit(handler: extern "C" fn()) -> std::ffi::c_int;
}

/// To be called before a program is loaded: what that leaves for a process's end is done by then.
pub fn prepare() {
    // A large page would be put back whole.
    let _ = disable_transparent_huge_pages(true);
    // SAFETY: the function is here for as long as the process.
    let _ = unsafe { atexit(go_back) };
}

extern "C" fn go_back() {
    if GOES_BACK.load(Ordering::Relaxed) {
        let (tells, word) = (TELLS.load(Ordering::Relaxed), WORD.load(Ordering::Relaxed));
        let over = said(OVER, CODE.load(Ordering::Relaxed));
        // SAFETY: who hears this puts the memory back, then gives the word (`Rewound::again`).
        // There are no other threads (`Rewinding::goes_back_at_exit`).
        unsafe { say_and_go_back(tells, &over, word) }
    }
}

fn said(kind: u8, number: i32) -> Said {
    let [a, b, c, d] = number.to_le_bytes();
    [kind, a, b, c, d]
}

/// The ends of two pipes that the process has which does the runs.
pub struct Rewinding {
    tells: PipeWriter,
    word: PipeReader,
}

/// Those of the process that made it.
pub struct Listening {
    told: PipeReader,
    go: PipeWriter,
}

/// Two pipes between a process and a copy of it.
///
/// # Errors
/// Without descriptors.
pub fn pipes() -> io::Result<(Listening, Rewinding)> {
    let (told, tells) = pipe()?;
    let (word, go) = pipe()?;
    Ok((Listening { told, go }, Rewinding { tells, word }))
}

impl Rewinding {
    /// Returns before each run, for the second and all later ones with all memory as it was the
    /// first time.
    ///
    /// # Errors
    /// Where the system doesn't let a process do this. Nothing has run then.
    pub fn begin(&self) -> io::Result<()> {
        have_stack();
        TELLS.store(self.tells.as_raw_fd(), Ordering::Relaxed);
        WORD.store(self.word.as_raw_fd(), Ordering::Relaxed);
        THIS.store(getpid().as_raw_pid(), Ordering::Relaxed);
        // The system writes to memory of a thread that is just about to be gone.
        if !is_alone() {
            return Err(io::Error::other("other threads run"));
        }
        std::mem::forget(watch()?);
        // SAFETY: `stay` writes to its own stack alone.
        let image = unsafe { mark(stay) };
        if image == 0 {
            return Ok(());
        }
        let image = i32::try_from(image).map_err(io::Error::other)?;
        if image < 0 {
            return Err(io::Error::from_raw_os_error(-image));
        }
        (&self.tells).write_all(&said(READY, image))?;
        (&self.word).read_exact(&mut [0])
    }

    /// Lets the process go back at its exit, with the program's code, unless other threads run.
    pub fn goes_back_at_exit(&self, code: i32) {
        if is_alone() {
            CODE.store(code, Ordering::Relaxed);
            GOES_BACK.store(true, Ordering::Relaxed);
        }
    }
}

/// What the copy does whose memory stays as it is.
extern "C" fn stay() -> ! {
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    if getppid().map(Pid::as_raw_pid) != Some(THIS.load(Ordering::Relaxed)) {
        // That one has ended already.
        _exit(0);
    }
    loop {
        pause();
    }
}

/// Lets the main thread's stack grow now. Where it may not, this process ends, and runs are copies.
fn have_stack() {
    let local = 0_u8;
    let here = (&raw const *std::hint::black_box(&local)).expose_provenance();
    let below = std::ptr::with_exposed_provenance::<u8>(here - STACK);
    // SAFETY: whatever lies so far below what is in use, down to the limit, becomes stack when it
    // is asked for, and is zeros. No thread but the main one does this.
    unsafe { below.read_volatile() };
}

/// Whether this process has one thread, or will have: those that were joined may take some time to
/// be gone.
fn is_alone() -> bool {
    let (mut looks, mut looks_at_end) = (0, 0);
    while looks < LOOKS && looks_at_end < LOOKS_AT_END {
        if has_one_thread() {
            return true;
        }
        match do_others_end() {
            true => looks_at_end += 1,
            false => looks += 1,
        }
        sched_yield();
    }
    false
}

/// Whether the system ends all threads but this one.
fn do_others_end() -> bool {
    let Ok(threads) = fs::read_dir(THREADS) else {
        return false;
    };
    let this = getpid().as_raw_pid().to_string();
    threads
        .flatten()
        .filter(|thread| thread.file_name() != *this)
        // One that is gone in between has ended, too.
        .filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok())
        .all(|stat| is_at_its_end(&stat))
}

/// Whether a thread is, of which the system says this in `stat`.
fn is_at_its_end(stat: &str) -> bool {
    const FLAGS: usize = 6;
    const EXITING: u32 = 4;
    // The name before may hold anything.
    let flags = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.split_whitespace().nth(FLAGS))
        .and_then(|flags| flags.parse::<u32>().ok());
    flags.is_some_and(|flags| flags & EXITING != 0)
}

/// A process that does run after run, as the one that made it sees it.
pub struct Rewound {
    process: Pid,
    /// When the process has ended, it can be read.
    ends: OwnedFd,
    image: Pid,
    listening: Listening,
    memory: Memory,
    status: File,
    /// What the system says of it when a run begins.
    at_begin: Vec<u8>,
}

impl Rewound {
    /// Waits until `process`, a copy of this one which calls [`Rewinding::begin`], is ready, and
    /// lets it go on.
    ///
    /// # Errors
    /// Where the system doesn't let it, or it has ended. It has no use then.
    pub fn new(process: Pid, listening: Listening) -> io::Result<Rewound> {
        // The image is the process's own, and this one's when that has ended.
        set_child_subreaper(Some(process))?;
        let ends = pidfd_open(process, PidfdFlags::empty())?;
        let Some((READY, image)) = listening.hear(&ends)? else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let image = Pid::from_raw(image).ok_or(io::ErrorKind::InvalidData)?;
        let mut rewound = Rewound {
            process,
            ends,
            image,
            listening,
            memory: Memory::of(process, image)?,
            status: File::open(format!("/proc/{process}/status"))?,
            at_begin: Vec::new(),
        };
        rewound.at_begin = rewound.state()?;
        rewound.go()?;
        Ok(rewound)
    }

    /// Waits for the end of a run: the program's code, or `None` where the process has ended.
    ///
    /// # Errors
    /// Where the system fails.
    pub fn run_ends(&self) -> io::Result<Option<i32>> {
        Ok(match self.listening.hear(&self.ends)? {
            Some((OVER, code)) => Some(code),
            _ => None,
        })
    }

    /// Lets the next run begin.
    ///
    /// # Errors
    /// Where something is not as it was, or too much to put back: this process has no use then.
    pub fn again(&mut self) -> io::Result<()> {
        if self.state()? != self.at_begin {
            return Err(io::Error::other("the system has something else for it"));
        }
        self.memory.put_back()?;
        self.go()
    }

    /// What the system says of what outlives a run in it: [`SAME`].
    fn state(&self) -> io::Result<Vec<u8>> {
        let mut said = [0; 4096];
        let length = self.status.read_at(&mut said, 0)?;
        let mut same = Vec::with_capacity(length);
        for line in said[..length].split_inclusive(|&byte| byte == b'\n') {
            if SAME.iter().any(|name| line.starts_with(name.as_bytes())) {
                same.extend_from_slice(line);
            }
        }
        Ok(same)
    }

    fn go(&mut self) -> io::Result<()> {
        self.listening.go.write_all(&[1])
    }

    /// Ends it, where it has not ended: how it did, as `wait(2)` tells.
    ///
    /// # Errors
    /// Where the system fails.
    pub fn end(self) -> io::Result<i32> {
        let status = end(self.process);
        end(self.image)?;
        status
    }
}

fn end(process: Pid) -> io::Result<i32> {
    let _ = kill_process(process, Signal::KILL);
    wait_for(process)
}

impl Listening {
    /// What the process says next, unless it has ended.
    fn hear(&self, ends: &OwnedFd) -> io::Result<Option<(u8, i32)>> {
        if !speaks(&self.told, ends)? {
            return Ok(None);
        }
        let mut said = Said::default();
        (&self.told).read_exact(&mut said)?;
        let [kind, number @ ..] = said;
        Ok(Some((kind, i32::from_le_bytes(number))))
    }
}

#[cfg(test)]
mod tests {
    use super::is_at_its_end;

    #[test]
    fn a_thread_at_its_end_is_told_from_one_that_runs() {
        let runs = "71 (a (b) 4 c) R 70 71 70 34816 71 4194368 12 0 0 0 0 0 0 0 20 0 2 0 90";
        let ends = "71 (a (b) 4 c) X 70 71 70 34816 71 4194372 12 0 0 0 0 0 0 0 20 0 2 0 90";
        assert!(!is_at_its_end(runs));
        assert!(is_at_its_end(ends));
        assert!(!is_at_its_end("71"));
    }
}
