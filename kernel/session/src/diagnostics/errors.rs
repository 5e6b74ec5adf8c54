//! From evcxr's errors to what a notebook shows: rustc's own words, about the lines of the cell.

use super::ansi::{BOLD, OFF, RED, strip_ansi};
use super::{advice, dependency};
use evcxr::{CompilationError, Error};
use jupyter::CellError;
use std::path::Path;
use toolchain::functions::function_at;

/// What a cell shows that failed before rustc had a part in it. `cell` is its execution count.
pub fn describe(error: &Error, cell: u32) -> CellError {
    match error {
        Error::CompilationErrors(errors) => compilation(errors, cell),
        Error::TypeRedefinedVariablesLost(names) => plain(
            "variables lost",
            &format!(
                "a type was defined anew, so these variables of the old type were lost: {}",
                names.join(", ")
            ),
        ),
        Error::SubprocessTerminated(message) => plain("crashed", message),
        Error::Message(message) => plain("error", &dependency::told(message)),
    }
}

/// An error without a place.
pub fn plain(ename: &str, message: &str) -> CellError {
    CellError {
        ename: ename.to_owned(),
        evalue: first_line(message),
        traceback: std::iter::once(format!("{RED}{ename}{OFF}: {}", first_line(message)))
            .chain(message.lines().skip(1).map(str::to_owned))
            .collect(),
    }
}

pub(crate) fn first_line(text: &str) -> String {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("")
        .to_owned()
}

/// What evcxr found wrong with a cell or a command.
fn compilation(errors: &[CompilationError], cell: u32) -> CellError {
    // Where one is about the cell, those without a place are about the code around it.
    let has_place = |error: &&CompilationError| {
        let mut messages = error.spanned_messages().iter();
        messages.any(|message| message.span.is_some())
    };
    let is_placed = errors.iter().any(|error| has_place(&error));
    let errors = || {
        let errors = errors.iter().filter(|error| error.level() == "error");
        errors.filter(|error| !is_placed || has_place(error))
    };
    let Some(first) = errors().next() else {
        return plain("compile error", "the cell does not compile");
    };
    let line = first
        .primary_spanned_message()
        .and_then(|message| message.span)
        // What is evaluated on a front end's behalf is no cell's.
        .filter(|_| cell > 0)
        .map(|span| format!(" ([{cell}], line {})", span.start_line))
        .unwrap_or_default();
    CellError {
        ename: first.code().unwrap_or("compile error").to_owned(),
        evalue: format!("{}{line}", first_line(&message_of(first))),
        traceback: errors()
            .flat_map(|error| {
                let text = compose(error, cell);
                text.lines().map(str::to_owned).collect::<Vec<_>>()
            })
            .collect(),
    }
}

/// The first line of an error.
pub(crate) fn header(kind: &str, message: &str) -> String {
    format!("{RED}{kind}{OFF}{BOLD}: {message}{OFF}")
}

/// A line below rustc's.
pub(crate) fn addition(kind: &str, text: &str) -> String {
    format!("{BOLD}   = {kind}{OFF}: {text}")
}

/// What is wrong, without the word that stands before it anyway: cargo writes it, too.
fn message_of(error: &CompilationError) -> String {
    let message = advice::reworded(&dependency::told(&error.message()));
    message.strip_prefix("error: ").unwrap_or(&message).into()
}

fn compose(error: &CompilationError, cell: u32) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let code = error
        .code()
        .map(|code| format!("[{code}]"))
        .unwrap_or_default();
    let message = message_of(error);
    let _ = writeln!(text, "{}", header(&format!("error{code}"), &message));
    // What is wrong in a crate has its place in a file of that.
    let mut messages = error.spanned_messages().iter();
    let rendered = error.rendered();
    let is_of_a_crate = !strip_ansi(&rendered).contains("--> src/lib.rs:");
    if !rendered.is_empty() && is_of_a_crate && messages.all(|it| it.span.is_none()) {
        let drawn = rendered.trim_end().lines().skip(1);
        return drawn.fold(text, |text, line| text + line + "\n");
    }
    for message in error.spanned_messages() {
        let Some(span) = message.span else {
            continue;
        };
        let _ = writeln!(
            text,
            "  --> [{cell}]:{}:{}",
            span.start_line, span.start_column
        );
        // evcxr repeats lines that it has cut into several parts.
        let height = span.end_line.saturating_sub(span.start_line) + 1;
        for (index, line) in message.lines.iter().take(height).enumerate() {
            let _ = writeln!(text, "{:4} | {line}", span.start_line + index);
        }
        if span.start_line == span.end_line {
            let width = span.end_column.saturating_sub(span.start_column).max(1);
            let indent = " ".repeat(span.start_column.saturating_sub(1));
            let _ = writeln!(
                text,
                "     | {indent}{RED}{} {}{OFF}",
                "^".repeat(width),
                message.label
            );
        }
    }
    for help in error.help() {
        let _ = writeln!(text, "   = help: {}", first_line(&help));
    }
    text
}

/// An error of the commands that stand for a frontmatter, whose lines nobody wrote.
pub(crate) fn without_places(mut error: CellError) -> CellError {
    let is_place = |line: &String| {
        let line = strip_ansi(line);
        let after_number = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
        line.starts_with("  --> ") || after_number.starts_with("| ")
    };
    error.traceback.retain(|line| !is_place(line));
    error
}

/// A cell that is no Rust: the parser's words, and where.
pub fn syntax(cell: u32, (line, column): (u32, u32), message: &str, text: &str) -> CellError {
    let message = message.trim_start_matches("Syntax Error: ");
    let indent = " ".repeat(column.saturating_sub(1) as usize);
    CellError {
        ename: "syntax error".into(),
        evalue: format!("{message} ([{cell}], line {line})"),
        traceback: vec![
            header("syntax error", message),
            format!("  --> [{cell}]:{line}:{column}"),
            format!("{line:4} | {text}"),
            format!("     | {indent}{RED}^{OFF}"),
        ],
    }
}

/// A panic's message, and the frames of its backtrace that are to be shown.
///
/// Our `std` sends both, with a zero byte in between. Frames of the user's own functions are shown,
/// or all with `RUST_BACKTRACE=full`, or none with `RUST_BACKTRACE=0`.
pub fn split_backtrace(text: &str) -> (&str, Vec<String>) {
    let (message, backtrace) = text.split_once('\0').unwrap_or((text, ""));
    let wanted = std::env::var("RUST_BACKTRACE").unwrap_or_default();
    let frames = match wanted.as_str() {
        "0" => Vec::new(),
        "full" => backtrace.lines().map(str::to_owned).collect(),
        _ => own_frames(backtrace),
    };
    (message, frames)
}

/// The functions of cells among the callers of a panic, innermost first.
fn own_frames(callers: &str) -> Vec<String> {
    let names = callers.lines().filter_map(function);
    own_functions(names)
}

/// The function of a caller, `@FILE+OFFSET`, if the file may be a cell's or a program's.
fn function(caller: &str) -> Option<String> {
    let (file, offset) = caller.strip_prefix('@')?.rsplit_once('+')?;
    if !file.contains("/product/") {
        return None;
    }
    function_at(Path::new(file), u64::from_str_radix(offset, 16).ok()?)
}

/// The cells' own functions among these, without what evcxr and we put around them.
fn own_functions(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut frames: Vec<String> = names
        .filter_map(|name| Some(name.strip_prefix("ctx::")?.to_owned()))
        .filter(|name| !name.starts_with("run_user_code") && !name.starts_with("fearless_"))
        .map(|name| name.split("::{closure").next().unwrap_or(&name).to_owned())
        .collect();
    frames.dedup();
    frames
        .into_iter()
        .map(|name| format!("  in {name}"))
        .collect()
}

/// How tokio says that it is called outside of a runtime.
const NO_RUNTIME: &str = "there is no reactor running";
const ENTER_RUNTIME: &str = "a cell runs within a runtime of tokio only if it awaits something \
    itself; write `async { … }.await` around this, or use a `Runtime` of your own";

/// The error of a cell whose main thread panicked. `place` is where, `source` that line's text.
pub fn panic(text: &str, place: Option<(u32, u32)>, source: Option<&str>) -> CellError {
    let (message, frames) = split_backtrace(text);
    let mut lines = message.lines();
    let evalue = lines.next().unwrap_or("").to_owned();
    let mut traceback = vec![match place {
        Some((cell, line)) => format!("{RED}panic{OFF} in [{cell}], line {line}: {evalue}"),
        None => format!("{RED}panic{OFF}: {evalue}"),
    }];
    if let (Some((_, line)), Some(source)) = (place, source) {
        traceback.push(format!("{line:4} | {}", source.trim_end()));
    }
    traceback.extend(lines.map(str::to_owned));
    if evalue.contains(NO_RUNTIME) {
        traceback.push(addition("help", ENTER_RUNTIME));
    }
    traceback.extend(frames);
    CellError {
        ename: "panic".into(),
        evalue,
        traceback,
    }
}

/// The error of a cell that a `?` has ended. `place` is where that stands, `source` that line's
/// text.
pub fn returned(message: &str, place: Option<(u32, u32)>, source: Option<&str>) -> CellError {
    let mut error = plain("error", message);
    if let Some((cell, line)) = place {
        let at = format!("{RED}error{OFF} returned by `?` in [{cell}], line {line}: {message}");
        error.traceback = vec![at];
        let text = source.map(|source| format!("{line:4} | {}", source.trim_end()));
        error.traceback.extend(text);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backtrace_shows_the_cells_own_functions() {
        let names = [
            "std::panic::show",
            "ctx::divide",
            "ctx::average::{closure#0}",
            "ctx::average",
            "ctx::run_user_code_3",
        ];
        let names = names.map(str::to_owned).into_iter();
        assert_eq!(own_functions(names), ["  in divide", "  in average"]);
        assert!(own_frames("@/lib/libc.so.6+1f\n@/product/none.so+2").is_empty());
    }

    #[test]
    fn a_panic_shows_its_line() {
        let error = panic("boom\nmore", Some((3, 2)), Some("  f();"));
        assert_eq!(
            (error.ename.as_str(), error.evalue.as_str()),
            ("panic", "boom")
        );
        assert_eq!(
            strip_ansi(&error.traceback.join("\n")),
            "panic in [3], line 2: boom\n   2 |   f();\nmore"
        );
    }

    #[test]
    fn what_a_frontmatter_became_is_not_shown() {
        let lines = [
            "error: no such crate",
            "  --> [0]:1:6",
            "   1 | :dep x = 1",
            "     |      ^^",
        ];
        let error = CellError {
            ename: "error".into(),
            evalue: "no such crate".into(),
            traceback: lines.map(str::to_owned).to_vec(),
        };
        assert_eq!(without_places(error).traceback, lines[..1]);
    }
}
