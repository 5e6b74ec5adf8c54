//! What a compiler says of itself: its version, its folders, its targets.
//!
//! Starting a session asks it a dozen times, by way of evcxr, rust-analyzer and cargo, for 15 to 50
//! ms each. The answers are kept in the cache as long as the compiler stays the same file.

use super::cache::{self, Cache};
use crate::error::Error;
use crate::system_cache::SystemCache;
use crate::tools;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where the answers of all compilers are kept.
const FOLDER: &str = "answers";
/// Part of each answer's key.
const BOOTSTRAP: &str = "RUSTC_BOOTSTRAP";

/// The answers of one compiler.
pub struct Answers {
    rustc: PathBuf,
    /// Where they are kept; `None` if it can't be told whether this compiler changed.
    folder: Option<PathBuf>,
}

impl Answers {
    /// Those of a `rustc`.
    pub fn of(cache: &Cache, rustc: &Path) -> Answers {
        let folder = stamp(rustc).and_then(|stamp| Some(cache.folder(FOLDER).ok()?.join(stamp)));
        Answers {
            rustc: rustc.to_owned(),
            folder,
        }
    }

    /// Where the answers are kept.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// What the compiler prints when it is called with these arguments.
    ///
    /// # Errors
    /// It can't be started, or fails.
    pub fn ask<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String, Error> {
        let Some(file) = self.file(arguments) else {
            return tools::run(&self.rustc, arguments);
        };
        if let Some(known) = fs::read_to_string(&file).ok().and_then(whole) {
            return Ok(known);
        }
        let answer = match of_system(&file) {
            Some(known) => known,
            None => tools::run(&self.rustc, arguments)?,
        };
        // Without the file, the next one asks again.
        let _ = keep(&file, &answer);
        Ok(answer)
    }

    fn file<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Option<PathBuf> {
        let bootstrap = std::env::var_os(BOOTSTRAP).unwrap_or_default();
        let arguments = arguments.iter().map(AsRef::as_ref);
        let parts = std::iter::once(bootstrap.as_os_str()).chain(arguments);
        let key = cache::key(parts.map(OsStr::as_encoded_bytes));
        Some(self.folder.as_ref()?.join(key))
    }
}

/// What the system's cache knows under the same name.
fn of_system(file: &Path) -> Option<String> {
    let (name, compiler) = (file.file_name()?, file.parent()?.file_name()?);
    let system = SystemCache::open()?;
    let answers = system.root().join(FOLDER).join(compiler);
    whole(String::from_utf8(system.read(&answers.join(name))?).ok()?)
}

/// The answer in a file, if that is as it was written: below its sum.
fn whole(text: String) -> Option<String> {
    let (sum, answer) = text.split_once('\n')?;
    (sum == cache::key([answer.as_bytes()])).then(|| answer.to_owned())
}

fn keep(file: &Path, answer: &str) -> std::io::Result<()> {
    fs::create_dir_all(file.parent().unwrap_or(file))?;
    let scratch = file.with_extension(format!("{}.new", std::process::id()));
    let sum = cache::key([answer.as_bytes()]);
    fs::write(&scratch, format!("{sum}\n{answer}"))?;
    fs::rename(scratch, file)
}

/// Whether the arguments ask what only depends on the compiler.
pub fn is_question(arguments: &[OsString]) -> bool {
    let mut asked = false;
    let mut arguments = arguments.iter().map(|argument| argument.to_str());
    while let Some(argument) = arguments.next() {
        let is_known = match argument {
            Some("-V" | "-vV" | "-Vv" | "--version") => {
                asked = true;
                true
            }
            Some("--print") => {
                asked = true;
                let what = arguments.next().flatten();
                matches!(
                    what,
                    Some("cfg" | "sysroot" | "target-libdir" | "target-spec-json")
                )
            }
            Some("-O") => true,
            Some("-Z") => arguments.next().flatten() == Some("unstable-options"),
            // A target may also be a file, which may change.
            Some("--target") => arguments.next().flatten().is_some_and(|target| {
                !target.contains(['.', '/']) && std::env::var_os("RUST_TARGET_PATH").is_none()
            }),
            _ => false,
        };
        if !is_known {
            return false;
        }
    }
    asked
}

/// Tells a compiler from the one that an update puts in its place. `None` for what isn't the
/// compiler itself but finds it, such as rustup's proxy: its answers change while it stays the
/// same.
fn stamp(rustc: &Path) -> Option<String> {
    let rustc = fs::canonicalize(rustc).ok()?;
    let libraries = fs::read_dir(rustc.parent()?.parent()?.join("lib")).ok()?;
    let driver = libraries.flatten().map(|entry| entry.path()).find(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("librustc_driver-"))
    })?;
    let mut parts = Vec::new();
    for file in [&rustc, &driver] {
        let data = fs::metadata(file).ok()?;
        parts.push(file.as_os_str().as_encoded_bytes().to_vec());
        let numbers = [
            data.dev() as i64,
            data.ino() as i64,
            data.len() as i64,
            data.mtime(),
            data.mtime_nsec(),
            data.ctime(),
            data.ctime_nsec(),
        ];
        parts.extend(numbers.iter().map(|number| number.to_le_bytes().to_vec()));
    }
    Some(cache::key(parts.iter().map(Vec::as_slice)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A compiler that says its own text, and where it lies in `folder`.
    fn compiler(folder: &Path, text: &str) -> PathBuf {
        let rustc = folder.join("bin/rustc");
        fs::create_dir_all(folder.join("bin")).unwrap();
        fs::create_dir_all(folder.join("lib")).unwrap();
        let scratch = folder.join("bin/new");
        fs::write(
            &scratch,
            format!("#!/bin/sh\necho \"{text} $RUSTC_BOOTSTRAP$*\"\n"),
        )
        .unwrap();
        fs::set_permissions(&scratch, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(&scratch, &rustc).unwrap();
        rustc
    }

    #[test]
    fn an_answer_is_kept_until_the_compiler_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(&folder.path().join("cache"));
        let rustc = compiler(folder.path(), "one");
        fs::write(folder.path().join("lib/librustc_driver-1.so"), "").unwrap();
        let answers = Answers::of(&cache, &rustc);
        assert_eq!(answers.ask(&["-vV"]).unwrap(), "one -vV\n");
        assert_eq!(answers.ask(&["-V"]).unwrap(), "one -V\n");
        let file = answers.file(&["-vV"]).unwrap();
        keep(&file, "kept").unwrap();
        assert_eq!(Answers::of(&cache, &rustc).ask(&["-vV"]).unwrap(), "kept");
        let text = fs::read(&file).unwrap();
        for broken in [&text[..text.len() - 1], &[0; 40][..], &[]] {
            fs::write(&file, broken).unwrap();
            let asked = Answers::of(&cache, &rustc).ask(&["-vV"]).unwrap();
            assert_eq!(asked, "one -vV\n");
            assert_ne!(fs::read(&file).unwrap(), broken);
        }
        compiler(folder.path(), "two");
        assert_eq!(
            Answers::of(&cache, &rustc).ask(&["-vV"]).unwrap(),
            "two -vV\n"
        );
    }

    #[test]
    fn nothing_is_kept_of_what_only_finds_a_compiler() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(&folder.path().join("cache"));
        let answers = Answers::of(&cache, &compiler(folder.path(), "proxy"));
        assert!(answers.folder().is_none());
        assert_eq!(answers.ask(&["-V"]).unwrap(), "proxy -V\n");
    }

    #[test]
    fn only_questions_are_answered_from_the_cache() {
        let is_question = |line: &str| {
            let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            is_question(&arguments)
        };
        for line in [
            "-vV",
            "--print sysroot",
            "-O --target x86_64-unknown-linux-gnu --print cfg",
            "-Z unstable-options --target aarch64-apple-darwin --print target-spec-json",
        ] {
            assert!(is_question(line), "{line}");
        }
        for line in [
            "",
            "-O",
            "src/lib.rs",
            "- --print=cfg",
            "--print native-static-libs",
            "--target ./my.json --print cfg",
        ] {
            assert!(!is_question(line), "{line}");
        }
    }
}
