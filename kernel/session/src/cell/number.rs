//! Numbers of cells that no notebook shows.

/// The number of what is evaluated on a front end's behalf.
pub(crate) const HIDDEN_CELL: u32 = u32::MAX;
