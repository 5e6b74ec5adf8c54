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

/// `text` in exactly `width` columns.
pub(crate) fn pad(text: &str, width: usize, right: bool) -> String {
    let text = fit(text, width);
    let space = " ".repeat(width.saturating_sub(text.width()));
    if right { space + &text } else { text + &space }
}
