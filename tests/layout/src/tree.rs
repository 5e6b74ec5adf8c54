//! The project's files, packages and crates.

use std::fs;
use std::path::{Path, PathBuf};

use crate::modules::{self, Crate};

/// Folders of the project that hold something of ours; others (builds, caches, environments) are
/// not looked at.
const ROOMS: [&str; 7] = [
    ".ci",
    ".cargo",
    ".github",
    "docs",
    "kernel",
    "notebooks",
    "tests",
];
const NOT_OURS: [&str; 5] = [
    "target",
    "__pycache__",
    ".venv",
    ".ipynb_checkpoints",
    ".out",
];

/// A package by its manifest.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder, from the tree's root.
    pub folder: String,
    /// What its code needs.
    pub dependencies: Vec<String>,
    /// What its tests need besides.
    pub for_tests: Vec<String>,
}

/// A checkout.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    /// All files, from the root, sorted.
    pub files: Vec<String>,
}

impl Tree {
    /// Lists a tree.
    pub fn at(root: &Path) -> Self {
        let mut files = Vec::new();
        list(root, &mut |path| {
            if let Ok(path) = path.strip_prefix(root) {
                files.push(path.to_string_lossy().into_owned());
            }
        });
        files.sort();
        Self {
            root: root.to_owned(),
            files,
        }
    }

    /// A file's text; empty if it can't be read as text.
    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.root.join(file)).unwrap_or_default()
    }

    /// The Rust sources below a folder.
    pub fn sources<'t>(&'t self, folder: &'t str) -> impl Iterator<Item = &'t String> {
        self.files
            .iter()
            .filter(move |file| is_below(file, folder) && file.ends_with(".rs"))
    }

    /// All packages.
    pub fn packages(&self) -> Vec<Package> {
        let manifests = self.files.iter().filter_map(|file| {
            let folder = file.strip_suffix("Cargo.toml")?.trim_end_matches('/');
            package(folder, &self.text(file))
        });
        manifests.collect()
    }

    /// The crates of a package: its library and its program.
    pub fn crates(&self, package: &Package) -> Vec<Crate> {
        let folder = self.root.join(&package.folder).join("src");
        ["lib.rs", "main.rs"]
            .into_iter()
            .filter_map(|root| modules::read(&folder.join(root)).ok())
            .collect()
    }

    /// A crate's file, from the tree's root.
    pub fn name(&self, of: &Crate, file: usize) -> String {
        let path = of.files[file].strip_prefix(&self.root);
        path.unwrap_or(&of.files[file])
            .to_string_lossy()
            .into_owned()
    }
}

/// Whether a file is this one or lies below this folder.
pub fn is_below(file: &str, folder: &str) -> bool {
    file.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || folder.ends_with('/'))
}

fn list(root: &Path, found: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !folder {
            found(&entry.path());
        } else if ROOMS.iter().any(|room| *room == name) {
            list_all(&entry.path(), found);
        }
    }
}

fn list_all(folder: &Path, found: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // Links lead out of the project.
        match entry.file_type() {
            Ok(kind) if kind.is_file() => found(&entry.path()),
            Ok(kind) if kind.is_dir() && NOT_OURS.iter().all(|name| *name != entry.file_name()) => {
                list_all(&entry.path(), found);
            }
            _ => {}
        }
    }
}

/// Reads as much of a manifest as is needed here; `None` for one without a package.
fn package(folder: &str, manifest: &str) -> Option<Package> {
    let mut found = Package {
        name: String::new(),
        folder: folder.to_owned(),
        dependencies: Vec::new(),
        for_tests: Vec::new(),
    };
    let mut section = String::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(title) = line.strip_prefix('[') {
            section = title.trim_end_matches(']').to_owned();
            // `[dependencies.serde]` is one more, in a section of its own.
            if let Some((before, name)) = section.rsplit_once("ependencies.") {
                found.add(before.ends_with("dev-d"), name);
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim().trim_matches('"'));
        if section == "package" && key == "name" {
            value.clone_into(&mut found.name);
        } else if section.ends_with("dependencies") && !section.starts_with("workspace") {
            let name = key.split('.').next().unwrap_or(key);
            found.add(section.ends_with("dev-dependencies"), name);
        }
    }
    (!found.name.is_empty()).then_some(found)
}

impl Package {
    fn add(&mut self, for_tests: bool, name: &str) {
        let list = if for_tests {
            &mut self.for_tests
        } else {
            &mut self.dependencies
        };
        list.push(name.trim_matches('"').to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_in_all_its_forms() {
        let manifest = "[package]\nname = \"a\"\n[lib]\nname = \"std\"\n[dependencies]\n# c = 1\nb.workspace = true\n\
             c = { version = \"1\" }\n[target.'cfg(unix)'.dependencies]\nd = \"1\"\n[dependencies.e]\nversion = \"1\"\n\
             [dev-dependencies]\nf = \"1\"\n[dev-dependencies.g]\npath = \"g\"\n";
        let found = package("x", manifest).unwrap();
        assert_eq!(found.name, "a");
        assert_eq!(found.dependencies, ["b", "c", "d", "e"]);
        assert_eq!(found.for_tests, ["f", "g"]);
        assert!(package("", "[workspace.dependencies]\na = \"1\"\n").is_none());
    }
}
