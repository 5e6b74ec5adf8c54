//! The standard library's sources, which rust-analyzer needs to infer the types of variables.
//!
//! Loading the whole tree costs seconds; only three crates of it matter, so rust-analyzer is shown a
//! tree of symbolic links to those.

use super::{Error, cache::Cache, discover::Toolchain};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates that cells see.
const CRATES: [&str; 3] = ["core", "alloc", "std"];

/// Makes `link` lead to a pruned library tree.
pub fn provide(cache: &Cache, toolchain: &Toolchain, link: &Path) -> Result<(), Error> {
    let sources = find(toolchain).ok_or(Error::NoLibrarySources)?;
    let key = super::cache::key([sources.as_os_str().as_encoded_bytes()]);
    let pruned = cache.folder("library")?.join(key);
    prune(&sources, &pruned)?;
    if fs::read_link(link).is_ok_and(|target| target == pruned) {
        return Ok(());
    }
    std::os::unix::fs::symlink(&pruned, link).map_err(Error::file("create", link))
}

/// Looks in `RUST_SRC_PATH`, the toolchain's component `rust-src`, and where Debian's package `rust-web-src`
/// puts it, in this order.
fn find(toolchain: &Toolchain) -> Option<PathBuf> {
    let given = std::env::var_os(super::workspace::ORIGINAL_SOURCES).map(PathBuf::from);
    let component = toolchain.sysroot.join("lib/rustlib/src/rust/library");
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/src")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("rustc-"))
        })
        .map(|path| path.join("library"))
        .collect();
    debian.sort();
    given
        .into_iter()
        .chain([component])
        .chain(debian.into_iter().rev())
        .find(|path| path.join("std/src/lib.rs").is_file())
}

fn prune(sources: &Path, pruned: &Path) -> Result<(), Error> {
    for name in CRATES {
        let folder = pruned.join(name);
        fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
        for part in ["src", "Cargo.toml"] {
            let link = folder.join(part);
            match std::os::unix::fs::symlink(sources.join(name).join(part), &link) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                result => result.map_err(Error::file("create", &link))?,
            }
        }
    }
    Ok(())
}
