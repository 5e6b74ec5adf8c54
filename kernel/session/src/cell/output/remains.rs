//! What a cell leaves behind when it ends.

use jupyter::MimeBundle;
use record::LocationSlot;
use record::frame::{ENDED_BY_ERROR, ENDED_BY_PANIC, Origin};

/// A panic as the cell process reported it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PanicReport {
    /// Whose.
    pub origin: Origin,
    /// Index of the place in the recording.
    pub location: LocationSlot,
    /// The message, and a backtrace if one was asked for.
    pub message: String,
}

/// What a cell's end leaves behind for its reply and report.
#[derive(Debug, Default)]
pub struct Remains {
    /// The panic that ended the cell's main thread; without a message when a hook of the user's has
    /// taken it.
    pub panic: Option<PanicReport>,
    /// Whether a `?` ended the cell early.
    pub ended_by_error: bool,
    /// The last lines printed.
    pub last_lines: Vec<String>,
    /// Lines that threads of earlier cells printed meanwhile, by cell and thread number.
    pub late: Vec<((u32, u32), LateText)>,
}

/// How a cell's main thread came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MainThreadEnd {
    Returned,
    Panicked,
    ReturnedError,
    /// No end was heard of: the process died, or nothing was run.
    Died,
}

impl From<u32> for MainThreadEnd {
    fn from(extra: u32) -> MainThreadEnd {
        match extra {
            ENDED_BY_PANIC => MainThreadEnd::Panicked,
            ENDED_BY_ERROR => MainThreadEnd::ReturnedError,
            _ => MainThreadEnd::Returned,
        }
    }
}

/// What a thread of an earlier cell printed.
#[derive(Clone, Debug, Default)]
pub struct LateText {
    /// How many lines.
    pub lines: u64,
    /// The first of them.
    pub text: Vec<String>,
}

/// What was captured instead of shown.
#[derive(Debug, Default)]
pub struct Captured {
    /// What was displayed.
    pub bundle: MimeBundle,
    /// The panic that ended it.
    pub panic: Option<PanicReport>,
}
