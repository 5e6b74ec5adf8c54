//! What the kernel tells its stand-in for cargo: a small file in the workspace.

use super::{Error, discover::Toolchain};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// The contents of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The real tools.
    pub toolchain: Toolchain,
    /// The folder of our `std`, or `None` to compile against the real one (`:record off`).
    pub standard: Option<PathBuf>,
    /// Where dependencies are built, shared by all kernels with the same toolchain.
    pub target: PathBuf,
    /// Where it is noted how cells with certain dependencies are compiled; shared likewise.
    pub recipes: PathBuf,
}

impl Settings {
    fn path(workspace: &Path) -> PathBuf {
        workspace.join("settings.json")
    }

    /// Reads the file.
    pub fn load(workspace: &Path) -> Result<Settings, Error> {
        let path = Settings::path(workspace);
        let text = fs::read(&path).map_err(Error::file("read", &path))?;
        serde_json::from_slice(&text)
            .map_err(std::io::Error::from)
            .map_err(Error::file("read", &path))
    }

    /// Writes the file so that a reader sees the old or the new one.
    pub fn store(&self, workspace: &Path) -> Result<(), Error> {
        let path = Settings::path(workspace);
        let text = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .map_err(Error::file("write", &path))?;
        let scratch = path.with_extension("new");
        fs::write(&scratch, text).map_err(Error::file("write", &scratch))?;
        fs::rename(&scratch, &path).map_err(Error::file("write", &path))
    }

    /// The flags for everything that is compiled for the cell process.
    pub fn rustflags(&self) -> Vec<String> {
        let mut flags = vec!["-Cprefer-dynamic".to_owned()];
        if let Some(folder) = &self.standard {
            flags.push("--extern".into());
            flags.push(format!(
                "std={}",
                folder.join(super::standard::LIBRARY).display()
            ));
            flags.push("-L".into());
            flags.push(format!("dependency={}", folder.display()));
        }
        flags
    }
}
