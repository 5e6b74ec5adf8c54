//! The real cargo, as the stand-in calls it.

use crate::settings::Settings;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Tells the `rustc-wrapper` which recipe it is to write.
pub(super) const RECIPE_KEY: &str = "FEARLESS_RECIPE_KEY";

/// Tells it where, if not in the session's own place.
pub(super) const RECIPE_FILE: &str = "FEARLESS_RECIPE_FILE";

/// Tells it that crates are compiled to be explored.
pub(super) const INSTRUMENTED: &str = "FEARLESS_INSTRUMENTED";

/// Tells it which packages may be edited.
pub(super) const LOCAL: &str = "FEARLESS_LOCAL";

/// The real cargo, for a cell.
pub(super) fn real_cargo(workspace: &Path, settings: &Settings, arguments: &[OsString]) -> Command {
    let mut command = Command::new(&settings.toolchain.cargo);
    command
        .args(arguments)
        // Dependencies stay optimised while cells are not.
        .args(["--config", "profile.dev.package.'*'.opt-level=3"])
        .args(["--config", "profile.dev.package.'*'.debug-assertions=false"])
        .args(["--config", "profile.dev.package.'*'.overflow-checks=false"])
        .env("RUSTC", &settings.toolchain.rustc)
        .env("RUSTC_WRAPPER", workspace.join("bin/rustc-wrapper"))
        .env("CARGO_TARGET_DIR", &settings.target)
        .env("CARGO_BUILD_BUILD_DIR", &settings.target)
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", flags(settings).join("\u{1f}"));
    command
}

/// Our flags and those that evcxr asks for (a linker, a backend).
pub(super) fn flags(settings: &Settings) -> Vec<String> {
    let mut flags = settings.rustflags();
    let asked = std::env::var("RUSTFLAGS").unwrap_or_default();
    flags.extend(
        asked
            .split_whitespace()
            .filter(|flag| *flag != "-Cprefer-dynamic")
            .map(str::to_owned),
    );
    flags
}
