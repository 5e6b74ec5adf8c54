//! Which rustc and cargo there are, and what they say of themselves.

use super::answers::Answers;
use super::cache::Cache;
use crate::error::Error;
use crate::{tools, workspace};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A toolchain that was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Toolchain {
    /// The real `rustc`, not rustup's proxy (which costs 10 ms at every call).
    pub rustc: PathBuf,
    /// The real `cargo`.
    pub cargo: PathBuf,
    /// `rustc -vV`.
    pub version: String,
    /// Where the toolchain lies.
    pub sysroot: PathBuf,
    /// The folder of the real `libstd-….so`.
    pub target_libdir: PathBuf,
}

impl Toolchain {
    /// Asks rustup, then the PATH; once in a process, unless it fails.
    pub fn discover() -> Result<Toolchain, Error> {
        static FOUND: OnceLock<Toolchain> = OnceLock::new();
        if let Some(found) = FOUND.get() {
            return Ok(found.clone());
        }
        let (rustc, cargo) = std::thread::scope(|scope| {
            let cargo = scope.spawn(|| locate("cargo"));
            let rustc = locate("rustc");
            let cargo = cargo.join();
            (
                rustc,
                cargo.unwrap_or(Err(Error::Missing { tool: "cargo" })),
            )
        });
        let (rustc, cargo) = (rustc?, cargo?);
        let answers = Answers::of(&Cache::open()?, &rustc);
        let version = answers.ask(&["-vV"])?;
        let paths = answers.ask(&["--print", "sysroot", "--print", "target-libdir"])?;
        if let Some(folder) = answers.folder() {
            Cache::mark_used(&[folder]);
        }
        let mut lines = paths.lines();
        let mut next = || {
            lines.next().map(PathBuf::from).ok_or_else(|| Error::Tool {
                command: format!("{} --print sysroot", rustc.display()),
                cause: "it printed less than two lines".into(),
            })
        };
        let toolchain = Toolchain {
            sysroot: next()?,
            target_libdir: next()?,
            version,
            rustc,
            cargo,
        };
        Ok(FOUND.get_or_init(|| toolchain).clone())
    }

    /// The number in the version, such as `1.95.0`.
    pub fn version_number(&self) -> Option<&str> {
        self.version.split_whitespace().nth(1)
    }

    /// The first line of `rustc -vV`.
    pub fn short_version(&self) -> &str {
        self.version.lines().next().unwrap_or("rustc")
    }

    /// The folders that a process needs to load code compiled by this toolchain against our `std`.
    pub fn library_path(&self, standard: &Path) -> String {
        let mut folders = vec![standard.to_owned(), self.target_libdir.clone()];
        folders.extend(
            std::env::var_os("LD_LIBRARY_PATH")
                .iter()
                .flat_map(std::env::split_paths),
        );
        std::env::join_paths(folders)
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }
}

/// What tells one of cargo's homes from another: where it lies, and its configuration. Crates that
/// were compiled from the sources in one don't fit those from another.
pub fn cargo_home() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home
        .or_else(|| Some(dirs::home_dir()?.join(".cargo")))
        .unwrap_or_default();
    let place = std::fs::canonicalize(&home).unwrap_or(home);
    let configuration = ["config.toml", "config"]
        .map(|name| std::fs::read_to_string(place.join(name)).unwrap_or_default());
    format!("{} {}", place.display(), configuration.concat())
}

/// The error in a person's words, if rustup misses the toolchain that a file asks for.
fn not_installed(error: &Error) -> Option<Error> {
    let Error::Tool { cause, .. } = error else {
        return None;
    };
    let line = cause
        .lines()
        .find(|line| line.contains("is not installed"))?;
    let folder = std::env::current_dir().ok()?;
    let mut files = folder
        .ancestors()
        .flat_map(|folder| ["rust-toolchain.toml", "rust-toolchain"].map(|name| folder.join(name)));
    Some(Error::Toolchain {
        file: files.find(|file| file.is_file())?,
        cause: line.trim_start_matches("error: ").to_owned(),
    })
}

fn locate(tool: &'static str) -> Result<PathBuf, Error> {
    let path = workspace::original_path();
    if let Ok(rustup) = which::which_in("rustup", path.as_ref(), ".") {
        match tools::run(&rustup, ["which", tool]) {
            Ok(found) => return Ok(PathBuf::from(found.trim())),
            // What else is on the PATH is rustup's, too, and says the same.
            Err(error) => not_installed(&error).map_or(Ok(()), Err)?,
        }
    }
    which::which_in(tool, path.as_ref(), ".").map_err(|_| Error::Missing { tool })
}
