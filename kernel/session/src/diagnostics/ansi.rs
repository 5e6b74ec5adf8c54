//! Colours of a terminal: written, and taken away.

use regex::Regex;
use std::sync::LazyLock;

pub(crate) const RED: &str = "\x1b[1;31m";
pub(crate) const BOLD: &str = "\x1b[1m";
pub(crate) const OFF: &str = "\x1b[0m";

/// A pattern that stands in the source, and so is one.
pub(crate) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern written in the source")
}

/// Text without colour and other control sequences.
pub fn strip_ansi(text: &str) -> String {
    static SEQUENCE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\x1b\[[0-9;]*[A-Za-z]"));
    SEQUENCE.replace_all(text, "").into_owned()
}
