//! Places in source code.

use super::LocationSlot;

/// A place in source code, as the compiler knew it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Location {
    /// Position in the table.
    pub index: LocationSlot,
    /// The file, as `core::panic::Location::file` gives it.
    pub file: String,
    /// The shared object whose code it stands in (`libcode_7.so`), which tells a cell's build
    /// apart. Of a crate's code to which `calls` led: the library of the cell with these calls.
    pub image: String,
    /// 1-based line.
    pub line: u32,
    /// 1-based column.
    pub column: u32,
    /// For a crate's code, if it waited or spawned there: the calls in a cell that led to it, as
    /// offsets in that cell's library, the innermost first. Generic functions of crates are
    /// compiled into cells, so the person's own call is one of them.
    pub calls: Vec<u64>,
}

/// Whether a source file is one of the language's own crates. A function of our `std` that is
/// passed on as a value, `.map(Mutex::new)`, is called from there: such a place tells nothing, and
/// least of all that a dependency did it.
pub fn is_of_rust(file: &str) -> bool {
    const SOURCES: [&str; 3] = [
        "/library/core/src/",
        "/library/alloc/src/",
        "/library/std/src/",
    ];
    SOURCES.iter().any(|sources| file.contains(sources))
}

#[cfg(test)]
mod tests {
    use super::is_of_rust;

    #[test]
    fn the_language_s_own_crates_are_told_from_others() {
        assert!(is_of_rust("/rustc/abc/library/core/src/ops/function.rs"));
        assert!(!is_of_rust(
            "/home/x/.cargo/registry/src/index-1/library-1.0.0/src/core/src/lib.rs"
        ));
        assert!(!is_of_rust("src/lib.rs"));
    }
}
