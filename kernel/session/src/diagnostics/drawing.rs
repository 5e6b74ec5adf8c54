//! rustc's drawings, mended where lines of generated code were left out of them.

use super::ansi::strip_ansi;
use regex::Regex;
use std::sync::LazyLock;

/// The drawing without what lost its meaning: suggestions and dots with nothing below them, and the
/// sides of boxes that began or ended in a line that is gone.
pub(crate) fn mended(text: &str) -> String {
    let lines = without_empty_help(text);
    let mut out = String::new();
    let mut rest = &lines[..];
    while !rest.is_empty() {
        let is_margin = |line: &&String| strip_ansi(line).contains('|') || line.as_str() == "...";
        let others = rest.iter().take_while(|line| !is_margin(line)).count();
        let (before, after) = rest.split_at(others);
        let drawn = after.iter().take_while(|line| is_margin(line)).count();
        let (snippet, after) = after.split_at(drawn);
        for line in before.iter().cloned().chain(mended_snippet(snippet)) {
            out.push_str(&line);
            out.push('\n');
        }
        rest = after;
    }
    out
}

/// The lines of an error with the cell's whole lines in the place of parts: evcxr gives each
/// statement a line of its own. `source` tells a line of a cell.
pub(crate) fn with_whole_lines(
    lines: Vec<String>,
    source: impl Fn(u32, u32) -> Option<String>,
) -> Vec<String> {
    static PLACE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\s*(?:-->|:::) \[(\d+)\]:").expect("a pattern written here")
    });
    static SHOWN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\s*(\d+)\s*\| ( *)(\S.*)$").expect("a pattern written here")
    });
    /// A longer line would push the marks under it out of sight.
    const LONGEST: usize = 100;
    let mut cell = None;
    let whole = |cell: u32, plain: &str| {
        let found = SHOWN.captures(plain)?;
        let line = source(cell, found[1].parse().ok()?)?;
        let part: Vec<char> = found[3].trim_end().chars().collect();
        let all: Vec<char> = line.trim_end().chars().collect();
        let is_part = all.get(found[2].len()..)?.starts_with(&part) && all.len() > part.len();
        let margin = &plain[..plain.find("| ")? + 2];
        (is_part && all.len() <= LONGEST).then(|| format!("{margin}{}", line.trim_end()))
    };
    let mut changed = Vec::with_capacity(lines.len());
    for line in lines {
        let plain = strip_ansi(&line);
        if let Some(found) = PLACE.captures(&plain) {
            cell = found[1].parse().ok();
        } else if plain.trim_start().starts_with("--> ") {
            cell = None;
        }
        let colour = |text: String| format!("\u{1b}[0m{text}");
        let replaced = cell.and_then(|cell| whole(cell, &plain)).map(colour);
        if replaced.is_none() || changed.last() != replaced.as_ref() {
            changed.push(replaced.unwrap_or(line));
        }
    }
    changed
}

/// Leaves out each `help:` whose suggestion was a line of generated code.
fn without_empty_help(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::new();
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        let below = lines[index + 1..]
            .iter()
            .take_while(|line| matches!(strip_ansi(line).trim(), "|" | "..."))
            .count();
        let goes_on = lines.get(index + 1 + below).is_some_and(|line| {
            let line = strip_ansi(line);
            line.contains('|') || line.trim_start().starts_with(|c: char| c.is_ascii_digit())
        });
        index += 1;
        if strip_ansi(line).starts_with("help: ") && below > 0 && !goes_on {
            index += below;
        } else {
            out.push((*line).to_owned());
        }
    }
    out
}

fn mended_snippet(lines: &[String]) -> Vec<String> {
    const ANSI: &str = r"(?:\x1b\[[0-9;]*m)*";
    static OPENS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\s*\|\s+_+[-^]").expect("a pattern written here"));
    static CLOSES: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\s*\|\s*\|_+[-^|]").expect("a pattern written here"));
    static BOXED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\s*\d+\s*\| \| ").expect("a pattern written here"));
    static SIDE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(&format!(
            r"^((?:\x1b\[[0-9;]*m|[\s\d])*\|{ANSI}) {ANSI}\|{ANSI}"
        ))
        .expect("a pattern written here")
    });
    let plain: Vec<String> = lines.iter().map(|line| strip_ansi(line)).collect();
    let any = |pattern: &Regex| plain.iter().any(|line| pattern.is_match(line));
    let is_cut = any(&BOXED) && !(any(&OPENS) && any(&CLOSES));
    let has_code = |line: Option<&String>| line.is_some_and(|line| line.trim() != "|");
    lines
        .iter()
        .enumerate()
        .filter(|(index, _)| match plain[*index].as_str() {
            "..." => {
                has_code(index.checked_sub(1).and_then(|before| plain.get(before)))
                    && has_code(plain.get(index + 1))
            }
            line => !is_cut || !OPENS.is_match(line) && !CLOSES.is_match(line),
        })
        .map(|(_, line)| {
            if is_cut {
                SIDE.replace(line, "$1  ").into_owned()
            } else {
                line.clone()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_that_lost_its_lines_goes() {
        let help = "error: x\n  |\nhelp: consider changing this to be mutable\n    |\n";
        assert_eq!(mended(help), "error: x\n  |\n");
        for kept in [
            "help: try this\n  |\n1 | x.clone()\n  |  ++++++++\n",
            "help: try this\n  |\n1 - f(x)\n1 + g(x)\n",
            "help: the trait is implemented\nnote: x\n",
        ] {
            assert_eq!(mended(kept), kept);
        }
    }

    #[test]
    fn parts_of_a_line_are_shown_with_the_rest() {
        let source =
            |cell, line| ((cell, line) == (3, 1)).then(|| "let t = (1, 2); t.2".to_owned());
        let lines = [
            "   --> [3]:1:19",
            "1  |                 t.2",
            "   |                   ^",
            "2  | t",
        ];
        let whole = with_whole_lines(lines.map(str::to_owned).to_vec(), source);
        assert_eq!(strip_ansi(&whole[1]), "1  | let t = (1, 2); t.2");
        assert_eq!(
            [&whole[0], &whole[2], &whole[3]],
            [lines[0], lines[2], lines[3]]
        );
        let elsewhere = ["  --> [4]:1:1", "1 | t.2"].map(str::to_owned).to_vec();
        assert_eq!(with_whole_lines(elsewhere.clone(), source), elsewhere);
    }

    #[test]
    fn dots_stand_between_lines() {
        let cut = "   --> [3]:1:1\n    |\n...\n1   | x\n    | ^\n...\nnote: y\n";
        assert_eq!(
            mended(cut),
            "   --> [3]:1:1\n    |\n1   | x\n    | ^\nnote: y\n"
        );
        let kept = "    |\n  1 | a\n...\n  9 | b\n";
        assert_eq!(mended(kept), kept);
    }

    #[test]
    fn a_box_without_a_beginning_is_none() {
        let cut =
            "    |\n1   | | name.nosuch()\n    | |     -^^^^^^ not found\n    | |_____|\n    |\n";
        let mended_once = mended(cut);
        assert_eq!(
            mended_once,
            "    |\n1   |   name.nosuch()\n    |       -^^^^^^ not found\n    |\n"
        );
        let whole = "    |\n1   |   f(\n    |  _-\n2   | | x)\n    | |__^ label\n";
        assert_eq!(mended(whole), whole);
        let labels = "1   | f(a, b)\n    | - ^\n    | |\n    | here\n";
        assert_eq!(mended(labels), labels);
    }
}
