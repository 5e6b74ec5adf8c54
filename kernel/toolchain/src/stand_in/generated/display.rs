//! How a cell's last expression is shown.
//!
//! evcxr compiles `(EXPRESSION).evcxr_display();` first, and the whole cell again with `{:?}` if
//! that fails. Here the first attempt gets all that is needed: a type's own `evcxr_display(&self)`
//! is found first, and a trait in scope has such a method for everything that can be formatted. It
//! takes `&mut self`, which method lookup tries last; the expression is borrowed, so that this
//! works for immutable variables as well.

use crate::items::arrange::MORE;
use crate::settings::Display;
use ra_ap_parser::{Edition, LexedStr, T};

/// How the line before an expression that is shown begins.
const OPENS: &str = "{ /* shown */ ";
/// The line after it.
const CLOSES: &str = ")).evcxr_display(); }";
/// The same of one with an attribute, which only a statement may have: `#[cfg(unix)] { … }`.
const CLOSES_BLOCK: &str = "})).evcxr_display(); }";
/// The trait for what can be formatted, where values are shown as they are by default.
const DEFAULT: &str = "use ::std::display::Shown as _;";

/// Shows the last expression in one attempt.
pub(super) fn adapted(source: &str, display: &Display) -> Option<String> {
    // evcxr's second way is left as it is: the first one did not do.
    let place = Place::find(source).filter(|place| place.is_by_method)?;
    let means = if *display == Display::default() {
        DEFAULT.to_owned()
    } else {
        means(display)
    };
    let (opens, closes) = match place.has_attribute(source) {
        true => ("{", CLOSES_BLOCK),
        false => ("", CLOSES),
    };
    Some(place.replaced(source, &format!("{OPENS}{means} (&({opens}"), closes))
}

/// A trait that formats as the person asked with `:fmt` or `:types`.
fn means(display: &Display) -> String {
    let Display { format, types } = display;
    let named = if *types { "_with_type::<Self>" } else { "" };
    format!(
        "trait EvcxrShown {{ fn evcxr_display(&mut self); }} \
         impl<T: {} + ?Sized> EvcxrShown for T {{ fn evcxr_display(&mut self) {{ \
         ::std::display::show{named}(::std::format_args!(\"{format}\", self)) }} }}",
        display.format_trait()
    )
}

/// Where the last expression stands, if a source shows one: in evcxr's words or in ours.
#[derive(Debug, PartialEq)]
pub(crate) struct Place {
    /// 0-based lines: the one before the expression, and the one after it.
    pub opens: usize,
    pub closes: usize,
    /// Whether it is shown by calling `evcxr_display`.
    pub is_by_method: bool,
}

impl Place {
    pub fn find(source: &str) -> Option<Place> {
        let lines: Vec<&str> = source.lines().take_while(|line| *line != MORE).collect();
        let closes = lines.iter().rposition(|line| is_end(line))?;
        // The expression may have such a line, too, but there its brackets don't match.
        let is_whole = |opens: usize| is_balanced(&lines[opens + 1..closes].join("\n"));
        let opens = (0..closes).find(|at| is_beginning(lines[*at]) && is_whole(*at))?;
        Some(Place {
            opens,
            closes,
            is_by_method: lines[closes].contains(".evcxr_display()"),
        })
    }

    /// Whether the expression begins with an attribute.
    fn has_attribute(&self, source: &str) -> bool {
        let first = source.lines().nth(self.opens + 1).unwrap_or_default();
        first.trim_start().starts_with('#')
    }

    /// The source with other lines around the expression.
    pub fn replaced(&self, source: &str, before: &str, after: &str) -> String {
        let mut text = String::with_capacity(source.len() + before.len() + after.len());
        for (index, line) in source.lines().enumerate() {
            text.push_str(match index {
                _ if index == self.opens => before,
                _ if index == self.closes => after,
                _ => line,
            });
            text.push('\n');
        }
        text
    }
}

fn is_beginning(line: &str) -> bool {
    matches!(line, "(" | "{ let r = &(")
        || line.starts_with(OPENS)
        || (line.starts_with("evcxr_send_text_plain(&format!(") && line.ends_with(",&("))
}

fn is_end(line: &str) -> bool {
    matches!(line, ").evcxr_display();" | CLOSES | CLOSES_BLOCK | ")));")
        || line.starts_with("); evcxr_send_text_plain(")
}

fn is_balanced(text: &str) -> bool {
    let lexed = LexedStr::new(Edition::Edition2024, text);
    let mut depth = 0;
    for token in 0..lexed.len() {
        match lexed.kind(token) {
            T!['('] | T!['['] | T!['{'] => depth += 1,
            T![')'] | T![']'] | T!['}'] => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_expression_is_borrowed_and_lines_stay() {
        let text = "fn f() {\n(\n(\n1, 2\n)\n).evcxr_display();\n}\n";
        let shown = adapted(text, &Display::default()).unwrap();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines[1],
            "{ /* shown */ use ::std::display::Shown as _; (&("
        );
        assert_eq!(lines[2..5], ["(", "1, 2", ")"]);
        assert_eq!((lines[5], lines.len()), (CLOSES, 7));
        assert_eq!(adapted("let a = 1;\n", &Display::default()), None);
        let second = "evcxr_send_text_plain(&format!(\"{:?}\",&(\n1\n)));\n";
        assert_eq!(adapted(second, &Display::default()), None);
        // What was mended is found again.
        assert_eq!(Place::find(&shown), Place::find(text));
        let text = "(\n#[cfg(unix)]\n{ 1 }\n).evcxr_display();\n";
        let shown = adapted(text, &Display::default()).unwrap();
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[0].ends_with("(&({"), "{shown}");
        assert_eq!(lines[3], CLOSES_BLOCK);
        assert_eq!(Place::find(&shown), Place::find(text));
    }

    #[test]
    fn the_person_says_how_values_are_shown() {
        let display = Display {
            format: "{:>5}".into(),
            types: true,
        };
        let shown = adapted("(\n1\n).evcxr_display();\n", &display).unwrap();
        assert!(
            shown.contains("impl<T: ::std::fmt::Display + ?Sized>"),
            "{shown}"
        );
        assert!(shown.contains("show_with_type::<Self>(::std::format_args!(\"{:>5}\", self))"));
    }
}
