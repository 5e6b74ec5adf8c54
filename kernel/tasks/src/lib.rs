//! What tokio tells of its tasks, for the recording.
//!
//! tokio speaks of its tasks to the crate `tracing`, if it is compiled so. This is that crate, as
//! tokio alone is given it: with the names that tokio uses, and nothing else. What it is told goes
//! to the probe of our `std`. A program's own `tracing`, its subscribers and its output are another
//! crate, and learn nothing of this one.

mod fields;
pub mod instrument;
mod macros;
mod making;
mod objects;
mod part;
mod select;
mod span;
mod within;

pub use span::{Entered, EnteredSpan, Id, Span};

#[doc(hidden)]
pub mod told {
    //! What the macros call, and the lines that are put into tokio.
    pub use crate::fields::{Field, Fields, Shown};
    pub use crate::making::{Making, Owned, making};
    pub use crate::objects::*;
    pub use crate::select::{Polled, Select};
    pub use crate::span::{event, span, waker};
    pub use std::probe::tasks::{ObjectKind, waits_before};
}
