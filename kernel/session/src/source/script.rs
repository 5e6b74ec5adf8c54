//! A file as a cell: a program, with what stands above its code.
//!
//! Lines keep their numbers: what is no Rust becomes a blank line. Dependencies stand in the
//! frontmatter of cargo's scripts, or as `:dep` lines, as in a cell.

use crate::commands::parse::EDITIONS;
use crate::source::source_map::{runs_nothing, rust_start};
use jupyter::CellError;
use regex::{Captures, Regex};
use report::Place;
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What a fence of the frontmatter consists of, at least.
const FENCE: &str = "---";

/// Tables of the frontmatter that have no part in what the program does.
const IDLE: [&str; 3] = ["package", "profile", "lints"];

/// A program in a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Script {
    /// The file, as the person wrote it.
    pub path: String,
    /// Where it lies: `mod` and `include_str!` begin there.
    pub folder: PathBuf,
    /// Its text, as a cell.
    pub code: String,
    /// Commands that bring what it depends on.
    pub commands: String,
    /// The edition of Rust that it asks for.
    pub edition: Option<String>,
}

impl Script {
    /// Reads a file.
    ///
    /// # Errors
    /// One sentence for the person: it can't be read, or what stands above its code is no
    /// frontmatter.
    pub(crate) fn read(path: &str) -> Result<Script, String> {
        let text =
            fs::read_to_string(path).map_err(|error| format!("cannot read `{path}`: {error}"))?;
        let absolute = fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
        let (code, manifest) =
            take_apart(&text).map_err(|line| format!("{path}:{line}: {UNENDED}"))?;
        let manifest: Table = manifest.parse().map_err(|error: toml::de::Error| {
            format!(
                "the frontmatter of `{path}` is no TOML: {}",
                error.message()
            )
        })?;
        let of_the_file = |what: String| format!("{path}: {what}");
        let script = Script {
            path: path.to_owned(),
            folder: absolute.parent().unwrap_or(Path::new("/")).to_owned(),
            code,
            commands: commands(&manifest).map_err(of_the_file)?,
            edition: edition(&manifest).map_err(of_the_file)?,
        };
        match runs_nothing(&script.code[rust_start(&script.code)..]) {
            true => Err(format!("`{path}` has no `fn main()`: nothing would run")),
            false => Ok(script),
        }
    }

    /// A place in the program's own cell as one of the file.
    pub(crate) fn name_place(&self, place: Place) -> Place {
        match place {
            Place::Cell { line, column, .. } => Place::Dependency {
                krate: self.path.clone(),
                file: String::new(),
                line,
                column,
                called_at: None,
            },
            other => other,
        }
    }

    /// Lets an error speak of the file instead of the cell.
    pub(crate) fn name_places(&self, error: CellError, cell: u32) -> CellError {
        // `[3]:2:5`, `[3], line 2`, `[3] line 2`
        let Ok(place) = Regex::new(&format!(r"\[{cell}\](?::|,? line )(\d+)")) else {
            return error;
        };
        let renamed = |text: &str| {
            let at = |found: &Captures<'_>| format!("{}:{}", self.path, &found[1]);
            place.replace_all(text, at).into_owned()
        };
        CellError {
            evalue: renamed(&error.evalue),
            traceback: error.traceback.iter().map(|line| renamed(line)).collect(),
            ename: error.ename,
        }
    }
}

/// What is wrong with a frontmatter that goes on to the end of the file.
const UNENDED: &str = "the frontmatter that begins here has no end: a line `---` as its first one";

/// The text with blank lines for a `#!` line and a frontmatter, and the frontmatter's lines.
///
/// # Errors
/// The line in which a frontmatter begins that has no end.
fn take_apart(text: &str) -> Result<(String, String), usize> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines[0].starts_with("#!") && !lines[0].trim_start_matches("#!").trim().starts_with('[') {
        lines[0] = "";
    }
    let first = lines.iter().position(|line| !line.trim().is_empty());
    let Some(first) = first.filter(|first| lines[*first].starts_with(FENCE)) else {
        return Ok((lines.join("\n"), String::new()));
    };
    // After the dashes of the first may stand what it is: `---cargo`.
    let dashes = lines[first].len() - lines[first].trim_start_matches('-').len();
    let fence = &lines[first][..dashes];
    let within = &lines[first + 1..];
    let length = within.iter().position(|line| line.trim_end() == fence);
    let length = length.ok_or(first + 1)?;
    let manifest = within[..length].join("\n");
    lines[first..=first + 1 + length].fill("");
    Ok((lines.join("\n"), manifest))
}

/// The dependencies of a manifest as commands, a line each.
fn commands(manifest: &Table) -> Result<String, String> {
    let mut commands = String::new();
    for (name, value) in manifest {
        match (name.as_str(), value) {
            ("dependencies", Value::Table(dependencies)) => {
                let lines = dependencies
                    .iter()
                    .map(|(name, what)| format!(":dep {name} = {what}\n"));
                commands.extend(lines);
            }
            (name, _) if IDLE.contains(&name) => {}
            (name, _) => {
                return Err(format!(
                    "`{name}` in the frontmatter means nothing here: what is understood are `[dependencies]`, and `edition` in `[package]`"
                ));
            }
        }
    }
    Ok(commands)
}

fn edition(manifest: &Table) -> Result<Option<String>, String> {
    let Some(edition) = manifest.get("package").and_then(|it| it.get("edition")) else {
        return Ok(None);
    };
    match edition.as_str() {
        Some(year) if EDITIONS.contains(&year) => Ok(Some(year.to_owned())),
        _ => Err(format!("there is no edition {edition} of Rust")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Script, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Script::read(file.path().to_str().unwrap())
    }

    #[test]
    fn lines_keep_their_numbers() {
        for (text, code) in [
            ("fn main() {}\n", "fn main() {}\n"),
            ("#!/usr/bin/env cargo\nfn main() {}\n", "\nfn main() {}\n"),
            (
                "#![allow(unused)]\nfn main() {}\n",
                "#![allow(unused)]\nfn main() {}\n",
            ),
            ("---\n---\n\nfn main() {}", "\n\n\nfn main() {}"),
            ("#!x\n\n----cargo\na = 1\n----\nf();", ""),
            (":dep a = \"1\"\nf();", ":dep a = \"1\"\nf();"),
        ] {
            match read(text) {
                Ok(script) => assert_eq!(script.code, code),
                Err(error) => assert!(error.contains("`a` in the frontmatter"), "{error}"),
            }
        }
    }

    #[test]
    fn dependencies_become_commands() {
        let script = read(
            "---\n[dependencies]\nrayon = \"1\"\ntokio = { version = \"1\", features = [\"full\"] }\n[dependencies.own]\npath = \"a b\"\n\n[package]\nedition = \"2021\"\n---\nfn main() {}\n",
        )
        .unwrap();
        assert_eq!(
            script.commands,
            ":dep own = { path = \"a b\" }\n:dep rayon = \"1\"\n:dep tokio = { features = [\"full\"], version = \"1\" }\n"
        );
        assert_eq!(script.edition.as_deref(), Some("2021"));
        assert_eq!(script.code.trim_start_matches('\n'), "fn main() {}\n");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let error = |text| read(text).unwrap_err();
        assert!(error("\n---\n[dependencies]\n").contains(":2: the frontmatter"));
        assert!(error("---\nrayon\n---\n").contains("is no TOML"));
        assert!(error("---\n[features]\n---\n").contains("`features`"));
        assert!(error("fn mian() {}\n").contains("has no `fn main()`"));
        assert!(error("").contains("has no `fn main()`"));
        let missing = Script::read("/no/such/file.rs").unwrap_err();
        assert!(
            missing.starts_with("cannot read `/no/such/file.rs`: "),
            "{missing}"
        );
    }

    #[test]
    fn errors_speak_of_the_file() {
        let script = Script {
            path: "a.rs".into(),
            ..read("fn main() {}").unwrap()
        };
        let error = CellError {
            ename: "E0308".into(),
            evalue: "mismatched types ([3], line 4)".into(),
            traceback: vec!["  --> [3]:4:5".into(), "[4]:1, [3], x[3]".into()],
        };
        let error = script.name_places(error, 3);
        assert_eq!(error.evalue, "mismatched types (a.rs:4)");
        assert_eq!(error.traceback, ["  --> a.rs:4:5", "[4]:1, [3], x[3]"]);
    }
}
