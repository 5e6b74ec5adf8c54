//! What the session tells its stand-in for cargo about the cell that is being compiled.

use crate::error::Error;
use crate::files::overwrite;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// A cell on its way to the compiler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Counts what the session evaluates: no two cells have the same, as their execution counts
    /// may.
    pub serial: u64,
    /// Counts the processes in which cells run.
    pub process: u64,
    /// Counts how often all earlier cells were forgotten (`:clear`).
    pub cleared: u64,
    /// Its execution count, by which people know it.
    pub count: u32,
    /// Whether it is worth optimising, though cells usually aren't.
    pub is_optimised: bool,
    /// Its text, as evcxr gets it.
    pub code: String,
}

impl Cell {
    fn path(workspace: &Path) -> PathBuf {
        workspace.join("cell.json")
    }

    /// Announces the cell that evcxr is about to compile.
    ///
    /// # Errors
    /// When the session's folder can't be written.
    pub fn announce(&self, workspace: &Path) -> Result<(), Error> {
        let path = Cell::path(workspace);
        let text = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .map_err(Error::file("write", &path))?;
        overwrite(&path, text).map_err(Error::file("write", &path))
    }

    /// The announced cell; an empty one if there is none.
    pub(super) fn announced(workspace: &Path) -> Cell {
        fs::read(Cell::path(workspace))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }
}
