//! The layers of one session, from the lowest to the highest.

use super::artifacts::{Artifact, Artifacts};
use super::layer::{Layer, file_name, is_same};
use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The layers that cells of a session are linked to.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    layers: Vec<Layer>,
    /// How often a crate that the session's items speak of was replaced by another build of it: as
    /// often, these items are others to the compiler than before.
    pub generation: u32,
    /// Crates that were replaced, by the names that cells know, and in which cell.
    pub replaced: BTreeMap<String, u64>,
}

/// A chain in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Written {
    /// What all of it was compiled with.
    flags: String,
    folders: Vec<PathBuf>,
    generation: u32,
    #[serde(default)]
    replaced: BTreeMap<String, u64>,
}

/// What a new layer changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// Crates that cells before may have used, and that are another build from now on: name, and
    /// why.
    pub replaced: BTreeMap<String, String>,
    /// Other names by which cells know these.
    #[serde(default)]
    pub renamed: Vec<String>,
    /// Crates of which each cell has a copy of its own.
    pub apart: Vec<String>,
    /// Crates that set a global allocator, which isn't used.
    #[serde(default)]
    pub allocators: Vec<String>,
}

impl Change {
    /// Whether a type speaks of a crate that was replaced.
    pub fn touches(&self, kind: &str) -> bool {
        let replaced: BTreeSet<String> = self
            .replaced
            .keys()
            .map(|it| it.replace('-', "_"))
            .collect();
        kind.split(|c: char| !c.is_alphanumeric() && c != '_')
            .map(|word| word.trim_start_matches("fearless_dep_"))
            .any(|word| replaced.contains(word) || self.renamed.iter().any(|it| it == word))
    }

    /// What a person is to know of it.
    pub fn sentences(&self) -> Vec<String> {
        let apart = self.apart.iter().map(|package| {
            format!(
                "`{package}` can't be part of a shared library: each cell is linked to a copy of its own, so what one cell \
                 sets in it (a pool, a logger, a global) is not there in the next."
            )
        });
        let allocators = self.allocators.iter().map(|package| {
            format!(
                "`{package}` sets a global allocator, which isn't used: the process of cells has one already."
            )
        });
        apart.chain(allocators).collect()
    }
}

impl Chain {
    /// Crates that were replaced in this session, and in which cell.
    pub fn replaced_crates(workspace: &Path) -> BTreeMap<String, u64> {
        Chain::written(workspace).replaced
    }

    /// Notes what a change replaced, in the cell of this serial number.
    pub fn note(&mut self, change: &Change, serial: u64) {
        let names = change.replaced.keys().map(|name| name.replace('-', "_"));
        let names = names.chain(change.renamed.iter().cloned());
        self.replaced.extend(names.map(|name| (name, serial)));
    }

    fn written(workspace: &Path) -> Written {
        fs::read(Chain::file(workspace))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }

    fn file(workspace: &Path) -> PathBuf {
        workspace.join("crates.json")
    }

    /// The session's chain, if all of it was compiled with the same flags and is still there.
    pub fn read(workspace: &Path, flags: &str) -> Chain {
        let written = Chain::written(workspace);
        let layers = match written.flags == flags {
            true => written.folders.iter().map(|it| Layer::read(it)).collect(),
            false => None,
        };
        Chain {
            generation: written.generation,
            replaced: written.replaced,
            layers: layers.unwrap_or_default(),
        }
    }

    /// A chain of these layers; `None` unless all are whole.
    pub fn of(folders: &[PathBuf], generation: u32) -> Option<Chain> {
        let layers: Option<Vec<Layer>> = folders.iter().map(|it| Layer::read(it)).collect();
        Some(Chain {
            layers: layers?,
            generation,
            replaced: BTreeMap::new(),
        })
    }

    pub fn write(&self, workspace: &Path, flags: &str) -> Result<(), Error> {
        let written = Written {
            flags: flags.to_owned(),
            folders: self.folders(),
            generation: self.generation,
            replaced: self.replaced.clone(),
        };
        let path = Chain::file(workspace);
        let text = serde_json::to_vec(&written)
            .map_err(std::io::Error::from)
            .map_err(Error::file("write", &path))?;
        fs::write(&path, text).map_err(Error::file("write", &path))
    }

    /// Where the layers lie.
    pub fn folders(&self) -> Vec<PathBuf> {
        self.layers
            .iter()
            .map(|layer| layer.folder.clone())
            .collect()
    }

    /// What tells this chain from others.
    pub fn identity(&self) -> Vec<Vec<u8>> {
        let folders = self.layers.iter().map(|layer| file_name(&layer.folder));
        folders.map(String::into_bytes).collect()
    }

    /// The crate of the highest layer that has one.
    pub fn name(&self) -> Option<&str> {
        self.layers
            .iter()
            .rev()
            .find_map(|layer| layer.name.as_deref())
    }

    /// What tells rustc where the crates' files are.
    pub fn search(&self) -> impl Iterator<Item = String> {
        self.layers.iter().rev().flat_map(|layer| {
            [layer.folder.clone(), layer.crates()]
                .map(|folder| format!("-Ldependency={}", folder.display()))
        })
    }

    /// What tells rustc of the highest layer's library.
    pub fn library_argument(&self, options: &str) -> Option<String> {
        let layer = self
            .layers
            .iter()
            .rev()
            .find(|layer| layer.name.is_some())?;
        let (name, library) = (layer.name.as_ref()?, layer.library()?);
        Some(format!("--extern={options}{name}={}", library.display()))
    }

    /// The copy of one of cargo's files that a layer has.
    pub fn path(&self, file: &Path) -> Option<PathBuf> {
        let name = file_name(file);
        let copies = self
            .layers
            .iter()
            .rev()
            .filter_map(|layer| layer.file(&name));
        copies.into_iter().find(|copy| is_same(copy, file))
    }

    /// The crates by name, the highest layer's first; none where one layer has two of a name.
    pub fn crates(&self) -> BTreeMap<String, PathBuf> {
        let mut crates = BTreeMap::new();
        for layer in self.layers.iter().rev() {
            let mut of_layer: BTreeMap<String, Option<PathBuf>> = BTreeMap::new();
            for file in layer.packages.keys() {
                let Some(name) = crate_name(file) else {
                    continue;
                };
                let only = of_layer.entry(name.to_owned());
                only.and_modify(|it| *it = None)
                    .or_insert_with(|| layer.file(file));
            }
            for (name, file) in of_layer {
                crates.entry(name).or_insert(file);
            }
        }
        crates
            .into_iter()
            .filter_map(|(name, file)| Some((name, file?)))
            .collect()
    }

    /// Whether a layer has this very file.
    pub fn holds(&self, file: &Path) -> bool {
        self.path(file).is_some()
    }

    /// Whether a layer has another build of this file, which rustc can't tell from it.
    fn contradicts(&self, artifact: &Artifact) -> bool {
        // A local package's builds are told apart by their sources.
        let name = file_name(&artifact.file);
        !artifact.is_local
            && !self.holds(&artifact.file)
            && self.layers.iter().any(|layer| layer.file(&name).is_some())
    }

    /// Lays a layer on top.
    pub(super) fn push(&mut self, layer: Layer) {
        self.layers.push(layer);
    }

    /// Gives the layers up if rustc can't tell these crates from theirs.
    pub(super) fn clear_contradicted(&mut self, artifacts: &Artifacts) {
        if artifacts.all().any(|artifact| self.contradicts(artifact)) {
            self.layers.clear();
        }
    }

    /// Crates of which the layers have another build than these.
    pub(super) fn replaced(&self, artifacts: &Artifacts) -> BTreeMap<String, String> {
        let mut replaced = BTreeMap::new();
        for artifact in &artifacts.libraries {
            if self.holds(&artifact.file) {
                continue;
            }
            let (name, version) = halves(&artifact.package);
            let of_same_name = self.layers.iter().rev().flat_map(|layer| &layer.packages);
            let before = of_same_name
                .filter(|(file, _)| file.ends_with(".rlib"))
                .map(|(_, package)| halves(package))
                .find(|(other, _)| *other == name);
            if let Some((_, before)) = before {
                let why = match before == version {
                    true => format!("{version}, compiled anew"),
                    false => format!("{version} instead of {before}"),
                };
                replaced.insert(name.to_owned(), why);
            }
        }
        replaced
    }
}

/// Name and version of a package.
pub(super) fn halves(package: &str) -> (&str, &str) {
    package.split_once(' ').unwrap_or((package, ""))
}

/// `tokio` of `libtokio-1a2b.rlib`.
fn crate_name(file: &str) -> Option<&str> {
    let name = file.strip_prefix("lib")?.strip_suffix(".rlib")?;
    Some(name.rsplit_once('-').map_or(name, |(name, _)| name))
}
