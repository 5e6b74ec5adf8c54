//! Files that nobody else may have written.
//!
//! What a cache holds is loaded and run: whoever may write a shared one runs code as everyone who
//! reads it. So a file of another's cache counts only if it, and each folder above it, belongs to
//! root or to the kernel's own user, and nobody else may write there. Once that holds, only these
//! two can change it: what is read later is what was looked at.

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, statat};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

/// Why a file doesn't count.
#[derive(Debug, thiserror::Error)]
pub(super) enum Untrusted {
    /// Somebody else could have written it.
    #[error("`{path}` {why}")]
    Writable {
        /// The file, or a folder above.
        path: PathBuf,
        /// Who may write.
        why: String,
    },
    /// It can't be looked at.
    #[error("cannot read `{path}`: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Untrusted {
    let path = path.to_owned();
    move |cause| Untrusted::Unreadable { path, cause }
}

/// What else than a folder of one's own may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On the way to what counts: others may add what belongs to them, if they can't move what
    /// doesn't, as in `/tmp`.
    Above,
    /// What counts.
    Within,
}

/// The real path of a folder in which everything can be trusted.
///
/// # Errors
/// Something in it, or above it, can't.
pub(super) fn folder(path: &Path) -> Result<PathBuf, Untrusted> {
    let (real, opened) = open(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
    look_through(&real, opened.as_fd())?;
    Ok(real)
}

/// The real path of a folder that can be trusted, whatever is in it.
///
/// # Errors
/// It can't, or there is none.
pub(super) fn root(path: &Path) -> Result<PathBuf, Untrusted> {
    open(path, OFlags::PATH | OFlags::DIRECTORY).map(|(real, _)| real)
}

/// The contents of a file that can be trusted.
///
/// # Errors
/// It can't, or there is none.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Untrusted> {
    let (real, opened) = open(path, OFlags::RDONLY)?;
    let mut contents = Vec::new();
    File::from(opened)
        .read_to_end(&mut contents)
        .map_err(unreadable(&real))?;
    Ok(contents)
}

/// Opens a file by its real path, component by component, and looks at each.
fn open(path: &Path, flags: OFlags) -> Result<(PathBuf, OwnedFd), Untrusted> {
    let real = path.canonicalize().map_err(unreadable(path))?;
    let mut so_far = PathBuf::from("/");
    let mut opened = open_at(CWD, &so_far, &so_far, OFlags::PATH)?;
    let names: Vec<_> = real
        .components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name),
            _ => None,
        })
        .collect();
    for (number, name) in names.iter().enumerate() {
        judge_opened(&so_far, opened.as_fd(), Place::Above)?;
        so_far.push(name);
        let is_last = number + 1 == names.len();
        let flags = if is_last { flags } else { OFlags::PATH };
        opened = open_at(opened.as_fd(), Path::new(name), &so_far, flags)?;
    }
    judge_opened(&so_far, opened.as_fd(), Place::Within)?;
    Ok((real, opened))
}

fn open_at(
    folder: BorrowedFd<'_>,
    name: &Path,
    whole: &Path,
    flags: OFlags,
) -> Result<OwnedFd, Untrusted> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::empty()).map_err(|error| unreadable(whole)(error.into()))
}

/// Looks at all that is in an opened folder; links lead to what is looked at likewise.
fn look_through(path: &Path, folder: BorrowedFd<'_>) -> Result<(), Untrusted> {
    let failed = |error: rustix::io::Errno| unreadable(path)(error.into());
    for entry in Dir::read_from(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let below = path.join(std::ffi::OsStr::new(&*name.to_string_lossy()));
        let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| unreadable(&below)(error.into()))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Symlink => {
                open(&below, OFlags::PATH)?;
            }
            FileType::Directory => {
                judge(&below, &stat, Place::Within)?;
                let name = Path::new(below.file_name().unwrap_or_default());
                let flags = OFlags::RDONLY | OFlags::DIRECTORY;
                let inner = open_at(folder, name, &below, flags)?;
                look_through(&below, inner.as_fd())?;
            }
            _ => judge(&below, &stat, Place::Within)?,
        }
    }
    Ok(())
}

fn judge_opened(path: &Path, opened: BorrowedFd<'_>, place: Place) -> Result<(), Untrusted> {
    let stat = rustix::fs::fstat(opened).map_err(|error| unreadable(path)(error.into()))?;
    judge(path, &stat, place)
}

/// Whether nobody but root and the kernel's user may change this.
fn judge(path: &Path, stat: &Stat, place: Place) -> Result<(), Untrusted> {
    let own = rustix::process::geteuid().as_raw();
    let mode = Mode::from_raw_mode(stat.st_mode);
    let keeps_others_off = place == Place::Above && mode.contains(Mode::SVTX);
    let why = if stat.st_uid != 0 && stat.st_uid != own {
        format!("belongs to the user {}", stat.st_uid)
    } else if mode.contains(Mode::WOTH) && !keeps_others_off {
        "may be written by everyone".to_owned()
    } else if mode.contains(Mode::WGRP) && !keeps_others_off {
        "may be written by its group".to_owned()
    } else {
        return Ok(());
    };
    let path = path.to_owned();
    Err(Untrusted::Writable { path, why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// A folder with a file in a folder, all of it one's own.
    fn layer() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let scratch = tempfile::tempdir().unwrap();
        let inner = scratch.path().join("layer/crates");
        fs::create_dir_all(&inner).unwrap();
        let file = inner.join("lib.rlib");
        fs::write(&file, "code").unwrap();
        for (path, bits) in [(&file, 0o644), (&inner, 0o755)] {
            mode(path, bits);
        }
        mode(&scratch.path().join("layer"), 0o755);
        let layer = scratch.path().join("layer");
        (scratch, layer, file)
    }

    #[test]
    fn ones_own_is_trusted() {
        let (_scratch, layer, file) = layer();
        assert_eq!(folder(&layer).unwrap(), layer.canonicalize().unwrap());
        assert_eq!(read(&file).unwrap(), b"code");
    }

    #[test]
    fn what_others_may_write_is_not_and_is_named() {
        let (scratch, layer, file) = layer();
        let inner = file.parent().unwrap().to_owned();
        for (path, bits, why) in [
            (&file, 0o664, "its group"),
            (&inner, 0o775, "its group"),
            (&inner, 0o1777, "everyone"),
            (&layer, 0o757, "everyone"),
            (&scratch.path().to_owned(), 0o770, "its group"),
        ] {
            let before = fs::metadata(path).unwrap().permissions();
            mode(path, bits);
            let said = folder(&layer).unwrap_err().to_string();
            assert!(said.contains(&*path.to_string_lossy()), "{said}");
            assert!(said.contains(why), "{said}");
            fs::set_permissions(path, before).unwrap();
            folder(&layer).unwrap();
        }
        mode(&file, 0o666);
        assert!(read(&file).is_err());
    }

    #[test]
    fn links_count_by_what_they_lead_to() {
        let (scratch, layer, file) = layer();
        let elsewhere = scratch.path().join("elsewhere");
        fs::write(&elsewhere, "code").unwrap();
        mode(&elsewhere, 0o644);
        symlink(&elsewhere, layer.join("link")).unwrap();
        folder(&layer).unwrap();
        mode(&elsewhere, 0o666);
        assert!(folder(&layer).is_err() && read(&layer.join("link")).is_err());
        let link = scratch.path().join("layers");
        symlink(&layer, &link).unwrap();
        mode(&file, 0o666);
        assert!(folder(&link).is_err());
    }

    #[test]
    fn another_users_are_not_trusted() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let (_scratch, layer, file) = layer();
        std::os::unix::fs::chown(&file, Some(65_534), None).unwrap();
        let said = folder(&layer).unwrap_err().to_string();
        assert!(said.contains("belongs to the user 65534"), "{said}");
    }
}
