//! Places in source code, as the report names them.

use serde::Serialize;

/// A place in source code.
#[derive(Clone, Debug, Serialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(untagged)]
pub enum At {
    /// In a cell.
    Cell {
        /// Execution count.
        cell: u32,
        /// 1-based.
        line: u32,
        /// 1-based.
        column: u32,
    },
    /// In a dependency.
    Dependency {
        /// Name and version.
        #[serde(rename = "crate")]
        krate: String,
        /// Path within the crate.
        file: String,
        /// 1-based.
        line: u32,
        /// 1-based.
        column: u32,
        /// The call in a cell that led there, for a wait or a spawn.
        #[serde(skip_serializing_if = "Option::is_none")]
        called_at: Option<CellPlace>,
    },
}

/// A place in a cell.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellPlace {
    /// Execution count.
    pub cell: u32,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
}

impl CellPlace {
    /// In words, seen from `cell`: `line 7`, `[3] line 7`.
    pub(crate) fn words(self, cell: u32) -> String {
        match self.cell == cell {
            true => format!("line {}", self.line),
            false => format!("[{}] line {}", self.cell, self.line),
        }
    }
}

impl At {
    /// In words, seen from `cell`: `line 7`, `[3] line 7`, `rayon-core 1.13.0 src/latch.rs:244`,
    /// `line 7, in rayon-core 1.13.0 src/latch.rs:244`.
    pub(crate) fn words(&self, cell: u32) -> String {
        let in_cell = self.in_cell().map(|it| it.words(cell));
        match self {
            At::Cell { .. } => in_cell.unwrap_or_default(),
            At::Dependency {
                krate, file, line, ..
            } => {
                let called = in_cell.map(|it| it + ", in ").unwrap_or_default();
                format!("{called}{krate} {file}:{line}")
            }
        }
    }

    /// The place in a cell: this one, or the call that led to it.
    pub fn in_cell(&self) -> Option<CellPlace> {
        match *self {
            At::Cell { cell, line, column } => Some(CellPlace { cell, line, column }),
            At::Dependency { called_at, .. } => called_at,
        }
    }
}
