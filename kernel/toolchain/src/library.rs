//! The standard library's sources, which rust-analyzer needs to complete and to explain.
//!
//! Reading the whole tree costs it seconds. Only three crates of it matter, and of those only what
//! can be seen from outside: rust-analyzer is shown a copy without the rest, made once (see
//! [`slim`]).

mod methods;
mod public;
mod slim;

use super::cache::{Cache, FileLock};
use crate::discover::Toolchain;
use crate::error::Error;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The crates that cells see.
const CRATES: [&str; 3] = ["core", "alloc", "std"];

/// Part of every copy's key: to be changed with what is left out.
const FORMAT: &[u8] = b"4";

/// Modules (files or folders) for systems on which there is no kernel, and tests.
const FOREIGN: [&str; 22] = [
    "benches",
    "hermit",
    "itron",
    "motor",
    "sgx",
    "solid",
    "solid_asp3",
    "teeos",
    "tests",
    "trusty",
    "uefi",
    "vexos",
    "vxworks",
    "wasi",
    "wasip1",
    "wasip2",
    "wasip3",
    "wasm",
    "wasm32",
    "windows",
    "xous",
    "zkvm",
];

/// The folder of the copy of the sources that has only what rust-analyzer needs; it may have to be
/// made yet.
///
/// # Errors
/// There are no sources.
pub fn folder(cache: &Cache, toolchain: &Toolchain) -> Result<PathBuf, Error> {
    let sources = find(toolchain).ok_or(Error::NoLibrarySources)?;
    Ok(cache.folder("library")?.join(key(&sources)?))
}

/// Makes that copy, unless it is there.
///
/// # Errors
/// There are no sources, or no copy of them can be made.
pub fn provide(cache: &Cache, toolchain: &Toolchain) -> Result<PathBuf, Error> {
    let sources = find(toolchain).ok_or(Error::NoLibrarySources)?;
    let all = cache.folder("library")?;
    let folder = all.join(key(&sources)?);
    if !folder.is_dir() {
        let _lock = FileLock::acquire(&all.join("lock"))?;
        if !folder.is_dir() {
            build(&sources, &all, &folder)?;
        }
    }
    Cache::mark_used(&[&folder]);
    Ok(folder)
}

/// The names that a module of the standard library, `std::thread`, has for itself alone; those of
/// modules with `::` as well. `library` is a copy of the sources.
pub fn private_names(library: &Path, module: &str) -> BTreeSet<String> {
    let (private, public) = public::names(&text_of(library, module));
    private.difference(&public).cloned().collect()
}

/// The names that a module of the standard library offers.
pub fn public_names(library: &Path, module: &str) -> BTreeSet<String> {
    public::names(&text_of(library, module)).1
}

/// The methods of a type of the standard library by its name (`Mutex`; `[T]` for slices): its own,
/// and `clone`. It takes tens of milliseconds to look for them.
pub fn methods(library: &Path, name: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders: Vec<PathBuf> = CRATES.map(|it| library.join(it).join("src")).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.append(&mut methods::methods(&text, name));
            }
        }
    }
    found
}

/// The methods that `text` defines for a type called `name`.
pub fn methods_in(text: &str, name: &str) -> BTreeSet<String> {
    methods::methods(text, name)
}

/// The source of a module; empty if there is none.
fn text_of(library: &Path, module: &str) -> String {
    let mut segments = module.split("::").peekable();
    segments.next_if(|first| CRATES.contains(first));
    let within: PathBuf = segments.collect();
    let files = ["std", "alloc", "core"].into_iter().flat_map(|name| {
        let source = library.join(name).join("src");
        let root = within.as_os_str().is_empty().then(|| source.join("lib.rs"));
        let file = source.join(&within);
        root.into_iter()
            .chain([file.with_extension("rs"), file.join("mod.rs")])
    });
    let text = files
        .filter_map(|file| fs::read_to_string(file).ok())
        .next();
    text.unwrap_or_default()
}

/// Looks in `RUST_SRC_PATH`, the toolchain's component `rust-src`, and where Debian's package
/// `rust-web-src` puts it, in this order.
fn find(toolchain: &Toolchain) -> Option<PathBuf> {
    // Empty where the user has not set it: that is not the present folder.
    let given = std::env::var_os("RUST_SRC_PATH")
        .filter(|given| !given.is_empty())
        .map(PathBuf::from);
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

/// Names a copy after the place of the sources and the files there: an update puts others in the
/// same place.
fn key(sources: &Path) -> Result<String, Error> {
    let mut stamps = Vec::new();
    for name in CRATES {
        let file = root(sources, name);
        let data = fs::metadata(&file).map_err(Error::file("read", &file))?;
        let stamp = [
            data.ino() as i64,
            data.len() as i64,
            data.mtime(),
            data.ctime(),
        ];
        stamps.extend(stamp.iter().flat_map(|number| number.to_le_bytes()));
    }
    Ok(super::cache::key([
        FORMAT,
        sources.as_os_str().as_encoded_bytes(),
        &stamps,
    ]))
}

fn root(sources: &Path, name: &str) -> PathBuf {
    sources.join(name).join("src/lib.rs")
}

fn build(sources: &Path, all: &Path, folder: &Path) -> Result<(), Error> {
    let scratch = tempfile::tempdir_in(all).map_err(Error::file("create a folder in", all))?;
    // A folder of its own inside: what `tempfile` makes is for its owner alone.
    let result = scratch.path().join("library");
    let mut files = Vec::new();
    for name in CRATES {
        collect(sources, &Path::new(name).join("src"), &mut files)?;
        let target = result.join(name).join("Cargo.toml");
        create_parent(&target)?;
        let manifest = sources.join(name).join("Cargo.toml");
        fs::copy(&manifest, &target).map_err(Error::file("copy", &manifest))?;
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = files.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let copies: Vec<_> = files
            .chunks(part)
            .map(|part| {
                scope.spawn(|| {
                    part.iter()
                        .try_for_each(|file| copy(sources, &result, file))
                })
            })
            .collect();
        copies.into_iter().try_for_each(|copy| {
            copy.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })?;
    match fs::rename(&result, folder) {
        // Another kernel was faster, without the lock (a file system that has none): its copy is as
        // good.
        Err(_) if folder.is_dir() => Ok(()),
        result => result.map_err(Error::file("create", folder)),
    }
}

/// The source files in `folder` (below `sources`).
fn collect(sources: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let path = sources.join(folder);
    let failed = |cause| Error::file("read", &path)(cause);
    for entry in fs::read_dir(&path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let file = folder.join(&name);
        let stem = Path::new(&name).file_stem().unwrap_or_default();
        if FOREIGN.iter().any(|foreign| stem == *foreign) {
            continue;
        }
        if sources.join(&file).is_dir() {
            collect(sources, &file, files)?;
        } else if file.extension().is_some_and(|extension| extension == "rs") {
            files.push(file);
        }
    }
    Ok(())
}

fn copy(sources: &Path, result: &Path, file: &Path) -> Result<(), Error> {
    let (source, target) = (sources.join(file), result.join(file));
    let text = fs::read_to_string(&source).map_err(Error::file("read", &source))?;
    create_parent(&target)?;
    fs::write(&target, slim::slim(&text)).map_err(Error::file("write", &target))
}

fn create_parent(file: &Path) -> Result<(), Error> {
    let parent = file.parent().unwrap_or(file);
    fs::create_dir_all(parent).map_err(Error::file("create", parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(folder: &Path) {
        for name in CRATES {
            for file in ["lib.rs", "windows.rs", "sys/unix.rs"] {
                let path = folder.join(name).join("src").join(file);
                create_parent(&path).unwrap();
                fs::write(path, "fn f(x: i32) { x }\n").unwrap();
            }
            fs::write(folder.join(name).join("Cargo.toml"), "[package]\n").unwrap();
        }
    }

    #[test]
    fn a_copy_has_the_modules_of_this_system() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        sources(&from);
        build(&from, folder.path(), &to).unwrap();
        let text = fs::read_to_string(to.join("std/src/sys/unix.rs")).unwrap();
        assert_eq!(text, "fn f(x: i32) {}\n");
        assert!(root(&to, "core").is_file() && to.join("core/Cargo.toml").is_file());
        assert!(!to.join("std/src/windows.rs").exists());
    }

    #[test]
    fn sources_that_changed_get_another_copy() {
        let folder = tempfile::tempdir().unwrap();
        sources(folder.path());
        let before = key(folder.path()).unwrap();
        assert_eq!(key(folder.path()).unwrap(), before);
        fs::write(root(folder.path(), "alloc"), "pub mod vec;").unwrap();
        assert_ne!(key(folder.path()).unwrap(), before);
    }
}
