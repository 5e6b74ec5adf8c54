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
    },
}

impl At {
    /// In words, seen from `cell`: `line 7`, `[3] line 7`, `rayon-core 1.13.0 src/latch.rs:244`.
    pub(crate) fn words(&self, cell: u32) -> String {
        match self {
            At::Cell { cell: of, line, .. } if *of == cell => format!("line {line}"),
            At::Cell { cell: of, line, .. } => format!("[{of}] line {line}"),
            At::Dependency {
                krate, file, line, ..
            } => format!("{krate} {file}:{line}"),
        }
    }
}
