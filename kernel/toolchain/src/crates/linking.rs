//! Making layers: cargo's static libraries are linked to one that is dynamic.

use super::artifacts::{Artifact, Artifacts};
use super::chain::{Chain, Change, halves};
use super::instances;
use super::layer::{CONTENTS, CRATES, Extern, Layer, file_name, share};
use super::objects;
use crate::cache::key;
use crate::error::Error;
use crate::notes;
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What begins the name of a layer's crate.
const NAME: &str = "fearless_crates_";
/// Where layers are made, and how.
pub(crate) struct Layers<'a> {
    /// The folder of all layers for one toolchain.
    pub folder: &'a Path,
    /// The session's folder.
    pub workspace: &'a Path,
    /// The compiler.
    pub rustc: &'a Path,
    /// What rustc is told besides: the target, our `std`, the linker.
    pub arguments: &'a [String],
}

impl Layers<'_> {
    /// Adds a layer to a chain for what these direct dependencies need, if they need any.
    pub fn extend(
        &self,
        chain: &mut Chain,
        externs: &[Extern],
        artifacts: &Artifacts,
    ) -> Result<Change, Error> {
        if externs.iter().all(|(_, file)| chain.holds(file)) {
            return Ok(Change::default());
        }
        let mut change = Change {
            replaced: chain.replaced(artifacts),
            renamed: Vec::new(),
            ..Change::default()
        };
        let package = |file: &Path| artifacts.libraries.iter().find(|it| it.file == file);
        let is_replaced = |file: &Path| {
            package(file).is_some_and(|it| change.replaced.contains_key(halves(&it.package).0))
        };
        let renamed = externs.iter().filter(|(_, file)| is_replaced(file));
        change.renamed = renamed.map(|(name, _)| name.clone()).collect();
        chain.clear_contradicted(artifacts);
        let layer = self.provide(chain, externs, artifacts)?;
        let package = |file: &String| layer.packages.get(file).cloned();
        change.apart = layer.apart.iter().filter_map(package).collect();
        change.allocators = layer.allocators.iter().filter_map(package).collect();
        chain.push(layer);
        Ok(change)
    }

    /// The layer for `externs` on top of `below`: made, unless some session made it before. A crate
    /// that can't be part of a dynamic library stays apart; then the layer's list says so.
    fn provide(
        &self,
        below: &Chain,
        externs: &[Extern],
        artifacts: &Artifacts,
    ) -> Result<Layer, Error> {
        let fresh: Vec<&Artifact> = artifacts
            .all()
            .filter(|it| !below.holds(&it.file))
            .collect();
        let identity = identity(below, externs, &fresh)?;
        let folder = self.folder.join(&identity);
        if let Some(layer) = Layer::read(&folder) {
            return Ok(layer);
        }
        fs::create_dir_all(self.folder).map_err(Error::file("create", self.folder))?;
        let scratch = tempfile::tempdir_in(self.folder)
            .map_err(Error::file("create a folder in", self.folder))?;
        self.fill(scratch.path(), &identity, below, externs, &fresh)?;
        // A temporary folder is for its owner alone; this one may be for a whole system.
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o755))
            .map_err(Error::file("open to all", scratch.path()))?;
        // A broken one of that name is in the way.
        let _ = fs::remove_dir_all(&folder);
        let moved = fs::rename(scratch.path(), &folder);
        match (Layer::read(&folder), moved) {
            // Also when another kernel was faster.
            (Some(layer), _) => Ok(layer),
            (None, Err(cause)) => Err(Error::file("create", &folder)(cause)),
            (None, Ok(())) => Err(Error::file("read", &folder)(
                std::io::ErrorKind::InvalidData.into(),
            )),
        }
    }

    /// Makes a layer's contents in `scratch`.
    fn fill(
        &self,
        scratch: &Path,
        identity: &str,
        below: &Chain,
        externs: &[Extern],
        fresh: &[&Artifact],
    ) -> Result<(), Error> {
        let crates = scratch.join(CRATES);
        fs::create_dir_all(&crates).map_err(Error::file("create", &crates))?;
        let mut packages = BTreeMap::new();
        let mut allocators = Vec::new();
        for artifact in fresh {
            let name = file_name(&artifact.file);
            let copy = crates.join(&name);
            share(&artifact.file, &copy)?;
            if fs::read(&copy).is_ok_and(|it| objects::sets_allocator(&it)) {
                allocators.push(name.clone());
            }
            packages.insert(name, artifact.package.clone());
        }
        let libraries: Vec<Extern> = externs
            .iter()
            .filter(|(_, file)| file.extension().is_some_and(|it| it == "rlib"))
            .map(|(name, file)| {
                (
                    name.clone(),
                    below
                        .path(file)
                        .unwrap_or_else(|| crates.join(file_name(file))),
                )
            })
            .collect();
        let is_fresh = |(_, file): &&Extern| file.starts_with(&crates);
        let name = format!("{NAME}{identity}");
        let (linked, apart) = if libraries.iter().any(|it| is_fresh(&it)) {
            notes::set_progress(
                self.workspace,
                Some("linking the crates, once for all cells"),
            );
            self.link(scratch, &name, below, &libraries)?
        } else {
            (false, Vec::new())
        };
        let mut layer = Layer {
            folder: PathBuf::new(),
            name: linked.then_some(name),
            files: BTreeMap::new(),
            packages,
            apart,
            allocators,
        };
        let names = layer.packages.keys().map(|name| format!("{CRATES}/{name}"));
        let library = layer.name.iter().map(|name| format!("lib{name}.so"));
        for name in names.chain(library).collect::<Vec<_>>() {
            let path = scratch.join(&name);
            let data = fs::metadata(&path).map_err(Error::file("read", &path))?;
            layer.files.insert(name, data.len());
        }
        let contents = scratch.join(CONTENTS);
        let text = serde_json::to_vec(&layer)
            .map_err(std::io::Error::from)
            .map_err(Error::file("write", &contents))?;
        fs::write(&contents, text).map_err(Error::file("write", &contents))
    }

    /// Links what can be linked: whether there is a library, and the files of the crates that stay
    /// apart.
    fn link(
        &self,
        scratch: &Path,
        name: &str,
        below: &Chain,
        libraries: &[Extern],
    ) -> Result<(bool, Vec<String>), Error> {
        let Err(whole) = self.compile(scratch, name, below, libraries)? else {
            return Ok((true, Vec::new()));
        };
        if super::broken::is_broken(&whole) || whole.contains(DISK_FULL) {
            return Err(failure(&whole));
        }
        // Some crate can't be part of a library: each that makes the others fail stays apart.
        let (mut kept, mut apart) = (Vec::new(), Vec::new());
        for library in libraries {
            kept.push(library.clone());
            if let Err(messages) = self.compile(scratch, name, below, &kept)? {
                tracing::info!("`{}` is linked to each cell: {messages}", library.0);
                kept.pop();
                apart.push(file_name(&library.1));
            }
        }
        if kept.is_empty() {
            return Ok((false, apart));
        }
        match self.compile(scratch, name, below, &kept)? {
            Ok(()) => Ok((true, apart)),
            Err(messages) => Err(failure(&messages)),
        }
    }

    /// Compiles the crate that has all others in it; what rustc said if it can't.
    fn compile(
        &self,
        scratch: &Path,
        name: &str,
        below: &Chain,
        libraries: &[Extern],
    ) -> Result<Result<(), String>, Error> {
        let instances = instances::of(libraries);
        if !instances.is_empty() {
            match self.compile_with(&instances, scratch, name, below, libraries)? {
                Ok(()) => return Ok(Ok(())),
                Err(messages) => tracing::debug!("a layer has no instances: {messages}"),
            }
        }
        self.compile_with("", scratch, name, below, libraries)
    }

    /// The same with more code in that crate.
    fn compile_with(
        &self,
        more: &str,
        scratch: &Path,
        name: &str,
        below: &Chain,
        libraries: &[Extern],
    ) -> Result<Result<(), String>, Error> {
        let source = scratch.join("layer.rs");
        let crates = libraries.iter().map(|(name, _)| name.as_str());
        let lines: String = below
            .name()
            .into_iter()
            .chain(crates)
            .map(|name| format!("extern crate {name} as _;\n"))
            .collect();
        fs::write(&source, lines + more).map_err(Error::file("write", &source))?;
        let mut command = Command::new(self.rustc);
        command
            .args([
                "--crate-type=dylib",
                "--edition=2024",
                "--cap-lints=allow",
                "-Crpath",
            ])
            .args(["--crate-name", name])
            .arg(format!("-Cmetadata={name}"))
            .arg(format!(
                "-Clinker={}",
                self.workspace
                    .join("bin")
                    .join(super::linker::NAME)
                    .display()
            ))
            .arg(format!("-Ldependency={}", scratch.join(CRATES).display()))
            .args(below.search())
            .args(below.library_argument(""))
            .args(
                self.arguments
                    .iter()
                    .filter(|it| !super::linker::is_choice(it)),
            )
            .env(super::linker::REAL, super::linker::chosen(self.arguments))
            .env(super::linker::VERSION, name);
        for (name, file) in libraries {
            command
                .arg("--extern")
                .arg(format!("{name}={}", file.display()));
        }
        command.arg("--out-dir").arg(scratch).arg(&source);
        let output = command.output().map_err(Error::tool(&command))?;
        if output.status.success() {
            return Ok(Ok(()));
        }
        Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// How rustc and its linker say `ENOSPC`.
const DISK_FULL: &str = "No space left on device";

/// rustc can't make a layer, and no crate is to blame.
fn failure(messages: &str) -> Error {
    Error::Crates {
        messages: messages.to_owned(),
    }
}

/// What makes a layer the same for two sessions.
fn identity(below: &Chain, externs: &[Extern], fresh: &[&Artifact]) -> Result<String, Error> {
    let mut parts: Vec<Vec<u8>> = below.identity();
    parts.push(instances::of(externs).into_bytes());
    for (name, file) in externs {
        parts.push(format!("{name}={}", file_name(file)).into_bytes());
    }
    for artifact in fresh {
        parts.push(file_name(&artifact.file).into_bytes());
        parts.push(fs::read(&artifact.file).map_err(Error::file("read", &artifact.file))?);
    }
    Ok(key(parts.iter().map(Vec::as_slice)))
}
