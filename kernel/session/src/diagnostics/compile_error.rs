//! What a cell shows that doesn't compile: rustc's own words, about the lines of the cell.

use super::ansi::{pattern, strip_ansi};
use super::errors::{self, addition, first_line};
use super::relocate::{GENERATED, Locate, relocate};
use super::{advice, drawing};
use jupyter::CellError;
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;
use toolchain::explain::Explained;
use toolchain::messages::{code, lines, text};

/// Why a borrowed value is none of a notebook's variables.
const KEPT: &str = "variables are kept for later cells, so they can't hold references to other variables; inside of a block `{ … }` they may";

/// The error of a cell with the execution count `cell`.
pub(crate) fn describe(explained: &Explained, cell: u32, locate: Locate<'_>) -> CellError {
    let whole: String = explained.errors.iter().map(words).collect();
    let lesson = advice::lesson(&explained.errors, &strip_ansi(&whole));
    let mut told: Vec<Told> = Vec::new();
    for error in &explained.errors {
        let one = Told::new(error, explained, locate, lesson.is_some());
        // A mistake is often reported once for the cell as it stands and once for the code around
        // it.
        if !told.iter().any(|other| other.text == one.text) {
            told.push(one);
        }
    }
    // A mistake in one line may have others follow in what stands around the cell.
    if told.iter().any(|one| one.place.is_some()) {
        told.retain(|one| one.place.is_some());
    }
    let Some(first) = told.first() else {
        return errors::plain(
            "compile error",
            "rustc failed without an error that is about this cell; `:last_error_json` has what it said",
        );
    };
    let place = first.place.filter(|_| cell > 0);
    let place = place.map(|(cell, line)| format!(" ([{cell}], line {line})"));
    let evalue = format!("{}{}", first.summary, place.unwrap_or_default());
    let ename = first.ename.clone();
    let mut traceback: Vec<String> = Vec::new();
    for one in &told {
        if !traceback.is_empty() {
            traceback.push(String::new());
        }
        let lines: Vec<&str> = one.text.lines().collect();
        let end = lines.iter().rposition(|line| !is_bare(line));
        let drawn = lines.iter().take(end.map_or(0, |end| end + 1));
        traceback.extend(drawn.map(|line| (*line).to_owned()));
    }
    traceback.extend(lesson.map(|note| addition("lesson", note)));
    CellError {
        ename,
        evalue,
        traceback,
    }
}

/// One of rustc's errors, as it is shown.
struct Told {
    ename: String,
    summary: String,
    /// The first cell and line that it points at.
    place: Option<(u32, u32)>,
    text: String,
}

impl Told {
    fn new(error: &Value, explained: &Explained, locate: Locate<'_>, is_explained: bool) -> Told {
        let places = lines(error);
        let place = places.iter().find_map(|line| locate(*line, 1));
        let place = place.map(|(cell, line, _)| (cell, line));
        let rendered = error["rendered"].as_str().unwrap_or_default();
        let mut shown = shown(error, rendered, locate);
        let summary = relocate(text(error), locate);
        let mut summary = first_line(&of_the_cell(error, &summary, locate));
        let mut ename = match code(error) {
            "" => "compile error",
            code => code,
        };
        let leaves_the_cell = || places.iter().any(|line| locate(*line, 1).is_none());
        if code(error) == "E0597" && leaves_the_cell() {
            if let Some(name) = places.iter().find_map(|line| explained.kept(*line)) {
                ename = "compile error";
                summary = format!(
                    "`{name}` borrows from a variable, so it cannot be kept for later cells"
                );
                shown = with_header(&shown, &summary);
            }
            if !is_explained {
                shown = format!("{}\n{}\n", shown.trim_end(), addition("note", KEPT));
            }
        }
        Told {
            ename: ename.to_owned(),
            summary,
            place,
            text: shown,
        }
    }
}

/// rustc's text with the places of the cell in it, and below it what was not imported, if that is
/// the mistake.
fn shown(error: &Value, rendered: &str, locate: Locate<'_>) -> String {
    let relocated = relocate(rendered, locate);
    let relocated = without_generated(&of_the_cell(error, &relocated, locate));
    let mut shown = drawing::mended(&relocated);
    if code(error) == "E0268" {
        shown = advice::without_guesses(&shown);
    }
    if let Some(import) = advice::import(error) {
        shown = advice::without_guesses(&shown) + &addition("help", &import) + "\n";
    }
    if let Some(note) = advice::in_a_cell(error) {
        shown = format!("{}\n{}\n", shown.trim_end(), addition("note", note));
    }
    shown
}

/// `?` in a cell is in a closure only because evcxr makes one of the cell, and the brace behind an
/// unfinished cell is not the person's.
fn of_the_cell(error: &Value, text: &str, locate: Locate<'_>) -> String {
    let is_of_the_cell = || lines(error).iter().any(|line| locate(*line, 1).is_none());
    let text = text.replace(
        "`Result<(), EvcxrUserCodeError>`",
        "`Result<(), impl Display>`",
    );
    let text = text.replace("`EvcxrUserCodeError`", "the cell's error");
    let text = in_the_folder(error, &text);
    if code(error) == "E0277" && text.contains("operator can only be used") && is_of_the_cell() {
        return text.replace("in a closure that returns `Result`", "in a cell");
    }
    if code(error).is_empty() && text.contains("found `}`") && is_of_the_cell() {
        return text.replace("found `}`", "found the end of the cell");
    }
    text
}

/// Names of files as they are in the notebook's folder: to rustc, the cell is a file in `src`.
fn in_the_folder(error: &Value, text: &str) -> String {
    let is_about_files = code(error) == "E0583" || self::text(error).starts_with("couldn't read ");
    if !is_about_files {
        return text.to_owned();
    }
    text.replace("`src/", "`").replace("\"src/", "\"")
}

/// The message and all that is said below it.
fn words(error: &Value) -> String {
    format!(
        "{}\n{}",
        text(error),
        error["rendered"].as_str().unwrap_or_default()
    )
}

/// The text with another first line.
fn with_header(shown: &str, summary: &str) -> String {
    let rest = shown.split_once('\n').map_or("", |(_, rest)| rest);
    format!("{}\n{rest}", errors::header("error", summary))
}

/// Leaves out what rustc says about lines that nobody wrote: their places, notes that have no
/// other, and names that only the code around a cell has.
fn without_generated(relocated: &str) -> String {
    static BEGINS: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^(error|warning|note|help)(\[E\d+\])?: "));
    static INNER: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"[Ee]vcxr_?|`shown`|std::variables|std::display|run_user_code"));
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    for line in relocated.lines() {
        if BEGINS.is_match(&strip_ansi(line)) || blocks.is_empty() {
            blocks.push(Vec::new());
        }
        blocks.last_mut().expect("one was pushed").push(line);
    }
    let mut out = String::new();
    for (index, block) in blocks.iter().enumerate() {
        let (kept, lost) = without_generated_places(block);
        let is_empty = kept.len() <= 1 || kept[1..].iter().all(|line| is_bare(line));
        let names_inner = kept.first().is_some_and(|line| INNER.is_match(line));
        if index > 0 && (lost && is_empty || names_inner) {
            continue;
        }
        let mut was_bare = false;
        for line in kept {
            if is_bare(line) && was_bare {
                continue;
            }
            was_bare = is_bare(line);
            let is_note = strip_ansi(line).trim_start().starts_with("= ");
            if !(is_note && INNER.is_match(line)) {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// The lines of a block without the places in generated code, and whether there were any.
fn without_generated_places<'a>(block: &[&'a str]) -> (Vec<&'a str>, bool) {
    let (mut kept, mut lost, mut skips) = (Vec::new(), false, false);
    for line in block {
        let plain = strip_ansi(line);
        let is_arrow =
            plain.trim_start().starts_with("-->") || plain.trim_start().starts_with(":::");
        if is_arrow {
            skips = plain.trim_end().ends_with(GENERATED);
            lost |= skips;
        } else if !is_bare(line) {
            skips = false;
        }
        if !skips {
            kept.push(*line);
        }
    }
    (kept, lost)
}

/// Whether a line of a drawing holds nothing.
fn is_bare(line: &str) -> bool {
    matches!(strip_ansi(line).trim(), "" | "|" | "...")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn locate(line: u32, column: u32) -> Option<(u32, u32, u32)> {
        (line == 20).then_some((3, 2, column))
    }

    fn explained(errors: Vec<Value>) -> Explained {
        let source = format!(
            "{}let r = &name;\nevcxr_variable_store.put_variable::<&str>(stringify!(r), r);\n",
            "\n".repeat(19)
        );
        Explained { source, errors }
    }

    fn error(code: &str, message: &str, at: &[u32], rendered: &str) -> Value {
        let spans: Vec<Value> = at
            .iter()
            .map(|line| json!({"file_name": "src/lib.rs", "line_start": line, "is_primary": true}))
            .collect();
        json!({"level": "error", "message": message, "code": {"code": code}, "spans": spans, "rendered": rendered})
    }

    #[test]
    fn the_name_the_line_and_the_words_are_rustcs() {
        let rendered = "error[E0308]: mismatched types\n  --> src/lib.rs:20:5\n   |\n20 | let r = 1;\n   |     ^\n";
        let found = explained(vec![error("E0308", "mismatched types", &[20], rendered)]);
        let shown = describe(&found, 3, &locate);
        assert_eq!(shown.ename, "E0308");
        assert_eq!(shown.evalue, "mismatched types ([3], line 2)");
        assert!(shown.traceback[1].contains("[3]:2:5"), "{shown:?}");
    }

    #[test]
    fn what_follows_elsewhere_is_left_out() {
        let first = error(
            "E0432",
            "unresolved import",
            &[20],
            "error: unresolved import\n",
        );
        let second = error(
            "E0425",
            "cannot find value",
            &[7],
            "error: cannot find value\n",
        );
        let shown = describe(&explained(vec![second.clone(), first]), 3, &locate);
        assert_eq!(shown.traceback, ["error: unresolved import"]);
        let shown = describe(&explained(vec![second]), 3, &locate);
        assert_eq!(shown.traceback, ["error: cannot find value"]);
        assert!(
            !describe(&explained(vec![]), 3, &locate)
                .traceback
                .is_empty()
        );
    }

    #[test]
    fn a_variable_that_borrows_is_named() {
        let rendered = "error[E0597]: `name` does not live long enough\n  --> src/lib.rs:20:9\n   |\n20 | let r = &name;\n   |         ^^^^^\n";
        let borrowed = error(
            "E0597",
            "`name` does not live long enough",
            &[20, 21],
            rendered,
        );
        let shown = describe(&explained(vec![borrowed]), 3, &locate);
        assert_eq!(shown.ename, "compile error");
        assert!(
            shown.evalue.starts_with("`r` borrows from a variable"),
            "{shown:?}"
        );
        assert!(
            shown.traceback.join("\n").contains("inside of a block"),
            "{shown:?}"
        );
    }

    #[test]
    fn notes_about_generated_code_go() {
        let text = "error[E0277]: x\n  --> [3]:2:1\n   |\n2  | f()?\n   |\nnote: required for `EvcxrUserCodeError` to implement `From<E>`\n  --> generated code\n   |\nnote: kept\n   = note: required by `evcxr_display`\n";
        assert_eq!(
            without_generated(text),
            "error[E0277]: x\n  --> [3]:2:1\n   |\n2  | f()?\n   |\nnote: kept\n"
        );
    }
}
