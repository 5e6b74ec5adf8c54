//! What rustc's MIR tells of the types of variables.
//!
//! A cell ends with calls that put its variables into the store:
//! `VariableStore::put_variable::<TYPE>(…, const "name", …)`. The type there is exact and complete,
//! whatever was inferred, and however the variable is bound.

use std::collections::HashMap;

const CALL: &str = "VariableStore::put_variable::<";

/// The types of the variables that a cell's code keeps, by name.
pub(super) fn types(mir: &str) -> HashMap<String, String> {
    let mut types = HashMap::new();
    // Texts that were assigned to a local, such as `_119 = const "s";`.
    let mut texts: HashMap<&str, &str> = HashMap::new();
    for line in mir.lines() {
        let Some((target, value)) = line.trim_start().split_once(" = ") else {
            if line.starts_with("fn ") {
                texts.clear();
            }
            continue;
        };
        if let Some(text) = constant(value.trim_end_matches(';')) {
            texts.insert(target, text);
        } else if let Some((kind, arguments)) = call(value) {
            let name = arguments.split(", ").nth(1).and_then(|argument| {
                constant(argument).or_else(|| {
                    let local = argument.rsplit(' ').next()?;
                    texts.get(local).copied()
                })
            });
            if let Some(name) = name {
                types.insert(name.to_owned(), kind.to_owned());
            }
        }
    }
    types
}

/// How a closure is called.
pub(super) struct Signature<'a> {
    /// `&`, `&mut ` or nothing.
    pub receiver: &'a str,
    pub arguments: Vec<&'a str>,
    pub returned: &'a str,
}

/// The signature of the closure whose type is `kind`, from the head of its body.
pub(super) fn signature<'a>(mir: &'a str, kind: &str) -> Option<Signature<'a>> {
    mir.lines().find_map(|line| {
        let rest = line.strip_prefix("fn ")?;
        let (_, rest) = rest.split_once("(_1: ")?;
        let (receiver, rest) = rest.split_once('{')?;
        let rest = rest.strip_prefix(kind.strip_prefix('{')?)?;
        let end = end_of_arguments(rest)?;
        let returned = rest[end + 1..].strip_prefix(" -> ")?.strip_suffix(" {")?;
        let mut arguments = Vec::new();
        for number in 2.. {
            let Some((_, argument)) = rest[..end].split_once(&format!(", _{number}: ")) else {
                break;
            };
            let next = format!(", _{}: ", number + 1);
            arguments.push(argument.split(&next).next().unwrap_or(argument));
        }
        Some(Signature {
            receiver,
            arguments,
            returned,
        })
    })
}

/// Where the bracket closes that is open at the beginning.
fn end_of_arguments(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The text of `const "…"`.
fn constant(value: &str) -> Option<&str> {
    value.strip_prefix("const \"")?.strip_suffix('"')
}

/// The type of a call that puts a variable into the store, and its arguments.
fn call(value: &str) -> Option<(&str, &str)> {
    let (path, rest) = value.split_once(CALL)?;
    if path.contains(['"', '(', ' ']) {
        return None;
    }
    let end = closing(rest)?;
    let arguments = rest[end + 1..].strip_prefix('(')?;
    Some((&rest[..end], arguments))
}

/// Where the bracket closes that is open at the beginning of `text`.
pub(super) fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '<' => depth += 1,
            '>' if before == '-' => {}
            '>' if depth == 0 => return Some(at),
            '>' => depth -= 1,
            _ => {}
        }
        before = character;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_name_the_types_of_variables() {
        let mir = r#"
fn run_user_code_3::{closure#0}(_1: {closure@src/lib.rs:4:5: 4:7}) -> () {
    let mut _119: &str;
    bb65: {
        _119 = const "s";
        _118 = std::variables::VariableStore::put_variable::<std::string::String>(copy _277, move _119, move _120) -> [return: bb67, unwind: bb140];
    }
    bb66: {
        _5 = VariableStore::put_variable::<fn(i32) -> std::option::Option<u8>>(copy _1, const "f", move _2) -> [return: bb67, unwind: bb1];
        _6 = const "VariableStore::put_variable::<u8>(copy _1, const \"g\", move _2)";
    }
}
"#;
        let types = types(mir);
        assert_eq!(types["s"], "std::string::String");
        assert_eq!(types["f"], "fn(i32) -> std::option::Option<u8>");
        assert_eq!(types.len(), 2);
    }
}
