//! Our `std`, compiled by the user's own rustc.
//!
//! A dylib is bound to the exact compiler that made it, so the sources travel inside the kernel's binary
//! and are compiled once per toolchain, which takes about a second.

use super::cache::{Cache, FileLock, key};
use super::{Error, discover::Toolchain};
use include_dir::{Dir, include_dir};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

static RECORD: Dir = include_dir!("$CARGO_MANIFEST_DIR/record/src");
static STANDARD: Dir = include_dir!("$CARGO_MANIFEST_DIR/std/src");

/// The name of the dynamic library.
pub const LIBRARY: &str = "libstd-fearless.so";

/// Where our `std` lies for `toolchain`; builds it if it isn't there yet. `notify` gets a line for the user
/// when that takes a while.
pub fn provide(
    cache: &Cache,
    toolchain: &Toolchain,
    notify: &dyn Fn(&str),
) -> Result<PathBuf, Error> {
    let all = cache.folder("std")?;
    let folder = all.join(build_key(toolchain));
    if folder.join(LIBRARY).is_file() {
        return Ok(folder);
    }
    let _lock = FileLock::acquire(&all.join("lock"))?;
    if folder.join(LIBRARY).is_file() {
        return Ok(folder);
    }
    let version = toolchain.short_version();
    notify(&match previous_version(&all) {
        Some(previous) if previous != version => {
            format!("The Rust toolchain changed from {previous} to {version}: building Fearless's recording `std` again.\n")
        }
        _ => format!("Building Fearless's recording `std` for {version}, once.\n"),
    });
    build(toolchain, &all, &folder)?;
    let note = all.join("last-version");
    fs::write(&note, version).map_err(Error::file("write", &note))?;
    Ok(folder)
}

fn previous_version(all: &Path) -> Option<String> {
    fs::read_to_string(all.join("last-version")).ok()
}

fn build_key(toolchain: &Toolchain) -> String {
    let mut files: Vec<(&Path, &[u8])> = Vec::new();
    collect(&RECORD, &mut files);
    collect(&STANDARD, &mut files);
    files.sort();
    let mut parts: Vec<&[u8]> = vec![
        env!("CARGO_PKG_VERSION").as_bytes(),
        toolchain.version.as_bytes(),
    ];
    for (path, contents) in &files {
        parts.push(path.as_os_str().as_encoded_bytes());
        parts.push(contents);
    }
    key(parts)
}

fn collect(folder: &'static Dir, files: &mut Vec<(&'static Path, &'static [u8])>) {
    files.extend(folder.files().map(|file| (file.path(), file.contents())));
    for inner in folder.dirs() {
        collect(inner, files);
    }
}

fn build(toolchain: &Toolchain, all: &Path, folder: &Path) -> Result<(), Error> {
    let scratch = tempfile::tempdir_in(all).map_err(Error::file("create a folder in", all))?;
    let sources = scratch.path().join("src");
    for (name, contents) in [("record", &RECORD), ("std", &STANDARD)] {
        let target = sources.join(name);
        fs::create_dir_all(&target).map_err(Error::file("create", &target))?;
        contents
            .extract(&target)
            .map_err(Error::file("write the sources to", &target))?;
    }
    let result = scratch.path().join("out");
    fs::create_dir_all(&result).map_err(Error::file("create", &result))?;
    compile(toolchain, &sources.join("record/lib.rs"), &result, &["--crate-type=rlib", "--crate-name=record"])?;
    let record = format!("--extern=record={}", result.join("librecord.rlib").display());
    let flags = [
        "--crate-type=dylib",
        "--crate-name=std",
        "-Cextra-filename=-fearless",
        &record,
    ];
    // The order in which objects are made is known only with an unstable intrinsic; a toolchain on which that
    // has changed still gets everything else.
    compile_with(toolchain, &sources.join("std/lib.rs"), &result, &flags, true)
        .or_else(|_| compile(toolchain, &sources.join("std/lib.rs"), &result, &flags))?;
    match fs::rename(&result, folder) {
        // Another kernel was faster, without the lock (a file system that has none): its build is as good.
        Err(_) if folder.join(LIBRARY).is_file() => Ok(()),
        result => result.map_err(Error::file("create", folder)),
    }
}

fn compile(toolchain: &Toolchain, source: &Path, out: &Path, flags: &[&str]) -> Result<(), Error> {
    compile_with(toolchain, source, out, flags, false)
}

fn compile_with(
    toolchain: &Toolchain,
    source: &Path,
    out: &Path,
    flags: &[&str],
    bootstrap: bool,
) -> Result<(), Error> {
    let mut command = Command::new(&toolchain.rustc);
    command
        .args(["--edition=2024", "-Cprefer-dynamic", "-Cmetadata=fearless", "-Copt-level=3"])
        .arg("--cap-lints=allow")
        .args(flags)
        .arg("--out-dir")
        .arg(out)
        .arg(source);
    if bootstrap {
        command.env("RUSTC_BOOTSTRAP", "1").arg("--cfg=fearless_bootstrap");
    }
    let output = command.output().map_err(|error| Error::Tool {
        command: toolchain.rustc.display().to_string(),
        cause: error.to_string(),
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Standard {
        rustc: toolchain.short_version().to_owned(),
        diagnostics: String::from_utf8_lossy(&output.stderr)
            .lines()
            .take(40)
            .collect::<Vec<_>>()
            .join("\n"),
    })
}
