//! Variables of earlier cells that a cell defines anew: `let n = text.parse()?;`.
//!
//! Where the cell ends before it has run through, later cells are to find what was there before. So
//! an earlier variable stays in the store if the cell's own code doesn't speak of it, but for the
//! `let` that defines it anew; else it is put back at the cell's end, unless it was moved away.

use super::types::{Action, Stored};
use crate::items::arrange::MORE;
use crate::variables::Variables;

/// Keeps a variable unless the cell has kept one of its name.
pub(super) const PUT_BACK: &str = "evcxr_variable_store.put_back::<_>(stringify!(";
/// How evcxr's code for a cell ends.
const LAST: &str = "evcxr_variable_store";

/// Types whose values are still there when they were used.
const COPIED: [&str; 18] = [
    "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32",
    "f64", "bool", "char", "()", "&str",
];
/// Methods that leave what they are called on where it is.
const BORROWING: [&str; 33] = [
    "as_bytes",
    "as_ref",
    "as_str",
    "borrow",
    "borrow_mut",
    "bytes",
    "chars",
    "clone",
    "cloned",
    "contains",
    "first",
    "get",
    "get_mut",
    "is_empty",
    "iter",
    "iter_mut",
    "keys",
    "last",
    "len",
    "lines",
    "load",
    "lock",
    "parse",
    "read",
    "recv",
    "split",
    "split_whitespace",
    "to_owned",
    "to_string",
    "to_vec",
    "trim",
    "values",
    "write",
];

/// A variable that a cell defines anew.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shadowed {
    /// The line that takes the earlier one.
    pub taken: Stored,
    /// The number of the new definition.
    pub new: u32,
}

/// The variables of earlier cells among `stored` that the cell defines anew.
pub(super) fn found(stored: &[Stored]) -> Vec<Shadowed> {
    let taken = stored.iter().filter(|it| it.action == Action::Take);
    taken
        .filter_map(|taken| {
            let mut defined = stored.iter().filter(|it| it.is_new);
            let new = defined.find(|it| it.name == taken.name)?.number;
            let taken = taken.clone();
            Some(Shadowed { taken, new })
        })
        .collect()
}

/// Whether a cell's own code speaks of the earlier variable nowhere: the name comes first in a
/// `let` that binds it, and not in the value there. Where that is wrong, the compiler misses it.
pub(super) fn is_only_bound(own: &str, name: &str) -> bool {
    let Some(at) = places(own, name).next() else {
        return false;
    };
    is_in_pattern(own, at) && value(own, at).is_none_or(|it| places(it, name).next().is_none())
}

/// Whether the earlier variable seems to be still there when the new one is made.
pub(super) fn seems_left(own: &str, name: &str, kind: Option<&str>) -> bool {
    if kind.is_some_and(|kind| COPIED.contains(&kind)) {
        return true;
    }
    let mut end = own.len();
    if let Some(at) = places(own, name).find(|at| is_in_pattern(own, *at)) {
        end = at + own[at..].find(';').unwrap_or(own.len() - at);
    }
    let text = &own[..end];
    places(text, name).all(|at| {
        let rest = text[at + name.len()..].trim_start();
        let method = rest.strip_prefix('.').and_then(|rest| {
            rest.trim_start()
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
        });
        is_in_pattern(text, at)
            || text[..at].ends_with('&')
            || method.is_some_and(|method| BORROWING.contains(&method))
    })
}

/// The lines that would put these variables back, at the end of `text`.
pub(super) fn put_back(text: &str, shadowed: &[Shadowed], variables: &Variables) -> Vec<Stored> {
    let Some(line) = place(text) else {
        return Vec::new();
    };
    let is_taken = |it: &&Shadowed| text.lines().nth(it.taken.line - 1) != Some("");
    let own = own(text);
    let seems_left = |it: &&Shadowed| {
        let kind = variables.kind(it.taken.number);
        seems_left(
            &own,
            &it.taken.name,
            kind.map(|it| it.trim_start_matches("::")),
        )
    };
    let left = shadowed.iter().filter(is_taken).filter(seems_left);
    left.map(|it| Stored {
        line,
        action: Action::PutBack,
        ..it.taken.clone()
    })
    .collect()
}

/// The text in which these lines stand.
pub(super) fn with(text: String, lines: &[Stored]) -> String {
    let Some(line) = lines.first().map(|it| it.line) else {
        return text;
    };
    let names = lines.iter().map(|it| &it.name);
    let put: String = names
        .map(|name| format!("{PUT_BACK}{name}), {name}); "))
        .collect();
    super::types::with_line(&text, line, &format!("{put}{LAST}\n"))
}

/// The line (1-based) with which the cell ends.
fn place(text: &str) -> Option<usize> {
    let lines = text.lines().take_while(|line| *line != MORE).enumerate();
    let last = lines.filter(|(_, line)| *line == LAST).last()?;
    Some(last.0 + 1)
}

/// A cell's code, without the lines that take or keep variables.
pub(super) fn own(cell: &str) -> String {
    let lines = cell.lines().take_while(|line| *line != MORE);
    let own = lines.filter(|line| super::types::stored(line.trim_end()).is_none());
    own.flat_map(|line| [line, "\n"]).collect()
}

/// Where a name stands in a text.
fn places<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let found = text.match_indices(name).map(|(at, _)| at);
    found.filter(move |at| {
        !text[..*at].ends_with(is_word) && !text[at + name.len()..].starts_with(is_word)
    })
}

/// Whether a `let` binds what stands at this place.
fn is_in_pattern(text: &str, at: usize) -> bool {
    let statement = text[..at]
        .rsplit([';', '{', '}'])
        .next()
        .unwrap_or_default();
    let statement = statement.trim_start();
    // What stands before may be a line's comment, or an expression of more than one line.
    let last = statement
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .trim_start();
    [statement, last]
        .iter()
        .any(|it| it.starts_with("let ") && !it.contains('='))
}

/// The rest of the statement in whose pattern this place is.
fn value(text: &str, at: usize) -> Option<&str> {
    let (_, rest) = text[at..].split_once('=')?;
    rest.split(';').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_only_bound_anew_is_found() {
        for own in [
            "let n = \"x\".parse::<i32>()?;\nf(n);",
            "// n, that is\nlet m = 1;\nlet mut n: i32 = f();",
            "let (m, n) = f()?;",
        ] {
            assert!(
                is_only_bound(own.trim_start_matches("// n, that is\n"), "n"),
                "{own}"
            );
        }
        for own in [
            "let n = n + 1;",
            "f(n); let n = 1;",
            "let m = n; let n = 1;",
            "println!(\"{n}\"); let n = 1;",
            "if let Some(n) = n {}",
        ] {
            assert!(!is_only_bound(own, "n"), "{own}");
        }
    }

    #[test]
    fn what_is_only_borrowed_seems_left() {
        for own in [
            "let s = s.trim().to_owned();",
            "f(&s); let s = g(&s)?;",
            "let s = s\n    .parse::<i32>()?; drop(s);",
        ] {
            assert!(seems_left(own, "s", Some("std::string::String")), "{own}");
        }
        for own in [
            "let s = s + \"x\";",
            "let s = f(s)?;",
            "drop(s); let s = 1;",
        ] {
            assert!(!seems_left(own, "s", Some("std::string::String")), "{own}");
            assert!(seems_left(own, "s", Some("i32")), "{own}");
        }
    }
}
