//! One layer: a folder with a dynamic library of crates, and all that rustc reads to compile
//! against it.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The list of a layer's contents, in its folder.
pub(super) const CONTENTS: &str = "layer.json";
/// Where the crates' own files lie in a layer's folder.
pub(super) const CRATES: &str = "crates";

/// What is in a layer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Layer {
    /// Where it lies.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The name of its crate; `None` if it holds only macros.
    pub name: Option<String>,
    /// Its files, with their sizes.
    pub files: BTreeMap<String, u64>,
    /// The package of each of the crates' files.
    pub packages: BTreeMap<String, String>,
    /// The files of crates that aren't part of the library: each cell has a copy of its own.
    pub apart: Vec<String>,
    /// The files of crates that set a global allocator.
    #[serde(default)]
    pub allocators: Vec<String>,
}

impl Layer {
    /// Reads the layer in `folder`; `None` unless it is whole.
    pub fn read(folder: &Path) -> Option<Layer> {
        let text = fs::read(folder.join(CONTENTS)).ok()?;
        let layer: Layer = serde_json::from_slice(&text).ok()?;
        let is_whole = |(name, size): (&String, &u64)| {
            fs::metadata(folder.join(name)).is_ok_and(|data| data.len() == *size)
        };
        layer.files.iter().all(is_whole).then(|| Layer {
            folder: folder.to_owned(),
            ..layer
        })
    }

    /// The dynamic library.
    pub fn library(&self) -> Option<PathBuf> {
        let name = self.name.as_ref()?;
        Some(self.folder.join(format!("lib{name}.so")))
    }

    /// Where rustc finds the crates' files.
    pub fn crates(&self) -> PathBuf {
        self.folder.join(CRATES)
    }

    /// This layer's own file of the same name.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        self.packages
            .contains_key(name)
            .then(|| self.crates().join(name))
    }
}

/// A direct dependency: the name by which cells know it, and its file.
pub(super) type Extern = (String, PathBuf);

/// The last part of a path.
pub(super) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Makes a file that cargo replaces some day, but never changes, appear at a second place.
pub(super) fn share(file: &Path, place: &Path) -> Result<(), Error> {
    fs::hard_link(file, place)
        // Another file system, or one without links.
        .or_else(|_| fs::copy(file, place).map(|_| ()))
        .map_err(Error::file("copy", file))
}

/// Whether two files are one, or the same to the last byte.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    let (Ok(a), Ok(b)) = (fs::metadata(one), fs::metadata(other)) else {
        return false;
    };
    if (a.dev(), a.ino()) == (b.dev(), b.ino()) {
        return true;
    }
    a.len() == b.len()
        && matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}
