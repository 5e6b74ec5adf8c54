//! Completion behind the name of a command: `:report s`, `:check no finding d`, `:dep ray`.

use crate::commands::parse::EDITIONS;
use crate::commands::{check, help};
use jupyter::{CompletionType, Completions};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What may follow commands that take one of a few words.
const WORDS: [(&str, &[&str]); 12] = [
    (":edition", &EDITIONS),
    (":fmt", &["{:?}", "{:#?}", "{}"]),
    (":efmt", &["{}", "{:?}", "{:#?}"]),
    (":linker", &["system", "lld", "mold"]),
    (":offline", &["0", "1"]),
    (":opt", &["0", "1", "2", "3"]),
    (":preserve_vars_on_panic", &["0", "1"]),
    (":record", &["full", "counts", "off"]),
    (":report", &["off", "summary", "full", "json"]),
    (":tasks", &["on", "off"]),
    (":threads", &["on", "off"]),
    (":trace", &["save"]),
];

/// What is asked for at the cursor.
#[derive(Debug, PartialEq)]
pub(crate) enum Argument {
    /// One of these.
    Words(Completions),
    /// Rust, which begins at this code point.
    Code(usize),
}

/// What may stand at `cursor` (in code points) behind a command; `None` when that is in no
/// command's line.
pub(crate) fn complete(code: &str, cursor: usize) -> Option<Argument> {
    let before: String = code.chars().take(cursor).collect();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let line_start = before.chars().count() - line.chars().count();
    let indent = line.chars().take_while(|c| *c == ' ').count();
    let (name, arguments) = line.trim_start_matches(' ').split_once(' ')?;
    if !name.starts_with(':') {
        return None;
    }
    let first = line_start + indent + name.chars().count() + 1;
    if matches!(name, ":doc" | ":send" | ":traits" | ":t" | ":type") {
        return Some(Argument::Code(first));
    }
    let (choices, typed) = match name {
        ":dep" => (crates(&index_folders(), arguments), arguments),
        ":check" => conditions(arguments),
        ":help" => (help::topics(), arguments),
        _ => {
            let words = WORDS.iter().find(|(command, _)| *command == name);
            let words = words.map_or(&[][..], |(_, words)| words);
            (
                words.iter().map(|word| (*word).to_owned()).collect(),
                arguments,
            )
        }
    };
    let matches: Vec<String> = choices
        .into_iter()
        .filter(|choice| choice.starts_with(typed))
        .collect();
    let end = before.chars().count();
    Some(Argument::Words(Completions {
        start: end - typed.chars().count(),
        end,
        types: matches
            .iter()
            .map(|_| CompletionType {
                kind: "magic".into(),
                signature: String::new(),
            })
            .collect(),
        matches,
    }))
}

/// What a condition may go on with, and what of that is typed already.
fn conditions(typed: &str) -> (Vec<String>, &str) {
    for (before, words) in check::continuations() {
        if let Some(rest) = typed.strip_prefix(before) {
            return (words, rest);
        }
    }
    let starts = ["no finding", "finding", "outcome is", "output contains"];
    let starts = starts.map(str::to_owned).into_iter();
    (starts.chain(check::numbers()).collect(), typed)
}

/// Where cargo keeps what it knows of registries.
fn index_folders() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let indices = home.map(|home| home.join("registry/index"));
    folders(indices.as_deref())
        .map(|index| index.join(".cache"))
        .collect()
}

fn folders(path: Option<&Path>) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = path.and_then(|path| fs::read_dir(path).ok());
    entries.into_iter().flatten().flatten().map(|it| it.path())
}

/// The crates that this machine's cargo has looked up before and whose names begin with `typed`.
fn crates(indices: &[PathBuf], typed: &str) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut left = indices.to_vec();
    while let Some(folder) = left.pop() {
        for path in folders(Some(&folder)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                left.push(path);
            } else if name.starts_with(typed) {
                found.insert(name.into_owned());
            }
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(code: &str) -> Vec<String> {
        match complete(code, code.chars().count()) {
            Some(Argument::Words(found)) => found.matches,
            other => panic!("{code}: {other:?}"),
        }
    }

    #[test]
    fn the_few_words_of_a_command_are_offered() {
        assert_eq!(matches("let é = 1;\n:report s"), ["summary"]);
        assert_eq!(matches(":threads "), ["on", "off"]);
        assert!(matches(":clear x").is_empty());
        assert_eq!(complete("let a = b", 9), None);
    }

    #[test]
    fn conditions_go_on() {
        assert_eq!(matches(":check con"), ["contended"]);
        assert!(matches(":check no finding dead").contains(&"deadlock".to_owned()));
        assert_eq!(matches(":check outcome is pan"), ["panicked"]);
    }

    #[test]
    fn rust_is_left_to_those_who_know_it() {
        assert_eq!(complete("\n :doc std::th", 13), Some(Argument::Code(7)));
    }

    #[test]
    fn crates_that_cargo_knows_are_offered() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["ra/yo/rayon", "ra/yo/rayon-core", "ra/nd/rand", "1/a"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let indices = [folder.path().to_owned()];
        assert_eq!(crates(&indices, "ray"), ["rayon", "rayon-core"]);
        assert!(crates(&indices, "rx").is_empty());
    }
}
