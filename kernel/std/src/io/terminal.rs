//! What the streams have to do with descriptors: `IsTerminal`, `AsFd`, `AsRawFd`.

use real::fs::File;
use real::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use real::sync::OnceLock;

use super::{Stderr, StderrLock, Stdin, StdinLock, Stdout, StdoutLock};
use crate::probe;

/// Whether a handle refers to a terminal: the same as `std::io::IsTerminal`, which is sealed and so
/// cannot be implemented for our streams. In a notebook they are no terminals.
pub trait IsTerminal: Sealed {
    /// `true` if the handle refers to a terminal.
    fn is_terminal(&self) -> bool;
}

mod sealed {
    /// Keeps others from implementing [`IsTerminal`](super::IsTerminal), as std does.
    pub trait Sealed {}
}
use sealed::Sealed;

macro_rules! pass_on {
    ($($real:ty),*) => {$(
        impl Sealed for $real {}
        impl IsTerminal for $real {
            fn is_terminal(&self) -> bool {
                real::io::IsTerminal::is_terminal(self)
            }
        }
    )*};
}

pass_on!(File, BorrowedFd<'_>, OwnedFd);

macro_rules! descriptor {
    ($function:ident, $real:ident: $($ours:ty),*) => {$(
        impl Sealed for $ours {}

        impl IsTerminal for $ours {
            fn is_terminal(&self) -> bool {
                !probe::is_attached() && real::io::IsTerminal::is_terminal(&real::io::$function())
            }
        }

        impl AsFd for $ours {
            fn as_fd(&self) -> BorrowedFd<'_> {
                static REAL: OnceLock<real::io::$real> = OnceLock::new();
                REAL.get_or_init(real::io::$function).as_fd()
            }
        }

        impl AsRawFd for $ours {
            fn as_raw_fd(&self) -> RawFd {
                real::io::$function().as_raw_fd()
            }
        }
    )*};
}

descriptor!(stdin, Stdin: Stdin, StdinLock<'_>);
descriptor!(stdout, Stdout: Stdout, StdoutLock<'_>);
descriptor!(stderr, Stderr: Stderr, StderrLock<'_>);
