//! `Stdout`, `Stderr` and their locks.
//!
//! Nothing is buffered: a write is a frame at once, so a partial line appears in the notebook, and
//! nothing is lost when a cell ends or dies.

use real::fmt;
use real::io::{IoSlice, Result, Write};
use real::marker::PhantomData;
use real::panic::{Location, RefUnwindSafe, UnwindSafe};
use real::prelude::rust_2024::*;

use super::content;
use super::gate::{GateGuard, Hold};
use super::print::Text;
use super::streams::{STDERR, STDOUT, write};
use crate::probe::{self, Place, Stream};

fn write_fmt(stream: Stream, args: fmt::Arguments<'_>, at: Place) -> Result<()> {
    Text::new(stream, at).print(args, "")
}

/// All slices as one write.
fn write_vectored(stream: Stream, slices: &[IoSlice<'_>], at: Place) -> Result<usize> {
    let bytes: Vec<u8> = slices
        .iter()
        .flat_map(|slice| slice.iter().copied())
        .collect();
    write(stream, &bytes, Hold::Brief, at).map(|()| bytes.len())
}

macro_rules! stream {
    (
        $(#[$handle_doc:meta])* $handle:ident, $stream:path, $real:path,
        $(#[$lock_doc:meta])* $lock:ident, $(#[$function_doc:meta])* $function:ident,
        $gate:ident, $flush:path, $must_use:literal
    ) => {
        $(#[$handle_doc])*
        pub struct $handle {
            _private: (),
        }

        $(#[$lock_doc])*
        #[must_use = $must_use]
        pub struct $lock<'a> {
            inner: Lock<$real>,
            lifetime: PhantomData<&'a ()>,
        }

        $(#[$function_doc])*
        #[must_use]
        pub fn $function() -> $handle {
            $handle { _private: () }
        }

        impl $handle {
            /// Locks the stream: other threads' output waits until the guard is dropped. Differs
            /// from std's in that a deadlock over it is found.
            #[inline]
            #[track_caller]
            pub fn lock(&self) -> $lock<'static> {
                let inner = if probe::is_attached() {
                    Lock::Ours { _held: $gate.hold(Hold::Guard, Location::caller()) }
                } else {
                    Lock::Real(real::io::$function().lock())
                };
                $lock { inner, lifetime: PhantomData }
            }
        }

        impl UnwindSafe for $handle {}
        impl RefUnwindSafe for $handle {}
        impl UnwindSafe for $lock<'_> {}
        impl RefUnwindSafe for $lock<'_> {}

        impl fmt::Debug for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(real::stringify!($handle)).finish_non_exhaustive()
            }
        }

        impl fmt::Debug for $lock<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(real::stringify!($lock)).finish_non_exhaustive()
            }
        }

        impl Write for $handle {
            #[inline]
            #[track_caller]
            fn write(&mut self, bytes: &[u8]) -> Result<usize> {
                (&*self).write(bytes)
            }
            #[inline]
            #[track_caller]
            fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> Result<usize> {
                (&*self).write_vectored(slices)
            }
            #[inline]
            #[track_caller]
            fn flush(&mut self) -> Result<()> {
                (&*self).flush()
            }
            #[inline]
            #[track_caller]
            fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
                (&*self).write_all(bytes)
            }
            #[inline]
            #[track_caller]
            fn write_fmt(&mut self, args: fmt::Arguments<'_>) -> Result<()> {
                (&*self).write_fmt(args)
            }
        }

        impl Write for &$handle {
            #[inline]
            #[track_caller]
            fn write(&mut self, bytes: &[u8]) -> Result<usize> {
                if probe::is_attached() {
                    return write($stream, bytes, Hold::Brief, Location::caller()).map(|()| bytes.len());
                }
                real::io::$function().write(bytes)
            }
            #[inline]
            #[track_caller]
            fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> Result<usize> {
                if probe::is_attached() {
                    return write_vectored($stream, slices, Location::caller());
                }
                real::io::$function().write_vectored(slices)
            }
            #[inline]
            #[track_caller]
            fn flush(&mut self) -> Result<()> {
                if probe::is_attached() {
                    return $flush();
                }
                real::io::$function().flush()
            }
            #[inline]
            #[track_caller]
            fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
                if probe::is_attached() {
                    return write($stream, bytes, Hold::Brief, Location::caller());
                }
                real::io::$function().write_all(bytes)
            }
            #[inline]
            #[track_caller]
            fn write_fmt(&mut self, args: fmt::Arguments<'_>) -> Result<()> {
                if probe::is_attached() {
                    return write_fmt($stream, args, Location::caller());
                }
                real::io::$function().write_fmt(args)
            }
        }

        impl Write for $lock<'_> {
            #[inline]
            #[track_caller]
            fn write(&mut self, bytes: &[u8]) -> Result<usize> {
                match &mut self.inner {
                    Lock::Real(lock) => lock.write(bytes),
                    Lock::Ours { .. } => {
                        write($stream, bytes, Hold::Brief, Location::caller()).map(|()| bytes.len())
                    }
                }
            }
            #[inline]
            #[track_caller]
            fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> Result<usize> {
                match &mut self.inner {
                    Lock::Real(lock) => lock.write_vectored(slices),
                    Lock::Ours { .. } => write_vectored($stream, slices, Location::caller()),
                }
            }
            #[inline]
            #[track_caller]
            fn flush(&mut self) -> Result<()> {
                match &mut self.inner {
                    Lock::Real(lock) => lock.flush(),
                    Lock::Ours { .. } => $flush(),
                }
            }
            #[inline]
            #[track_caller]
            fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
                match &mut self.inner {
                    Lock::Real(lock) => lock.write_all(bytes),
                    Lock::Ours { .. } => write($stream, bytes, Hold::Brief, Location::caller()),
                }
            }
            #[inline]
            #[track_caller]
            fn write_fmt(&mut self, args: fmt::Arguments<'_>) -> Result<()> {
                match &mut self.inner {
                    Lock::Real(lock) => lock.write_fmt(args),
                    Lock::Ours { .. } => write_fmt($stream, args, Location::caller()),
                }
            }
        }

        impl From<$handle> for real::process::Stdio {
            fn from(_: $handle) -> real::process::Stdio {
                real::process::Stdio::from(real::io::$function())
            }
        }
    };
}

/// A stream's lock: the real one where no notebook is attached.
enum Lock<R> {
    Real(R),
    Ours { _held: GateGuard },
}

fn flushed() -> Result<()> {
    Ok(())
}

stream! {
    /// A handle to standard output. Differs from `std::io::Stdout` in that a write is never
    /// buffered, and that an attached notebook learns who wrote.
    Stdout, Stream::Stdout, real::io::StdoutLock<'static>,
    /// A locked [`Stdout`]. Differs from `std::io::StdoutLock` as [`Stdout`] does.
    StdoutLock,
    /// A handle to standard output of the process, the same as `std::io::stdout`.
    stdout,
    STDOUT, content::flush_stdout, "if unused stdout will immediately unlock"
}

stream! {
    /// A handle to standard error. Differs from `std::io::Stderr` in that an attached notebook
    /// learns who wrote.
    Stderr, Stream::Stderr, real::io::StderrLock<'static>,
    /// A locked [`Stderr`]. Differs from `std::io::StderrLock` as [`Stderr`] does.
    StderrLock,
    /// A handle to standard error of the process, the same as `std::io::stderr`.
    stderr,
    STDERR, flushed, "if unused stderr will immediately unlock"
}
