//! The JupyterLab extension: files that JupyterLab loads as they are, in its data folder.

use std::path::{Path, PathBuf};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../labextension/", $name)) as &[u8])),*]
    };
}

/// What it consists of; nothing of it is built.
const FILES: [(&str, &[u8]); 8] = files![
    "package.json",
    "static/remoteEntry.js",
    "static/plugin.js",
    "static/picture.js",
    "static/drawing.js",
    "static/words.js",
    "static/dom.js",
    "static/style.js",
];

/// The extension's folder in a folder of Jupyter's data, such as `~/.local/share/jupyter`.
fn folder(data: &Path) -> PathBuf {
    data.join("labextensions").join("fearless")
}

/// Writes it below a folder of Jupyter's data. Writing it again is fine.
///
/// # Errors
/// The file that can't be written, and why.
pub fn install(data: &Path) -> Result<(), (PathBuf, std::io::Error)> {
    let folder = folder(data);
    let scripts = folder.join("static");
    std::fs::create_dir_all(&scripts).map_err(|error| (scripts, error))?;
    for (name, bytes) in FILES {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|error| (path, error))?;
    }
    Ok(())
}

/// Removes it, if it is there.
///
/// # Errors
/// The folder that can't be removed, and why.
pub fn uninstall(data: &Path) -> Result<(), (PathBuf, std::io::Error)> {
    let folder = folder(data);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err((folder, error)),
        _ => Ok(()),
    }
}
