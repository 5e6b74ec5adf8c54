//! Where a cursor is: front ends count code points, Rust counts bytes.

/// The byte offset of a code point.
pub(crate) fn byte_of(code: &str, cursor: usize) -> usize {
    code.char_indices()
        .nth(cursor)
        .map_or(code.len(), |(at, _)| at)
}

/// How many code points lie before a byte offset.
pub(crate) fn code_points(code: &str, offset: usize) -> usize {
    code.char_indices()
        .take_while(|(at, _)| *at < offset)
        .count()
}

/// The path or name around a cursor: `std::sync::Mutex`, `counter`.
pub(crate) fn word_at(code: &str, cursor: usize) -> Option<String> {
    let end = word_end(code, cursor);
    let in_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let start = code[..end].trim_end_matches(in_word).len();
    let word = code[start..end].trim_matches(':');
    (!word.is_empty()).then(|| word.to_owned())
}

/// Where the name around a cursor (in code points) ends (bytes).
pub(crate) fn word_end(code: &str, cursor: usize) -> usize {
    let at = byte_of(code, cursor);
    let rest = code[at..].trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    code.len() - rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_count_code_points() {
        let code = "let é = 𝔘;";
        assert_eq!(byte_of(code, 8), 9);
        assert_eq!(code_points(code, 9), 8);
        assert_eq!(byte_of(code, 99), code.len());
    }
}
