//! The kernelspec: the folder by which Jupyter finds this kernel. The extension goes with it.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::labextension;

/// The folder's name, and what `jupyter console --kernel` takes.
pub const NAME: &str = "fearless";

/// Which Jupyter is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The user's own data folder.
    User,
    /// Below a folder such as `/usr/local` or a virtual environment.
    Prefix(PathBuf),
    /// The virtual or conda environment that is active.
    SysPrefix,
}

const LOGOS: [(&str, &[u8]); 3] = [
    ("logo-svg.svg", include_bytes!("../assets/logo-svg.svg")),
    ("logo-32x32.png", include_bytes!("../assets/logo-32x32.png")),
    ("logo-64x64.png", include_bytes!("../assets/logo-64x64.png")),
];

/// Writes the kernelspec for `binary` and returns its folder. Writing it again is fine.
///
/// # Errors
/// One sentence: there is no such place, or it can't be written.
pub fn install(place: &Destination, binary: &Path) -> Result<PathBuf, String> {
    let data = data(place)?;
    let folder = data.join("kernels").join(NAME);
    let binary = binary.to_str().ok_or_else(|| {
        format!(
            "the path {} is not UTF-8; move the binary to one that is",
            binary.display()
        )
    })?;
    let spec = json!({
        "argv": [binary, "kernel", "{connection_file}"],
        "display_name": "Rust (Fearless)",
        "language": "rust",
        "interrupt_mode": "message",
        "metadata": {"debugger": false},
    });
    let spec = format!("{spec:#}\n");
    let cannot = |what: &Path, error: std::io::Error| {
        format!(
            "cannot write {}: {error}; choose another place with --prefix, --user or --sys-prefix",
            what.display()
        )
    };
    std::fs::create_dir_all(&folder).map_err(|error| cannot(&folder, error))?;
    let files = LOGOS.into_iter().chain([("kernel.json", spec.as_bytes())]);
    for (name, bytes) in files {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|error| cannot(&path, error))?;
    }
    labextension::install(&data).map_err(|(path, error)| cannot(&path, error))?;
    Ok(folder)
}

/// Removes the kernelspec; returns its folder, or `None` when there was none.
///
/// # Errors
/// One sentence: it can't be removed.
pub fn uninstall(place: &Destination) -> Result<Option<PathBuf>, String> {
    let data = data(place)?;
    let folder = data.join("kernels").join(NAME);
    let cannot = |what: &Path, error: std::io::Error| {
        format!(
            "cannot remove {}: {error}; remove it by hand or as its owner",
            what.display()
        )
    };
    labextension::uninstall(&data).map_err(|(path, error)| cannot(&path, error))?;
    match std::fs::remove_dir_all(&folder) {
        Ok(()) => Ok(Some(folder)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot(&folder, error)),
    }
}

/// The folder of Jupyter's data that is meant.
fn data(place: &Destination) -> Result<PathBuf, String> {
    Ok(match place {
        Destination::User => user_data().ok_or(
            "there is no home folder to install into; set HOME, or use --prefix".to_owned(),
        )?,
        Destination::Prefix(prefix) => prefix.join("share").join("jupyter"),
        Destination::SysPrefix => environment()
            .ok_or(
                "no virtual or conda environment is active; activate one, or use --prefix"
                    .to_owned(),
            )?
            .join("share")
            .join("jupyter"),
    })
}

/// Where Jupyter looks for the user's kernels.
fn user_data() -> Option<PathBuf> {
    let set = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(data) = set("JUPYTER_DATA_DIR") {
        return Some(data);
    }
    if cfg!(target_os = "macos") {
        return Some(dirs::home_dir()?.join("Library").join("Jupyter"));
    }
    Some(dirs::data_dir()?.join("jupyter"))
}

fn environment() -> Option<PathBuf> {
    ["VIRTUAL_ENV", "CONDA_PREFIX"]
        .into_iter()
        .find_map(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
        .map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_can_be_read_and_removed() {
        let prefix = std::env::temp_dir().join(format!("fearless-test-{}", uuid::Uuid::new_v4()));
        let place = Destination::Prefix(prefix.clone());
        let extension = prefix.join("share/jupyter/labextensions/fearless");
        for _ in 0..2 {
            let folder = install(&place, Path::new("/opt/with space/fearless")).unwrap();
            assert_eq!(folder, prefix.join("share/jupyter/kernels/fearless"));
            let spec = std::fs::read_to_string(folder.join("kernel.json")).unwrap();
            let spec: serde_json::Value = serde_json::from_str(&spec).unwrap();
            let argv = json!(["/opt/with space/fearless", "kernel", "{connection_file}"]);
            assert_eq!(spec["argv"], argv);
            assert_eq!(spec["interrupt_mode"], "message");
            assert!(folder.join("logo-64x64.png").exists());
            assert!(extension.join("static/remoteEntry.js").exists());
        }
        assert!(uninstall(&place).unwrap().is_some());
        assert!(uninstall(&place).unwrap().is_none());
        assert!(!extension.exists());
        std::fs::remove_dir_all(prefix).unwrap();
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let place = Destination::Prefix(PathBuf::from("/proc/nowhere"));
        let error = install(&place, Path::new("/bin/fearless")).unwrap_err();
        assert!(
            error.contains("/proc/nowhere") && error.contains("--prefix"),
            "{error}"
        );
    }
}
