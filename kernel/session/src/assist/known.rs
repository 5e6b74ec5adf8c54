//! What can be completed and inspected while the engine is busy: the session's names, and the
//! standard library's modules as the engine listed them once.

use std::collections::BTreeMap;
use std::sync::Arc;

use jupyter::{CompletionType, Completions};

/// The modules whose names are listed, one at a time while nobody wants anything.
pub const MODULES: [&str; 14] = [
    "std",
    "std::sync",
    "std::thread",
    "std::sync::mpsc",
    "std::sync::atomic",
    "std::time",
    "std::collections",
    "std::cell",
    "std::rc",
    "std::io",
    "std::fmt",
    "std::panic",
    "std::process",
    "std::hint",
];

/// A name that can be completed without the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The name.
    pub name: String,
    /// `variable`, `function`, `keyword` …
    pub kind: String,
    /// The variable's type, or the item's signature.
    pub detail: String,
}

/// All names known at a moment; cheap to copy.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The session's own, and keywords.
    pub words: Arc<Vec<Word>>,
    /// By module.
    pub modules: Arc<BTreeMap<&'static str, Vec<Word>>>,
}

impl Known {
    /// Completions at `cursor` (in code points) of `code`.
    pub fn complete(&self, code: &str, cursor: usize) -> Completions {
        let before: Vec<char> = code.chars().take(cursor).collect();
        let start = word_start(&before);
        let typed: String = before[start..].iter().collect();
        let words = match before[..start] {
            [.., ':', ':'] => self.module(&path_before(&before[..start])),
            [.., '.' | ':'] => &[],
            _ => self.words.as_slice(),
        };
        let found: Vec<&Word> = words
            .iter()
            .filter(|word| word.name.starts_with(&typed))
            .collect();
        Completions {
            start,
            end: before.len(),
            types: found
                .iter()
                .map(|word| CompletionType {
                    kind: word.kind.clone(),
                    signature: word.detail.clone(),
                })
                .collect(),
            matches: found.iter().map(|word| word.name.clone()).collect(),
        }
    }

    /// One line about a name, or a path to one: the session's own first, then the standard
    /// library's.
    pub fn about(&self, path: &str) -> Option<String> {
        let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
        let own = self.words.iter().filter(|_| module.is_empty());
        let listed = self.modules.iter().flat_map(|(within, words)| {
            let words = words.iter().map(move |word| (*within, word));
            words.filter(|_| module.is_empty() || is_named(within, module))
        });
        let (within, word) = own
            .map(|word| ("", word))
            .chain(listed)
            .find(|(_, word)| word.name == name)?;
        let full = match within {
            "" => name.to_owned(),
            within => format!("{within}::{name}"),
        };
        Some(match word.detail.as_str() {
            // The engine has no more to say of most items than their name.
            detail if detail.is_empty() || detail == name => format!("{} {full}", word.kind),
            detail => format!("{full}: {detail}"),
        })
    }

    /// What a module holds.
    fn module(&self, path: &str) -> &[Word] {
        let mut found = self.modules.iter();
        found
            .find(|(module, _)| is_named(module, path))
            .map_or(&[], |(_, words)| words)
    }
}

/// Whether `path` names `module`: in full or, as after `use std::sync;`, by its end.
fn is_named(module: &str, path: &str) -> bool {
    module
        .strip_suffix(path)
        .is_some_and(|before| before.is_empty() || before.ends_with("::"))
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the word at the end of `before` begins.
fn word_start(before: &[char]) -> usize {
    before
        .iter()
        .rposition(|c| !is_of_word(*c))
        .map_or(0, |at| at + 1)
}

/// `std::sync` of `use std::sync::`.
fn path_before(before: &[char]) -> String {
    let start = before
        .iter()
        .rposition(|c| !is_of_word(*c) && *c != ':')
        .map_or(0, |at| at + 1);
    let path: String = before[start..].iter().collect();
    path.trim_matches(':').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let word = |name: &str, kind: &str, detail: &str| Word {
            name: name.to_owned(),
            kind: kind.to_owned(),
            detail: detail.to_owned(),
        };
        let threads = vec![
            word("sleep", "function", "fn sleep(dur: Duration)"),
            word("spawn", "function", "spawn"),
        ];
        Known {
            words: Arc::new(vec![word("spots", "variable", "Vec<i32>")]),
            modules: Arc::new(BTreeMap::from([("std::thread", threads)])),
        }
    }

    #[test]
    fn paths_are_completed_by_their_module() {
        let matches = |code: &str| known().complete(code, code.chars().count()).matches;
        assert_eq!(matches("sp"), ["spots"]);
        assert_eq!(matches("let é = std::thread::sp"), ["spawn"]);
        assert_eq!(matches("thread::s"), ["sleep", "spawn"]);
        assert!(matches("elsewhere::s").is_empty());
        assert!(matches("spots.s").is_empty());
        let found = known().complete("thread::sp(", 10);
        assert_eq!((found.start, found.end), (8, 10));
    }

    #[test]
    fn names_are_told_in_a_line() {
        let about = |name: &str| known().about(name);
        assert_eq!(about("spots").as_deref(), Some("spots: Vec<i32>"));
        assert_eq!(
            about("sleep").as_deref(),
            Some("std::thread::sleep: fn sleep(dur: Duration)")
        );
        assert_eq!(about("thread::sleep"), about("sleep"));
        assert_eq!(
            about("spawn").as_deref(),
            Some("function std::thread::spawn")
        );
        assert_eq!(about("nothing"), None);
        assert_eq!(about("time::sleep"), None);
    }
}
