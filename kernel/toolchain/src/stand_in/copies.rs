//! Crates that are compiled for cells from a copy of their sources, in which their locks, channels
//! and tasks are recorded.
//!
//! What is different in the copy are whole files, which are ours, and single places, which are
//! found by what stands there. Where one of them isn't found, or the copy doesn't compile, the
//! crate is another version than those that are known: it is compiled as it is, and what it does
//! isn't seen. Sources on this machine that the user may edit are always compiled as they are.

mod async_channel;
mod crossbeam_channel;
mod dashmap;
mod edit;
mod event_listener;
mod flume;
mod lock_api;
mod parking;
mod parking_lot;
mod rayon_core;
mod tokio;

use crate::standard::LOCKS_FOLDER;
use edit::{Copied, Edit, apply};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const ALL: [&Copied; 10] = [
    &async_channel::COPIED,
    &crossbeam_channel::COPIED,
    &dashmap::COPIED,
    &event_listener::COPIED,
    &flume::COPIED,
    &lock_api::COPIED,
    &parking::COPIED,
    &parking_lot::COPIED,
    &rayon_core::COPIED,
    &tokio::COPIED,
];

/// Compiles a crate from a copy, if it is one of these; `None` where it is to be compiled as it is.
pub(super) fn compile(
    rustc: &Path,
    arguments: &[OsString],
    standard: impl FnOnce() -> Option<PathBuf>,
) -> Option<ExitCode> {
    let copied = which(arguments)?;
    let call = Call {
        rustc,
        arguments,
        standard: &standard()?,
    };
    // Where something in its groups does not compile, all the rest may.
    let attempts = [copied.groups, &[]];
    let attempts = &attempts[usize::from(copied.groups.is_empty())..];
    let compiled = attempts.iter().find_map(|it| call.attempt(copied, it));
    if compiled.is_none() {
        let package = copied.package;
        tracing::warn!("{package} is compiled as it is: what it does is not seen");
    }
    compiled
}

/// What is different in the crate that a call of rustc compiles for cells.
fn which(arguments: &[OsString]) -> Option<&'static Copied> {
    let package = std::env::var("CARGO_PKG_NAME").ok()?;
    let copied = ALL.into_iter().find(|it| it.package == package)?;
    let name = package.replace('-', "_");
    let mut pairs = arguments.windows(2);
    let is_it = pairs.any(|pair| pair[0] == "--crate-name" && pair[1] == *name)
        && arguments.iter().any(|it| it == "--target");
    let has = |feature: &&str| {
        let flag = format!("feature=\"{feature}\"");
        arguments.iter().any(|it| *it == *flag)
    };
    (is_it && !copied.unless.iter().any(has)).then_some(copied)
}

/// A call of rustc that compiles one of these crates.
struct Call<'a> {
    rustc: &'a Path,
    arguments: &'a [OsString],
    /// The folder of our `std`.
    standard: &'a Path,
}

impl Call<'_> {
    fn attempt(&self, copied: &Copied, groups: &[&[Edit]]) -> Option<ExitCode> {
        let is_source = |it: &&OsString| Path::new(it).extension().is_some_and(|it| it == "rs");
        let root = PathBuf::from(self.arguments.iter().find(is_source)?);
        let sources = root.parent()?;
        let copy = tempfile::tempdir().ok()?;
        copy_folder(sources, copy.path()).ok()?;
        self.edit(copied, groups, copy.path())?;
        let told = |it: &OsString| match *it == *root {
            true => copy
                .path()
                .join(root.file_name().unwrap_or_default())
                .into(),
            false => it.clone(),
        };
        let mut remap = OsString::from("--remap-path-prefix=");
        remap.push(copy.path());
        remap.push("=");
        remap.push(sources);
        let mut command = Command::new(self.rustc);
        command
            .args(self.arguments.iter().map(told))
            .args(copied.flags)
            .arg(remap);
        if let Some((name, file)) = copied.library {
            let library = self.standard.join(file);
            command.arg(format!("--extern={name}={}", library.display()));
        }
        let output = command.output().ok()?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            tracing::warn!("the copy of {} does not compile: {why}", copied.package);
            return None;
        }
        // Without it the crate is only compiled more often than need be.
        let _ = self.name_sources(copy.path(), sources);
        // What cargo waits for: it goes on when a crate's metadata are there.
        io::stderr().write_all(&output.stderr).ok()?;
        io::stdout().write_all(&output.stdout).ok()?;
        Some(ExitCode::SUCCESS)
    }

    /// Names the crate's own sources where rustc has noted those of the copy, for cargo: it would
    /// find them gone, and compile the crate anew for each session.
    fn name_sources(&self, copy: &Path, sources: &Path) -> io::Result<()> {
        let value = |name: &str| {
            let at = self.arguments.iter().position(|it| it == name)?;
            self.arguments.get(at + 1)?.to_str()
        };
        let suffix = self
            .arguments
            .iter()
            .find_map(|it| it.to_str()?.strip_prefix("extra-filename="));
        let (Some(folder), Some(name), Some(suffix)) =
            (value("--out-dir"), value("--crate-name"), suffix)
        else {
            return Ok(());
        };
        let noted = Path::new(folder).join(format!("{name}{suffix}.d"));
        let written = |path: &Path| path.to_string_lossy().replace(' ', "\\ ");
        let text = std::fs::read_to_string(&noted)?;
        std::fs::write(noted, text.replace(&written(copy), &written(sources)))
    }

    /// Makes the copy another one; `None` where what must be different has no place.
    fn edit(&self, copied: &Copied, groups: &[&[Edit]], copy: &Path) -> Option<()> {
        let ours = self.standard.join(LOCKS_FOLDER);
        if let Err(why) = apply(copied.edits, copy, &ours) {
            tracing::warn!("{} can't be changed: {why}", copied.package);
            return None;
        }
        for group in groups {
            if let Err(why) = apply(group, copy, &ours) {
                tracing::warn!("{} is told less of: {why}", copied.package);
            }
        }
        Some(())
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            // Written anew: sources that can only be read are copied as such otherwise.
            std::fs::write(&target, std::fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_told_of_the_crates_own_sources() {
        let folder = tempfile::tempdir().unwrap();
        let noted = folder.path().join("lock_api-12.d");
        let text =
            "/x/liblock_api-12.rlib: /a\\ copy/lib.rs /a\\ copy/mutex.rs\n\n/a\\ copy/lib.rs:\n";
        std::fs::write(&noted, text).unwrap();
        let arguments = [
            "--crate-name".into(),
            "lock_api".into(),
            "-C".into(),
            "extra-filename=-12".into(),
            "--out-dir".into(),
            folder.path().into(),
        ];
        let call = Call {
            rustc: Path::new("rustc"),
            arguments: &arguments,
            standard: Path::new("/std"),
        };
        call.name_sources(Path::new("/a copy"), Path::new("/its sources"))
            .unwrap();
        let own = "/x/liblock_api-12.rlib: /its\\ sources/lib.rs /its\\ sources/mutex.rs\n\n/its\\ sources/lib.rs:\n";
        assert_eq!(std::fs::read_to_string(noted).unwrap(), own);
    }
}
