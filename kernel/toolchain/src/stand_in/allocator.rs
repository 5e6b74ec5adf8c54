//! Sources that set a global allocator, which the process of cells has already.

use std::fs;
use std::path::Path;

/// The attribute that sets one.
const ATTRIBUTE: &str = "#[global_allocator]";

/// Whether a source sets a global allocator.
pub(super) fn is_set(source: &str) -> bool {
    let mut before = "";
    source.lines().map(str::trim).any(|line| {
        let is_test = before.starts_with("#[cfg(test)]");
        before = line;
        line.starts_with(ATTRIBUTE) && !is_test
    })
}

/// Whether a source below `folder` does.
pub(super) fn is_set_in(folder: &Path) -> bool {
    let mut entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return is_set_in(&path);
        }
        path.extension().is_some_and(|it| it == "rs")
            && fs::read_to_string(&path).is_ok_and(|source| is_set(&source))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_and_tests_set_none() {
        assert!(is_set(
            "use a::B;\n  #[global_allocator]\nstatic A: B = B;\n"
        ));
        assert!(!is_set("/// #[global_allocator]\n/// static A: B = B;\n"));
        assert!(!is_set(
            "#[cfg(test)]\n#[global_allocator]\nstatic A: B = B;\n"
        ));
    }
}
