//! The one folder on disk that all kernels of a user share.

use crate::cargo_home::can_be_written;
use crate::error::Error;
use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The variable that names another folder.
pub(super) const CACHE: &str = "FEARLESS_CACHE";

/// Set when that folder is to go with the kernel.
pub(super) const TEMPORARY: &str = "FEARLESS_TEMPORARY_CACHE";
/// Set while the system's cache is filled (see [`system_cache`](crate::system_cache)).
pub(super) const WARMING: &str = "FEARLESS_WARM";

/// The cache: `$FEARLESS_CACHE`, or `fearless` in the user's cache folder.
///
/// ```text
/// answers/<key>/    what a compiler says of itself
/// std/<key>/        our `std`, built for one toolchain
/// control/<key>/    what explored programs load besides
/// library/<key>/    the library's sources, shortened for rust-analyzer
/// layers/<key>/     those dependencies, linked to libraries that cells share
/// recipes/<key>/    how cells with certain dependencies are compiled
/// target/<key>/     dependencies of cells, shared by all kernels
/// sessions/<id>/    one running kernel's files; locked while it lives
/// ```
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
    is_temporary: bool,
}

impl Cache {
    /// Finds the folder and creates it. Where the usual one can't be written, the kernel gets a
    /// folder of its own, for as long as it runs.
    pub fn open() -> Result<Cache, Error> {
        let found = |root: PathBuf, is_temporary| {
            create_private(&root).map_err(Error::file("create", &root))?;
            Ok(Cache { root, is_temporary })
        };
        if let Some(given) = std::env::var_os(CACHE) {
            return found(given.into(), std::env::var_os(TEMPORARY).is_some());
        }
        if let Some(usual) = Cache::usual()
            && let Ok(cache) = found(usual, false)
            && can_be_written(cache.root())
        {
            return Ok(cache);
        }
        let temporary = std::env::temp_dir();
        let made = tempfile::Builder::new()
            .prefix("fearless-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(&temporary)
            .map_err(Error::file("create a folder in", &temporary))?;
        Ok(Cache {
            root: made.keep(),
            is_temporary: true,
        })
    }

    /// The user's own, if nothing else is said.
    pub fn usual() -> Option<PathBuf> {
        dirs::cache_dir().map(|folder| folder.join("fearless"))
    }

    /// Whether it is to go with the kernel.
    pub fn is_temporary(&self) -> bool {
        self.is_temporary
    }

    /// A cache in another folder, for tests.
    #[cfg(test)]
    pub(super) fn at(root: &Path) -> Cache {
        Cache {
            root: root.to_owned(),
            is_temporary: false,
        }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A folder of the cache, created if absent.
    pub fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.root.join(name);
        fs::create_dir_all(&path).map_err(Error::file("create", &path))?;
        Ok(path)
    }
}

/// Makes a folder for its owner alone: sessions keep sources of cells in it.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mode = if std::env::var_os(WARMING).is_some() {
        0o755
    } else {
        0o700
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(folder)
}

/// Builds that no kernel has used for so long are removed.
const LONGEST_UNUSED: Duration = Duration::from_secs(30 * 24 * 3600);
/// Builds used more recently than this may be in use now.
const MAY_BE_IN_USE: Duration = Duration::from_secs(24 * 3600);
/// Bytes that all builds together may take; `$FEARLESS_CACHE_LIMIT` says otherwise.
const LIMIT: u64 = 8 << 30;
/// The file whose time says when a build was last used.
const USED: &str = "last-used";

impl Cache {
    /// Notes that builds are in use.
    pub fn mark_used(builds: &[&Path]) {
        for build in builds {
            // Only the clean-up depends on it.
            let _ = fs::create_dir_all(build).and_then(|()| fs::write(build.join(USED), ""));
        }
    }

    /// Removes builds of toolchains and versions that nobody uses any more, and the least recently
    /// used ones while all together take too much room.
    pub fn tidy(&self) {
        let limit = std::env::var("FEARLESS_CACHE_LIMIT").ok();
        let limit = limit.and_then(|bytes| bytes.parse().ok()).unwrap_or(LIMIT);
        let entries: Vec<PathBuf> = ["answers", "layers", "std", "control", "library", "target"]
            .iter()
            .flat_map(|kind| fs::read_dir(self.root.join(kind)))
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        for entry in &entries {
            if is_left(entry) {
                let _ = fs::remove_dir_all(entry);
            }
        }
        let mut builds: Vec<(Duration, PathBuf)> = entries
            .into_iter()
            .filter_map(|entry| Some((unused_for(&entry)?, entry)))
            .collect();
        builds.sort();
        let mut total = 0;
        for (unused, build) in builds {
            total += size(&build);
            if unused > LONGEST_UNUSED || (total > limit && unused > MAY_BE_IN_USE) {
                tracing::info!(
                    "removing `{}`, unused for {} days",
                    build.display(),
                    unused.as_secs() / 86_400
                );
                let _ = fs::remove_dir_all(&build);
            }
        }
    }
}

/// Whether a folder is one that was built in, by a process that ended before it was done.
fn is_left(entry: &Path) -> bool {
    let name = entry.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".tmp")
        && age(entry).is_some_and(|age| age > MAY_BE_IN_USE)
}

fn unused_for(build: &Path) -> Option<Duration> {
    age(&build.join(USED))
}

/// How long ago something was changed.
fn age(path: &Path) -> Option<Duration> {
    fs::metadata(path).ok()?.modified().ok()?.elapsed().ok()
}

/// Bytes of the files below a folder; those that are in another folder as well count in part.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => size(&entry.path()),
            Ok(data) => data.len() / data.nlink().max(1),
            Err(_) => 0,
        })
        .sum()
}

/// An exclusive lock on a file, held until dropped, also released by the system when the process
/// dies.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Waits for the lock.
    pub fn acquire(path: &Path) -> Result<FileLock, Error> {
        let file = open(path)?;
        file.lock().map_err(Error::file("lock", path))?;
        Ok(FileLock { _file: file })
    }

    /// Makes a lock that is held from the moment at which it can be seen: one that nobody holds was
    /// left behind.
    pub fn create_held(path: &Path) -> Result<FileLock, Error> {
        let unseen = path.with_extension("new");
        let file = open(&unseen)?;
        file.lock().map_err(Error::file("lock", &unseen))?;
        fs::rename(&unseen, path).map_err(Error::file("rename", &unseen))?;
        Ok(FileLock { _file: file })
    }

    /// Takes the lock if nobody holds it.
    pub fn try_acquire(path: &Path) -> Result<Option<FileLock>, Error> {
        let file = open(path)?;
        Ok(file.try_lock().ok().map(|()| FileLock { _file: file }))
    }
}

fn open(path: &Path) -> Result<File, Error> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(Error::file("open the lock", path))
}

/// The SHA-256 of some parts, shortened to 16 hexadecimal digits: enough to tell builds apart.
pub fn key<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(
            key([b"ab".as_slice(), b"c".as_slice()]),
            key([b"a".as_slice(), b"bc".as_slice()])
        );
    }

    #[test]
    fn what_is_long_unused_goes_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        let old = cache.folder("target/old").unwrap();
        let new = cache.folder("target/new").unwrap();
        let left = cache.folder("std/.tmpabc").unwrap();
        let in_use = cache.folder("std/.tmpdef").unwrap();
        Cache::mark_used(&[&old, &new]);
        let long_ago = std::time::SystemTime::now() - LONGEST_UNUSED - Duration::from_secs(60);
        File::options()
            .write(true)
            .open(old.join(USED))
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        File::open(&left).unwrap().set_modified(long_ago).unwrap();
        cache.tidy();
        assert!(!old.exists() && new.exists());
        assert!(!left.exists() && in_use.exists());
    }

    #[test]
    fn a_lock_is_held_as_soon_as_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        std::thread::scope(|scope| {
            let seen = scope.spawn(|| {
                while !path.exists() {}
                FileLock::try_acquire(&path).unwrap().is_none()
            });
            let _held = FileLock::create_held(&path).unwrap();
            assert!(seen.join().unwrap());
        });
        assert!(FileLock::try_acquire(&path).unwrap().is_some());
    }

    #[test]
    fn a_lock_is_exclusive_until_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = FileLock::acquire(&path).unwrap();
        assert!(FileLock::try_acquire(&path).unwrap().is_none());
        drop(held);
        assert!(FileLock::try_acquire(&path).unwrap().is_some());
    }
}
