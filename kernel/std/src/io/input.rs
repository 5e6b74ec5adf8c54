//! `Stdin` and its lock: a line is asked of the notebook's user, in evcxr's way.
//!
//! The request goes to the protocol descriptor, the answer is the next line of the real stdin,
//! which otherwise carries the kernel's orders. So only one question is open at a time, and only
//! while a cell runs. An answer that is a single Control-D (`\u{4}`) is the end of the input, once.

use real::cell::RefCell;
use real::fmt;
use real::io::{BufRead, Error, IoSliceMut, Lines, Read, Result};
use real::marker::PhantomData;
use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::Mutex;

use super::gate::{Gate, GateGuard, Hold};
use crate::probe::{self, Operand, Operation, Place};

static GATE: Gate = Gate::new(false);

/// The rest of the last answer; only the holder of [`GATE`] locks it.
static BUFFER: Mutex<Buffer> = Mutex::new(Buffer {
    bytes: Vec::new(),
    read: 0,
});

/// Whether a cell runs; locked as long as a question is open.
static ACCEPTING: Mutex<bool> = Mutex::new(false);

const END_OF_INPUT: &[u8] = b"\x04\n";

struct Buffer {
    bytes: Vec<u8>,
    read: usize,
}

real::thread_local! {
    /// The request with which this thread's next question is asked.
    static REQUEST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Has the calling thread's next question asked with this request of evcxr's.
pub(super) fn ask_with(request: String) {
    // The request is one line, and evcxr takes what stands between its first and second colon.
    let line = request.replace(['\r', '\n'], " ");
    let _ = REQUEST.try_with(|slot| slot.replace(line));
}

/// Allows questions: a cell runs.
pub(super) fn accept() {
    *ACCEPTING
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner()) = true;
}

/// Waits for the answer to an open question, then refuses questions until the next cell.
pub(super) fn refuse() {
    *ACCEPTING
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner()) = false;
}

/// Asks for one line, its newline included; empty at the end of the input.
fn ask(at: Place) -> Result<Vec<u8>> {
    let mut line = Vec::new();
    {
        let accepting = ACCEPTING
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if !*accepting {
            return Err(Error::other(
                "cannot read stdin between cells: run a cell, and read while it runs",
            ));
        }
        let request = REQUEST.try_with(RefCell::take).unwrap_or_default();
        let request = if request.is_empty() {
            "EVCXR_INPUT_REQUEST:"
        } else {
            &request
        };
        probe::write_protocol(real::format!("{request}\n").as_bytes())?;
        real::io::stdin().lock().read_until(b'\n', &mut line)?;
    }
    probe::sync_point(Operation::ReadLine, Operand::Nothing, Some(at));
    if line == END_OF_INPUT {
        line.clear();
    }
    Ok(line)
}

/// A handle to standard input. Differs from `std::io::Stdin` in that the notebook's user is asked
/// for each line, while a cell runs.
pub struct Stdin {
    _private: (),
}

/// A locked [`Stdin`]. Differs from `std::io::StdinLock` as [`Stdin`] does.
#[must_use = "if unused stdin will immediately unlock"]
pub struct StdinLock<'a> {
    inner: Lock,
    lifetime: PhantomData<&'a ()>,
}

enum Lock {
    /// Where no notebook is attached.
    Real(real::io::StdinLock<'static>),
    Ours {
        // In this order, so that the buffer is free before another thread holds the gate.
        buffer: real::sync::MutexGuard<'static, Buffer>,
        _held: GateGuard,
    },
}

/// A handle to standard input of the process, the same as `std::io::stdin`.
#[must_use]
pub fn stdin() -> Stdin {
    Stdin { _private: () }
}

impl Stdin {
    /// Locks standard input: other threads wait until the guard is dropped. Differs from std's in
    /// that a deadlock over it is found.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> StdinLock<'static> {
        let inner = if probe::is_attached() {
            let held = GATE.hold(Hold::Guard, Location::caller());
            let buffer = BUFFER
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            Lock::Ours {
                buffer,
                _held: held,
            }
        } else {
            Lock::Real(real::io::stdin().lock())
        };
        StdinLock {
            inner,
            lifetime: PhantomData,
        }
    }

    /// Reads a line, its newline included. The same as std's.
    ///
    /// # Errors
    ///
    /// What std's returns; also when no cell runs.
    #[inline]
    #[track_caller]
    pub fn read_line(&self, text: &mut String) -> Result<usize> {
        self.lock().read_line(text)
    }

    /// The lines, without their newlines. The same as std's.
    #[must_use = "`self` will be dropped if the result is not used"]
    #[inline]
    #[track_caller]
    pub fn lines(self) -> Lines<StdinLock<'static>> {
        self.lock().lines()
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdin").finish_non_exhaustive()
    }
}

impl fmt::Debug for StdinLock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StdinLock").finish_non_exhaustive()
    }
}

macro_rules! read_by_locking {
    ($($handle:ty),*) => {$(
        impl Read for $handle {
            #[inline]
            #[track_caller]
            fn read(&mut self, bytes: &mut [u8]) -> Result<usize> {
                self.lock().read(bytes)
            }
            #[inline]
            #[track_caller]
            fn read_vectored(&mut self, slices: &mut [IoSliceMut<'_>]) -> Result<usize> {
                self.lock().read_vectored(slices)
            }
            #[inline]
            #[track_caller]
            fn read_to_end(&mut self, bytes: &mut Vec<u8>) -> Result<usize> {
                self.lock().read_to_end(bytes)
            }
            #[inline]
            #[track_caller]
            fn read_to_string(&mut self, text: &mut String) -> Result<usize> {
                self.lock().read_to_string(text)
            }
            #[inline]
            #[track_caller]
            fn read_exact(&mut self, bytes: &mut [u8]) -> Result<()> {
                self.lock().read_exact(bytes)
            }
        }
    )*};
}

read_by_locking!(Stdin, &Stdin);

impl Read for StdinLock<'_> {
    #[inline]
    #[track_caller]
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize> {
        if let Lock::Real(lock) = &mut self.inner {
            return lock.read(bytes);
        }
        let length = self.fill_buf()?.read(bytes)?;
        self.consume(length);
        Ok(length)
    }

    #[inline]
    #[track_caller]
    fn read_vectored(&mut self, slices: &mut [IoSliceMut<'_>]) -> Result<usize> {
        if let Lock::Real(lock) = &mut self.inner {
            return lock.read_vectored(slices);
        }
        let length = self.fill_buf()?.read_vectored(slices)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for StdinLock<'_> {
    #[inline]
    #[track_caller]
    fn fill_buf(&mut self) -> Result<&[u8]> {
        match &mut self.inner {
            Lock::Real(lock) => lock.fill_buf(),
            Lock::Ours { buffer, .. } => {
                if buffer.read >= buffer.bytes.len() {
                    buffer.bytes = ask(Location::caller())?;
                    buffer.read = 0;
                }
                Ok(&buffer.bytes[buffer.read..])
            }
        }
    }

    fn consume(&mut self, amount: usize) {
        match &mut self.inner {
            Lock::Real(lock) => lock.consume(amount),
            Lock::Ours { buffer, .. } => {
                buffer.read = (buffer.read + amount).min(buffer.bytes.len())
            }
        }
    }
}
