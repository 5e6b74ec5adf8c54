//! Questions of the rust-analyzer within evcxr, which reads the package of each session.
//!
//! It would read the whole standard library and all crates, to guess what rustc tells exactly. So
//! it finds no toolchain, and hears of a package without dependencies; nor is cargo started for
//! that.

use crate::analysis::package_alone;
use crate::settings::Settings;
use crate::workspace::build_folder;
use std::ffi::OsString;
use std::path::Path;

/// A layout of data, which it asks for; it needs none.
const TARGET: &str = r#"{"data-layout":"e","arch":"x86_64"}"#;

/// Whether rustc is asked where the toolchain lies, with its standard library.
pub(super) fn asks_for_toolchain(arguments: &[OsString]) -> bool {
    arguments == ["--print", "sysroot"]
}

/// The answer in cargo's name, if it is rust-analyzer that asks.
pub(super) fn answer(
    workspace: &Path,
    settings: &Settings,
    arguments: &[OsString],
) -> Option<String> {
    let has = |wanted: &str| arguments.iter().any(|argument| argument == wanted);
    let first = arguments.first()?.to_str()?;
    Some(match first {
        "locate-project" => {
            let root = build_folder(workspace).join("Cargo.toml");
            serde_json::json!({ "root": root }).to_string()
        }
        "--version" => {
            let version = settings.toolchain.version_number();
            format!("cargo {}\n", version.unwrap_or("1.0.0"))
        }
        "-Z" if has("config") => String::new(),
        "rustc" if has("target-spec-json") => TARGET.to_owned(),
        "rustc" if has("cfg") => String::new(),
        // evcxr asks for metadata, too, but for all targets.
        "metadata" if has("--filter-platform") || has("--no-deps") => {
            package_alone(&build_folder(workspace), &settings.edition) + "\n"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toolchain_is_asked_for_alone() {
        let asks = |line: &str| {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            asks_for_toolchain(&arguments)
        };
        assert!(asks("--print sysroot"));
        assert!(!asks("--print target-libdir") && !asks("--print sysroot --print cfg"));
    }
}
