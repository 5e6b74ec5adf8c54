//! The rules of this project, as ARCHITECTURE.md draws them. `planted.rs` shows that each can fail.

use std::path::Path;

use layout::{Family, Tree, rules};

/// Who may use whom. Packages outside the workspace are here, too.
const ARROWS: &[(&str, &[&str])] = &[
    ("fearless", &["client", "jupyter", "session"]),
    ("client", &["jupyter"]),
    (
        "session",
        &[
            "analyst",
            "explore",
            "jupyter",
            "record",
            "report",
            "toolchain",
        ],
    ),
    ("report", &["explore", "record"]),
    ("fearless-std", &["explore", "record"]),
    // What explored processes load: it asks the search who goes on, where our std asks it.
    ("control", &["explore", "fearless-std", "record"]),
    // What tokio is given in the place of `tracing`.
    ("locks", &["fearless-std"]),
    ("tasks", &["fearless-std"]),
    ("analyst", &[]),
    ("explore", &[]),
    ("jupyter", &[]),
    ("toolchain", &[]),
    ("record", &[]),
    ("layout", &[]),
    // Models of the recorder, rivals to measure against, std's own tests, crates to compile against
    // our std, and one that a cell of the tests depends on.
    ("record-models", &[]),
    ("rivals", &[]),
    ("explored-by-loom", &[]),
    ("explored-by-shuttle", &[]),
    ("std-suite", &[]),
    ("crates", &[]),
    ("shouting", &[]),
];

/// What few know. The kernel's own sockets need no ZeroMQ library.
const KNOWN_TO_FEW: &[(&str, &[&str])] = &[
    ("evcxr", &["session"]),
    ("zeromq", &["client"]),
    ("tokio", &["client", "crates", "fearless", "jupyter"]),
];

/// Compiled again on the user's machine by rustc alone.
const EXACT: &[(&str, &[&str])] = &[
    ("explore", &[]),
    ("record", &[]),
    ("fearless-std", &["record"]),
    ("control", &["explore", "record", "fearless-std"]),
    ("tasks", &["fearless-std"]),
];

/// Rooms that lie one on the other, the lowest first.
const BOTTOM_UP: &[&[&str]] = &[&[
    "kernel/jupyter/src/wire",
    "kernel/jupyter/src/engine",
    "kernel/jupyter/src/socket",
    "kernel/jupyter/src/dispatch",
]];

/// Of our std, who speaks to the recorder.
const RECORDER: &[&str] = &[
    "kernel/std/src/probe",
    "kernel/std/src/deadlock",
    "kernel/std/src/cost",
];

/// What the report may not depend on: the same recording gives the same report, anywhere.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "Instant::now",
    "SystemTime",
];

/// Where `unsafe` may stand.
const UNSAFE: &[&str] = &[
    // It takes the place of functions of libc and of the sanitizer, and copies its process.
    "kernel/control/src",
    "kernel/record/src",
    "kernel/session/src/runtime",
    "kernel/std/src",
    // A future that is pinned with what it stands in.
    "kernel/tasks/src",
    // The traits of locks ask for it.
    "kernel/locks/src",
    // An allocator, for cells of the tests.
    "tests/program/parts/shouting/src",
];

/// Documents, and what of their paths they leave out.
const DOCUMENTS: &[(&str, &[&str])] = &[
    ("README.md", &[""]),
    ("CONTRIBUTING.md", &["", "kernel/"]),
    ("kernel/ARCHITECTURE.md", &["", "kernel/"]),
    ("tests/README.md", &["", "tests/"]),
];

/// More documents whose lines are narrow.
const NARROW: &[&str] = &[
    "CHANGELOG.md",
    "docs/anywhere.md",
    "docs/deploy/jupyterhub/README.md",
    "docs/display.md",
    "kernel/BENCHMARKS.md",
    "kernel/std/DIFFERENCES.md",
    "notebooks/README.md",
];

/// What a cited name of ours begins with.
const OURS: &[&str] = &[
    "analyst",
    "probe",
    "record",
    "report",
    "session",
    "jupyter",
    "toolchain",
    "client",
    "deadlock",
    "explore",
];

/// What documents cite and commands make.
const MADE: &[&str] = &["site/", "target/"];

fn tree() -> Tree {
    Tree::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
}

#[track_caller]
fn holds(broken: Vec<String>) {
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn packages_use_what_is_drawn() {
    holds(rules::arrows_between_packages(&tree(), ARROWS));
}

#[test]
fn few_know_evcxr_and_sockets() {
    holds(rules::known_to_few(&tree(), KNOWN_TO_FEW));
}

#[test]
fn what_is_rebuilt_on_users_machines_needs_nothing() {
    holds(rules::exact_dependencies(&tree(), EXACT));
}

#[test]
fn no_files_lean_on_each_other_in_a_ring() {
    holds(rules::rings(&tree(), Family::Counted));
}

#[test]
fn rooms_lean_downwards() {
    holds(rules::rooms_bottom_up(&tree(), BOTTOM_UP));
}

#[test]
fn the_recorder_is_spoken_to_from_its_rooms() {
    holds(rules::spoken_to_from(
        &tree(),
        "record",
        "kernel/std/src",
        RECORDER,
    ));
}

#[test]
fn the_report_is_pure() {
    holds(rules::never_speaks_of(&tree(), "kernel/report/src", IMPURE));
}

#[test]
fn unsafe_has_its_rooms() {
    holds(rules::unsafe_in_its_rooms(&tree(), UNSAFE));
}

#[test]
fn modules_are_called_after_their_folders() {
    holds(rules::no_mod_rs(&tree()));
}

#[test]
fn documents_cite_what_is_there() {
    let tree = tree();
    for (document, bases) in DOCUMENTS {
        let cited = rules::Cited {
            bases,
            ours: OURS,
            made: MADE,
        };
        holds(rules::citations(&tree, document, &cited));
    }
}

#[test]
fn prose_is_narrow() {
    let tree = tree();
    let cited = DOCUMENTS.iter().map(|(document, _)| document);
    for document in cited.chain(NARROW) {
        holds(rules::prose_width(&tree, document, 100));
    }
    for folder in ["kernel", "tests/layout"] {
        holds(rules::comment_width(&tree, folder, 100));
    }
}
