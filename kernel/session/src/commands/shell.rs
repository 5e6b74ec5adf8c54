//! Lines that begin with `!`: evcxr takes each for a shell's, also `!list.is_empty()`.

use crate::source::source_map::rust_start;
use std::borrow::Cow;

/// The cell, in which a blank makes Rust of a line that begins with `!` and is no shell's.
/// `is_known` tells whether the notebook has something of a name.
pub(crate) fn with_negation<'a>(code: &'a str, is_known: &dyn Fn(&str) -> bool) -> Cow<'a, str> {
    let before_rust = &code[..rust_start(code)];
    let mut start = 0;
    for line in before_rust.split_inclusive('\n') {
        if line
            .strip_prefix('!')
            .is_some_and(|rest| is_rust(rest.trim(), is_known))
        {
            return Cow::Owned(format!("{} {}", &code[..start], &code[start..]));
        }
        start += line.len();
    }
    Cow::Borrowed(code)
}

/// Whether what follows a `!` is an expression.
fn is_rust(text: &str, is_known: &dyn Fn(&str) -> bool) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let next = rest.trim_start().chars().next();
    match word {
        "" => text.starts_with(['(', '!', '&', '*']),
        "true" | "false" => true,
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => true,
        _ if ["(", "::", "!(", "!["]
            .iter()
            .any(|it| rest.starts_with(it)) =>
        {
            true
        }
        // `!cat file` is a shell's, whatever variable is called so.
        _ => {
            is_known(word)
                && !next
                    .is_some_and(|c| rest.starts_with(' ') && (is_word(c) || c == '-' || c == '/'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rust_is_not_given_to_a_shell() {
        let is_known = |name: &str| name == "list";
        for rust in [
            "!list.is_empty()",
            "!list",
            "!list && ready",
            "!true",
            "!0u8",
            "!(a || b)",
            "!matches!(a, b)",
            "!std::env::args().any(f)",
            "// why\n!list[0]",
        ] {
            let expected = rust.replacen('!', " !", 1);
            assert_eq!(with_negation(rust, &is_known), expected);
        }
        for shell in [
            "!ls",
            "!ls -l",
            "!list files",
            "!./run.sh",
            "!cat a.txt",
            "1 + 1",
        ] {
            assert_eq!(with_negation(shell, &is_known), shell);
        }
    }
}
