//! The cache that an administrator filled for all users of a machine (`fearless warm`).
//!
//! It is laid out as a user's own, and looked at before it. A kernel only reads it: nothing in it
//! is written, locked or tidied. It counts only as far as nobody else may write it (see
//! [`trusted`]).

use crate::cache::{CACHE, WARMING};
use crate::error::Error;
use crate::trusted;
use std::fs;
use std::path::{Path, PathBuf};

/// The variable that names the folder.
const PLACE: &str = "FEARLESS_SYSTEM_CACHE";

/// A system's cache that can be trusted.
#[derive(Clone, Debug)]
pub struct SystemCache {
    root: PathBuf,
}

impl SystemCache {
    /// Where it is looked for: `$FEARLESS_SYSTEM_CACHE`, or `share/fearless/cache` of the prefix in
    /// which the kernel is installed.
    pub fn place() -> Option<PathBuf> {
        let given = std::env::var_os(PLACE).filter(|place| !place.is_empty());
        given
            .map(PathBuf::from)
            .or_else(|| beside(&std::env::current_exe().ok()?))
    }

    /// The cache, if there is one that can be trusted.
    pub fn open() -> Option<SystemCache> {
        if is_warming() {
            return None;
        }
        let place = SystemCache::place().filter(|place| place.is_dir())?;
        let root = warn_of(trusted::root(&place))?;
        Some(SystemCache { root })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A folder in it, if it is there and all in it can be trusted.
    pub(super) fn folder(&self, name: &str, key: &str) -> Option<PathBuf> {
        let path = self.root.join(name).join(key);
        self.whole(&path)
    }

    /// The real path of a folder in it, if all in there can be trusted.
    pub(super) fn whole(&self, path: &Path) -> Option<PathBuf> {
        let found = Some(path).filter(|path| path.is_dir());
        let real = found.and_then(|path| warn_of(trusted::folder(path)))?;
        real.starts_with(&self.root).then_some(real)
    }

    /// The contents of a file in it, if it can be trusted.
    pub(super) fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let found = Some(path).filter(|path| path.is_file());
        found.and_then(|path| warn_of(trusted::read(path)))
    }
}

/// Whether this session fills the system's cache.
pub fn is_warming() -> bool {
    std::env::var_os(WARMING).is_some()
}

/// Whether this process is root's.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Makes a folder into which a session can fill the system's cache, and returns its real path.
/// Whatever the process makes from then on can be read by everyone.
///
/// # Errors
/// It can't be made, or no kernel would read it.
pub fn prepare(place: &Path) -> Result<PathBuf, String> {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    fs::create_dir_all(place)
        .map_err(Error::file("create", place))
        .map_err(|error| error.to_string())?;
    trusted::root(place).map_err(|error| {
        format!("no kernel would read what is put there: {error}; give it to root, and take the others' right to write")
    })
}

/// The variables for a session that fills the cache in a folder.
pub fn to_fill(place: &Path) -> [(&'static str, String); 2] {
    let place = place.to_string_lossy().into_owned();
    [(CACHE, place), (WARMING, "1".to_owned())]
}

/// Takes away what only those who fill it need, and looks at the rest as a kernel does.
///
/// # Errors
/// Something in it can't be trusted.
pub fn finish(place: &Path) -> Result<(), String> {
    for name in ["sessions", "target"] {
        let _ = fs::remove_dir_all(place.join(name));
    }
    trusted::folder(place)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

fn beside(binary: &Path) -> Option<PathBuf> {
    let prefix = binary.parent()?.parent()?;
    let share = Path::new("share/fearless");
    Some(match prefix.ends_with(share) {
        true => prefix.join("cache"),
        false => prefix.join(share).join("cache"),
    })
}

fn warn_of<T>(answer: Result<T, trusted::Untrusted>) -> Option<T> {
    answer
        .inspect_err(|error| tracing::warn!("a file of the system's cache is not used: {error}"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lies_in_the_prefix() {
        for binary in ["/opt/x/bin/fearless", "/opt/x/share/fearless/bin/fearless"] {
            let place = beside(Path::new(binary));
            assert_eq!(place, Some("/opt/x/share/fearless/cache".into()));
        }
    }
}
