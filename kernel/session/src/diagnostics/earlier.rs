//! Mistakes that have to do with what earlier cells made: rustc knows nothing of these.

use super::ansi::{pattern, strip_ansi};
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;
use toolchain::messages;

/// What to do about a mistake that has to do with a variable of an earlier cell; `is_variable`
/// tells whether there is one of this name.
pub(crate) fn variable(
    code: &str,
    message: &str,
    is_variable: impl Fn(&str) -> bool,
) -> Option<String> {
    let name = message.split('`').nth(1).filter(|name| is_variable(name))?;
    match code {
        "E0425" if message.starts_with("cannot find value") => Some(format!(
            "`{name}` is a variable of this notebook, which functions and constants cannot see: hand it over as an argument, or write a closure"
        )),
        "E0384" => mutable(name),
        "E0594" | "E0596" if message.contains("not declared as mutable") => mutable(name),
        _ => None,
    }
}

/// The names of values, types and macros that aren't there, in the text of a cell's errors.
pub(crate) fn missing(text: &str) -> Vec<&str> {
    static MISSING: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:cannot find [a-z, ]+|expected (?:value|function), found macro|use of (?:undeclared|unresolved) [a-z ]+) `(\w+)`",
        )
    });
    let mut names = Vec::new();
    for found in MISSING.captures_iter(text) {
        let name = found.get(1).map_or("", |name| name.as_str());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn mutable(name: &str) -> Option<String> {
    Some(format!(
        "`{name}` was declared in an earlier cell without `mut`; `let mut {name} = {name};` declares it anew"
    ))
}

/// The methods and functions of types that aren't there, in the text of a cell's errors:
/// `Color::name`.
pub(crate) fn missing_members(text: &str) -> Vec<String> {
    static MISSING: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"no (?:method|function or associated item|associated item) named `(\w+)` found for \w+ `&*(?:mut )?(\w+)",
        )
    });
    let found = MISSING.captures_iter(text);
    found.map(|it| format!("{}::{}", &it[2], &it[1])).collect()
}

/// Numbers in variables that should have another type, with that type: what a cell makes of `30` is
/// an `i32`, whatever later cells want.
pub(crate) fn numbers(errors: &[Value]) -> Vec<(String, String)> {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"^expected `&?([iuf](?:8|16|32|64|128|size))`, found `(?:i32|f64)`$")
    });
    let mut found = Vec::new();
    for error in errors {
        let spans = error["spans"].as_array().into_iter().flatten();
        for span in spans {
            let label = span["label"].as_str().unwrap_or_default();
            let wanted = match (messages::code(error), LABEL.captures(label)) {
                ("E0308", Some(label)) => label[1].to_owned(),
                ("E0277", _) if messages::text(error).contains("cannot be indexed by `i32`") => {
                    "usize".to_owned()
                }
                _ => continue,
            };
            let pair = (marked(span).trim_start_matches('&').to_owned(), wanted);
            if !found.contains(&pair) {
                found.push(pair);
            }
        }
    }
    found
}

/// The code that a place marks in its line.
fn marked(span: &Value) -> String {
    let line = &span["text"][0];
    let column = |name: &str| line[name].as_u64().unwrap_or(1) as usize - 1;
    let (start, end) = (column("highlight_start"), column("highlight_end"));
    let text = line["text"].as_str().unwrap_or_default().chars();
    text.skip(start).take(end.saturating_sub(start)).collect()
}

/// What is said about such a number.
pub(crate) fn number(name: &str, wanted: &str, kind: &str) -> String {
    format!(
        "`{name}` is of type `{kind}`, since the cell that makes it says no other: write `let {name}: {wanted} = …;` there"
    )
}

/// The lines of an error without rustc's guesses what else could be meant by a name: it is known
/// what became of it.
pub(crate) fn without_guesses(lines: Vec<String>) -> Vec<String> {
    let is_guess = |line: &str| {
        line.starts_with("help: ")
            && (line.contains("similar name exists")
                || line.contains("introduce a new binding")
                || line.contains("use the `.` operator to call the method"))
            || line.trim_start().starts_with("= help: write `use ")
    };
    let begins = |line: &str| {
        ["error", "note", "help"]
            .iter()
            .any(|word| line.starts_with(word))
            || line.trim().is_empty()
            || line.starts_with("   = ")
    };
    let mut kept: Vec<String> = Vec::new();
    let mut skips = false;
    for line in lines {
        let plain = strip_ansi(&line);
        if begins(&plain) {
            skips = is_guess(&plain);
        }
        if plain.contains("similarly named ") {
            // The line that it speaks of, or the place in the library.
            let is_of_it = |line: &String| is_margin(line) || is_about_another(&strip_ansi(line));
            let before = kept.iter().rposition(|line| !is_of_it(line));
            let from = before.map_or(0, |at| at + 1);
            let other = kept[from..].iter().position(|line| !is_margin(line));
            kept.truncate(other.map_or(kept.len(), |at| from + at));
        } else if !(skips || plain == "..." && kept.last().is_some_and(|it| is_margin(it))) {
            kept.push(line);
        }
    }
    kept
}

fn is_margin(line: &str) -> bool {
    strip_ansi(line).trim() == "|"
}

/// Whether a line shows code of another place than the mistake's.
fn is_about_another(line: &str) -> bool {
    let line = line.trim_start();
    let is_numbered = line.starts_with(|c: char| c.is_ascii_digit());
    is_numbered || line.starts_with("--> library/") || line.starts_with("::: ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn variables_of_earlier_cells_are_explained() {
        let advice = |code, message| variable(code, message, |name| name == "n");
        let says = |code, message, part| advice(code, message).unwrap().contains(part);
        assert!(says(
            "E0425",
            "cannot find value `n` in this scope",
            "argument"
        ));
        assert!(says(
            "E0384",
            "cannot assign twice to immutable variable `n`",
            "let mut n = n;"
        ));
        assert_eq!(advice("E0425", "cannot find value `m` in this scope"), None);
        assert_eq!(advice("E0308", "mismatched types"), None);
        let text = "error[E0425]: cannot find function `f` in this scope\ncannot find value `f` in this scope";
        assert_eq!(missing(text), ["f"]);
    }

    #[test]
    fn what_is_missing_is_found() {
        let text = "error[E0423]: expected function, found macro `print`\nerror[E0422]: cannot find struct, variant or union type `P` in this scope\nerror[E0433]: use of unresolved module or unlinked crate `m`\nerror[E0599]: no method named `name` found for enum `Color` in the current scope\nno function or associated item named `new` found for struct `A`";
        assert_eq!(missing(text), ["print", "P", "m"]);
        assert_eq!(missing_members(text), ["Color::name", "A::new"]);
    }

    #[test]
    fn numbers_of_another_type_are_found() {
        let span = json!({
            "label": "expected `u32`, found `i32`",
            "text": [{"text": "area(width, 3)", "highlight_start": 6, "highlight_end": 11}],
        });
        let error =
            json!({"code": {"code": "E0308"}, "message": "mismatched types", "spans": [span]});
        assert_eq!(numbers(&[error]), [("width".to_owned(), "u32".to_owned())]);
    }

    #[test]
    fn guesses_are_left_out() {
        let text = "error[E0425]: cannot find value `a` in this scope\n   --> [5]:1:1\n    |\n  1 | fn f() -> i32 { 2 }\n    | ------------- similarly named function `f` defined here\n...\n1   | a.x\n    | ^\n    |\nhelp: a function with a similar name exists\n    |\n1   - a.x\n1   + f.x\n    |\n   = note: known";
        let lines = text.lines().map(str::to_owned).collect();
        let kept = "error[E0425]: cannot find value `a` in this scope\n   --> [5]:1:1\n    |\n1   | a.x\n    | ^\n    |\n   = note: known";
        assert_eq!(without_guesses(lines).join("\n"), kept);
        let text = "   --> [8]:1:1\n    |\n1   | k\n    | ^\n    |\n   ::: library/core/src/result.rs:561:5\n    |\n561 |     Ok(T),\n    |     -- similarly named tuple variant `Ok` defined here\n    |\n   = note: known";
        let lines = text.lines().map(str::to_owned).collect();
        let kept = "   --> [8]:1:1\n    |\n1   | k\n    | ^\n    |\n    |\n   = note: known";
        assert_eq!(without_guesses(lines).join("\n"), kept);
    }
}
