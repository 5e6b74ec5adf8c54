//! From evcxr's errors to what a notebook shows: rustc's own words, about the lines of the cell.

use super::advice;
use super::ansi::{BOLD, OFF, RED, pattern, strip_ansi};
use evcxr::{CompilationError, Error};
use jupyter::CellError;
use regex::Regex;
use std::sync::LazyLock;
use toolchain::standard::OWN_SOURCES;

/// Finds the cell, line and column of a place in the generated source (1-based).
pub type Locate<'a> = &'a dyn Fn(u32, u32) -> Option<(u32, u32, u32)>;

/// Where a place that nobody wrote is.
pub(crate) const GENERATED: &str = "generated code";

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
        Error::Message(message) => plain("error", message),
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
    let errors = || errors.iter().filter(|error| error.level() == "error");
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
        evalue: format!("{}{line}", first_line(&advice::reworded(&first.message()))),
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

fn compose(error: &CompilationError, cell: u32) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let code = error
        .code()
        .map(|code| format!("[{code}]"))
        .unwrap_or_default();
    let message = advice::reworded(&error.message());
    let _ = writeln!(text, "{}", header(&format!("error{code}"), &message));
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
        let _ = writeln!(text, "   = help: {help}");
    }
    text
}

/// Rewrites `--> src/lib.rs:23:16` and the line numbers in the margin; leaves lines of generated code out.
pub(crate) fn relocate(text: &str, locate: Locate<'_>) -> String {
    static ARROW: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?:[^\s:]*/)?(?:src/lib|program_[0-9a-f]+)\.rs:(\d+):(\d+)(?:: (\d+):(\d+))?")
    });
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    // Line numbers below an arrow into the standard library are that file's own.
    let mut in_cell = true;
    let mut generated = false;
    // Sides of boxes would no longer meet.
    let shifts = !strip_ansi(text).contains("| |_");
    let mut margin = Margin::default();
    for (index, line) in lines.iter().enumerate() {
        let plain = strip_ansi(line);
        let arrow = plain.trim_start();
        if arrow.starts_with("-->") || arrow.starts_with(":::") {
            generated = false;
            if arrow[3..].trim_start().starts_with(OWN_SOURCES) {
                // Within our own std there is nothing to see; std's item is mostly named in the line above.
                drop_dangling_note(&mut out);
                continue;
            }
            in_cell = ARROW.is_match(&plain);
            if !in_cell {
                out.push_str(&shorten(line));
                out.push('\n');
                continue;
            }
        } else if plain.starts_with("help: ") || plain.starts_with("note: ") {
            in_cell = true;
            generated = false;
            margin = Margin::default();
        } else if in_cell && let Some(place) = margin.place(line, locate) {
            generated = place.is_none();
        } else if !plain.contains('|') {
            generated = false;
        }
        if generated {
            continue;
        }
        let line = ARROW.replace_all(line, |found: &regex::Captures<'_>| {
            let number = |index: usize| found[index].parse().unwrap_or(0);
            let end = found.get(3).and_then(|_| locate(number(3), number(4)));
            let end = end.map(|(_, line, column)| format!(": {line}:{column}"));
            if let Some((cell, line, column)) = locate(number(1), number(2)) {
                return format!("[{cell}]:{line}:{column}{}", end.unwrap_or_default());
            }
            // The first line of the cell that the snippet below shows stands for the place.
            let shown = lines[index + 1..]
                .iter()
                .take_while(|line| !strip_ansi(line).trim_start().starts_with("-->"))
                .find_map(|line| Margin::default().place(line, locate)?);
            match shown {
                Some((cell, line)) => format!("[{cell}]:{line}"),
                None => GENERATED.to_owned(),
            }
        });
        if in_cell {
            out.push_str(&margin.rewritten(&line, locate, shifts));
        } else {
            out.push_str(&line);
        }
        out.push('\n');
    }
    advice::reworded(&out)
}

/// The line numbers beside a snippet.
#[derive(Default)]
struct Margin {
    /// How many lines a suggestion has inserted so far: it counts them, too.
    inserted: i64,
    /// How many it has removed that nothing has replaced yet.
    removed: i64,
    /// How far to the right the snippet stands in its line of the cell.
    indent: usize,
}

impl Margin {
    fn captures(line: &str) -> Option<regex::Captures<'_>> {
        static MARGIN: LazyLock<Regex> = LazyLock::new(|| {
            pattern(
                r"^(?P<a>(?:\x1b\[[0-9;]*m|\s)*)(?P<n>\d+)(?P<b>\s*)(?P<c>(?:\x1b\[[0-9;]*m|\s)*(?P<sign>\||~|\+|-))",
            )
        });
        MARGIN.captures(line)
    }

    fn number(&self, found: &regex::Captures<'_>) -> Option<u32> {
        let number: i64 = found["n"].parse().ok()?;
        u32::try_from(number - self.inserted).ok()
    }

    /// The cell and line of a line with a number: `Some(None)` for generated code.
    fn place(&self, line: &str, locate: Locate<'_>) -> Option<Option<(u32, u32)>> {
        let found = Margin::captures(line)?;
        let place = self.number(&found).and_then(|line| locate(line, 1));
        Some(place.map(|(cell, line, _)| (cell, line)))
    }

    /// The line with its number, and its column, in the cell.
    fn rewritten(&mut self, line: &str, locate: Locate<'_>, shifts: bool) -> String {
        static BAR: LazyLock<Regex> =
            LazyLock::new(|| pattern(r"^(?:\x1b\[[0-9;]*m|\s)*\|(?:\x1b\[[0-9;]*m)*"));
        let Some(found) = Margin::captures(line) else {
            let bar = BAR.find(line).map_or(0, |bar| bar.end());
            let (bar, rest) = line.split_at(bar);
            let indent = if bar.is_empty() || strip_ansi(rest).trim().is_empty() {
                0
            } else {
                self.indent
            };
            return format!("{bar}{}{rest}", " ".repeat(indent));
        };
        let place = self.number(&found).and_then(|line| locate(line, 1));
        let number = place.map(|(_, line, _)| line.to_string());
        let number = number.unwrap_or_default();
        self.indent = match place {
            Some((_, _, column)) if shifts => column as usize - 1,
            _ => 0,
        };
        match &found["sign"] {
            "-" => self.removed += 1,
            "+" if self.removed > 0 => self.removed -= 1,
            "+" => self.inserted += 1,
            _ => {}
        }
        let rest = &line[found.get(0).map_or(0, |whole| whole.end())..];
        let width = found["n"].len();
        format!(
            "{}{number:<width$}{}{}{}{rest}",
            &found["a"],
            &found["b"],
            &found["c"],
            " ".repeat(self.indent)
        )
    }
}

/// Removes a last line that only introduces the place that was left out.
fn drop_dangling_note(out: &mut String) {
    let start = out.trim_end().rfind('\n').map_or(0, |at| at + 1);
    if strip_ansi(&out[start..]).trim_end().ends_with(" here") {
        out.truncate(start);
    }
}

/// `/home/…/lib/rustlib/src/rust/library/std/src/thread/mod.rs` → `library/std/src/thread/mod.rs`.
fn shorten(line: &str) -> String {
    static LIBRARY: LazyLock<Regex> = LazyLock::new(|| pattern(r"/\S*/(library/\w+/src/)"));
    static REGISTRY: LazyLock<Regex> = LazyLock::new(|| pattern(r"/\S*/registry/src/[^/\s]+/"));
    let line = LIBRARY.replace(line, "$1");
    REGISTRY.replace(&line, "").into_owned()
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
/// Our `std` sends both, with a zero byte in between. Frames of the user's own functions are shown, or all with
/// `RUST_BACKTRACE=full`, or none with `RUST_BACKTRACE=0`.
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

/// The functions of cells in a backtrace, innermost first. One alone says no more than the panic's place.
fn own_frames(backtrace: &str) -> Vec<String> {
    let mut frames: Vec<String> = backtrace
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .filter_map(|(_, name)| name.strip_prefix("ctx::"))
        .filter(|name| !name.starts_with("run_user_code") && !name.starts_with("fearless_"))
        .map(|name| name.split("::{closure").next().unwrap_or(name).to_owned())
        .collect();
    frames.dedup();
    frames
        .into_iter()
        .map(|name| format!("  in {name}"))
        .collect()
}

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
    traceback.extend(frames);
    CellError {
        ename: "panic".into(),
        evalue,
        traceback,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(line: u32, column: u32) -> Option<(u32, u32, u32)> {
        (20..30).contains(&line).then(|| (3, line - 18, column + 4))
    }

    #[test]
    fn places_become_the_cells() {
        let text = "error[E0277]: x\n   --> src/lib.rs:23:16\n    |\n23  |     thread::spawn(move || {\n    |\n99  | generated\n    | ^^^\n    = note: x\n";
        assert_eq!(
            relocate(text, &locate),
            "error[E0277]: x\n   --> [3]:5:20\n    |\n5   |         thread::spawn(move || {\n    |\n    = note: x\n"
        );
    }

    #[test]
    fn places_in_the_library_stay_and_lose_their_folders() {
        let text = "note: y\n   --> /root/x/lib/rustlib/src/rust/library/std/src/thread/mod.rs:726:8\n23  | F: Send\n";
        assert_eq!(
            relocate(text, &locate),
            "note: y\n   --> library/std/src/thread/mod.rs:726:8\n23  | F: Send\n"
        );
    }

    #[test]
    fn suggestions_count_the_lines_that_they_insert() {
        let text = "help: derive it\n   |\n23 + #[derive(Debug)]\n24 |     x\n";
        assert_eq!(
            relocate(text, &locate),
            "help: derive it\n   |\n5  +     #[derive(Debug)]\n5  |         x\n"
        );
        let text = "help: write it so\n   |\n23 - a\n23 + b\n";
        assert_eq!(
            relocate(text, &locate),
            "help: write it so\n   |\n5  -     a\n5  +     b\n"
        );
    }

    #[test]
    fn colours_do_not_hide_line_numbers() {
        let text = "\x1b[1m\x1b[94m23\x1b[0m \x1b[1m\x1b[94m|\x1b[0m     x\n";
        assert_eq!(
            relocate(text, &locate),
            "\x1b[1m\x1b[94m5 \x1b[0m \x1b[1m\x1b[94m|    \x1b[0m     x\n"
        );
    }

    #[test]
    fn a_note_about_our_own_std_does_not_dangle() {
        let text = "error: x\nnote: requirement that the value outlives `'1` introduced here\n  --> /fearless/std/thread/scope.rs:8:1\n";
        assert_eq!(relocate(text, &locate), "error: x\n");
        let text =
            "note: required by a bound in `spawn`\n  --> /fearless/std/thread/builder.rs:8:1\n";
        assert_eq!(
            relocate(text, &locate),
            "note: required by a bound in `spawn`\n"
        );
    }

    #[test]
    fn a_backtrace_shows_the_cells_own_functions() {
        let backtrace = "   0: std::panic::show\n   1: ctx::divide\n   2: ctx::average::{closure#0}\n   3: ctx::average\n   4: ctx::run_user_code_3\n";
        assert_eq!(own_frames(backtrace), ["  in divide", "  in average"]);
    }

    #[test]
    fn ranges_of_closures_are_relocated() {
        assert_eq!(
            relocate("within `{closure@src/lib.rs:23:16: 24:23}`", &locate),
            "within `{closure@[3]:5:20: 6:27}`\n"
        );
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
}
