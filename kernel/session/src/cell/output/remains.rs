//! What a cell leaves behind when it ends.

use jupyter::MimeBundle;
use record::LocationSlot;
use record::frame::{ENDED_AT_END, ENDED_BY_ERROR, ENDED_BY_PANIC, Frame, Origin};

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
    /// Where the `?` stands that ended the cell early, if one did: an index of the recording.
    pub ended_by_error: Option<LocationSlot>,
    /// It returned before it came to the lines that keep variables, or has none to keep.
    pub returned_before_end: bool,
    /// The last lines printed.
    pub last_lines: Vec<String>,
    /// Lines that threads of earlier cells printed meanwhile, by cell and thread number.
    pub late: Vec<((u32, u32), LateText)>,
}

/// How a cell's main thread came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MainThreadEnd {
    Returned,
    /// After it had kept variables.
    Completed,
    Panicked,
    ReturnedError(LocationSlot),
    /// No end was heard of: the process died, or nothing was run.
    Died,
}

impl From<&Frame> for MainThreadEnd {
    fn from(frame: &Frame) -> MainThreadEnd {
        match frame.extra {
            ENDED_BY_PANIC => MainThreadEnd::Panicked,
            ENDED_BY_ERROR => {
                let place = frame.payload.first_chunk().copied().unwrap_or_default();
                MainThreadEnd::ReturnedError(LocationSlot(u32::from_le_bytes(place)))
            }
            ENDED_AT_END => MainThreadEnd::Completed,
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
