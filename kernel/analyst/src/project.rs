//! A session's crates, as rust-analyzer wants to be told of them.
//!
//! What it would ask of cargo and rustc, a dozen processes, the kernel knows and sends along.

use crate::error::Error;
use crate::protocol::Project;
use ra_ap_base_db::Env;
use ra_ap_cfg::CfgAtom;
use ra_ap_intern::Symbol;
use ra_ap_paths::{AbsPathBuf, Utf8PathBuf};
use ra_ap_project_model::{
    CargoWorkspace, CfgOverrides, ManifestPath, ProjectWorkspace, ProjectWorkspaceKind,
    RustSourceWorkspaceConfig, Sysroot, WorkspaceBuildScripts,
};
use std::path::Path;

/// The file that holds a question's source.
pub(crate) fn source_file(project: &Project) -> Result<AbsPathBuf, Error> {
    absolute(project, &project.folder.join("src/lib.rs"))
}

pub(crate) fn workspace(project: &Project) -> Result<ProjectWorkspace, Error> {
    let failed = |cause: String| Error::Project {
        folder: project.folder.clone(),
        cause,
    };
    let metadata: ra_ap_project_model::Metadata =
        serde_json::from_str(&project.metadata).map_err(|error| failed(error.to_string()))?;
    let manifest = absolute(project, &project.folder.join("Cargo.toml"))?;
    let manifest = ManifestPath::try_from(manifest)
        .map_err(|path| failed(format!("`{path}` is no file in a folder")))?;
    let mut sysroot = Sysroot::new(
        Some(absolute(project, &project.sysroot)?),
        Some(absolute(project, &project.library)?),
    );
    let library =
        sysroot.load_workspace(&RustSourceWorkspaceConfig::default_cargo(), false, &|_| {});
    if let Some(library) = library {
        sysroot.set_workspace(library);
    }
    Ok(ProjectWorkspace {
        kind: ProjectWorkspaceKind::Cargo {
            cargo: CargoWorkspace::new(metadata, manifest, Env::default(), false),
            error: None,
            build_scripts: WorkspaceBuildScripts::default(),
            rustc: Err(None),
        },
        sysroot,
        rustc_cfg: project.cfg.lines().map(option).collect(),
        toolchain: None,
        target: Err("nobody asks for layouts".into()),
        cfg_overrides: CfgOverrides::default(),
        extra_includes: Vec::new(),
        set_test: false,
    })
}

/// A line of `rustc --print cfg`: `unix` or `target_os="linux"`.
fn option(line: &str) -> CfgAtom {
    match line.split_once('=') {
        Some((key, value)) => CfgAtom::KeyValue {
            key: Symbol::intern(key),
            value: Symbol::intern(value.trim_matches('"')),
        },
        None => CfgAtom::Flag(Symbol::intern(line)),
    }
}

pub(crate) fn absolute(project: &Project, path: &Path) -> Result<AbsPathBuf, Error> {
    let path = Utf8PathBuf::from_path_buf(path.to_owned())
        .map_err(|path| format!("`{}` is not UTF-8", path.display()));
    path.and_then(|path| {
        AbsPathBuf::try_from(path).map_err(|path| format!("`{path}` is not absolute"))
    })
    .map_err(|cause| Error::Project {
        folder: project.folder.clone(),
        cause,
    })
}
