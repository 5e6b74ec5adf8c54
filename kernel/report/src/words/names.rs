//! Words for things: cleaned names, shortened types, letters of locks.
//!
//! What comes from a cell is text. Control characters and bidirectional overrides are made visible
//! here, once, so that no renderer can be made to emit an escape sequence.

/// Longest name that is kept, in characters.
const NAME_LIMIT: usize = 120;
/// Longest type name that is kept, in characters.
const TYPE_LIMIT: usize = 100;

/// Text from a cell made harmless and at most `limit` characters long: control characters become
/// their pictures (`␛`), line breaks and tabs a space, bidirectional controls `�`.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(4 * limit));
    let mut before = ' ';
    for (index, character) in text.chars().enumerate() {
        if index == limit {
            out.pop();
            out.push('…');
            break;
        }
        out.push(match character {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            c @ '\0'..'\u{20}' => char::from_u32(0x2400 + c as u32).unwrap_or('�'),
            '\u{7f}' => '␡',
            '\u{80}'..='\u{9f}' => '�',
            // Joiners make emoji and several scripts what they are; alone they would hide
            // something.
            c @ ('\u{200c}' | '\u{200d}') if !before.is_ascii() => c,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => '�',
            '\u{feff}' => '�',
            c => c,
        });
        before = character;
    }
    out
}

/// A name within a sentence: without the backticks that would make code of what follows, and, when
/// it is written from right to left, isolated, so that the words around it keep their order.
pub(crate) fn in_prose(name: &str) -> String {
    isolated(&name.replace('`', "'"))
}

/// A name, isolated when it is written from right to left, so that what stands beside it stays
/// there.
pub(crate) fn isolated(name: &str) -> String {
    let is_right_to_left = |c: char| {
        matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    };
    if name.contains(is_right_to_left) {
        format!("\u{2068}{name}\u{2069}")
    } else {
        name.to_owned()
    }
}

/// A name, cleaned; `None` when nothing is left of it.
pub(crate) fn name(text: &str) -> Option<String> {
    let cleaned = clean(text.trim(), NAME_LIMIT);
    (!cleaned.is_empty()).then_some(cleaned)
}

/// A line of source or output, cleaned.
pub(crate) fn line(text: &str) -> String {
    clean(text.trim(), 200)
}

/// A type's name without its paths: `Vec<Option<i32>>` for
/// `alloc::vec::Vec<core::option::Option<i32>>`.
pub(crate) fn short_type(full: &str) -> Option<String> {
    let mut out = String::with_capacity(full.len());
    let mut segment = 0;
    let mut characters = full.chars().peekable();
    while let Some(character) = characters.next() {
        if character == ':' && characters.peek() == Some(&':') {
            characters.next();
            // `<T as Trait>::Output` keeps its closing bracket.
            if !out.ends_with('>') {
                out.truncate(segment);
            } else {
                out.push_str("::");
            }
            segment = out.len();
        } else {
            out.push(character);
            if !(character.is_alphanumeric() || character == '_') {
                segment = out.len();
            }
        }
    }
    let cleaned = clean(&out, TYPE_LIMIT);
    (!cleaned.is_empty()).then_some(cleaned)
}

/// The letter of the `index`-th lock (from 0): `A` … `Z`, `AA`, `AB` …
pub(crate) fn letter(index: usize) -> String {
    let mut rest = index + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        letters.push(b'A' + (rest % 26) as u8);
        rest /= 26;
    }
    letters
        .iter()
        .rev()
        .map(|&letter| char::from(letter))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_terminal_obeys_is_left() {
        assert_eq!(
            clean("a\u{1b}[31mb\u{7}\r\n\u{202e}c\u{9b}2J", 100),
            "a␛[31mb␇  �c�2J"
        );
        assert_eq!(clean("abcdef", 3), "ab…");
        assert_eq!(clean("abc", 3), "abc");
        assert_eq!(name("  "), None);
    }

    #[test]
    fn what_belongs_to_a_name_stays() {
        for name in ["👩\u{200d}👧", "می\u{200c}خواهم"] {
            assert_eq!(clean(name, 100), name);
        }
        assert_eq!(clean("a\u{200d}b\u{200d}", 100), "a�b�");
    }

    #[test]
    fn a_name_leaves_the_sentence_around_it_alone() {
        assert_eq!(in_prose("worker-1"), "worker-1");
        assert_eq!(in_prose("a`b`"), "a'b'");
        assert_eq!(in_prose("שלום"), "\u{2068}שלום\u{2069}");
    }

    #[test]
    fn types_lose_their_paths() {
        let cases = [
            ("i32", "i32"),
            (
                "alloc::vec::Vec<core::option::Option<i32>>",
                "Vec<Option<i32>>",
            ),
            ("(alloc::string::String, [u8; 4])", "(String, [u8; 4])"),
            ("&dyn core::fmt::Debug", "&dyn Debug"),
            ("<T as a::B>::C", "<T as B>::C"),
        ];
        for (full, short) in cases {
            assert_eq!(short_type(full).as_deref(), Some(short));
        }
        assert_eq!(short_type(""), None);
    }

    #[test]
    fn letters_go_on_after_z() {
        assert_eq!(letter(0), "A");
        assert_eq!(letter(25), "Z");
        assert_eq!(letter(26), "AA");
        assert_eq!(letter(27 * 26), "AAA");
    }
}
