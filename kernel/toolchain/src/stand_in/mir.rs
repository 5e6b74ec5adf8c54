//! What rustc's MIR tells of the types of variables.
//!
//! A cell ends with calls that put its variables into the store:
//! `VariableStore::put_variable::<TYPE>(…, const "name", …)`. The type there is exact and complete,
//! whatever was inferred, and however the variable is bound.

use std::collections::HashMap;

/// How the names of the functions begin that a cell's code is compiled to.
const CELL_FUNCTION: &str = "fearless_cell";

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

/// The type of a cell's variable that is gone at its end on every way; `None` if it isn't, or if
/// that can't be told. To be asked only of types whose values have to be dropped: the compiler has
/// written down each drop, but for those of what was moved away.
pub(super) fn kind_of_moved<'a>(mir: &'a str, name: &str) -> Option<&'a str> {
    let mut functions = mir
        .split("\nfn ")
        .filter(|it| it.starts_with(CELL_FUNCTION));
    let variable = format!(" debug {name} => _");
    let mut found = functions
        .clone()
        .flat_map(|it| it.lines())
        .filter_map(|line| {
            let local = line.split_once(&variable)?.1.strip_suffix(';')?;
            local.bytes().all(|it| it.is_ascii_digit()).then_some(local)
        });
    let (Some(local), None) = (found.next(), found.next()) else {
        return None;
    };
    let debug = format!("{variable}{local};");
    let body = functions.find(|it| it.contains(&debug))?;
    let declared = [format!(" _{local}: "), format!(" mut _{local}: ")];
    let kind = body.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix("let")?;
        let kind = declared
            .iter()
            .find_map(|it| rest.strip_prefix(it.as_str()))?;
        kind.strip_suffix(';')
    })?;
    let drop = format!(" drop(_{local})");
    let mut unwinds = false;
    for line in body.lines() {
        if line.ends_with(": {") {
            unwinds = line.contains(" (cleanup)");
        }
        if !unwinds && line.contains(&drop) {
            return None;
        }
    }
    Some(kind)
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

    #[test]
    fn what_is_not_dropped_at_its_end_is_moved_away() {
        let mir = r#"
fn run_user_code_3(_1: *mut S) -> *mut S {
    debug moved => _2;
    let _2: i32;
}
fn fearless_cell(_1: *mut S) -> *mut S {
    let mut _2: std::vec::Vec<u8>;
    let _3: std::sync::Arc<u8>;
    scope 1 {
        debug moved => _2;
        scope 2 {
            debug kept => _3;
            debug number => const 5_i32;
        }
    }
    bb1: {
        drop(_3) -> [return: bb2, unwind: bb3];
    }
    bb2 (cleanup): {
        drop(_2) -> [return: bb4, unwind terminate(cleanup)];
    }
}
fn fearless_cell::{closure#0}(_1: &mut {closure@src/lib.rs:9:3: 9:5}) -> () {
    debug moved => (_1.0: std::vec::Vec<u8>);
    debug twice => _4;
    debug twice => _5;
    let _4: std::vec::Vec<u8>;
}
"#;
        assert_eq!(kind_of_moved(mir, "moved"), Some("std::vec::Vec<u8>"));
        for other in ["kept", "number", "twice", "unknown"] {
            assert_eq!(kind_of_moved(mir, other), None, "{other}");
        }
    }
}
