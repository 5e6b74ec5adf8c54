//! What the kernel tells its stand-in for cargo: a small file in the workspace.

use crate::discover::Toolchain;
use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// The edition that cells are compiled as if nobody asks for another: that of evcxr's manifest.
pub const EDITION: &str = "2024";

/// The contents of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The real tools.
    pub toolchain: Toolchain,
    /// The folder of our `std`, or `None` to compile against the real one (`:record off`).
    pub standard: Option<PathBuf>,
    /// Where dependencies are built, shared by all kernels with the same toolchain.
    pub target: PathBuf,
    /// Where dependencies are linked to libraries that cells share; for all kernels likewise.
    pub layers: PathBuf,
    /// Where it is noted how cells with certain dependencies are compiled; shared likewise.
    pub recipes: PathBuf,
    /// The same in the system's cache, if there is one.
    #[serde(default)]
    pub system_recipes: Option<PathBuf>,
    /// How a cell's last expression is shown.
    pub display: Display,
    /// The edition that cells are compiled as.
    pub edition: String,
}

/// How values are shown: `:fmt` and `:types`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// A format string with one pair of braces.
    pub format: String,
    /// Whether the type stands before the value.
    pub types: bool,
}

impl Default for Display {
    fn default() -> Display {
        Display {
            format: "{:?}".into(),
            types: false,
        }
    }
}

impl Display {
    /// The trait that the format asks of a value; `None` for a text that is no such format.
    pub fn trait_of(format: &str) -> Option<&'static str> {
        let (before, rest) = format.split_once('{')?;
        let (within, after) = rest.split_once('}')?;
        let is_text = |text: &str| !text.contains(['{', '}', '"', '\\', '\n']);
        if !is_text(before) || !is_text(after) || !is_text(within) {
            return None;
        }
        let specification = match within.split_once(':') {
            Some(("", specification)) => specification,
            None if within.is_empty() => "",
            // A name or a number: there is one value, and it has neither.
            _ => return None,
        };
        Some(match specification.chars().next_back() {
            Some('?') => "Debug",
            Some('x') => "LowerHex",
            Some('X') => "UpperHex",
            Some('o') => "Octal",
            Some('b') => "Binary",
            Some('e') => "LowerExp",
            Some('E') => "UpperExp",
            Some('p') => "Pointer",
            _ => "Display",
        })
    }

    /// The path of the trait that a value needs to be shown.
    pub(crate) fn format_trait(&self) -> String {
        let name = Display::trait_of(&self.format).unwrap_or("Debug");
        format!("::std::fmt::{name}")
    }
}

impl Settings {
    fn path(workspace: &Path) -> PathBuf {
        workspace.join("settings.json")
    }

    /// Reads the file.
    pub fn load(workspace: &Path) -> Result<Settings, Error> {
        let path = Settings::path(workspace);
        let text = fs::read(&path).map_err(Error::file("read", &path))?;
        serde_json::from_slice(&text)
            .map_err(std::io::Error::from)
            .map_err(Error::file("read", &path))
    }

    /// Writes the file so that a reader sees the old or the new one.
    pub fn store(&self, workspace: &Path) -> Result<(), Error> {
        let path = Settings::path(workspace);
        let text = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .map_err(Error::file("write", &path))?;
        let scratch = path.with_extension("new");
        fs::write(&scratch, text).map_err(Error::file("write", &scratch))?;
        fs::rename(&scratch, &path).map_err(Error::file("write", &path))
    }

    /// The flags for everything that is compiled for the cell process.
    pub fn rustflags(&self) -> Vec<String> {
        let mut flags = vec!["-Cprefer-dynamic".to_owned()];
        if let Some(folder) = &self.standard {
            flags.push("--extern".into());
            flags.push(format!(
                "std={}",
                folder.join(super::standard::LIBRARY).display()
            ));
            flags.push("-L".into());
            flags.push(format!("dependency={}", folder.display()));
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::Display;

    #[test]
    fn a_format_has_one_pair_of_braces() {
        assert_eq!(Display::trait_of("{:#?}"), Some("Debug"));
        assert_eq!(Display::trait_of("= {:08.3} m"), Some("Display"));
        assert_eq!(Display::trait_of("0x{:x}"), Some("LowerHex"));
        for wrong in ["", "x", "{", "{}{}", "{0}", "{name:?}", "\"{}"] {
            assert_eq!(Display::trait_of(wrong), None, "{wrong}");
        }
    }
}
