//! `std::io`, with our own standard streams: what is printed reaches the notebook as frames that
//! name the thread and the cell, and what is read is asked of the notebook's user.
//!
//! Everything else is the real `std::io`. Where no notebook is attached (plain programs, tests) the
//! streams are the real ones too.

mod content;
mod evcxr;
mod gate;
mod input;
mod output;
mod print;
mod streams;
mod terminal;

pub use real::io::*;

pub use evcxr::{_cell, _evcxr_input_request, _evcxr_panic_notification, _evcxr_user_error};
pub use input::{Stdin, StdinLock, stdin};
pub use output::{Stderr, StderrLock, Stdout, StdoutLock, stderr, stdout};
pub use print::{_dbg, _eprint, _eprintln, _print, _println};
pub use terminal::IsTerminal;

pub(crate) use evcxr::{send_result, variable_changed};

/// To be called when the calling thread begins to run a cell: input may be asked for from now on.
pub(crate) fn cell_begins() {
    input::accept();
}

/// To be called when the calling thread has run a cell, before the end is told: sends what this
/// thread printed and is still held back, and waits for the answer to an open question, which would
/// otherwise be taken for the kernel's next order.
pub(crate) fn cell_ends() {
    content::release_held();
    input::refuse();
}
