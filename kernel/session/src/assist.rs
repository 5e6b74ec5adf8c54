//! What helps while a cell is written: completion and inspection.

mod arguments;
mod assistant;
mod completion;
pub(crate) mod cursor;
mod inspect;
pub(crate) mod known;
mod offers;
mod scene;

pub(crate) use assistant::Assistant;
pub(crate) use scene::Variable;

/// The argument by which this program is the analyst.
pub(crate) const COMMAND: &str = "analyst";
