//! Documentation without marks, for consoles.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// The words of a text in Markdown; a blank line between its blocks, and a dash before each entry
/// of a list.
pub(super) fn plain(markdown: &str) -> String {
    let mut text = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Text(words) | Event::Code(words) => text.push_str(&words),
            Event::SoftBreak | Event::HardBreak => text.push('\n'),
            Event::Start(Tag::Item) => {
                begin_line(&mut text);
                text.push_str("- ");
            }
            Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::List(_),
            ) => {
                begin_line(&mut text);
                text.push('\n');
            }
            _ => {}
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn begin_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_stand_apart_and_marks_are_gone() {
        let markdown = "```rust\nstd::sync\n```\n\n---\n\nA *lock*, see [`lock`](https://x).\nMore.\n\
                        # Examples\n```\nlet a = 1;\n\nlet b = 2;\n```\n* one\n* two\n\nThe end.";
        let expected = "std::sync\n\nA lock, see lock.\nMore.\n\nExamples\n\n\
                        let a = 1;\n\nlet b = 2;\n\n- one\n- two\n\nThe end.";
        assert_eq!(plain(markdown), expected);
    }
}
