//! Compares the public surface of our twins with the real library's sources, and lists every
//! difference. `DIFFERENCES.md` says why each of them is there; a line too many or too few fails.
//!
//! Ours is what rustc expands our crate to; the real one is parsed from the installed sources,
//! where `#[stable]` and `#[unstable]` tell what counts.

mod surface {
    pub mod api;
    pub mod normal;
}

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use surface::api::Api;

/// The files of the real library that define what we have twins of.
const REAL: &[&str] = &[
    "macros.rs",
    "panic.rs",
    "panicking.rs",
    "io/stdio.rs",
    "os/fd/owned.rs",
    "os/fd/raw.rs",
    "os/unix/thread.rs",
    "process.rs",
    "sync/barrier.rs",
    "sync/lazy_lock.rs",
    "sync/mod.rs",
    "sync/mpsc.rs",
    "sync/once.rs",
    "sync/once_lock.rs",
    "sync/poison/condvar.rs",
    "sync/poison/mutex.rs",
    "sync/poison/rwlock.rs",
    "thread/builder.rs",
    "thread/current.rs",
    "thread/functions.rs",
    "thread/join_handle.rs",
    "thread/scoped.rs",
    "thread/thread.rs",
];

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The `library` folder of the installed sources.
fn sources() -> Option<PathBuf> {
    let sysroot = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .ok()?;
    let sysroot = PathBuf::from(String::from_utf8(sysroot.stdout).ok()?.trim());
    let mut folders: Vec<PathBuf> = std::env::var_os("RUST_SRC_PATH")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    folders.push(sysroot.join("lib/rustlib/src/rust/library"));
    if let Ok(entries) = std::fs::read_dir("/usr/src") {
        folders.extend(entries.flatten().map(|entry| entry.path().join("library")));
    }
    folders
        .into_iter()
        .find(|folder| folder.join("std/src/sync/mod.rs").is_file())
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("rustc starts");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Our crate with all its macros expanded.
fn expanded() -> String {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let flags = ["--edition=2024", "-Cprefer-dynamic", "--cap-lints=allow"];
    let record = here().join("../record/src/lib.rs");
    run(Command::new("rustc")
        .args(flags)
        .args([
            "--crate-type=rlib",
            "--crate-name=record",
            "--emit=metadata,link",
            "--out-dir",
        ])
        .arg(&out)
        .arg(record));
    let library = format!("record={}", out.join("librecord.rlib").display());
    let text = run(Command::new("rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .args(flags)
        .args([
            "--crate-type=dylib",
            "--crate-name=std",
            "-Zunpretty=expanded",
            "--cfg=fearless_bootstrap",
            "--extern",
            &library,
        ])
        .arg(here().join("src/lib.rs")));
    String::from_utf8(text).expect("UTF-8")
}

/// The lines of the table in `DIFFERENCES.md`: the code span in the first column, and whether the
/// difference may be absent, since it is one from some versions of the real library alone.
fn justified(path: &Path) -> BTreeMap<String, bool> {
    let text = std::fs::read_to_string(path).expect("DIFFERENCES.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once("` |"))
        .map(|(difference, reason)| (difference.to_owned(), reason.contains("(version)")))
        .collect()
}

#[test]
fn every_difference_from_the_real_library_is_justified() {
    let Some(sources) = sources() else {
        println!("SURFACE NOT COMPARED: the library sources are not installed.");
        println!("Get them with `rustup component add rust-src`, or set RUST_SRC_PATH.");
        return;
    };
    let mut ours = Api::default();
    ours.add(&expanded(), false);
    let mut real = Api::default();
    for file in REAL {
        let path = sources.join("std/src").join(file);
        match std::fs::read_to_string(&path) {
            Ok(text) => real.add(&text, true),
            Err(error) => panic!("cannot read `{}`: {error}", path.display()),
        }
    }
    assert!(
        ours.types().contains("RwLock"),
        "our own types were not found: {:?}",
        ours.types()
    );

    let real = real.lines_of(&ours);
    let ours = ours.lines();
    let missing = real
        .difference(&ours)
        .map(|line| format!("missing: {line}"));
    let added = ours.difference(&real).map(|line| format!("added: {line}"));
    let differences: BTreeSet<String> = missing
        .chain(added)
        .map(|line| line.replace('|', "¦"))
        .collect();
    let justified = justified(&here().join("DIFFERENCES.md"));

    let unexplained: Vec<_> = differences
        .iter()
        .filter(|line| !justified.contains_key(*line))
        .collect();
    let outdated: Vec<_> = justified
        .iter()
        .filter(|(line, may_be_absent)| !**may_be_absent && !differences.contains(*line))
        .collect();
    println!(
        "{} lines compared, {} differences",
        real.len(),
        differences.len()
    );
    assert!(
        unexplained.is_empty() && outdated.is_empty(),
        "not in DIFFERENCES.md:\n{unexplained:#?}\nin DIFFERENCES.md, but no difference:\n{outdated:#?}"
    );
}
