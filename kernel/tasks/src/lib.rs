//! What tokio tells of its tasks, for the recording.
//!
//! tokio speaks of its tasks to the crate `tracing`, if it is compiled so. This is that crate, as
//! tokio alone is given it: with the names that tokio uses, and nothing else. What it is told goes
//! to the probe of our `std`. A program's own `tracing`, its subscribers and its output are another
//! crate, and learn nothing of this one.

mod fields;
pub mod instrument;
mod macros;
mod span;

pub use span::{Entered, EnteredSpan, Id, Span};

#[doc(hidden)]
pub mod told {
    //! What the macros call.
    pub use crate::fields::{Field, Fields, Shown};
    pub use crate::span::{event, span};
}
