//! `fearless lessons`: the lessons that came with this binary, to work with.

use std::path::{Path, PathBuf};

/// Where the lessons lie in the prefix in which the binary is installed.
const LESSONS: &str = "share/fearless/lessons";

/// Copies the lessons into a folder, and returns how many notebooks there are. A file that is there
/// already stays as it is: it may have been worked on.
///
/// # Errors
/// One sentence: there are none, or they can't be copied.
pub fn copy(binary: &Path, folder: &Path) -> Result<usize, String> {
    let from = beside(binary);
    if !from.is_dir() {
        return Err(format!(
            "no lessons came with this binary (looked in {}): they lie in the folder notebooks of a clone",
            from.display()
        ));
    }
    copy_folder(&from, folder).map_err(|error| {
        format!(
            "cannot copy the lessons to {}: {error}; name another folder",
            folder.display()
        )
    })
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<usize> {
    std::fs::create_dir_all(to)?;
    let mut notebooks = 0;
    for entry in std::fs::read_dir(from)? {
        let (file, copy) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if file.is_dir() {
            notebooks += copy_folder(&file, &copy)?;
            continue;
        }
        notebooks += usize::from(file.extension().is_some_and(|it| it == "ipynb"));
        if !copy.exists() {
            std::fs::copy(&file, &copy)?;
        }
    }
    Ok(notebooks)
}

fn beside(binary: &Path) -> PathBuf {
    let prefix = binary.parent().and_then(Path::parent).unwrap_or(binary);
    match prefix.ends_with("share/fearless") {
        true => prefix.join("lessons"),
        false => prefix.join(LESSONS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_are_copied_once() {
        let prefix = std::env::temp_dir().join(format!("fearless-test-{}", uuid::Uuid::new_v4()));
        let (binary, mine) = (prefix.join("bin/fearless"), prefix.join("mine"));
        assert!(
            copy(&binary, &mine)
                .unwrap_err()
                .contains("notebooks of a clone")
        );
        std::fs::create_dir_all(prefix.join(LESSONS).join("pictures")).unwrap();
        for name in ["00.ipynb", "01.ipynb", "pictures/00.svg"] {
            std::fs::write(prefix.join(LESSONS).join(name), "as it came").unwrap();
        }
        assert_eq!(copy(&binary, &mine), Ok(2));
        std::fs::write(mine.join("00.ipynb"), "worked on").unwrap();
        assert_eq!(copy(&binary, &mine), Ok(2));
        assert_eq!(
            std::fs::read_to_string(mine.join("00.ipynb")).unwrap(),
            "worked on"
        );
        assert_eq!(
            std::fs::read_to_string(mine.join("01.ipynb")).unwrap(),
            "as it came"
        );
        assert!(mine.join("pictures/00.svg").is_file());
        std::fs::remove_dir_all(prefix).unwrap();
    }
}
