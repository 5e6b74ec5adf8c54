//! What cargo says that it compiled, in JSON.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// A library among the dependencies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Artifact {
    /// The package's name and version: `tokio 1.54.1`.
    pub package: String,
    /// The static library, or the procedural macros' shared object.
    pub file: PathBuf,
    /// Whether the package's sources lie on this machine and may be edited.
    pub is_local: bool,
}

/// All libraries that cells can need.
#[derive(Debug, Default)]
pub(crate) struct Artifacts {
    /// Static libraries for the cells' target.
    pub libraries: Vec<Artifact>,
    /// Shared objects that rustc loads.
    pub macros: Vec<Artifact>,
}

impl Artifacts {
    /// Takes up one of cargo's messages; those for another target than that in `folder` are left
    /// out.
    pub fn add(&mut self, message: &Value, folder: &Path) {
        if message["reason"] != "compiler-artifact" {
            return;
        }
        let kinds = message["target"]["kind"].as_array();
        let is = |wanted: &str| kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == wanted));
        let id = message["package_id"].as_str().unwrap_or_default();
        let files = message["filenames"].as_array().into_iter().flatten();
        for file in files.filter_map(Value::as_str).map(PathBuf::from) {
            let extension = file.extension().unwrap_or_default();
            let list = if extension == "rlib" && file.starts_with(folder) {
                &mut self.libraries
            } else if is("proc-macro") && extension == "so" {
                &mut self.macros
            } else {
                continue;
            };
            list.push(Artifact {
                package: package(id),
                file,
                is_local: id.starts_with("path+"),
            });
        }
    }

    /// Libraries and macros.
    pub fn all(&self) -> impl Iterator<Item = &Artifact> {
        self.libraries.iter().chain(&self.macros)
    }
}

/// `tokio 1.54.1` of an id, which ends in `#tokio@1.54.1`, or in `/tokio#1.54.1`.
pub(crate) fn package(id: &str) -> String {
    let (path, end) = id.rsplit_once('#').unwrap_or((id, ""));
    match end.split_once('@') {
        Some((name, version)) => format!("{name} {version}"),
        None => format!("{} {end}", path.rsplit('/').next().unwrap_or(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(kind: &str, id: &str, files: &[&str]) -> Value {
        json!({
            "reason": "compiler-artifact", "package_id": id,
            "target": {"kind": [kind]}, "filenames": files,
        })
    }

    #[test]
    fn libraries_of_the_target_and_macros_are_taken() {
        let mut artifacts = Artifacts::default();
        let registry = "registry+https://github.com/rust-lang/crates.io-index";
        for (kind, name, file) in [
            ("lib", "tokio@1.2.0", "/t/x86/debug/deps/libtokio-1.rlib"),
            ("lib", "syn@2.0.0", "/t/debug/deps/libsyn-1.rlib"),
            (
                "proc-macro",
                "serde_derive@1.0.0",
                "/t/debug/deps/libserde_derive-1.so",
            ),
            (
                "custom-build",
                "libc@0.2.0",
                "/t/debug/build/libc-1/build-script-build",
            ),
        ] {
            let id = format!("{registry}#{name}");
            artifacts.add(&message(kind, &id, &[file]), Path::new("/t/x86"));
        }
        let names: Vec<&str> = artifacts.all().map(|it| it.package.as_str()).collect();
        assert_eq!(names, ["tokio 1.2.0", "serde_derive 1.0.0"]);
    }

    #[test]
    fn a_package_on_this_machine_is_told_by_its_folder() {
        assert_eq!(package("path+file:///home/me/shapes#0.1.0"), "shapes 0.1.0");
        assert_eq!(
            package("path+file:///home/me/x#shapes@0.1.0"),
            "shapes 0.1.0"
        );
    }
}
