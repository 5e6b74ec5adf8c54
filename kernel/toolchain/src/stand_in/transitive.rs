//! Types of crates that a session has only through other crates.
//!
//! rustc tells such a type by a way that code can't go: `crossbeam::crossbeam_channel::Sender<u8>`,
//! though `crossbeam` keeps the name `crossbeam_channel` to itself. So cells know each of these
//! crates by a name of its own as well, which no one else uses.

use super::nameable::token;
use crate::recipe::THROUGH_OTHERS;
use std::collections::BTreeSet;

/// The type `kind`, with a name for each crate among `crates` that cells don't depend on
/// themselves.
pub(super) fn named(kind: &str, crates: &BTreeSet<String>) -> String {
    let mut result = String::with_capacity(kind.len() + 32);
    let mut rest = kind;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(token(rest));
        match through_others(word, crates).filter(|_| !result.ends_with("::")) {
            Some(path) => result += &path,
            None => result += word,
        }
        rest = after;
    }
    result
}

/// A path by the last crate in it, if it leads through crates to one among `crates`.
fn through_others(path: &str, crates: &BTreeSet<String>) -> Option<String> {
    let segments: Vec<&str> = path.split("::").collect();
    let (_, ways) = segments.split_last()?;
    // The first may be a dependency; the others are names that only a crate has.
    let last = ways
        .iter()
        .take(2)
        .rposition(|name| crates.contains(*name))?;
    let rest = &segments[last + 1..];
    Some(format!(
        "::{THROUGH_OTHERS}{}::{}",
        ways[last],
        rest.join("::")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_of_a_crate_has_a_name() {
        let crates = BTreeSet::from(["crossbeam_channel".to_owned()]);
        for (told, expected) in [
            (
                "std::vec::Vec<crossbeam::crossbeam_channel::Sender<u8>>",
                "std::vec::Vec<::fearless_dep_crossbeam_channel::Sender<u8>>",
            ),
            (
                "crossbeam_channel::Sender<u8>",
                "::fearless_dep_crossbeam_channel::Sender<u8>",
            ),
            (
                "tokio::sync::mpsc::Sender<u8>",
                "tokio::sync::mpsc::Sender<u8>",
            ),
            ("crossbeam_channel", "crossbeam_channel"),
        ] {
            assert_eq!(named(told, &crates), expected);
        }
    }
}
