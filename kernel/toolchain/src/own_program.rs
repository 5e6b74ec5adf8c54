//! Where the kernel's own binary lies, also after an update.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What Linux puts behind the path of a binary that is no longer there.
const GONE: &[u8] = b" (deleted)";

/// The path of this very program. An installer that updates the kernel puts another binary in its
/// place while it runs: then that one is meant, as for all that has had the path before.
///
/// # Errors
/// The system doesn't tell.
pub fn own_program() -> io::Result<PathBuf> {
    std::env::current_exe().map(as_named)
}

fn as_named(told: PathBuf) -> PathBuf {
    let before = told.as_os_str().as_bytes().strip_suffix(GONE);
    let before = before.map(|name| Path::new(OsStr::from_bytes(name)));
    match before.filter(|named| named.is_file() && !told.exists()) {
        Some(named) => named.to_owned(),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_binary_that_was_updated_is_found_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("fearless");
        let told = folder.path().join("fearless (deleted)");
        assert_eq!(as_named(program.clone()), program);
        // Nothing has taken its place.
        assert_eq!(as_named(told.clone()), told);
        fs::write(&program, "").unwrap();
        assert_eq!(as_named(told.clone()), program);
        // Somebody does call it so.
        fs::write(&told, "").unwrap();
        assert_eq!(as_named(told.clone()), told);
    }
}
