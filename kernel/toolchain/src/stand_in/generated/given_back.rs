//! Variables of earlier cells that a cell moves away and assigns again: `list = list.sorted();`.
//!
//! A cell's code is a closure, so that a panic can be caught, and the code around it keeps the
//! variables of earlier cells. What the closure moves is its own from then on, and so is what it
//! assigns again: such a variable is kept at the closure's end. If it ends before, the variable is
//! gone.

use super::types::PUT;
use crate::items::arrange::MORE;

/// The line (1-based) at whose beginning the cell's own code has run through.
pub(super) fn place(text: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().take_while(|line| *line != MORE).collect();
    let catches = lines.iter().rposition(|line| line.trim() == "})) {")?;
    let before = |at: usize| (0..at).rev().find(|at| !lines[*at].trim().is_empty());
    let ends = |at: usize, end: &str| lines[at].trim() == end;
    let last = before(catches)?;
    if ends(last, "Ok(())})();") {
        return Some(last + 1);
    }
    if !ends(last, "});") || !text.contains(ASYNC) {
        return Some(catches + 1);
    }
    let result = before(last).filter(|at| ends(*at, RESULT));
    Some(result.unwrap_or(last) + 1)
}

/// The text in which the cell's own code keeps these variables.
pub(super) fn kept(text: &str, names: &[String]) -> String {
    let Some(place) = place(text).filter(|_| !names.is_empty()) else {
        return text.to_owned();
    };
    let puts: String = names
        .iter()
        .map(|name| format!("{PUT}_>(stringify!({name}), {name}); "))
        .collect();
    let line = text.lines().nth(place - 1).unwrap_or_default();
    super::types::with_line(text, place, &format!("{puts}{line}\n"))
}

/// The end of the line at which the cell's own code begins.
const CATCHES: &str = "AssertUnwindSafe(||->(){\n";

/// What follows the line at which the cell's own code begins; variables are taken before it.
pub(super) fn own(text: &str) -> &str {
    text.find(CATCHES)
        .map_or(text, |at| &text[at + CATCHES.len()..])
}

/// Whether a statement may assign the variable, or a part of it.
pub(super) fn is_assigned(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_whole =
        |at: usize| !text[..at].ends_with(is_word) && !text[at + name.len()..].starts_with(is_word);
    let places = text.match_indices(name).map(|(at, _)| at);
    places.filter(|at| is_whole(*at)).any(|at| {
        let rest = &text[at + name.len()..];
        let statement = rest.split([';', '{']).next().unwrap_or_default();
        let bytes = statement.as_bytes();
        (0..bytes.len()).any(|at| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            bytes[at] == b'='
                && !matches!(before, Some(b'=' | b'<' | b'>' | b'!'))
                && !matches!(bytes.get(at + 1), Some(b'=' | b'>'))
        })
    })
}

/// How a cell ends that awaits something, and has a `?`.
pub(super) const RESULT: &str = "Ok::<(), EvcxrUserCodeError>(())";
/// What a cell that awaits something begins with.
const ASYNC: &str = "\n.block_on(async {\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_assigned_is_found() {
        for text in [
            "s = s + 1;",
            "(s, t) = (t, s);",
            "match s { Some(x) => s = x }",
            "s.name = f(s.name);",
            "s\n    = f(s);",
        ] {
            assert!(is_assigned(text, "s"), "{text}");
        }
        let taken = "let mut s = take();\n  std::panic::AssertUnwindSafe(||->(){\ndrop(s);\n";
        assert!(!is_assigned(own(taken), "s"));
        for text in [
            "drop(s); t = 1;",
            "s == t",
            "let t = s;",
            "f(s, |x| x >= 1)",
        ] {
            assert!(!is_assigned(text, "s"), "{text}");
        }
    }

    #[test]
    fn the_cells_own_code_keeps_it_last() {
        let end = "})) { \n  Ok(_) => {}\n}\n";
        let put = "evcxr_variable_store.put_variable::<_>(stringify!(s), s); ";
        for (before, last) in [
            ("s = f(s);\n\n", "})) { "),
            ("s = f(s)?;\n", "Ok(())})();"),
            ("\n.block_on(async {\ns = f(s);\n", "});"),
            (
                "\n.block_on(async {\ns = f(s)?;\n",
                "Ok::<(), EvcxrUserCodeError>(())\n});",
            ),
        ] {
            let closing = if last.starts_with("}))") { "" } else { last };
            let text = format!("{before}{closing}\n{end}");
            let expected = format!("\n{put}{last}");
            let found = kept(&text, &["s".to_owned()]);
            assert!(found.contains(&expected), "{found}");
            assert_eq!(found.lines().count(), text.lines().count());
        }
        assert_eq!(kept("s = f(s);\n", &["s".to_owned()]), "s = f(s);\n");
    }
}
