//! tokio, compiled so that it tells of its tasks.
//!
//! tokio can speak of its tasks to the crate `tracing`, with a feature and a flag of its own
//! (`tokio_unstable`). It gets both, and as `tracing` the crate that our `std` travels with: no
//! manifest, no other crate and no subscriber of a program learns of it.

use crate::standard::TASKS_LIBRARY;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};

/// The crate that is meant.
const TOKIO: &str = "tokio";
/// Whoever has tokio tell somebody else of its tasks has set this himself.
const FEATURE: &str = "feature=\"tracing\"";

/// Whether a call of rustc compiles tokio for cells, and it tells nobody else.
pub(super) fn is_tokio(arguments: &[OsString]) -> bool {
    let mut pairs = arguments.windows(2);
    pairs.any(|pair| pair[0] == "--crate-name" && pair[1] == TOKIO)
        && std::env::var_os("CARGO_PKG_NAME").is_some_and(|name| name == TOKIO)
        && arguments.iter().any(|it| it == "--target")
        && !arguments.iter().any(|it| it == FEATURE)
}

/// Compiles it so; `None` where that can't be done, since this version tells in another way: then it
/// is to be compiled as it is.
pub(super) fn compile(command: &mut Command, standard: &Path) -> Option<ExitCode> {
    let library = standard.join(TASKS_LIBRARY);
    let output = command
        .args(["--cfg", "tokio_unstable", "--cfg", FEATURE])
        .arg("--extern")
        .arg(format!("tracing={}", library.display()))
        .output()
        .ok()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        tracing::warn!("tokio can't be made to tell of its tasks: {why}");
        return None;
    }
    // What cargo waits for: it goes on when a crate's metadata are there.
    std::io::stderr().write_all(&output.stderr).ok()?;
    std::io::stdout().write_all(&output.stdout).ok()?;
    Some(ExitCode::SUCCESS)
}
