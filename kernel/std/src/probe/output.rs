//! What threads print, as frames into the output pipe.

use real::io;
use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::ThreadSlot;
use record::frame::{self, FrameKind, HEADER, MAX_PAYLOAD, OF_TASK, Origin};
use record::layout::{FLAG_MAIN, ThreadEntry};
use record::memory::write_all;
use record::uses::add;
use record::writer::{self, Local};

use super::current::with_thread;
use super::objects::Place;
use super::tasks;

/// The standard streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Sends `bytes` to the notebook as output of the calling thread, whole and in order, and counts
/// its lines. Where no notebook is attached they go to the real stream.
///
/// # Errors
///
/// What writing to the pipe or the real stream returns.
pub fn write(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    with_thread(|local, entry| {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        add(&entry.lines, lines as u64);
        let kind = match stream {
            Stream::Stdout => FrameKind::Stdout,
            Stream::Stderr => FrameKind::Stderr,
        };
        match writer::output() {
            Some(fd) => frames(
                fd,
                Head {
                    kind,
                    origin: origin(local, entry),
                    extra: 0,
                },
                bytes,
            ),
            None => to_real(stream, bytes),
        }
    })
}

fn to_real(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    use io::Write;
    match stream {
        Stream::Stdout => io::stdout().write_all(bytes),
        Stream::Stderr => io::stderr().write_all(bytes),
    }
}

/// A task belongs to its cell, whichever thread polls it: a worker was started by the cell that has
/// made the runtime.
fn origin(local: &Local, entry: &ThreadEntry) -> Origin {
    if let Some((cell, ordinal)) = tasks::polled_here(local) {
        return Origin {
            cell,
            thread: local.thread().0,
            ordinal: ordinal | OF_TASK,
        };
    }
    Origin {
        cell: entry.cell.load(Ordering::Relaxed),
        thread: local.thread().0,
        ordinal: if local.thread() == ThreadSlot::NONE {
            0
        } else {
            entry.ordinal.load(Ordering::Relaxed)
        },
    }
}

/// What is said of all bytes of a frame.
#[derive(Clone, Copy)]
struct Head {
    kind: FrameKind,
    origin: Origin,
    extra: u32,
}

fn frames(fd: i32, head: Head, bytes: &[u8]) -> io::Result<()> {
    // Most of what is printed is short, and clearing a long buffer takes longer than that.
    const SHORT: usize = 488;
    if bytes.len() <= SHORT {
        frames_through(&mut [0; HEADER + SHORT], fd, head, bytes)
    } else {
        frames_through(&mut [0; HEADER + MAX_PAYLOAD], fd, head, bytes)
    }
}

fn frames_through(buffer: &mut [u8], fd: i32, head: Head, mut bytes: &[u8]) -> io::Result<()> {
    loop {
        let (length, taken) = frame::encode(head.kind, head.origin, head.extra, bytes, buffer);
        write_all(fd, &buffer[..length])?;
        bytes = &bytes[taken..];
        if bytes.is_empty() {
            return Ok(());
        }
    }
}

/// Sends `bytes` to the descriptor where evcxr reads the lines of its private protocol.
///
/// # Errors
///
/// What writing returns.
pub fn write_protocol(bytes: &[u8]) -> io::Result<()> {
    match writer::protocol() {
        Some(fd) => write_all(fd, bytes),
        None => to_real(Stream::Stdout, bytes),
    }
}

/// Sends `bytes` as frames of `kind` (`Result`, `Content`) from the calling thread; nothing where
/// no notebook is attached.
///
/// # Errors
///
/// What writing to the pipe returns.
pub fn send(kind: FrameKind, bytes: &[u8]) -> io::Result<()> {
    send_with(kind, 0, bytes)
}

pub(super) fn send_with(kind: FrameKind, extra: u32, bytes: &[u8]) -> io::Result<()> {
    let Some(fd) = writer::output() else {
        return Ok(());
    };
    with_thread(|local, entry| {
        let head = Head {
            kind,
            origin: origin(local, entry),
            extra,
        };
        frames(fd, head, bytes)
    })
}

/// Sends a `Place` frame: has the notebook print `at`.
///
/// # Errors
///
/// What writing to the pipe returns.
pub fn show_place(at: Place) -> io::Result<()> {
    let place = with_thread(|local, _| local.place(at));
    send_with(FrameKind::Place, place, &[])
}

/// Whether the calling thread is the one that runs the cells (T1).
pub fn runs_cells() -> bool {
    with_thread(|_, entry| entry.flags.load(Ordering::Relaxed) & FLAG_MAIN != 0)
}

/// Sends a `Panic` frame of the calling thread with `text`: the message and, where wanted, a NUL
/// and a backtrace.
pub fn show_panic(at: &Location<'_>, text: &str) {
    if writer::output().is_none() {
        real::eprintln!("panicked at {at}:\n{text}");
        return;
    }
    let place = writer::layout().location(at);
    // A panic that can't be shown must not become another one.
    let _ = send_with(FrameKind::Panic, place, text.as_bytes());
}

/// Shows a panic that was passed on to the calling thread; the recording knows whose it was.
pub(crate) fn show_resumed(text: &str) {
    let _ = send_with(FrameKind::Panic, 0, text.as_bytes());
}

/// Calls `f` while what is printed goes to `fd` instead of the notebook; the lines that it prints
/// are not counted.
pub(crate) fn printing_into<R>(fd: i32, f: impl FnOnce() -> R) -> R {
    let before = with_thread(|_, entry| entry.lines.load(Ordering::Relaxed));
    let output = writer::redirect_output(fd);
    let result = f();
    writer::redirect_output(output);
    with_thread(|_, entry| entry.lines.store(before, Ordering::Relaxed));
    result
}
