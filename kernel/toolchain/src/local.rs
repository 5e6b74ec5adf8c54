//! Packages on this machine that a session depends on, which may be edited while it runs.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

/// Local packages, and what their files looked like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Local {
    folders: Vec<PathBuf>,
    /// A hash of names, sizes and times of all their files; empty if there is no such package.
    pub stamp: String,
}

/// Folders of a package that hold no sources.
const NO_SOURCES: [&str; 2] = ["target", ".git"];

impl Local {
    /// Those that the manifest `text` asks for, directly or through others; `metadata` is cargo's
    /// command of that name.
    pub fn find(text: &str, mut metadata: Command) -> Local {
        if !text.contains("path") {
            return Local::default();
        }
        let answer = metadata.output().ok();
        let answer: Option<Value> = answer.and_then(|it| serde_json::from_slice(&it.stdout).ok());
        let members = answer.as_ref().map(|it| &it["workspace_members"]);
        let packages = answer.as_ref().and_then(|it| it["packages"].as_array());
        let is_own = |package: &Value| {
            let members = members.and_then(Value::as_array);
            members.is_some_and(|members| members.contains(&package["id"]))
        };
        let mut folders: Vec<PathBuf> = packages
            .into_iter()
            .flatten()
            .filter(|package| package["source"].is_null() && !is_own(package))
            .filter_map(|package| {
                Some(
                    Path::new(package["manifest_path"].as_str()?)
                        .parent()?
                        .to_owned(),
                )
            })
            .collect();
        folders.sort();
        Local {
            stamp: stamp(&folders),
            folders,
        }
    }

    /// Whether the files are the same as then.
    pub fn is_unchanged(&self) -> bool {
        stamp(&self.folders) == self.stamp
    }

    /// Whether a package's folder is one of these.
    pub fn contains(&self, folder: &Path) -> bool {
        self.folders.iter().any(|local| local == folder)
    }
}

fn stamp(folders: &[PathBuf]) -> String {
    if folders.is_empty() {
        return String::new();
    }
    let mut files = Vec::new();
    for folder in folders {
        list(folder, &mut files);
    }
    files.sort();
    crate::cache::key(files.iter().map(|file| file.as_bytes()))
}

fn list(folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(data) = entry.metadata() else {
            continue;
        };
        if data.is_dir() {
            if !NO_SOURCES.iter().any(|it| name == *it) {
                list(&path, files);
            }
        } else {
            let time = data
                .modified()
                .ok()
                .and_then(|it| it.duration_since(UNIX_EPOCH).ok());
            let nanoseconds = time.unwrap_or_default().as_nanos();
            files.push(format!("{} {} {nanoseconds}", path.display(), data.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_shows_and_a_build_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("src/lib.rs");
        fs::create_dir_all(source.parent().unwrap()).unwrap();
        fs::write(&source, "fn one() {}").unwrap();
        let folders = vec![folder.path().to_owned()];
        let local = Local {
            stamp: stamp(&folders),
            folders,
        };
        fs::create_dir_all(folder.path().join("target")).unwrap();
        fs::write(folder.path().join("target/built"), "").unwrap();
        assert!(local.is_unchanged());
        fs::write(&source, "fn other() {}").unwrap();
        assert!(!local.is_unchanged());
        assert!(Local::default().is_unchanged());
    }
}
