//! Our `std`, compiled by the user's own rustc.
//!
//! A dylib is bound to the exact compiler that made it, so the sources travel inside the kernel's
//! binary and are compiled once per toolchain, which takes about a second.

use super::cache::{Cache, FileLock, key};
use crate::discover::Toolchain;
use crate::error::Error;
use crate::system_cache::SystemCache;
use crate::whole::{discard, is_whole, seal};
use include_dir::{Dir, include_dir};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

static RECORD: Dir = include_dir!("$CARGO_MANIFEST_DIR/../record/src");
static STANDARD: Dir = include_dir!("$CARGO_MANIFEST_DIR/../std/src");
static TASKS: Dir = include_dir!("$CARGO_MANIFEST_DIR/../tasks/src");
static LOCKS: Dir = include_dir!("$CARGO_MANIFEST_DIR/../locks/src");
static EXPLORE: Dir = include_dir!("$CARGO_MANIFEST_DIR/../explore/src");
static CONTROL: Dir = include_dir!("$CARGO_MANIFEST_DIR/../control/src");

/// The name of the dynamic library.
pub const LIBRARY: &str = "libstd-fearless.so";

/// The name of what tokio tells of its tasks, beside it.
pub(crate) const TASKS_LIBRARY: &str = "libfearless_tasks.rlib";

/// The folder of what stands in crates in the place of their locks, beside it.
pub(crate) const LOCKS_FOLDER: &str = "locks";

/// Where builds of it lie in a cache.
const FOLDER: &str = "std";

/// Where builds of what explored processes load lie in a cache.
const CONTROL_FOLDER: &str = "control";

/// The name of the library that explored processes load.
const CONTROL_LIBRARY: &str = "libcontrol.so";

/// How rustc and its linker say `ENOSPC`.
const DISK_FULL: &str = "No space left on device";

/// What recorded places within our own sources begin with.
pub const OWN_SOURCES: &str = "/fearless";

/// Where our `std` lies for `toolchain`; builds it if it isn't there yet. `notify` gets a line for
/// the user when that takes a while.
pub fn provide(
    cache: &Cache,
    toolchain: &Toolchain,
    notify: &dyn Fn(&str),
) -> Result<PathBuf, Error> {
    let sources = sources(&[
        ("locks", &LOCKS),
        ("record", &RECORD),
        ("std", &STANDARD),
        ("tasks", &TASKS),
    ])?;
    let name = build_key(toolchain, &sources);
    let system = SystemCache::open().and_then(|it| it.folder(FOLDER, &name));
    if let Some(folder) = system.filter(|it| is_whole(it)) {
        return Ok(folder);
    }
    let all = cache.folder(FOLDER)?;
    let folder = all.join(name);
    if is_whole(&folder) {
        return Ok(folder);
    }
    let _lock = FileLock::acquire(&all.join("lock"))?;
    if is_whole(&folder) {
        return Ok(folder);
    }
    discard(&folder);
    let version = toolchain.short_version();
    notify(&match previous_version(&all) {
        Some(previous) if previous != version => {
            format!(
                "The Rust toolchain changed from {previous} to {version}: building Fearless's recording `std` again.\n"
            )
        }
        _ => format!("Building Fearless's recording `std` for {version}, once.\n"),
    });
    build(toolchain, &sources, &all, &folder)?;
    let note = all.join("last-version");
    fs::write(&note, version).map_err(Error::file("write", &note))?;
    Ok(folder)
}

/// The library that explored processes load besides, for the `std` in the folder `standard`; builds
/// it if it isn't there yet. `notify` gets a few words for the user then: it takes ten seconds.
///
/// # Errors
/// When rustc can't be started or doesn't compile it, or the cache can't be written.
pub fn provide_control(
    cache: &Cache,
    toolchain: &Toolchain,
    standard: &Path,
    notify: &dyn Fn(&str),
) -> Result<PathBuf, Error> {
    let sources = sources(&[("control", &CONTROL), ("explore", &EXPLORE)])?;
    let mut parts: Vec<&[u8]> = vec![standard.as_os_str().as_encoded_bytes()];
    for (path, contents) in &sources {
        parts.extend([path.as_os_str().as_encoded_bytes(), contents]);
    }
    let name = key(parts);
    let system = SystemCache::open().and_then(|it| it.folder(CONTROL_FOLDER, &name));
    if let Some(folder) = system.filter(|it| is_whole(it)) {
        return Ok(folder.join(CONTROL_LIBRARY));
    }
    let all = cache.folder(CONTROL_FOLDER)?;
    let folder = all.join(name);
    if !is_whole(&folder) {
        notify("building what explored programs load, once");
        let _lock = FileLock::acquire(&all.join("lock"))?;
        if !is_whole(&folder) {
            discard(&folder);
            build_control(toolchain, &sources, (&all, &folder), standard)?;
        }
    }
    Cache::mark_used(&[&folder]);
    Ok(folder.join(CONTROL_LIBRARY))
}

/// Has a crate optimised as a whole: its functions are called a million times a second.
const WHOLE: &str = "-Ccodegen-units=1";

fn build_control(
    toolchain: &Toolchain,
    sources: &[Source],
    (all, folder): (&Path, &Path),
    standard: &Path,
) -> Result<(), Error> {
    let scratch = tempfile::tempdir_in(all).map_err(Error::file("create a folder in", all))?;
    let result = lay_out(sources, scratch.path())?;
    compile(
        toolchain,
        (scratch.path(), "explore/lib.rs"),
        &result,
        &["--crate-type=rlib", "--crate-name=explore", WHOLE],
    )?;
    let at = |name: &str, folder: &Path, file: &str| {
        format!("--extern={name}={}", folder.join(file).display())
    };
    let search = format!("-Ldependency={}", standard.display());
    let mut flags = vec![
        "--crate-type=cdylib".to_owned(),
        "--crate-name=control".to_owned(),
        WHOLE.to_owned(),
        at("std", standard, LIBRARY),
        at("record", standard, "librecord.rlib"),
        at("explore", &result, "libexplore.rlib"),
        search,
    ];
    let compile_control = |flags: &[String], bootstrap| {
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let source = (scratch.path(), "control/lib.rs");
        compile_with(toolchain, source, &result, &flags, bootstrap)
    };
    // It is loaded with the process, so its thread-local variables lie at fixed places; a flag that
    // is unstable says so, and they are asked for at each call of a function.
    flags.push("-Ztls-model=initial-exec".to_owned());
    compile_control(&flags, true).or_else(|_| {
        flags.pop();
        compile_control(&flags, false)
    })?;
    let built = result.join(CONTROL_LIBRARY);
    seal(&result)?;
    match fs::rename(&result, folder) {
        Err(_) if is_whole(folder) => Ok(()),
        outcome => outcome.map_err(Error::file("create", &built)),
    }
}

/// Writes sources below `scratch`; where results are to go.
fn lay_out(sources: &[Source], scratch: &Path) -> Result<PathBuf, Error> {
    for (path, contents) in sources {
        let target = scratch.join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(Error::file("create", parent))?;
        }
        fs::write(&target, contents).map_err(Error::file("write", &target))?;
    }
    let result = scratch.join("out");
    fs::create_dir_all(&result).map_err(Error::file("create", &result))?;
    Ok(result)
}

fn previous_version(all: &Path) -> Option<String> {
    fs::read_to_string(all.join("last-version")).ok()
}

/// Names a folder with `record/src`, `std/src`, `tasks/src` and `locks/src` to use instead of the
/// sources inside the binary, so that whoever works on them need not build the kernel again.
const SOURCES: &str = "FEARLESS_STANDARD_SOURCES";

/// A source file: its path below the folder of the two crates, and its contents.
type Source = (PathBuf, Vec<u8>);

fn sources(packages: &[(&str, &Dir)]) -> Result<Vec<Source>, Error> {
    let mut files = Vec::new();
    let folder = std::env::var_os(SOURCES).map(PathBuf::from);
    for (name, inside) in packages {
        if let Some(folder) = &folder {
            let root = folder.join(name).join("src");
            read_folder(&root, Path::new(name), &mut files).map_err(Error::file("read", &root))?;
        } else {
            collect(inside, Path::new(name), &mut files);
        }
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Dir, below: &Path, files: &mut Vec<Source>) {
    let own = folder.files();
    files.extend(own.map(|file| (below.join(file.path()), file.contents().to_vec())));
    for inner in folder.dirs() {
        collect(inner, below, files);
    }
}

fn read_folder(folder: &Path, below: &Path, files: &mut Vec<Source>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let (path, name) = entry.map(|entry| (entry.path(), below.join(entry.file_name())))?;
        if path.is_dir() {
            read_folder(&path, &name, files)?;
        } else {
            files.push((name, fs::read(&path)?));
        }
    }
    Ok(())
}

fn build_key(toolchain: &Toolchain, sources: &[Source]) -> String {
    let mut parts: Vec<&[u8]> = vec![
        env!("CARGO_PKG_VERSION").as_bytes(),
        toolchain.version.as_bytes(),
        toolchain.sysroot.as_os_str().as_encoded_bytes(),
    ];
    for (path, contents) in sources {
        parts.push(path.as_os_str().as_encoded_bytes());
        parts.push(contents);
    }
    key(parts)
}

fn build(
    toolchain: &Toolchain,
    sources: &[Source],
    all: &Path,
    folder: &Path,
) -> Result<(), Error> {
    let scratch = tempfile::tempdir_in(all).map_err(Error::file("create a folder in", all))?;
    let result = lay_out(sources, scratch.path())?;
    let sources = scratch.path();
    compile(
        toolchain,
        (sources, "record/lib.rs"),
        &result,
        &["--crate-type=rlib", "--crate-name=record"],
    )?;
    let record = format!(
        "--extern=record={}",
        result.join("librecord.rlib").display()
    );
    let flags = [
        "--crate-type=dylib",
        "--crate-name=std",
        "-Cextra-filename=-fearless",
        &record,
    ];
    // The order in which objects are made is known only with an unstable intrinsic. Each function
    // begins a line of the processor's cache, since where the short ones lie in theirs was up to a
    // tenth of what a lock costs. A toolchain on which one of these has changed still gets
    // everything else.
    let aligned = [&flags[..], &["-Cllvm-args=-align-all-functions=6"][..]].concat();
    let standard = (sources, "std/lib.rs");
    compile_with(toolchain, standard, &result, &aligned, true)
        .or_else(|_| compile_with(toolchain, standard, &result, &flags, true))
        .or_else(|_| compile(toolchain, standard, &result, &flags))?;
    let standard = format!("--extern=std={}", result.join(LIBRARY).display());
    let search = format!("-Ldependency={}", result.display());
    let flags = [
        "--crate-type=rlib",
        "--crate-name=fearless_tasks",
        &standard,
        &search,
    ];
    compile(toolchain, (sources, "tasks/lib.rs"), &result, &flags)?;
    let locks = result.join(LOCKS_FOLDER);
    fs::rename(sources.join(LOCKS_FOLDER), &locks).map_err(Error::file("create", &locks))?;
    seal(&result)?;
    match fs::rename(&result, folder) {
        // Another kernel was faster, without the lock (a file system that has none): its build is
        // as good.
        Err(_) if is_whole(folder) => Ok(()),
        result => result.map_err(Error::file("create", folder)),
    }
}

fn compile(
    toolchain: &Toolchain,
    source: (&Path, &str),
    out: &Path,
    flags: &[&str],
) -> Result<(), Error> {
    compile_with(toolchain, source, out, flags, false)
}

fn compile_with(
    toolchain: &Toolchain,
    source: (&Path, &str),
    out: &Path,
    flags: &[&str],
    bootstrap: bool,
) -> Result<(), Error> {
    let (sources, file) = source;
    let mut command = Command::new(&toolchain.rustc);
    command
        .args([
            "--edition=2024",
            "-Cprefer-dynamic",
            "-Cmetadata=fearless",
            "-Copt-level=3",
        ])
        .arg("--cap-lints=allow")
        // Places within our std are no places of the user's: they get a name by which they are
        // known.
        .arg(format!(
            "--remap-path-prefix={}={OWN_SOURCES}",
            sources.display()
        ))
        .args(flags)
        .arg("--out-dir")
        .arg(out)
        .arg(sources.join(file));
    if bootstrap {
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .arg("--cfg=fearless_bootstrap");
    }
    let output = command.output().map_err(|error| Error::Tool {
        command: toolchain.rustc.display().to_string(),
        cause: error.to_string(),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let diagnostics = String::from_utf8_lossy(&output.stderr);
    if diagnostics.contains(DISK_FULL) {
        let cause = std::io::ErrorKind::StorageFull.into();
        return Err(Error::file("write to", out)(cause));
    }
    Err(Error::Standard {
        rustc: toolchain.short_version().to_owned(),
        diagnostics: diagnostics.lines().take(40).collect::<Vec<_>>().join("\n"),
    })
}
