//! How a cell ended: below what keeps variables and what tells of them.

/// How a cell ended, as far as its variables are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It ran through.
    Complete,
    /// It did not compile.
    Refused,
    /// A `return` ended it before it came to its variables, or it has none.
    Returned,
    /// It panicked, or a `?` ended it.
    Panicked,
    /// The person stopped it.
    Stopped,
    /// A deadlock ended it.
    Deadlocked,
    /// Its process ended.
    Died,
}

impl End {
    /// Whether it began, did not run through, and its process lives.
    pub(super) fn is_early(self) -> bool {
        matches!(
            self,
            End::Returned | End::Panicked | End::Stopped | End::Deadlocked
        )
    }
}
