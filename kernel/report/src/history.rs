//! What a session remembers between cells: the orders in which locks were taken.
//!
//! A deadlock needs two threads, but they need not be of one cell: cell 3 takes `a` then `b`, cell 5
//! takes `b` then `a`. The kernel keeps one [`SessionHistory`] and hands it in with every report.

use crate::Input;

/// Lock orders seen in earlier cells of a session. Bounded; cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionHistory {}

impl SessionHistory {
    /// Adds what this cell has shown. Call it once a cell, after the cell's last report was built.
    pub fn learn(&mut self, _input: &Input<'_>) {}
}
