//! How wide text is, in columns: names may hold wide characters, and marks that take no room.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The longest beginning of `text` that is at most `width` columns wide, one character at least.
pub(crate) fn prefix(text: &str, width: usize) -> String {
    let mut used = 0;
    let mut out = String::new();
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > width && !out.is_empty() {
            break;
        }
        out.push(character);
    }
    out
}

/// `text` in at most `width` columns, with `…` where it was cut.
pub(crate) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = prefix(text, width.saturating_sub(1));
    out.push('…');
    out
}

/// A thread's name in at most `width` columns: where it is cut, it keeps the number at its end, by
/// which those of one kind differ.
pub(crate) fn fit_name(name: &str, width: usize) -> String {
    let number = name.len() - name.trim_end_matches(|it: char| it.is_ascii_digit()).len();
    let (begin, end) = name.split_at(name.len() - number);
    if name.width() <= width || number == 0 || number + 3 > width {
        return fit(name, width);
    }
    fit(begin, width - number) + end
}

/// `text` in exactly `width` columns.
pub(crate) fn pad(text: &str, width: usize, right: bool) -> String {
    let text = fit(text, width);
    let space = " ".repeat(width.saturating_sub(text.width()));
    if right { space + &text } else { text + &space }
}

#[cfg(test)]
mod tests {
    use super::fit_name;

    #[test]
    fn names_of_one_kind_keep_their_numbers() {
        assert_eq!(fit_name("worker-1", 8), "worker-1");
        assert_eq!(fit_name("customer-number-12", 12), "customer-…12");
        assert_eq!(fit_name("customer", 5), "cust…");
        assert_eq!(fit_name("w-1234567890", 8), "w-12345…");
    }
}
