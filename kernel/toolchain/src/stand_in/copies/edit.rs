//! What is different in a copy of a crate's sources.

use std::fs;
use std::path::Path;

/// What is different in a crate.
pub(super) struct Copied {
    /// The package.
    pub(super) package: &'static str,
    /// Features with which it is compiled as it is.
    pub(super) unless: &'static [&'static str],
    /// What is different, in the order in which that is done.
    pub(super) edits: &'static [Edit],
    /// What rustc is told besides.
    pub(super) flags: &'static [&'static str],
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

impl Edit {
    /// Does it in the copy of a `src`; `ours` is the folder of our files.
    pub(super) fn apply(&self, copy: &Path, ours: &Path) -> Result<(), String> {
        let (Edit::File { file, .. }
        | Edit::Text { file, .. }
        | Edit::Line { file, .. }
        | Edit::Append { file, .. }) = self;
        let read = |path: &Path| {
            fs::read_to_string(path).map_err(|error| format!("cannot read {path:?}: {error}"))
        };
        let path = copy.join(file);
        let before = read(&path)?;
        let after = match self {
            Edit::File { ours: name, .. } => {
                let ours = read(&ours.join(name))?;
                Some(format!("{ours}\n{}", tests_in(&before)))
            }
            Edit::Text { text, instead, .. } => {
                before.contains(text).then(|| before.replace(text, instead))
            }
            Edit::Line { line, instead, .. } => with_lines(&before, *line, *instead),
            Edit::Append { text, .. } => Some(format!("{before}\n{text}")),
        };
        let after = after.ok_or_else(|| format!("{file} has not what is looked for"))?;
        fs::write(&path, after).map_err(|error| format!("cannot write {path:?}: {error}"))
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
    use super::{Edit, tests_in, with_lines};

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
    fn what_is_not_there_is_told() {
        let copy = tempfile::tempdir().unwrap();
        std::fs::write(copy.path().join("lib.rs"), "mod a;").unwrap();
        let edit = |text| Edit::Text {
            file: "lib.rs",
            text,
            instead: "mod c;",
        };
        assert!(edit("mod b;").apply(copy.path(), copy.path()).is_err());
        assert!(edit("mod a;").apply(copy.path(), copy.path()).is_ok());
        let now = std::fs::read_to_string(copy.path().join("lib.rs")).unwrap();
        assert_eq!(now, "mod c;");
    }
}
