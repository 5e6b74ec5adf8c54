//! What a notebook adds to rustc's words: rustc knows neither cells, nor `:dep`, nor that variables
//! live on.

use super::ansi::strip_ansi;
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;
use toolchain::messages;

/// rustc's text as it is meant in a notebook: the code that evcxr adds behind the cell is called
/// the end of the cell, and dependencies are added by a command.
pub(crate) fn reworded(text: &str) -> String {
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

/// What cells forget to import and rustc has no word for, by module: it finds what std has from
/// core, and says so at a line of generated code, but not what our `std` defines itself.
const OURS: [(&str, &[&str]); 5] = [
    ("std", &["thread"]),
    (
        "std::sync",
        &[
            "Arc",
            "Barrier",
            "Condvar",
            "LazyLock",
            "Mutex",
            "MutexGuard",
            "Once",
            "OnceLock",
            "RwLock",
            "RwLockReadGuard",
            "RwLockWriteGuard",
            "mpsc",
        ],
    ),
    (
        "std::sync::mpsc",
        &[
            "Receiver",
            "Sender",
            "SyncSender",
            "channel",
            "sync_channel",
        ],
    ),
    (
        "std::thread",
        &[
            "Builder",
            "JoinHandle",
            "ScopedJoinHandle",
            "park",
            "scope",
            "sleep",
            "spawn",
            "yield_now",
        ],
    ),
    (
        "std::io",
        &["Stderr", "Stdin", "Stdout", "stderr", "stdin", "stdout"],
    ),
];

/// The line below a mistake that an import mends; `error` is rustc's, as JSON.
pub(crate) fn import(error: &Value) -> Option<String> {
    /// More are no help.
    const SHOWN: usize = 3;
    let message = messages::text(error);
    if !(message.starts_with("cannot find") && message.ends_with("in this scope")) {
        return None;
    }
    let name = message.split('`').nth(1)?;
    let mut paths: Vec<String> = suggested(error).map(in_std).collect();
    paths.dedup();
    if paths.is_empty() {
        let (module, _) = OURS.iter().find(|(_, names)| names.contains(&name))?;
        paths.push(format!("{module}::{name}"));
    }
    paths.truncate(SHOWN);
    let uses: Vec<String> = paths.iter().map(|path| format!("`use {path};`")).collect();
    Some(format!("write {} first", uses.join(" or ")))
}

/// The paths that rustc would import. Its text shows them in several ways, by what stands around.
fn suggested(error: &Value) -> impl Iterator<Item = &str> {
    let children = error["children"].as_array().into_iter().flatten();
    children
        .filter(|child| messages::text(child).starts_with(IMPORTING))
        .flat_map(|child| child["spans"].as_array().into_iter().flatten())
        .filter_map(|span| span["suggested_replacement"].as_str())
        .filter_map(|line| line.trim().strip_prefix("use ")?.strip_suffix(';'))
}

/// How rustc's own suggestion of an import begins.
const IMPORTING: &str = "consider importing";

/// How rustc's suggestion begins to leave the block that the kernel puts around a cell.
const LABELLING: &str = "consider labeling this block";

/// The path by which std has what rustc found in core or alloc.
fn in_std(path: &str) -> String {
    match path.split_once("::") {
        Some(("core" | "alloc", rest)) => format!("std::{rest}"),
        _ => path.to_owned(),
    }
}

/// Without rustc's guess that a module of std is a crate, and its suggestions about lines of
/// generated code.
pub(crate) fn without_guesses(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut skips = false;
    for line in text.lines() {
        let plain = strip_ansi(line);
        let plain = plain.trim_start();
        if plain.starts_with("help: ") || plain.starts_with("note: ") || plain.starts_with("= ") {
            skips = [IMPORTING, LABELLING].iter().any(|guess| {
                let guessed = plain.strip_prefix("help: ");
                guessed.is_some_and(|it| it.starts_with(guess))
            });
        }
        if !skips && !plain.contains("help: if you wanted to use a crate named") {
            lines.push(line);
        }
    }
    while lines
        .last()
        .is_some_and(|line| matches!(strip_ansi(line).trim(), "" | "|"))
    {
        lines.pop();
    }
    lines.join("\n") + "\n"
}

/// What rustc can't know of a cell: that it is compiled by itself, and how it ends.
pub(crate) fn in_a_cell(error: &Value) -> Option<&'static str> {
    let (code, message) = (messages::code(error), messages::text(error));
    let first = &error["spans"][0]["text"][0]["text"];
    let line = first.as_str().unwrap_or_default().trim_start();
    match code {
        "E0282" | "E0283" if line.starts_with("let ") => {
            return Some(
                "each cell is compiled by itself, so what a variable is first used for must stand in its own cell, or its type behind its name",
            );
        }
        "E0308" | "E0069" if !returns_from_the_cell(error) => return None,
        "E0308" | "E0069" if line.contains("return Err(") => {
            return Some("`Err(…)?` ends a cell with an error");
        }
        "E0308" | "E0069" if line.contains("return") => {
            return Some(
                "a cell returns nothing: `return Ok(())` ends it early, and its value is its last expression",
            );
        }
        "E0277" => {}
        _ => return None,
    }
    if message.contains("`?` couldn't convert the error") && message.contains("Display") {
        Some(
            "an error that `?` takes out of a cell is printed, so its type needs `Display`; `.unwrap()` needs `Debug` alone",
        )
    } else if message.contains("doesn't implement `Debug`") && error.to_string().contains(SHOWN) {
        Some("a cell's last expression is shown, unless `;` follows it")
    } else {
        None
    }
}

/// How rustc names what the last expression of a cell is given to.
const SHOWN: &str = "`shown`";

/// Whether an error is about what the cell itself returns: the closure around it says what that may
/// be. A function in the cell has a type of its own to return.
fn returns_from_the_cell(error: &Value) -> bool {
    let spans = error["spans"].as_array().into_iter().flatten();
    spans.into_iter().any(|span| {
        let label = span["label"].as_str().unwrap_or_default();
        let line = span["text"][0]["text"].as_str().unwrap_or_default();
        label.contains("EvcxrUserCodeError")
            || label.contains("return type") && line.contains("||->(){")
    })
}

/// The lesson that explains a mistake, if one does. `text` is all that rustc said.
pub(crate) fn lesson(errors: &[Value], text: &str) -> Option<&'static str> {
    let says = |part: &str| text.contains(part);
    let has = |code: &str| errors.iter().any(|error| messages::code(error) == code);
    let crosses_threads = says("cannot be sent between threads safely")
        || says("cannot be shared between threads safely");
    // A bound alone says nothing of threads.
    let about_threads = says("spawn") || says("scope") || says("shared static variables");
    if !about_threads && !says(".send(") {
        None
    } else if says("Rc<") && crosses_threads {
        Some("`std::rc::Rc` can't cross threads, `std::sync::Arc` can: lesson 04 (Arc)")
    } else if crosses_threads {
        Some("what may cross threads, and why: lesson 05 (Send and Sync)")
    } else if says("spawn(")
        && (has("E0373") || has("E0597") && says("borrowed for `'static`") || has("E0521"))
    {
        Some(
            "a thread may outlive the cell's variables; `move` gives them to it: lesson 01 (spawning)",
        )
    } else if has("E0382") && says(".send(") {
        Some("`send` gives the value away: lesson 02 (message passing)")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
    fn a_forgotten_import_is_named() {
        let error = |message: &str, paths: &[&str]| {
            let spans: Vec<Value> = paths
                .iter()
                .map(|path| json!({"suggested_replacement": format!("use {path};\n")}))
                .collect();
            let help = json!({"message": "consider importing one of these", "spans": spans});
            json!({"message": message, "children": [help]})
        };
        let missing = "cannot find type `Mutex` in this scope";
        let of_ours = "write `use std::sync::Mutex;` first";
        assert_eq!(import(&error(missing, &[])).as_deref(), Some(of_ours));
        let paths = ["a::Map", "core::Map"];
        let of_rustc = "write `use a::Map;` or `use std::Map;` first";
        let missing = "cannot find type `Map` in this scope";
        assert_eq!(import(&error(missing, &paths)).as_deref(), Some(of_rustc));
        assert_eq!(import(&error(missing, &[])), None);
        assert_eq!(import(&error("mismatched types", &paths)), None);
    }

    #[test]
    fn a_suggestion_that_is_made_again_is_left_out() {
        let text = "error: x\n  |\n1 | Map\n  |\nhelp: consider importing this\n  |\n1 + use a::Map;\n  |\nnote: y\n";
        assert_eq!(
            without_guesses(text),
            "error: x\n  |\n1 | Map\n  |\nnote: y\n"
        );
    }
}
