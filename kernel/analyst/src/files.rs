//! Reading the sources of crates.

use ra_ap_paths::{AbsPath, AbsPathBuf};
use ra_ap_project_model::PackageRoot;
use ra_ap_vfs::{Vfs, VfsPath};
use std::collections::HashSet;
use std::fs;

/// Which folders were read.
#[derive(Default)]
pub(crate) struct Files {
    read: HashSet<AbsPathBuf>,
}

impl Files {
    /// Reads what is below a package's folders, but once.
    pub fn read(&mut self, vfs: &mut Vfs, root: &PackageRoot) {
        for folder in &root.include {
            if self.read.insert(folder.clone()) {
                read_folder(vfs, folder, &root.exclude);
            }
        }
    }

    /// Forgets folders below `folder`: they are to be read again.
    pub fn forget(&mut self, folder: &AbsPath) {
        self.read.retain(|read| !read.starts_with(folder));
    }
}

/// What can't be read is not there for rust-analyzer.
fn read_folder(vfs: &mut Vfs, folder: &AbsPath, exclude: &[AbsPathBuf]) {
    if exclude.iter().any(|excluded| **excluded == *folder) {
        return;
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = folder.join(&name);
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            read_folder(vfs, &path, exclude);
        } else if name.ends_with(".rs")
            && let Ok(text) = fs::read(&path)
        {
            vfs.set_file_contents(VfsPath::from(path), Some(text));
        }
    }
}
