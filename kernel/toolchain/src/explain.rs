//! Why a cell doesn't compile, in rustc's words about what the person wrote.
//!
//! What evcxr makes of a cell puts a closure around it, shows its last expression by a method, and
//! keeps its variables. Errors then speak of captured variables, of the method, or of lines that
//! nobody wrote. So a cell that failed is looked at once more without all that: its errors are
//! those that it has as a function's body. Only if it has none, the first answer counts; and if
//! what is around the cell has no part in its errors ([`unwrapped`]), which saves the second look.

mod unwrapped;

use crate::error::Error;
use crate::messages::{code, errors, lines};
use crate::notes::RunningCompiler;
use crate::recipe::Recipe;
use crate::settings::Settings;
use crate::stand_in::Failure;
use crate::stand_in::generated::{display::Place, kept};
use serde_json::Value;
use std::fs;
use std::path::Path;
use unwrapped::{CLOSES, OPENS};

/// Errors, and the source whose lines they speak of.
#[derive(Debug)]
pub struct Explained {
    /// As it was compiled.
    pub source: String,
    /// rustc's errors, in JSON.
    pub errors: Vec<Value>,
}

impl Explained {
    /// The variable that would have been kept by a line (1-based) of the source.
    pub fn kept(&self, line: u32) -> Option<&str> {
        kept(self.source.lines().nth(line.checked_sub(1)? as usize)?)
    }
}

/// What the cell's last failed attempt comes down to; `None` if rustc had no part in it.
pub fn explain(workspace: &Path) -> Option<Explained> {
    let failure = Failure::last(workspace)?;
    let first = Explained {
        errors: errors(&failure.messages),
        source: failure.source,
    };
    let own = |error| unwrapped::is_of_the_cell(error, &first.source, failure.has_long_paths);
    if !first.errors.is_empty() && first.errors.iter().all(own) {
        return Some(first);
    }
    let plain = plain(&first, workspace);
    // What has no error as a program of its own has one in how its variables are kept.
    let mut found = [without_keeping(&plain), plain]
        .into_iter()
        .filter_map(|source| check(workspace, source).ok())
        .find(|found| !found.errors.iter().all(|error| is_moved_away(error, found)))
        .unwrap_or_else(|| checked(workspace, first));
    let moved: Vec<bool> = found
        .errors
        .iter()
        .map(|error| is_moved_away(error, &found))
        .collect();
    if moved.contains(&false) {
        let mut moved = moved.into_iter();
        found.errors.retain(|_| moved.next() == Some(false));
    }
    Some(found)
}

/// The same cell's errors with short paths: a cell that defines variables is compiled with long
/// ones.
fn checked(workspace: &Path, first: Explained) -> Explained {
    match check(workspace, first.source.clone()) {
        Ok(found) if !found.errors.is_empty() => found,
        _ => first,
    }
}

/// The cell without what evcxr puts around it.
fn plain(first: &Explained, workspace: &Path) -> String {
    let cannot_be_shown = first
        .errors
        .iter()
        .any(|error| error.to_string().contains("evcxr_display"));
    let needed = match Settings::load(workspace) {
        Ok(settings) if cannot_be_shown => Some(settings.display.format_trait()),
        _ => None,
    };
    let text = without_catching(&first.source);
    let Some(place) = Place::find(&text) else {
        return text;
    };
    let lines: Vec<&str> = text.lines().collect();
    let expression = lines[place.opens + 1..place.closes].join("\n");
    let (before, after) = around(&expression, needed.as_deref());
    place.replaced(&text, &before, after)
}

/// The lines around the last expression, such that rustc's errors are about nothing else. `needed`
/// is the trait that showing it takes, if that is what it lacks.
fn around(expression: &str, needed: Option<&str>) -> (String, &'static str) {
    const BLOCKS: [&str; 8] = [
        "if ", "match ", "loop ", "while ", "for ", "unsafe ", "async ", "{",
    ];
    let expression = expression.trim_start();
    if let Some(needed) = needed {
        let function = format!("{{ fn shown<T: {needed}>(_: T) {{}} shown(");
        match expression.starts_with('#') {
            true => (function + "{", "}); }"),
            false => (function, "); }"),
        }
    } else if BLOCKS.iter().any(|word| expression.starts_with(word)) {
        ("let _ =".into(), ";")
    } else if is_variable(expression) {
        // If it has been moved away, it can't be moved again.
        ("let _shown =".into(), ";")
    } else if is_place(expression) {
        // What can't be moved.
        ("match".into(), "{ _ => {} }")
    } else {
        (String::new(), ";")
    }
}

/// Whether an expression is a variable alone, and no constant or static.
fn is_variable(expression: &str) -> bool {
    let code = without_comments(expression);
    code.starts_with(|c: char| c.is_lowercase() || c == '_')
        && code.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The lines of an expression as one, without `//` and what follows.
fn without_comments(expression: &str) -> String {
    let lines = expression.lines();
    lines
        .map(|line| line.split("//").next().unwrap_or_default().trim())
        .collect()
}

/// Whether an expression is a variable, a field, an element or what a pointer leads to.
fn is_place(expression: &str) -> bool {
    let mut depth = 0;
    let code = without_comments(expression);
    !code.is_empty()
        && code.chars().all(|c| {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            depth > 0 || c.is_alphanumeric() || "_.:*]".contains(c)
        })
}

/// The source without the closure that catches panics, so that variables are the function's own. A
/// `return` ends that closure, and would be wrong without it.
fn without_catching(source: &str) -> String {
    const TAIL: [&str; 5] = [
        "  ::std::result::Result::Ok(_) => {}",
        "  ::std::result::Result::Err(_) => {",
        "    ::std::println!(\"EVCXR_PANIC_NOTIFICATION\");",
        "}",
        "}}",
    ];
    let mut lines: Vec<&str> = source.lines().collect();
    let opens = lines.iter().position(|line| OPENS.contains(line));
    let closes = lines.iter().rposition(|line| CLOSES.contains(line));
    let (Some(opens), Some(closes)) = (opens, closes) else {
        return source.to_owned();
    };
    let returns = |line: &&str| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| word == "return")
    };
    if lines[opens..closes].iter().any(returns) {
        return source.to_owned();
    }
    let has_store = lines[opens] == OPENS[1];
    if has_store {
        lines[opens] = "";
        lines[opens + 1] = "{";
    } else {
        lines[opens] = "{";
    }
    lines[closes] = "}";
    let tail = if has_store { 4 } else { 2 };
    for line in lines.iter_mut().skip(closes + 1).take(tail) {
        if TAIL.contains(line) {
            *line = "";
        }
    }
    lines.join("\n") + "\n"
}

/// The source without the lines that keep variables: an unfinished cell would run into them, and a
/// borrow last until them.
fn without_keeping(source: &str) -> String {
    let lines = source.lines();
    let lines = lines.map(|line| if kept(line).is_some() { "" } else { line });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// Whether an error says only that a variable is not there any more when it would be kept: then it
/// isn't kept.
fn is_moved_away(error: &Value, explained: &Explained) -> bool {
    let line = lines(error).first().copied();
    matches!(code(error), "E0382" | "E0503" | "E0505")
        && line.is_some_and(|l| explained.kept(l).is_some())
}

/// rustc's errors about a source.
fn check(workspace: &Path, source: String) -> Result<Explained, Error> {
    let edition = Settings::load(workspace)?.edition;
    let recipe = Recipe::read(&Recipe::path(workspace))?.for_edition(&edition);
    let folder = workspace.join("explain");
    let file = folder.join("src/lib.rs");
    fs::create_dir_all(folder.join("src")).map_err(Error::file("create", &folder))?;
    fs::write(&file, &source).map_err(Error::file("write", &file))?;
    let mut command = recipe.look(workspace, &folder);
    command.arg("-Awarnings");
    let output = RunningCompiler::run(workspace, &mut command)?;
    Ok(Explained {
        errors: errors(&String::from_utf8_lossy(&output.stderr)),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closure_around_a_cell_goes_and_lines_stay() {
        let source = "fn run(\nmatch ::std::panic::catch_unwind(\n  ::std::panic::AssertUnwindSafe(||{\nlet a = 1;\n})) { \n  ::std::result::Result::Ok(_) => {}\n  ::std::result::Result::Err(_) => {\n    ::std::println!(\"EVCXR_PANIC_NOTIFICATION\");\n}}\nstore\n}\n";
        let plain = without_catching(source);
        assert_eq!(plain, "fn run(\n\n{\nlet a = 1;\n}\n\n\n\n\nstore\n}\n");
        let returns = source.replace("let a = 1;", "if b { return; }");
        assert_eq!(without_catching(&returns), returns);
    }

    #[test]
    fn a_last_expression_stands_alone() {
        let before = |expression| around(expression, None).0;
        assert_eq!(before("s\n// moved?"), "let _shown =");
        assert_eq!(before("self.names[i + 1].0 // the first"), "match");
        assert_eq!(before("f(s)"), "");
        assert_eq!(before("a == b"), "");
        assert_eq!(before("if a { 1 } else { 2 }"), "let _ =");
        assert!(around("|x| x", Some("Debug")).0.ends_with("shown("));
        let (before, after) = around("#[cfg(unix)]\n{ 1 }", Some("Debug"));
        assert!(before.ends_with("shown({") && after.starts_with("})"));
    }
}
