//! rustc's places, which are in generated source, as the cell's: arrows and the numbers in margins.

use super::advice;
use super::ansi::{pattern, strip_ansi};
use regex::Regex;
use std::sync::LazyLock;
use toolchain::standard::OWN_SOURCES;

/// Finds the cell, line and column of a place in the generated source (1-based).
pub type Locate<'a> = &'a dyn Fn(u32, u32) -> Option<(u32, u32, u32)>;

/// Where a place that nobody wrote is.
pub(crate) const GENERATED: &str = "generated code";

/// Rewrites `--> src/lib.rs:23:16` and the line numbers in the margin; leaves lines of generated
/// code out.
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
    // Whose lines the drawing shows.
    let mut drawn: Option<u32> = None;
    for (index, line) in lines.iter().enumerate() {
        let plain = strip_ansi(line);
        let arrow = plain.trim_start();
        if arrow.starts_with("-->") || arrow.starts_with(":::") {
            generated = false;
            if arrow[3..].trim_start().starts_with(OWN_SOURCES) {
                // Within our own std there is nothing to see; std's item is mostly named in the
                // line above.
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
            drawn = None;
        } else if in_cell && let Some(place) = margin.place(line, locate) {
            generated = place.is_none();
            if let Some((cell, line)) = place {
                if drawn.is_some_and(|before| before != cell) {
                    begin_other_cell(&mut out, &plain, cell, line);
                }
                drawn = Some(cell);
            }
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
        drawn = arrow_to(&line).or(drawn);
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
        // What the kernel puts behind a macro, so that it can be used above, too.
        static EXPORT: LazyLock<Regex> =
            LazyLock::new(|| pattern(r"^(.*[};)]) pub\(crate\) use \w+;(\s*)$"));
        let rest = &line[found.get(0).map_or(0, |whole| whole.end())..];
        let rest = EXPORT.replace(rest, "$1$2");
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

/// The cell that an arrow points to: `--> [3]:5:20`.
fn arrow_to(line: &str) -> Option<u32> {
    let plain = strip_ansi(line);
    let place = plain.trim_start().strip_prefix("--> [")?;
    place.split_once("]:")?.0.parse().ok()
}

/// Says whose line comes next, as rustc does between files: to it, all cells are one. `line` is the
/// text of what is drawn, whose numbers stand in a margin.
fn begin_other_cell(out: &mut String, drawn: &str, cell: u32, line: u32) {
    let width = drawn.find('|').unwrap_or(1).max(1);
    let last = out.trim_end().rfind('\n').map_or(0, |at| at + 1);
    if strip_ansi(&out[last..]).trim_end() == "..." {
        out.truncate(last);
    }
    let bar = format!("{}|", " ".repeat(width));
    if !strip_ansi(out).trim_end().ends_with('|') {
        out.push_str(&format!("{bar}\n"));
    }
    let arrow = format!("{}::: [{cell}]:{line}:1", " ".repeat(width - 1));
    out.push_str(&format!("{arrow}\n{bar}\n"));
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
    fn what_stands_behind_a_macro_is_left_out() {
        let text = "note: x\n --> src/lib.rs:23:5\n   |\n23 | macro_rules! m { () => {} } pub(crate) use m;\n   | ^^^\n";
        assert_eq!(
            relocate(text, &locate),
            "note: x\n --> [3]:5:9\n   |\n5  |     macro_rules! m { () => {} }\n   |     ^^^\n"
        );
    }

    #[test]
    fn another_cells_lines_are_said_to_be_its() {
        let locate = |line: u32, column: u32| match line {
            2 => Some((1, 1, column)),
            8 => Some((4, 3, column)),
            _ => None,
        };
        let text = "error: x\n --> src/lib.rs:8:6\n  |\n2 | fn f() {}\n  | ------ similar\n...\n8 | g()\n  | ^ none\n";
        assert_eq!(
            relocate(text, &locate),
            "error: x\n --> [4]:3:6\n  |\n ::: [1]:1:1\n  |\n1 | fn f() {}\n  | ------ similar\n  |\n ::: [4]:3:1\n  |\n3 | g()\n  | ^ none\n"
        );
    }

    #[test]
    fn ranges_of_closures_are_relocated() {
        assert_eq!(
            relocate("within `{closure@src/lib.rs:23:16: 24:23}`", &locate),
            "within `{closure@[3]:5:20: 6:27}`\n"
        );
    }
}
