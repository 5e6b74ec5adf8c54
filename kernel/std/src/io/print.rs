//! What the print macros call: format first, then write once.

use real::fmt::{self, Write as _};
use real::panic::Location;
use real::prelude::rust_2024::*;

use super::gate::Hold;
use super::streams;
use crate::probe::{self, Place, Stream};

#[doc(hidden)]
#[track_caller]
pub fn _print(args: fmt::Arguments<'_>) {
    if probe::is_attached() {
        print(Stream::Stdout, args, "", Location::caller());
    } else {
        // The real macro, since a test harness captures it.
        real::print!("{args}");
    }
}

#[doc(hidden)]
#[track_caller]
pub fn _println(args: fmt::Arguments<'_>) {
    if probe::is_attached() {
        print(Stream::Stdout, args, "\n", Location::caller());
    } else {
        real::println!("{args}");
    }
}

#[doc(hidden)]
#[track_caller]
pub fn _eprint(args: fmt::Arguments<'_>) {
    if probe::is_attached() {
        print(Stream::Stderr, args, "", Location::caller());
    } else {
        real::eprint!("{args}");
    }
}

#[doc(hidden)]
#[track_caller]
pub fn _eprintln(args: fmt::Arguments<'_>) {
    if probe::is_attached() {
        print(Stream::Stderr, args, "\n", Location::caller());
    } else {
        real::eprintln!("{args}");
    }
}

/// What `dbg!` prints after the place, in one piece with it.
#[doc(hidden)]
#[track_caller]
pub fn _dbg(args: fmt::Arguments<'_>) {
    let at = Location::caller();
    if !probe::is_attached() {
        return real::eprintln!("[{at}]{args}");
    }
    let mut text = Text::new(Stream::Stderr, at);
    text.shows_place = true;
    must_succeed(Stream::Stderr, text.print(args, "\n"));
}

/// Formats and writes. What a failing or panicking `fmt` had produced by then is written as well,
/// as std does.
fn print(stream: Stream, args: fmt::Arguments<'_>, end: &str, at: Place) {
    let result = match args.as_str() {
        Some(text) if end.is_empty() => streams::write(stream, text.as_bytes(), Hold::Brief, at),
        _ => Text::new(stream, at).print(args, end),
    };
    must_succeed(stream, result);
}

fn must_succeed(stream: Stream, result: real::io::Result<()>) {
    if let Err(error) = result {
        let label = match stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        real::panic!("failed printing to {label}: {error}");
    }
}

real::thread_local! {
    /// The buffer of the last print, so that a print does not allocate. A print within a print (in
    /// a `Display` of the user's) finds it taken and makes its own.
    static KEPT: real::cell::Cell<String> = const { real::cell::Cell::new(String::new()) };
}

/// Buffers larger than this are not kept.
const KEPT_LIMIT: usize = 16 * 1024;

/// Formatted text that is written at the latest when it is dropped.
pub(super) struct Text {
    buffer: String,
    stream: Stream,
    at: Place,
    /// Whether the place comes before it (`dbg!`).
    shows_place: bool,
}

impl Text {
    pub(super) fn new(stream: Stream, at: Place) -> Text {
        let buffer = KEPT.try_with(real::cell::Cell::take).unwrap_or_default();
        Text {
            buffer,
            stream,
            at,
            shows_place: false,
        }
    }

    /// Formats all of `args` before anything is written, so that they stay together.
    pub(super) fn print(mut self, args: fmt::Arguments<'_>, end: &str) -> real::io::Result<()> {
        let formatted = self.buffer.write_fmt(args);
        match formatted.and_then(|()| self.buffer.write_str(end)) {
            Ok(()) => self.flush(),
            Err(_) => Err(real::io::Error::other("formatter error")),
        }
    }

    /// Writes what is in the buffer.
    fn flush(&mut self) -> real::io::Result<()> {
        let mut text = real::mem::take(&mut self.buffer);
        let result = if self.shows_place {
            streams::write_at(self.at, text.as_bytes())
        } else {
            streams::write(self.stream, text.as_bytes(), Hold::Brief, self.at)
        };
        if text.capacity() <= KEPT_LIMIT {
            text.clear();
            let _ = KEPT.try_with(|kept| kept.set(text));
        }
        result
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        if !self.buffer.is_empty() {
            // Already on the way of an error or a panic, which says more.
            let _ = self.flush();
        }
    }
}
