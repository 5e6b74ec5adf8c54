//! Holds the arrows between the packages and the place of `unsafe`, as ARCHITECTURE.md draws them.

use std::fs;
use std::path::{Path, PathBuf};

/// All Rust sources below a folder of the kernel package.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {folder}");
    found
}

/// Lines of code that contain a word, comments aside.
fn uses(text: &str, word: &str) -> bool {
    text.lines()
        .map(str::trim_start)
        .filter(|line| !line.starts_with("//"))
        .any(|line| line.contains(word))
}

#[track_caller]
fn never(folder: &str, words: &[&str]) {
    for (path, text) in sources(folder) {
        for word in words {
            assert!(
                !uses(&text, word),
                "{} must not use `{word}`",
                path.display()
            );
        }
    }
}

/// The names under `[dependencies]` of a manifest.
fn dependencies(manifest: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(manifest);
    let text = fs::read_to_string(&path).unwrap();
    text.lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn record_and_std_are_rebuilt_on_users_machines_and_need_nothing() {
    assert_eq!(dependencies("record/Cargo.toml"), [""; 0]);
    assert_eq!(dependencies("std/Cargo.toml"), ["record"]);
}

#[test]
fn the_report_is_pure() {
    never(
        "report/src",
        &[
            "evcxr",
            "zeromq",
            "std::fs",
            "std::net",
            "Instant::now",
            "SystemTime",
        ],
    );
    let allowed = ["record", "serde", "serde_json"];
    for name in dependencies("report/Cargo.toml") {
        assert!(
            name != "evcxr" && name != "zeromq" && name != "tokio",
            "report depends on {name}; it may use {allowed:?} and formatting helpers"
        );
    }
}

#[test]
fn arrows_point_one_way() {
    let ours = ["session::", "toolchain::", "report::", "record::", "evcxr"];
    never("jupyter/src", &ours);
    never(
        "toolchain/src",
        &["session::", "jupyter::", "report::", "record::"],
    );
    never("src", &["toolchain::", "report::", "record::", "evcxr"]);
    never("record/src", &["report::", "fearless::", "evcxr"]);
    never("std/src", &["report::", "extern crate evcxr"]);
}

#[test]
fn only_the_probe_talks_to_the_recorder() {
    for (path, text) in sources("std/src/sync") {
        assert!(
            !uses(&text, "record::"),
            "{} goes around the probe",
            path.display()
        );
    }
}

#[test]
fn unsafe_has_its_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rooms = ["session/src/runtime", "std/src"].map(|room| root.join(room));
    for folder in [
        "src",
        "jupyter/src",
        "toolchain/src",
        "session/src",
        "report/src",
        "std/src",
    ] {
        for (path, text) in sources(folder) {
            let blocks =
                uses(&text, "unsafe {") || uses(&text, "unsafe impl") || uses(&text, "unsafe fn");
            let has_room = rooms.iter().any(|room| path.starts_with(room));
            assert!(!blocks || has_room, "`unsafe` in {}", path.display());
        }
    }
}
