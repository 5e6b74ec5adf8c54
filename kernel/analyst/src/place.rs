//! Where the analyst of a user can be found: a folder that nobody else can enter, and a socket.

use crate::error::Error;
use rustix::fs::{FlockOperation, flock};
use rustix::process::geteuid;
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// The socket of one build's analyst. Kernels of another build have another one.
#[derive(Clone, Debug)]
pub struct Place {
    folder: PathBuf,
    build: String,
}

impl Place {
    /// That of this process's user, for a build.
    ///
    /// # Errors
    /// The folder can't be made, or others can enter it.
    pub fn of_user(build: &str) -> Result<Place, Error> {
        let user = geteuid().as_raw();
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let folder = match runtime.filter(|folder| folder.is_dir()) {
            Some(folder) => folder.join("fearless"),
            // The path of a socket is short, so not in a folder that is the user's own choice.
            None => PathBuf::from(format!("/tmp/fearless-{user}")),
        };
        Place::in_folder(&folder, build)
    }

    /// In a folder, which is made if it is not there.
    ///
    /// # Errors
    /// It can't be made, or others can enter it.
    pub fn in_folder(folder: &Path, build: &str) -> Result<Place, Error> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::file("create", folder)(error)),
        }
        let data = fs::symlink_metadata(folder).map_err(Error::file("look at", folder))?;
        let is_mine = data.is_dir() && data.uid() == geteuid().as_raw();
        if !is_mine || data.mode() & 0o077 != 0 {
            return Err(Error::OpenFolder(folder.to_owned()));
        }
        Ok(Place {
            folder: folder.to_owned(),
            build: build.to_owned(),
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The build, as it was given.
    pub fn build(&self) -> &str {
        &self.build
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.file("socket")
    }

    fn file(&self, extension: &str) -> PathBuf {
        let digest = Sha256::digest(self.build.as_bytes());
        let name: String = digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.folder.join(name).with_extension(extension)
    }

    /// The right to be the analyst here, as long as the file is open; `None` if another has it.
    pub(crate) fn claim(&self) -> Result<Option<File>, Error> {
        let path = self.file("lock");
        let file = File::create(&path).map_err(Error::file("create", &path))?;
        let claimed = flock(&file, FlockOperation::NonBlockingLockExclusive);
        Ok(claimed.is_ok().then_some(file))
    }
}

/// Whether the process at the other end is this user's.
pub(crate) fn is_own(stream: &UnixStream) -> bool {
    use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
    getsockopt(stream, PeerCredentials)
        .is_ok_and(|credentials| credentials.uid() == geteuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_that_others_can_enter_is_refused() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("place");
        Place::in_folder(&folder, "1").unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(matches!(
            Place::in_folder(&folder, "1"),
            Err(Error::OpenFolder(_))
        ));
        let link = scratch.path().join("link");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(matches!(
            Place::in_folder(&link, "1"),
            Err(Error::OpenFolder(_))
        ));
    }

    #[test]
    fn one_analyst_has_a_place_and_each_build_its_own() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("place");
        let place = |build| Place::in_folder(&folder, build).unwrap();
        let first = place("1").claim().unwrap();
        assert!(first.is_some());
        assert!(place("1").claim().unwrap().is_none());
        assert!(place("2").claim().unwrap().is_some());
        assert_ne!(place("1").socket(), place("2").socket());
        drop(first);
        assert!(place("1").claim().unwrap().is_some());
    }

    #[test]
    fn the_other_end_is_known() {
        let (here, _there) = UnixStream::pair().unwrap();
        assert!(is_own(&here));
    }
}
