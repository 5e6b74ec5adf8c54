//! One running kernel's folder, and the environment that makes evcxr use it.
//!
//! evcxr takes its tools from the PATH, its configuration from `EVCXR_CONFIG_DIR` and its working
//! folder from `EVCXR_TMPDIR`. The kernel prepares the folder first and then executes itself again
//! with those set: a process must not change its own environment once it may have threads.

use super::cache::{CACHE, Cache, FileLock, TEMPORARY as TEMPORARY_CACHE, WARMING};
use super::cargo_home;
use crate::crates::linker as layer_linker;
use crate::error::Error;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const WORKSPACE: &str = "FEARLESS_WORKSPACE";
const ORIGINAL_PATH: &str = "FEARLESS_ORIGINAL_PATH";
const ORIGINAL_TMPDIR: &str = "FEARLESS_ORIGINAL_TMPDIR";

/// Lets the kernel's allocator take memory as it needs it. Otherwise the system gives it in pieces
/// of 2 MiB, four times as much as is used.
const ALLOCATOR: (&str, &str) = ("MIMALLOC_ARENA_EAGER_COMMIT", "0");
const ORIGINAL_ALLOCATOR: &str = "FEARLESS_ORIGINAL_MIMALLOC_ARENA_EAGER_COMMIT";

/// Where a system's own programs lie. A kernel that is started without a PATH looks there.
pub(super) const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// The names under which this binary is a stand-in; see [`stand_in`](crate::stand_in).
pub const STAND_INS: [&str; 6] = [
    "cargo",
    "rustc",
    "rustup",
    "rustc-wrapper",
    LINKER,
    layer_linker::NAME,
];

/// The name of the linker of cells.
pub(super) const LINKER: &str = "cell-linker";

/// The folder of what evcxr, cargo and rustc find first.
const TOOLS: &str = "bin";

/// For temporary files of rust-analyzer, cargo and rustc: here they are swept with the rest when a
/// kernel was killed.
const TEMPORARY: &str = "tmp";

/// A kernel's folder; removed when dropped.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    /// What goes with the kernel: this folder, or a cache that no other kernel uses.
    removed: PathBuf,
    _lock: FileLock,
}

impl Workspace {
    /// Makes a folder for this process and executes the process again inside it; returns only in
    /// the second life.
    pub fn enter() -> Result<Workspace, Error> {
        if let Some(root) = std::env::var_os(WORKSPACE).map(PathBuf::from) {
            let lock = FileLock::create_held(&root.join("lock"))?;
            let cache = Cache::open()?;
            let removed = match cache.is_temporary() {
                true => cache.root().to_owned(),
                false => root.clone(),
            };
            return Ok(Workspace {
                root,
                removed,
                _lock: lock,
            });
        }
        let cache = Cache::open()?;
        let sessions = cache.folder("sessions")?;
        sweep(&sessions);
        let root = sessions.join(format!("{}", uuid::Uuid::new_v4().simple()));
        prepare(&root)?;
        let cause = Command::new(executable()?)
            .args(std::env::args_os().skip(1))
            .envs(environment(&root))
            .envs(cargo_home::instead(cache.root())?.map(|home| (cargo_home::VARIABLE, home)))
            .envs(cache.is_temporary().then_some((TEMPORARY_CACHE, "1")))
            // Found by the temporary folder, perhaps, which is another one from here on.
            .env(CACHE, cache.root())
            .exec();
        Err(Error::Tool {
            command: "fearless".into(),
            cause: cause.to_string(),
        })
    }

    /// The folder in which evcxr compiles.
    pub fn build_folder(&self) -> PathBuf {
        build_folder(&self.root)
    }

    /// The folder that is first on the PATH.
    pub(super) fn tools(&self) -> PathBuf {
        self.root.join(TOOLS)
    }

    /// Removes the folder; what can't be removed now is swept by the next kernel.
    pub fn remove(&self) {
        let _ = fs::remove_dir_all(&self.removed);
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What [`remove`](Self::remove) removes.
    pub fn removed(&self) -> &Path {
        &self.removed
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The PATH as the user has it, without our folder in front; the system's for who has none.
pub(super) fn search_path() -> OsString {
    let path = std::env::var_os(ORIGINAL_PATH).or_else(|| std::env::var_os("PATH"));
    path.filter(|path| !path.is_empty())
        .unwrap_or_else(|| SYSTEM_PATH.into())
}

/// The folder of the kernel that started this process, for the stand-ins.
pub(super) fn current() -> Option<PathBuf> {
    std::env::var_os(WORKSPACE).map(PathBuf::from)
}

/// Where evcxr writes the cell's package in the session's folder `root`.
///
/// Cargo takes a package for a member of the workspace that it finds in a folder above, and refuses
/// it when that workspace doesn't name it. A cache may well lie below one: in a project's own home
/// folder, say. Cargo looks no further than a folder `target/package`, since it tests packages in
/// there.
pub(super) fn build_folder(root: &Path) -> PathBuf {
    root.join("target/package/cell")
}

/// Where rustc is started for a cell. In it, `src` is the notebook's folder: `mod`, `include_str!`
/// and other paths in a cell, whose file is called `src/lib.rs`, begin there.
pub(super) fn notebook_folder(root: &Path) -> PathBuf {
    root.join("notebook")
}

/// Gives a process that runs user code the environment that the user knows.
pub fn restore_environment(command: &mut Command) {
    let restore = |command: &mut Command, name: &str, kept: &str| {
        match std::env::var_os(kept) {
            Some(value) if !value.is_empty() => command.env(name, value),
            _ => command.env_remove(name),
        };
        command.env_remove(kept);
    };
    restore(command, "PATH", ORIGINAL_PATH);
    restore(command, "TMPDIR", ORIGINAL_TMPDIR);
    restore(command, ALLOCATOR.0, ORIGINAL_ALLOCATOR);
    command
        .env_remove(WORKSPACE)
        .env_remove(CACHE)
        .env_remove(TEMPORARY_CACHE)
        .env_remove(WARMING)
        .env_remove("EVCXR_CONFIG_DIR")
        .env_remove("EVCXR_TMPDIR");
}

fn executable() -> Result<PathBuf, Error> {
    crate::own_program().map_err(Error::file("find", Path::new("fearless")))
}

fn prepare(root: &Path) -> Result<(), Error> {
    let tools = root.join(TOOLS);
    let folders = ["config", TEMPORARY].map(|name| root.join(name));
    for folder in [&tools, &build_folder(root)].into_iter().chain(&folders) {
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    }
    for name in STAND_INS {
        let link = tools.join(name);
        symlink(executable()?, &link).map_err(Error::file("create", &link))?;
    }
    let notebook = notebook_folder(root);
    fs::create_dir_all(&notebook).map_err(Error::file("create", &notebook))?;
    if let Ok(folder) = std::env::current_dir() {
        let link = notebook.join("src");
        symlink(folder, &link).map_err(Error::file("create", &link))?;
    }
    let config = root.join("config/evcxr.toml");
    // Cells compile fastest unoptimised; dependencies and our `std` are optimised all the same.
    fs::write(&config, "[evcxr]\nopt_level = \"0\"\n").map_err(Error::file("write", &config))
}

fn environment(root: &Path) -> Vec<(&'static str, OsString)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut ours = root.join(TOOLS).into_os_string();
    ours.push(":");
    ours.push(search_path());
    vec![
        (WORKSPACE, root.into()),
        (ORIGINAL_PATH, path),
        ("PATH", ours),
        (
            ORIGINAL_ALLOCATOR,
            std::env::var_os(ALLOCATOR.0).unwrap_or_default(),
        ),
        (ALLOCATOR.0, ALLOCATOR.1.into()),
        ("EVCXR_CONFIG_DIR", root.join("config").into()),
        (
            ORIGINAL_TMPDIR,
            std::env::var_os("TMPDIR").unwrap_or_default(),
        ),
        ("TMPDIR", root.join(TEMPORARY).into()),
        ("EVCXR_TMPDIR", build_folder(root).into()),
    ]
}

/// No kernel takes so long from its folder to its lock, however busy the machine is.
const LONGEST_START: Duration = Duration::from_secs(3600);

/// Removes the folders of kernels that were killed: their locks are free.
fn sweep(sessions: &Path) {
    // A kernel that is just starting has made its folder but not yet its lock.
    let old_enough = |path: &Path| {
        path.metadata()
            .and_then(|data| data.modified())
            .ok()
            .and_then(|time| time.elapsed().ok())
            .is_some_and(|age| age > LONGEST_START)
    };
    for entry in fs::read_dir(sessions).into_iter().flatten().flatten() {
        let path = entry.path();
        let lock = path.join("lock");
        let abandoned = if lock.exists() {
            matches!(FileLock::try_acquire(&lock), Ok(Some(_)))
        } else {
            old_enough(&path)
        };
        if abandoned {
            let _ = fs::remove_dir_all(&path);
        }
    }
}
