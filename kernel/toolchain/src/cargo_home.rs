//! Cargo's home: where the sources of crates lie.

use crate::error::Error;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The variable that names it.
pub(super) const VARIABLE: &str = "CARGO_HOME";
/// A home's configuration.
const CONFIGURATION: [&str; 2] = ["config.toml", "config"];

/// What tells one of cargo's homes from another: where it lies, and its configuration. Crates that
/// were compiled from the sources in one don't fit those from another.
pub fn cargo_home() -> String {
    let home = usual();
    let place = fs::canonicalize(&home).unwrap_or(home);
    let configuration =
        CONFIGURATION.map(|name| fs::read_to_string(place.join(name)).unwrap_or_default());
    format!("{} {}", place.display(), configuration.concat())
}

fn usual() -> PathBuf {
    let given = std::env::var_os(VARIABLE).filter(|home| !home.is_empty());
    given
        .map(PathBuf::from)
        .or_else(|| Some(dirs::home_dir()?.join(".cargo")))
        .unwrap_or_default()
}

/// Another home, below `cache`, for who can't write in the usual one (root's, say): cargo must keep
/// what it fetches.
pub(super) fn instead(cache: &Path) -> Result<Option<PathBuf>, Error> {
    let usual = usual();
    let _ = fs::create_dir_all(&usual);
    if can_be_written(&usual) {
        return Ok(None);
    }
    let home = cache.join("cargo");
    fs::create_dir_all(&home).map_err(Error::file("create", &home))?;
    for name in CONFIGURATION {
        let (given, link) = (usual.join(name), home.join(name));
        if given.is_file() && !link.exists() {
            symlink(&given, &link).map_err(Error::file("create", &link))?;
        }
    }
    Ok(Some(home))
}

/// Whether files can be made in a folder: neither its mode nor that of what it lies on forbids it.
pub(super) fn can_be_written(folder: &Path) -> bool {
    tempfile::tempfile_in(folder).is_ok()
}
