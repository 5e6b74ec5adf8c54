//! What a cell changed besides what it defines, for the session to tell.

use crate::error::Error;
use crate::files::overwrite;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// What a cell did to what earlier cells had made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Items that no longer compile, and are gone.
    pub fallen: Vec<Fallen>,
    /// Statics that were made anew.
    pub renewed: Vec<Renewed>,
    /// Functions, `impl`s of traits and traits that stand there in another way than before.
    #[serde(default)]
    pub edited: Vec<Edited>,
}

/// An item that an earlier cell defined in another way: what was made of that one keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// Its name: `work`, `impl Shape for Square`.
    pub name: String,
    /// The trait that it is, or whose `impl` it is; empty for a function.
    pub of_trait: String,
    /// The execution count of the cell that defined it before.
    pub cell: u32,
    /// The statics in whose types its trait stands.
    #[serde(default)]
    pub statics: Vec<String>,
}

/// An item of an earlier cell that no longer compiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallen {
    /// Its name: `area`, `Point::norm`, `impl Display for Point`.
    pub name: String,
    /// The execution count of the cell that defined it.
    pub cell: u32,
    /// rustc's first words about it.
    pub reason: String,
}

/// A static that is another one than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    /// Its name: `HITS`, `counter::CALLS`.
    pub name: String,
    /// The type that was defined anew; empty if the static itself was.
    pub because: String,
    /// The execution counts of the cells whose code uses the one before.
    pub cells: Vec<u32>,
}

impl Changes {
    fn path(workspace: &Path) -> PathBuf {
        workspace.join("changes.json")
    }

    /// Notes what the build changed.
    pub(crate) fn note(&self, workspace: &Path) -> Result<(), Error> {
        let path = Changes::path(workspace);
        let text = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .map_err(Error::file("write", &path))?;
        overwrite(&path, text).map_err(Error::file("write", &path))
    }

    /// What was noted since the last call.
    pub fn take(workspace: &Path) -> Changes {
        let path = Changes::path(workspace);
        let changes = fs::read(&path)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        let _ = fs::remove_file(path);
        changes
    }
}
