//! What is known of statics from the objects of cells.

use crate::error::Error;
use crate::files::overwrite;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// A static of a cell's object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Static {
    /// Its readable path, without what depends on the order of items.
    pub path: String,
    /// How many statics before it have the same path.
    pub before: usize,
    /// What people call it: `HITS`, `counter::CALLS`.
    pub title: String,
    /// Its symbol in all cells that mean it.
    pub symbol: String,
    /// Whether the cell's code uses it.
    pub used: bool,
    /// The type that made it another one than its definition did.
    pub because: String,
}

/// Which statics the code of a cell uses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Uses {
    /// The cell's execution count.
    pub count: u32,
    /// Symbols.
    pub symbols: Vec<String>,
}

impl Static {
    fn path(workspace: &Path) -> PathBuf {
        workspace.join("statics.json")
    }

    /// Notes the statics of an object.
    pub fn note(workspace: &Path, statics: &[Static]) -> Result<(), Error> {
        let path = Static::path(workspace);
        let text = serde_json::to_vec(statics)
            .map_err(std::io::Error::from)
            .map_err(Error::file("write", &path))?;
        overwrite(&path, text).map_err(Error::file("write", &path))
    }

    /// The statics of the object that was linked last.
    pub fn noted(workspace: &Path) -> Vec<Static> {
        fs::read(Static::path(workspace))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }
}
