//! Folders whose files are known to be whole. A machine that stops while it writes, or a disk that
//! fails, leaves halves.

use crate::error::Error;
use std::fs;
use std::io;
use std::path::Path;

/// Names the files of a folder: a line for each, with its length and its sum.
const SEAL: &str = "whole";

/// Notes what the files of a folder are, before it gets the name under which others look for it.
pub(crate) fn seal(folder: &Path) -> Result<(), Error> {
    let mut names = Vec::new();
    files(folder, "", &mut names).map_err(Error::file("read", folder))?;
    names.sort();
    let mut text = String::new();
    for name in names {
        let path = folder.join(&name);
        text += &line(&path, &name).map_err(Error::file("read", &path))?;
    }
    let seal = folder.join(SEAL);
    fs::write(&seal, text).map_err(Error::file("write", &seal))
}

/// Whether the files of a folder are what they were when it was sealed.
pub(crate) fn is_whole(folder: &Path) -> bool {
    let Ok(text) = fs::read_to_string(folder.join(SEAL)) else {
        return false;
    };
    let mut lines = text.split_inclusive('\n').peekable();
    lines.peek().is_some()
        && lines.all(|known| {
            let name = known.split(' ').next().unwrap_or_default();
            line(&folder.join(name), name).is_ok_and(|now| now == known)
        })
}

/// Takes a folder away from where it is looked for, and then its files: who uses them goes on.
pub(crate) fn discard(folder: &Path) {
    let aside = folder.with_extension(format!("broken-{}", uuid::Uuid::new_v4().simple()));
    if fs::rename(folder, &aside).is_ok() {
        let _ = fs::remove_dir_all(&aside);
    }
}

/// The files of a folder and of those in it, as paths below it.
fn files(folder: &Path, before: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.push(name);
        }
    }
    Ok(())
}

fn line(path: &Path, name: &str) -> io::Result<String> {
    let bytes = fs::read(path)?;
    Ok(format!("{name} {} {:016x}\n", bytes.len(), sum(&bytes)))
}

/// A sum that tells accidents, in no time: each start of a kernel looks at megabytes.
fn sum(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let chunks = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    chunks.fold(FACTOR, |sum, word| {
        (sum ^ word).wrapping_mul(FACTOR).rotate_left(29)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_whole_until_a_file_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("libx.so");
        fs::write(&file, [7; 1000]).unwrap();
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("c.rs"), "c").unwrap();
        assert!(!is_whole(folder.path()), "nobody has sealed it");
        seal(folder.path()).unwrap();
        assert!(is_whole(folder.path()));
        for other in [vec![7; 500], vec![0; 1000], Vec::new()] {
            fs::write(&file, other).unwrap();
            assert!(!is_whole(folder.path()));
        }
        fs::write(&file, [7; 1000]).unwrap();
        fs::write(folder.path().join("last-used"), "").unwrap();
        assert!(is_whole(folder.path()), "what came later does not count");
        fs::remove_file(inner.join("c.rs")).unwrap();
        assert!(!is_whole(folder.path()));
    }
}
