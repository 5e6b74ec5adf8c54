//! What rust-analyzer is told of a session.
//!
//! There are two of it. The one within evcxr would only guess what rustc tells exactly, so it is
//! told next to nothing: it finds no toolchain, and a package without dependencies (see the
//! stand-in, which answers it). The one that completes and explains is told everything.

use crate::answers::Answers;
use crate::cache::Cache;
use crate::discover::Toolchain;
use crate::error::Error;
use crate::items::Items;
use crate::recipe::CELL_CRATE;
use crate::settings::Settings;
use crate::workspace::build_folder;
use crate::{lock, tools};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// What of a session decides which crates rust-analyzer sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    text: String,
    versions: String,
}

impl Manifest {
    /// That of a session now; `None` while evcxr tries a dependency.
    pub fn of(workspace: &Path) -> Option<Manifest> {
        let text = fs::read_to_string(folder(workspace).join("Cargo.toml")).ok()?;
        let is_cell = text.contains(&format!("name = \"{CELL_CRATE}\""));
        is_cell.then(|| Manifest {
            text,
            versions: lock::versions(workspace),
        })
    }

    fn has_dependencies(&self) -> bool {
        let behind = self.text.split_once("[dependencies]");
        behind.is_some_and(|(_, behind)| behind.contains('='))
    }
}

/// The folder of the package that cells are compiled in.
pub fn folder(workspace: &Path) -> PathBuf {
    build_folder(workspace)
}

/// What `cargo metadata` says of the package of a session.
///
/// # Errors
/// Cargo does not resolve it.
pub fn metadata(workspace: &Path, manifest: &Manifest) -> Result<String, Error> {
    let settings = Settings::load(workspace)?;
    if !manifest.has_dependencies() {
        return Ok(package_alone(&folder(workspace), &settings.edition));
    }
    let path = folder(workspace).join("Cargo.toml");
    let arguments: [&std::ffi::OsStr; 6] = [
        "metadata".as_ref(),
        "--offline".as_ref(),
        "--format-version=1".as_ref(),
        "--manifest-path".as_ref(),
        path.as_os_str(),
        "--quiet".as_ref(),
    ];
    tools::run(&settings.toolchain.cargo, arguments)
}

/// What cargo would say of the package without its dependencies.
pub(crate) fn package_alone(folder: &Path, edition: &str) -> String {
    let id = format!("path+file://{}#{CELL_CRATE}@1.0.0", folder.display());
    let target = json!({
        "kind": ["dylib"], "crate_types": ["dylib"], "name": CELL_CRATE,
        "src_path": folder.join("src/lib.rs"), "edition": edition,
        "doc": true, "doctest": false, "test": true,
    });
    let package = json!({
        "name": CELL_CRATE, "version": "1.0.0", "id": id, "edition": edition,
        "manifest_path": folder.join("Cargo.toml"),
        "dependencies": [], "features": {}, "targets": [target],
    });
    json!({
        "packages": [package],
        "workspace_members": [id], "workspace_default_members": [id],
        "resolve": {"nodes": [{"id": id, "dependencies": [], "deps": [], "features": []}], "root": id},
        "target_directory": folder.join("target"), "workspace_root": folder, "version": 1,
    })
    .to_string()
}

/// What the compiler says of its target: `rustc --print cfg`, and what the library's own sources
/// ask besides.
///
/// # Errors
/// It can't be started, or fails.
pub fn target_options(toolchain: &Toolchain) -> Result<String, Error> {
    let told = Answers::of(&Cache::open()?, &toolchain.rustc).ask(&["-O", "--print", "cfg"])?;
    Ok(with_atomics(told))
}

/// The options with those that decide which atomic types the library has: rustc tells them to
/// itself alone.
fn with_atomics(told: String) -> String {
    const TOLD: &str = "target_has_atomic";
    const SILENT: [&str; 2] = [
        "target_has_atomic_load_store",
        "target_has_atomic_equal_alignment",
    ];
    let sizes = told.lines().filter_map(|line| line.strip_prefix(TOLD));
    let more: String = sizes
        .filter(|size| size.starts_with('='))
        .flat_map(|size| SILENT.map(|name| format!("{name}{size}\n{name}\n")))
        .collect();
    told.clone() + &more
}

/// The items of a session's cells and what they imported, as source. Macros come first, since they
/// can be used only below.
pub fn items(workspace: &Path) -> String {
    let items = Items::load(workspace);
    let (macros, others): (Vec<_>, Vec<_>) = items
        .items
        .iter()
        .partition(|item| item.macro_name().is_some());
    let items_text = macros.into_iter().chain(others).map(|item| &item.text);
    let mut source = String::new();
    for text in items.import_lines().iter().chain(items_text) {
        source.push_str(text);
        source.push('\n');
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Cell;

    #[test]
    fn a_manifest_tells_whether_there_are_dependencies() {
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder(scratch.path())).unwrap();
        let file = folder(scratch.path()).join("Cargo.toml");
        let alone = "[package]\nname = \"ctx\"\n[dependencies]\n";
        fs::write(&file, alone).unwrap();
        let manifest = Manifest::of(scratch.path()).unwrap();
        assert!(!manifest.has_dependencies());
        fs::write(&file, format!("{alone}rayon = \"1\"\n")).unwrap();
        assert!(Manifest::of(scratch.path()).unwrap().has_dependencies());
        fs::write(&file, "[package]\nname = \"evcxr_dummy_validate_dep\"").unwrap();
        assert_eq!(Manifest::of(scratch.path()), None);
    }

    #[test]
    fn the_library_has_atomics() {
        let options = with_atomics("unix\ntarget_has_atomic=\"8\"\n".into());
        assert!(options.starts_with("unix\n"));
        assert!(
            options
                .contains("\ntarget_has_atomic_load_store=\"8\"\ntarget_has_atomic_load_store\n")
        );
    }

    #[test]
    fn items_stand_below_the_macros_that_they_use() {
        let scratch = tempfile::tempdir().unwrap();
        let cell = Cell {
            code: "use std::rc::Rc as R;\nfn f() { m!() }\nmacro_rules! m { () => {} }".into(),
            ..Cell::default()
        };
        Items::default().with(&cell).store(scratch.path()).unwrap();
        assert_eq!(
            items(scratch.path()),
            "use std::rc::Rc as R;\nmacro_rules! m { () => {} }\nfn f() { m!() }\n"
        );
    }
}
