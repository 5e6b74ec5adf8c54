//! The versions of a session's crates, kept from one `:dep` to the next.
//!
//! evcxr tries each new dependency in a package of its own, whose `Cargo.lock` takes the place of
//! the cell's. So that crates that cells use already stay what they are, the cell's own comes back
//! before cargo looks.

use crate::error::Error;
use crate::workspace::build_folder;
use std::fs;
use std::path::{Path, PathBuf};

fn kept(workspace: &Path) -> PathBuf {
    workspace.join("Cargo.lock")
}

fn current(workspace: &Path) -> PathBuf {
    build_folder(workspace).join("Cargo.lock")
}

/// Puts the session's versions where cargo reads them.
pub(crate) fn restore(workspace: &Path) {
    // Without them, cargo chooses again.
    let _ = fs::copy(kept(workspace), current(workspace));
}

/// Keeps the versions that cargo chose.
pub(crate) fn keep(workspace: &Path) -> Result<String, Error> {
    let path = current(workspace);
    let text = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    keep_text(workspace, &text)?;
    Ok(text)
}

/// Keeps the versions that another session's cargo chose.
pub(crate) fn keep_text(workspace: &Path, text: &str) -> Result<(), Error> {
    let path = kept(workspace);
    fs::write(&path, text).map_err(Error::file("write", &path))
}

/// The session's versions; empty before the first crate, whether cells ran before it or not.
pub(crate) fn versions(workspace: &Path) -> String {
    let text = fs::read_to_string(kept(workspace)).unwrap_or_default();
    // The cell's own package is one.
    match text.matches("[[package]]").count() {
        0 | 1 => String::new(),
        _ => text,
    }
}
