//! How a deadlock is told.

/// The sentences of one verdict.
pub(super) struct Told {
    /// What happened.
    pub(super) title: String,
    /// The edges in words: for whoever does not see them drawn.
    pub(super) retold: String,
    /// Why, and what to change.
    pub(super) detail: String,
}

impl Told {
    /// Where the detail tells all that the edges do.
    pub(super) fn whole(title: String, detail: String) -> Told {
        Told {
            title,
            retold: String::new(),
            detail,
        }
    }
}
