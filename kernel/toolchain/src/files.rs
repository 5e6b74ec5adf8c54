//! Small files that are written for each cell.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Writes a file in the place of what it held. To empty it first, as `fs::write` does, takes some
/// file systems milliseconds: they write out what was in it (ext4).
pub(crate) fn overwrite(path: &Path, text: impl AsRef<[u8]>) -> io::Result<()> {
    let text = text.as_ref();
    let mut options = File::options();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    file.write_all(text)?;
    file.set_len(text.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_what_was_there() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("file");
        for text in ["long", "no", "", "longer"] {
            overwrite(&path, text).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
