//! What a notebook adds to rustc's words: rustc knows neither cells, nor `:dep`, nor that variables live on.

use super::errors::strip_ansi;
use evcxr::CompilationError;
use regex::Regex;
use std::sync::LazyLock;

/// rustc's text as it is meant in a notebook: the code that evcxr adds behind the cell is called the end of the cell,
/// and dependencies are added by a command.
pub(super) fn reworded(text: &str) -> String {
    static CARGO_ADD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"use `cargo add (\S+)` to add it to your `Cargo\.toml`")
            .expect("a pattern written in this file")
    });
    const END: &str = "the end of the cell";
    let text = text
        .replace("`evcxr_variable_store`", END)
        .replace("<end of input>", END);
    CARGO_ADD.replace_all(&text, "write `:dep $1`").into_owned()
}

/// What to do about a mistake that has to do with a variable of an earlier cell; `is_variable` tells whether there is
/// one of this name.
pub(super) fn variable(
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
        "E0596" if message.contains("not declared as mutable") => mutable(name),
        _ => None,
    }
}

fn mutable(name: &str) -> Option<String> {
    Some(format!(
        "`{name}` was declared in an earlier cell without `mut`; `let mut {name} = {name};` declares it anew"
    ))
}

/// The variable that cannot be kept since it borrows from another, in evcxr's error about it.
pub(super) fn kept_reference(message: &str) -> Option<&str> {
    let (name, rest) = message.strip_prefix("The variable `")?.split_once('`')?;
    rest.contains("non-static lifetime").then_some(name)
}

/// The lesson that explains a mistake, if one does.
pub(super) fn lesson(errors: &[CompilationError]) -> Option<&'static str> {
    let text: String = errors
        .iter()
        .map(|error| error.message() + &error.rendered())
        .collect();
    let text = strip_ansi(&text);
    let says = |part: &str| text.contains(part);
    let has = |code: &str| errors.iter().any(|error| error.code() == Some(code));
    if says("Rc<") && says("cannot be sent between threads safely") {
        Some("`std::rc::Rc` can't cross threads, `std::sync::Arc` can: lesson 04 (Arc)")
    } else if says("cannot be sent between threads safely")
        || says("cannot be shared between threads safely")
    {
        Some("what may cross threads, and why: lesson 05 (Send and Sync)")
    } else if has("E0373") || has("E0597") && says("spawn(") && says("borrowed for `'static`") {
        Some(
            "a thread may outlive the cell's variables; `move` gives them to it: lesson 01 (spawning)",
        )
    } else if has("E0382") && says("send(") {
        Some("`send` gives the value away: lesson 02 (message passing)")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_inner_name_is_told() {
        assert_eq!(
            reworded("expected `;`, found `evcxr_variable_store`"),
            "expected `;`, found the end of the cell"
        );
        assert_eq!(
            reworded("help: if x, use `cargo add serde` to add it to your `Cargo.toml`"),
            "help: if x, write `:dep serde`"
        );
    }

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
    }
}
