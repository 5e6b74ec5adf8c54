//! Text into HTML and SVG: what comes from a cell is text, never markup.

/// Appends `text` with the characters escaped that mean something in markup, inside attributes too.
pub(crate) fn push(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Not allowed in XML, and names are cleaned already.
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' => out.push('�'),
            c => out.push(c),
        }
    }
}

/// Text with the characters escaped that mean something in HTML, inside attributes too.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    push(&mut out, text);
    out
}

/// `text` escaped, with what stands between backticks as code, and no line broken at an arrow:
/// `tx → rx` is a name.
pub fn prose(text: &str) -> String {
    let text = text.replace(" → ", "\u{a0}→\u{a0}");
    let mut out = String::with_capacity(text.len() + 16);
    let mut pieces = text.split('`').peekable();
    let mut is_code = false;
    while let Some(piece) = pieces.next() {
        // An odd backtick at the end is just a backtick.
        if is_code && pieces.peek().is_none() {
            out.push('`');
            push(&mut out, piece);
        } else if is_code {
            out.push_str("<code>");
            push(&mut out, piece);
            out.push_str("</code>");
        } else {
            push(&mut out, piece);
        }
        is_code = !is_code;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            escaped("<script>\"&'\u{1}"),
            "&lt;script&gt;&quot;&amp;&#39;�"
        );
        assert_eq!(prose("a `<b>` c"), "a <code>&lt;b&gt;</code> c");
        assert_eq!(prose("odd ` one"), "odd ` one");
        assert_eq!(prose("tx → rx: 3 sent"), "tx\u{a0}→\u{a0}rx: 3 sent");
    }
}
