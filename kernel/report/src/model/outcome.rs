//! How a cell ended.

use super::named::named;

/// How a cell ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutcomeKind {
    /// Ran to the end, or still runs.
    #[default]
    Ok,
    /// The main thread panicked.
    Panicked,
    /// A deadlock was proved.
    Deadlocked,
    /// The user stopped it.
    Interrupted,
    /// The cell process died.
    Crashed,
}

named!(OutcomeKind {
    Ok = "ok",
    Panicked = "panicked",
    Deadlocked = "deadlocked",
    Interrupted = "interrupted",
    Crashed = "crashed",
});
