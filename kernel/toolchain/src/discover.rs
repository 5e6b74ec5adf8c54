//! Which rustc and cargo there are, and what they say of themselves.

use super::answers::Answers;
use super::cache::Cache;
use crate::error::Error;
use crate::places::Places;
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
    /// Looks where they may lie (see [`Places`]); once in a process, unless it fails.
    pub fn discover() -> Result<Toolchain, Error> {
        static FOUND: OnceLock<Toolchain> = OnceLock::new();
        if let Some(found) = FOUND.get() {
            return Ok(found.clone());
        }
        let places = Places::usual();
        let (rustc, cargo) = std::thread::scope(|scope| {
            let cargo = scope.spawn(|| places.find("cargo"));
            let rustc = places.find("rustc");
            let cargo = cargo.join();
            (
                rustc,
                cargo.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
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
