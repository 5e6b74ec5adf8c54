//! Where cargo and rustc may lie.
//!
//! A Jupyter server is often started without what a person's shell knows: with another HOME by a
//! hub, without a PATH by a gateway, without `RUSTUP_HOME` by an editor. So the usual folders are
//! looked at as well. A rustup that can't tell where its toolchains are is told of those beside it,
//! and passed over if that doesn't help either.

use crate::error::Error;
use crate::tools;
use crate::workspace::{self, SYSTEM_PATH};
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Names the one folder to look at, if it is set.
const CHOSEN: &str = "FEARLESS_RUST";

/// The variable by which rustup finds its toolchains.
const RUSTUP_HOME: &str = "RUSTUP_HOME";

/// Folders to look at, in their order.
pub(super) struct Places {
    folders: Vec<PathBuf>,
}

impl Places {
    /// All that are usual; or the one that a person chose.
    pub(super) fn usual() -> Places {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(chosen) = set(CHOSEN) {
            return Places {
                folders: vec![chosen.into()],
            };
        }
        let path = workspace::search_path();
        let homes = set("CARGO_HOME").map(PathBuf::from).into_iter().chain(
            [dirs::home_dir(), home_in_passwd()]
                .into_iter()
                .flatten()
                .map(|home| home.join(".cargo")),
        );
        let beside = std::env::current_exe().ok();
        let all = std::env::split_paths(&path)
            .chain(homes.map(|home| home.join("bin")))
            .chain(["/usr/local/cargo/bin", "/opt/rust/bin"].map(PathBuf::from))
            .chain(std::env::split_paths(SYSTEM_PATH))
            .chain(beside.as_deref().and_then(Path::parent).map(Path::to_owned));
        Places::of(all.filter(|folder| folder.is_absolute()))
    }

    /// These; each is looked at once.
    fn of(all: impl IntoIterator<Item = PathBuf>) -> Places {
        let mut folders: Vec<PathBuf> = Vec::new();
        for folder in all {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        Places { folders }
    }

    /// The first `tool` that works: the real one, not rustup's proxy (which costs 10 ms at every
    /// call).
    ///
    /// # Errors
    /// There is none, or rustup misses the toolchain that a file in the present folder asks for.
    pub(super) fn find(&self, tool: &'static str) -> Result<PathBuf, Error> {
        let mut looked = Vec::new();
        for folder in &self.folders {
            match in_folder(folder, tool) {
                None => looked.push(folder.display().to_string()),
                Some(Ok(found)) => return Ok(found),
                Some(Err(error)) => {
                    // What else there is of rustup's says the same.
                    not_installed(&error).map_or(Ok(()), Err)?;
                    looked.push(format!("{} ({})", folder.display(), first_line(&error)));
                }
            }
        }
        Err(Error::Missing {
            tool,
            looked: looked.join(", "),
        })
    }
}

/// A tool that works, or why not; `None` if there is none in this folder.
fn in_folder(folder: &Path, tool: &str) -> Option<Result<PathBuf, Error>> {
    let program = Some(folder.join(tool)).filter(|program| is_program(program));
    // A link to rustup's proxy, perhaps, from a folder without rustup.
    let real = program.as_ref().and_then(|it| it.canonicalize().ok());
    let rustup = [Some(folder), real.as_deref().and_then(Path::parent)]
        .into_iter()
        .flatten()
        .map(|folder| folder.join("rustup"))
        .find(|rustup| is_program(rustup));
    match (rustup, program) {
        (Some(rustup), _) => Some(by_rustup(&rustup, tool)),
        (None, Some(program)) => Some(tools::run(&program, ["--version"]).map(|_| program)),
        (None, None) => None,
    }
}

/// Asks a rustup, at last with the folder of toolchains that lies beside it.
fn by_rustup(rustup: &Path, tool: &str) -> Result<PathBuf, Error> {
    let asked = |home: Option<&Path>| {
        let home = home.map(|home| (RUSTUP_HOME, home.as_os_str()));
        tools::run_with(rustup, ["which", tool], home)
    };
    let mut answer = asked(None);
    // `/usr/local/cargo/bin/rustup` goes with `/usr/local/rustup`, `~/.cargo/bin` with `~/.rustup`.
    let around = rustup.ancestors().nth(3).unwrap_or(rustup);
    let beside = ["rustup", ".rustup"].map(|name| around.join(name));
    for home in beside
        .iter()
        .filter(|home| home.join("toolchains").is_dir())
    {
        if answer.is_err() {
            answer = asked(Some(home));
        }
    }
    Ok(PathBuf::from(answer?.trim()))
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// The error in a person's words, if rustup misses the toolchain that a file asks for.
fn not_installed(error: &Error) -> Option<Error> {
    let Error::Tool { cause, .. } = error else {
        return None;
    };
    let line = cause
        .lines()
        .find(|line| line.contains("is not installed"))?;
    let folder = std::env::current_dir().ok()?;
    let mut files = folder
        .ancestors()
        .flat_map(|folder| ["rust-toolchain.toml", "rust-toolchain"].map(|name| folder.join(name)));
    Some(Error::Toolchain {
        file: files.find(|file| file.is_file())?,
        cause: line.trim_start_matches("error: ").to_owned(),
    })
}

fn first_line(error: &Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

/// The home folder of who runs the kernel, as the system knows it: a hub may set HOME to another.
fn home_in_passwd() -> Option<PathBuf> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let user = rustix::process::getuid().as_raw().to_string();
    home_of(&users, &user)
}

fn home_of(users: &str, user: &str) -> Option<PathBuf> {
    let mut rows = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>());
    let row = rows.find(|row| row.get(2) == Some(&user))?;
    let home = row.get(5).filter(|home| !home.is_empty())?;
    Some(PathBuf::from(OsStr::new(home)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn program(path: &Path, script: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A rustup that knows its toolchains by `RUSTUP_HOME` alone, as when HOME is another.
    const RUSTUP: &str = r#"[ -d "$RUSTUP_HOME/toolchains/planted" ] || { echo "error: no default toolchain" >&2; exit 1; }
echo "$RUSTUP_HOME/toolchains/planted/bin/$2""#;

    #[test]
    fn what_does_not_work_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let [empty, broken, good] =
            ["empty", "broken/bin", "good"].map(|it| folder.path().join(it));
        program(&broken.join("rustup"), RUSTUP);
        program(&broken.join("rustc"), "exit 1");
        program(&good.join("rustc"), "echo rustc 1.95.0");
        let places = Places::of([empty, broken, good.clone()]);
        assert_eq!(places.find("rustc").unwrap(), good.join("rustc"));
        let error = places.find("cargo").unwrap_err().to_string();
        assert!(error.contains("no default toolchain"), "{error}");
        assert!(error.contains(&*good.to_string_lossy()), "{error}");
        assert!(error.contains("https://rustup.rs"), "{error}");
    }

    #[test]
    fn rustup_is_told_of_the_toolchains_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        for (proxies, home) in [
            ("usr/cargo/bin", "usr/rustup"),
            ("me/.cargo/bin", "me/.rustup"),
        ] {
            let (proxies, home) = (folder.join(proxies), folder.join(home));
            program(&proxies.join("rustup"), RUSTUP);
            fs::create_dir_all(home.join("toolchains/planted")).unwrap();
            let found = Places::of([proxies.clone()]).find("rustc").unwrap();
            assert_eq!(found, home.join("toolchains/planted/bin/rustc"));
            // The same by a link from elsewhere.
            program(&proxies.join("cargo"), "exit 1");
            let link = folder
                .join("links")
                .join(proxies.strip_prefix(&folder).unwrap());
            fs::create_dir_all(&link).unwrap();
            std::os::unix::fs::symlink(proxies.join("cargo"), link.join("cargo")).unwrap();
            let found = Places::of([link]).find("cargo").unwrap();
            assert_eq!(found, home.join("toolchains/planted/bin/cargo"));
        }
    }

    #[test]
    fn a_user_has_a_home_whatever_home_says() {
        let users = "root:x:0:0:root:/root:/bin/bash\nada:x:1001:1001::/home/ada:/bin/sh\n";
        assert_eq!(home_of(users, "1001"), Some("/home/ada".into()));
        assert_eq!(home_of(users, "7"), None);
    }
}
