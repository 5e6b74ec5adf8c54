//! `:repeat`: a process that has loaded a program, and of which each run, or what does all of them,
//! is a copy.
//!
//! Starting a process and loading a program takes ten times as long as a small program runs. A copy
//! begins where its `main` would: statics are as they were compiled, nothing is recorded, and there
//! are no threads. Runs come one after the other: two at once would take turns on the processors,
//! and so interleave in other ways than one alone.

use std::ffi::{c_int, c_void};
use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, mpsc};

use super::descriptors::{self, ORDERS};
use super::error::RuntimeError;
use super::loading::{die_with_parent, entry, load};
use super::processes::{_exit, exit, has_one_thread, speaks, wait_for};
use super::rewind::{self, Rewinding, Rewound};
use super::standard::Standard;
use libloading::os::unix::RTLD_LOCAL;
use rustix::fs::{MemfdFlags, fstat, memfd_create};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{Pid, PidfdFlags, getpid, getppid, pidfd_open};
use rustix::stdio::{dup2_stderr, dup2_stdout, stderr, stdout};

/// What this process says first: whether copies of it are what a process of their own would be.
pub const CAN_BE_COPIED: u8 = 1;

/// Loads a program and runs it, in a copy, as often as the kernel orders by a byte, which the copy
/// reads. Each run is answered by how it ended, as `wait(2)` tells.
///
/// Where `in_one_process`, all that a run changes is memory, so it can be put back instead.
pub(super) fn serve(
    object: &str,
    standard: &Path,
    in_one_process: bool,
) -> Result<ExitCode, RuntimeError> {
    if in_one_process {
        rewind::prepare();
    }
    let standard = Standard::load_alone(standard)?;
    let orders = orders();
    let captured = Captured::begin().map_err(RuntimeError::Descriptors)?;
    let library = load(object, RTLD_LOCAL)?;
    let main = entry(object, &library)?;
    let printed = captured.end().map_err(RuntimeError::Descriptors)?;
    // A crate's initialiser may have done what each run is to do.
    let fresh = !printed && !standard.is_recording() && has_one_thread();
    (&orders)
        .write_all(&[if fresh { CAN_BE_COPIED } else { 0 }])
        .map_err(RuntimeError::Protocol)?;
    have_threads(THREADS);
    let mut original = Original {
        standard,
        main,
        cell: descriptors::current_cell(),
        this: getpid(),
        orders: Some(orders),
        end_of_main: EndOfMain::new().map_err(RuntimeError::Descriptors)?,
    };
    if in_one_process {
        original.run_in_one_process()?;
    }
    let mut run = original.copy()?;
    loop {
        // The next one is made while this one goes away, and while the kernel looks at what it has
        // left.
        let next = match original.end_of_main.awaits(run) {
            true => Some(original.copy()?),
            false => None,
        };
        let status = wait_for(run).map_err(RuntimeError::Fork)?;
        original.answer(&status.to_le_bytes());
        run = match next {
            Some(next) => next,
            None => original.copy()?,
        };
    }
}

/// What is copied.
struct Original {
    standard: Standard,
    main: extern "C" fn() -> i32,
    cell: u32,
    this: Pid,
    /// `None` in a copy that runs: what that starts is not to keep it open.
    orders: Option<UnixStream>,
    end_of_main: EndOfMain,
}

impl Original {
    /// Makes a copy, which runs the program when that is ordered.
    fn copy(&mut self) -> Result<Pid, RuntimeError> {
        match copy().map_err(RuntimeError::Fork)? {
            Some(copy) => Ok(copy),
            None => self.run(),
        }
    }

    fn run(&mut self) -> Result<Pid, RuntimeError> {
        die_with_parent();
        self.standard.attach_soon(0);
        let orders = self.orders.take();
        self.await_order(orders.as_ref());
        drop(orders);
        let code = self.run_main()?;
        self.end_of_main.tell();
        // The library must outlive its threads, which end with the process.
        exit(code);
    }

    fn await_order(&self, orders: Option<&UnixStream>) {
        let is_ordered = orders.is_some_and(|mut orders| orders.read_exact(&mut [0]).is_ok());
        if getppid() != Some(self.this) || !is_ordered {
            // Without the kernel there is nothing left to do. The program has not run here, and so
            // nothing of it runs at the end.
            _exit(0);
        }
    }

    fn run_main(&self) -> Result<c_int, RuntimeError> {
        self.standard.attach()?;
        self.standard.begin_cell(self.cell);
        let code = (self.main)();
        self.standard.cell_end();
        Ok(code)
    }

    /// Carries out orders by one process that goes back after each run, until one ends otherwise
    /// or can't go back.
    fn run_in_one_process(&self) -> Result<(), RuntimeError> {
        let Ok((listening, rewinding)) = rewind::pipes() else {
            return Ok(());
        };
        let Some(process) = copy().map_err(RuntimeError::Fork)? else {
            // Who waits for a word hears when nobody is left to give it.
            drop(listening);
            return self.run_and_go_back(&rewinding);
        };
        drop(rewinding);
        let Ok(mut rewound) = Rewound::new(process, listening) else {
            return wait_for(process).map(drop).map_err(RuntimeError::Fork);
        };
        loop {
            match rewound.run_ends().map_err(RuntimeError::Fork)? {
                Some(code) => {
                    self.answer(&exited(code).to_le_bytes());
                    if rewound.again().is_err() {
                        return rewound.end().map(drop).map_err(RuntimeError::Fork);
                    }
                }
                None => {
                    let status = rewound.end().map_err(RuntimeError::Fork)?;
                    self.answer(&status.to_le_bytes());
                    return Ok(());
                }
            }
        }
    }

    fn run_and_go_back(&self, rewinding: &Rewinding) -> Result<(), RuntimeError> {
        die_with_parent();
        self.standard.attach_soon(MOST_THREADS);
        have_threads(MOST_THREADS);
        if rewinding.begin().is_err() {
            _exit(0);
        }
        // Here each run begins.
        self.await_order(self.orders.as_ref());
        let code = self.run_main()?;
        rewinding.goes_back_at_exit(code);
        exit(code);
    }

    fn answer(&self, answer: &[u8]) {
        let is_heard = self
            .orders
            .as_ref()
            .is_some_and(|mut orders| orders.write_all(answer).is_ok());
        if !is_heard {
            // Without the kernel there is nothing left to do. The program has not run here, and so
            // nothing of it runs at the end.
            _exit(0);
        }
    }
}

/// By what a copy tells that its `main` has returned.
struct EndOfMain(Option<(PipeReader, PipeWriter)>);

impl EndOfMain {
    fn new() -> io::Result<EndOfMain> {
        // Without these (Linux before 5.3) nobody could wait for a copy that crashes instead.
        let has_pidfd = pidfd_open(getpid(), PidfdFlags::empty()).is_ok();
        Ok(EndOfMain(has_pidfd.then(pipe).transpose()?))
    }

    fn tell(&self) {
        if let Some((_, tells)) = &self.0 {
            let _ = (&*tells).write_all(&[1]);
        }
    }

    /// Waits until it has returned: `false` where that is not known, or the run has ended instead.
    fn awaits(&self, run: Pid) -> bool {
        let Some((told, _)) = &self.0 else {
            return false;
        };
        let Ok(process) = pidfd_open(run, PidfdFlags::empty()) else {
            return false;
        };
        let has_returned = speaks(told, &process).unwrap_or(false);
        has_returned && (&*told).read_exact(&mut [0]).is_ok()
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

/// Threads that a small program has at once, besides the main one.
const THREADS: u32 = 2;

/// Those that a program can have at once in a process that goes back. libc keeps stacks of 40 MiB,
/// and one takes 2.
const MOST_THREADS: u32 = 8;

/// Lets libc keep stacks of threads that have ended, and the heaps of their own from which they
/// have allocated: the first threads of each copy start sooner.
fn have_threads(count: u32) {
    let gate = Mutex::new(());
    std::thread::scope(|scope| {
        let _closed = gate.lock();
        for _ in 0..count {
            let (is_there, awaited) = mpsc::channel::<()>();
            let thread = std::thread::Builder::new().spawn_scoped(scope, || {
                let is_there = is_there;
                // SAFETY: what was allocated is given back, once.
                unsafe { free(malloc(1)) };
                drop(is_there);
                drop(gate.lock());
            });
            if thread.is_err() {
                break;
            }
            // It never sends: its end of the channel goes.
            let _ = awaited.recv();
        }
    });
}

unsafe extern "C" {
    fn fork() -> c_int;
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
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

/// How a process ends that exits with a code, as `wait(2)` tells.
fn exited(code: c_int) -> c_int {
    (code & 0xff) << 8
}
