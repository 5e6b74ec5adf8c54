//! Kernelspecs: where Jupyter looks for them, and what they say.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Error;

/// What Jupyter knows of a kernel.
#[derive(Clone, Debug, Deserialize)]
pub struct KernelSpec {
    /// The command line; `{connection_file}` in it stands for the file's path, `{resource_dir}` for
    /// the folder of the kernelspec.
    pub argv: Vec<String>,
    /// Added to the environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Its name for people.
    #[serde(default)]
    pub display_name: String,
    /// The folder in which it lies.
    #[serde(skip)]
    pub folder: PathBuf,
}

impl KernelSpec {
    /// The kernelspec of this name in the first of the data folders that has one.
    ///
    /// # Errors
    /// None has, or it is none.
    pub fn find(name: &str, data_folders: &[PathBuf]) -> Result<Self, Error> {
        let looked_in: Vec<PathBuf> = data_folders
            .iter()
            .map(|folder| folder.join("kernels"))
            .collect();
        let found = looked_in
            .iter()
            .map(|folder| folder.join(name))
            .find(|folder| folder.join("kernel.json").exists());
        match found {
            Some(folder) => Self::read(&folder),
            None => Err(Error::NotRegistered {
                name: name.to_owned(),
                looked_in,
            }),
        }
    }

    /// Reads the kernelspec in a folder.
    ///
    /// # Errors
    /// There is none, or it is none.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("kernel.json");
        let bad = |cause: String| Error::BadSpec {
            path: path.clone(),
            cause,
        };
        let text = std::fs::read_to_string(&path).map_err(|error| bad(error.to_string()))?;
        let mut spec: Self = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        if spec.argv.is_empty() {
            return Err(bad("its `argv` is empty".to_owned()));
        }
        spec.folder = folder.to_owned();
        Ok(spec)
    }
}

/// Jupyter's data folders, in the order in which it looks: JUPYTER_PATH, the user's, the
/// environment's, the system's. The environment is the one that is active, or the one to which this
/// program belongs.
pub fn data_folders() -> Vec<PathBuf> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    folders(&variable, env::current_exe().ok().as_deref())
}

fn folders(variable: &dyn Fn(&str) -> Option<String>, program: Option<&Path>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    if let Some(path) = variable("JUPYTER_PATH") {
        found.extend(env::split_paths(&path));
    }
    let home = variable("HOME").map(PathBuf::from);
    let user = match variable("JUPYTER_DATA_DIR") {
        Some(folder) => Some(PathBuf::from(folder)),
        None if cfg!(target_os = "macos") => home.map(|home| home.join("Library/Jupyter")),
        None => variable("XDG_DATA_HOME")
            .map(PathBuf::from)
            .or_else(|| home.map(|home| home.join(".local/share")))
            .map(|data| data.join("jupyter")),
    };
    found.extend(user);
    for name in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        found.extend(variable(name).map(|prefix| PathBuf::from(prefix).join("share/jupyter")));
    }
    let programs = program.and_then(Path::parent);
    let prefix = programs.filter(|folder| folder.ends_with("bin"));
    found.extend(
        prefix
            .and_then(Path::parent)
            .map(|prefix| prefix.join("share/jupyter")),
    );
    found.extend(["/usr/local/share/jupyter", "/usr/share/jupyter"].map(PathBuf::from));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(data: &Path, text: &str) {
        let folder = data.join("kernels/rust");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("kernel.json"), text).unwrap();
    }

    #[test]
    fn folders_come_in_jupyters_order() {
        let variables = |name: &str| {
            let value = match name {
                "JUPYTER_PATH" => "/one:/two",
                "HOME" => "/home/me",
                "VIRTUAL_ENV" => "/venv",
                _ => return None,
            };
            Some(value.to_owned())
        };
        if cfg!(target_os = "linux") {
            let expected = [
                "/one",
                "/two",
                "/home/me/.local/share/jupyter",
                "/venv/share/jupyter",
                "/opt/jupyter/share/jupyter",
                "/usr/local/share/jupyter",
                "/usr/share/jupyter",
            ];
            let program = Path::new("/opt/jupyter/bin/fearless");
            assert_eq!(
                folders(&variables, Some(program)),
                expected.map(PathBuf::from)
            );
        }
    }

    #[test]
    fn the_first_folder_that_has_it_wins() {
        let folder = tempfile::tempdir().unwrap();
        let data = ["a", "b", "c"].map(|name| folder.path().join(name));
        write(
            &data[1],
            r#"{"argv": ["b", "{connection_file}"], "env": {"A": "1"}}"#,
        );
        write(&data[2], r#"{"argv": ["c"]}"#);
        let spec = KernelSpec::find("rust", &data).unwrap();
        assert_eq!(spec.argv, ["b", "{connection_file}"]);
        assert_eq!(spec.env["A"], "1");
        assert_eq!(spec.folder, data[1].join("kernels/rust"));
    }

    #[test]
    fn what_is_missing_or_broken_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let data = [folder.path().to_owned()];
        let missing = KernelSpec::find("rust", &data).unwrap_err().to_string();
        assert!(missing.contains("`rust`"), "{missing}");
        assert!(missing.contains(data[0].to_str().unwrap()), "{missing}");
        for broken in ["", "{}", r#"{"argv": []}"#] {
            write(&data[0], broken);
            let error = KernelSpec::find("rust", &data).unwrap_err();
            assert!(matches!(error, Error::BadSpec { .. }), "{error}");
            assert!(error.to_string().contains("kernel.json"), "{error}");
        }
    }
}
