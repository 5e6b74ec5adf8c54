//! How a condition is written: hints, quoted text, words.

/// The condition and what follows ` # `, outside of quotes.
pub(crate) fn split_hint(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        let after = &text[at + character.len_utf8()..];
        match character {
            '"' if before != '\\' => quoted = !quoted,
            '#' if !quoted && before.is_whitespace() && after.starts_with(char::is_whitespace) => {
                return (text[..at].trim(), after.trim());
            }
            _ => {}
        }
        before = character;
    }
    (text.trim(), "")
}

/// The text of a condition, with or without quotes.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn unquoted(text: &str) -> Result<String, String> {
    let text = text.trim();
    let inner = match text.strip_prefix('"') {
        Some(rest) => rest
            .strip_suffix('"')
            .ok_or("the closing quote is missing")?,
        None => text,
    };
    if inner.is_empty() {
        return Err("every output contains that: write the text that is wanted".into());
    }
    Ok(inner.replace("\\\"", "\""))
}

/// What a word stands for; `known` are all that there are.
pub(crate) fn one_of<T: Copy>(
    word: &str,
    known: impl Iterator<Item = T>,
    name: fn(T) -> &'static str,
    what: &str,
) -> Result<T, String> {
    let mut names = Vec::new();
    for one in known {
        if name(one) == word {
            return Ok(one);
        }
        names.push(name(one));
    }
    Err(format!(
        "there is no {what} `{word}`; there are {}",
        names.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_follows_a_hash_between_spaces() {
        assert_eq!(split_hint(" a < 3 # few waits "), ("a < 3", "few waits"));
        assert_eq!(split_hint("a of copy #1 == 1"), ("a of copy #1 == 1", ""));
        assert_eq!(
            split_hint("contains \"x # y\" # z"),
            ("contains \"x # y\"", "z")
        );
        assert_eq!(
            split_hint("contains \"\\\" # y\""),
            ("contains \"\\\" # y\"", "")
        );
    }

    #[test]
    fn quotes_may_be_left_out() {
        assert_eq!(unquoted(" total ").as_deref(), Ok("total"));
        assert_eq!(
            unquoted("\"said \\\"ho\\\"\"").as_deref(),
            Ok("said \"ho\"")
        );
        assert!(unquoted("\"open").is_err() && unquoted("").is_err());
    }
}
