//! What is different in a copy of a crate's sources.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What is different in a crate.
pub(super) struct Copied {
    /// The package.
    pub(super) package: &'static str,
    /// Features with which it is compiled as it is.
    pub(super) unless: &'static [&'static str],
    /// What rustc is told besides.
    pub(super) flags: &'static [&'static str],
    /// A crate that it gets besides: its name there, and its file beside our `std`.
    pub(super) library: Option<(&'static str, &'static str)>,
    /// What is different, in the order in which that is done. All of it must have its place.
    pub(super) edits: &'static [Edit],
    /// What is different besides, where all that a group is about has its place.
    pub(super) groups: &'static [&'static [Edit]],
}

/// One thing that is different.
pub(super) enum Edit {
    /// A file of ours stands in the place of the crate's; the unit tests there are kept.
    File {
        /// The crate's, in its `src`.
        file: &'static str,
        /// Ours.
        ours: &'static str,
    },
    /// Each place with this text, of which there is at least one, has another.
    Text {
        file: &'static str,
        text: &'static str,
        instead: &'static str,
    },
    /// Each place with this text, of which there is at least one, has something beside it.
    Beside {
        file: &'static str,
        text: &'static str,
        before: &'static str,
        after: &'static str,
    },
    /// Each line that begins and ends so, of which there is at least one, has something else around
    /// what is between.
    Line {
        file: &'static str,
        line: (&'static str, &'static str),
        instead: (&'static str, &'static str),
    },
    /// Stands at the end of a file.
    Append {
        file: &'static str,
        text: &'static str,
    },
}

/// [`Edit::Text`].
pub(super) const fn text(file: &'static str, text: &'static str, instead: &'static str) -> Edit {
    Edit::Text {
        file,
        text,
        instead,
    }
}

/// [`Edit::Beside`]: before it.
pub(super) const fn before(file: &'static str, text: &'static str, before: &'static str) -> Edit {
    Edit::Beside {
        file,
        text,
        before,
        after: "",
    }
}

/// [`Edit::Beside`]: after it.
pub(super) const fn after(file: &'static str, text: &'static str, after: &'static str) -> Edit {
    Edit::Beside {
        file,
        text,
        before: "",
        after,
    }
}

/// [`Edit::Line`].
pub(super) const fn line(
    file: &'static str,
    line: (&'static str, &'static str),
    instead: (&'static str, &'static str),
) -> Edit {
    Edit::Line {
        file,
        line,
        instead,
    }
}

/// Does all of it in the copy of a `src`, or nothing; `ours` is the folder of our files.
pub(super) fn apply(edits: &[Edit], copy: &Path, ours: &Path) -> Result<(), String> {
    let mut files: BTreeMap<PathBuf, String> = BTreeMap::new();
    for edit in edits {
        let path = copy.join(edit.file());
        let before = match files.get(&path) {
            Some(text) => text.clone(),
            None => read(&path)?,
        };
        let after = edit.changed(&before, ours)?;
        files.insert(path, after);
    }
    for (path, text) in &files {
        fs::write(path, text).map_err(|error| format!("cannot write {path:?}: {error}"))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {path:?}: {error}"))
}

impl Edit {
    fn file(&self) -> &'static str {
        let (Edit::File { file, .. }
        | Edit::Text { file, .. }
        | Edit::Beside { file, .. }
        | Edit::Line { file, .. }
        | Edit::Append { file, .. }) = self;
        file
    }

    /// The file as it is then.
    fn changed(&self, source: &str, ours: &Path) -> Result<String, String> {
        let everywhere = |text: &str, instead: &str| {
            source.contains(text).then(|| source.replace(text, instead))
        };
        let changed = match self {
            Edit::File { ours: name, .. } => {
                let ours = read(&ours.join(name))?;
                Some(format!("{ours}\n{}", tests_in(source)))
            }
            Edit::Text { text, instead, .. } => everywhere(text, instead),
            Edit::Beside {
                text,
                before,
                after,
                ..
            } => everywhere(text, &format!("{before}{text}{after}")),
            Edit::Line { line, instead, .. } => with_lines(source, *line, *instead),
            Edit::Append { text, .. } => Some(format!("{source}\n{text}")),
        };
        changed.ok_or_else(|| format!("{} has not what is looked for", self.file()))
    }
}

/// The module of unit tests at the end of a file.
fn tests_in(source: &str) -> &str {
    let begin = source.find("\n#[cfg(test)]\nmod ");
    begin.map_or("", |begin| &source[begin..])
}

fn with_lines(source: &str, line: (&str, &str), instead: (&str, &str)) -> Option<String> {
    let between = |it: &str| {
        let inner = it.trim_start().strip_prefix(line.0)?.strip_suffix(line.1)?;
        Some(format!("{}{inner}{}", instead.0, instead.1))
    };
    let mut found = false;
    let lines = source.lines().map(|it| match between(it) {
        Some(changed) => {
            found = true;
            changed
        }
        None => it.to_owned(),
    });
    let lines: Vec<String> = lines.collect();
    found.then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{Edit, after, apply, before, tests_in, text, with_lines};

    #[test]
    fn a_line_keeps_what_is_between() {
        let changed = with_lines(
            "a\n  defer!(x.lock());\n",
            ("defer!(", ");"),
            ("in(", ") out"),
        );
        assert_eq!(changed.as_deref(), Some("a\nin(x.lock()) out"));
        assert_eq!(with_lines("a\n", ("defer!(", ");"), ("", "")), None);
    }

    #[test]
    fn unit_tests_stay() {
        assert_eq!(
            tests_in("fn a() {}\n\n#[cfg(test)]\nmod tests {}\n"),
            "\n#[cfg(test)]\nmod tests {}\n"
        );
        assert_eq!(tests_in("fn a() {}\n"), "");
    }

    #[test]
    fn all_is_done_or_nothing() {
        let copy = tempfile::tempdir().unwrap();
        let source = copy.path().join("lib.rs");
        std::fs::write(&source, "mod a;\nfn f() { g(); g(); }\n").unwrap();
        let doing = |edits: &[Edit]| {
            let done = apply(edits, copy.path(), copy.path());
            (done.is_ok(), std::fs::read_to_string(&source).unwrap())
        };
        let calls = || before("lib.rs", "g();", "t(); ");
        let (done, now) = doing(&[calls(), text("lib.rs", "mod b;", "mod c;")]);
        assert!(!done && now.contains("mod a;") && !now.contains("t();"));
        let (done, now) = doing(&[
            calls(),
            text("lib.rs", "mod a;", "mod c;"),
            after("lib.rs", "{ t();", " u();"),
        ]);
        assert!(done);
        assert_eq!(now, "mod c;\nfn f() { t(); u(); g(); t(); g(); }\n");
    }
}
