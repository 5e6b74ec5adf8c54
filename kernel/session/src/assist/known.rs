//! What can be completed and inspected without rust-analyzer: the session's names, and those in the
//! standard library's modules.

use std::path::PathBuf;
use std::sync::Arc;

use jupyter::{CompletionType, Completions};
use toolchain::analysis;
use toolchain::library::{self, public_names};

/// The modules whose names are known without a `use`.
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

/// A name that can be completed.
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
    /// Where the library's sources are.
    pub library: Option<PathBuf>,
    /// The session's folder.
    pub workspace: Option<PathBuf>,
}

impl Known {
    /// Completions at `cursor` (in code points) of `code`.
    pub fn complete(&self, code: &str, cursor: usize) -> Completions {
        let before: Vec<char> = code.chars().take(cursor).collect();
        let start = word_start(&before);
        let typed: String = before[start..].iter().collect();
        let (in_module, of_variable);
        let words = match before[..start] {
            [.., ':', ':'] => {
                in_module = self.module(&path_before(&before[..start]));
                in_module.as_slice()
            }
            [ref receiver @ .., '.'] => {
                of_variable = self.methods(receiver);
                of_variable.as_slice()
            }
            [.., ':'] => &[],
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
        if module.is_empty()
            && let Some(word) = self.words.iter().find(|word| word.name == name)
        {
            return Some(match word.detail.as_str() {
                "" => format!("{} {name}", word.kind),
                detail => format!("{name}: {detail}"),
            });
        }
        let modules = MODULES.iter();
        let mut modules = modules.filter(|within| module.is_empty() || is_named(within, module));
        modules.find_map(|within| {
            let words = self.module(within);
            let word = words.iter().find(|word| word.name == name)?;
            Some(format!("{} {within}::{name}", word.kind))
        })
    }

    /// The methods of the variable that stands at the end of `before`, if one does.
    fn methods(&self, before: &[char]) -> Vec<Word> {
        let start = word_start(before);
        let name: String = before[start..].iter().collect();
        if before[..start].ends_with(&['.']) {
            return Vec::new();
        }
        let variable = self.words.iter().find(|word| word.name == name);
        let Some(variable) = variable.filter(|word| word.kind == "variable") else {
            return Vec::new();
        };
        let items = self.workspace.as_deref().map(analysis::items);
        let items = items.unwrap_or_default();
        let found = types(&variable.detail).into_iter().flat_map(|kind| {
            let own = library::methods_in(&items, &kind);
            match &self.library {
                Some(library) if own.is_empty() => library::methods(library, &kind),
                _ => own,
            }
        });
        let mut words: Vec<Word> = found
            .map(|name| Word {
                name,
                kind: "function".to_owned(),
                detail: String::new(),
            })
            .collect();
        words.sort_by(|a, b| a.name.cmp(&b.name));
        words.dedup();
        words
    }

    /// What a module holds.
    fn module(&self, path: &str) -> Vec<Word> {
        let named = MODULES.iter().find(|module| is_named(module, path));
        let (Some(module), Some(library)) = (named, &self.library) else {
            return Vec::new();
        };
        let names = public_names(library, module).into_iter();
        let names = names.filter(|name| !name.ends_with("::"));
        names
            .map(|name| Word {
                kind: kind_by_spelling(&name).to_owned(),
                detail: String::new(),
                name,
            })
            .collect()
    }
}

/// What a name is by its spelling, as Rust's style has it.
fn kind_by_spelling(name: &str) -> &'static str {
    match name.chars().next() {
        Some(first) if first.is_lowercase() => "function",
        _ if name.contains(char::is_lowercase) => "class",
        _ => "instance",
    }
}

/// The names of the types whose methods a value of this type has: its own, and that of what it
/// leads to.
fn types(kind: &str) -> Vec<String> {
    const LEAD: [&str; 14] = [
        "Arc",
        "Rc",
        "Box",
        "MutexGuard",
        "RwLockReadGuard",
        "RwLockWriteGuard",
        "Ref",
        "RefMut",
        "LazyLock",
        "LazyCell",
        "ManuallyDrop",
        "Cow",
        "PeekMut",
        "AssertUnwindSafe",
    ];
    let mut found = Vec::new();
    let mut rest = kind.trim();
    loop {
        rest = rest.trim_start_matches('&').trim_start();
        if rest.starts_with('\'') {
            // A lifetime, of a reference or of a guard.
            let end = rest.find([' ', ',']).map_or(rest.len(), |at| at + 1);
            rest = rest[end..].trim_start();
            continue;
        }
        rest = rest.strip_prefix("mut ").unwrap_or(rest);
        if rest.starts_with('[') {
            found.push("[T]".to_owned());
            return found;
        }
        let end = rest.find(['<', '>', ',']).unwrap_or(rest.len());
        let name = rest[..end].rsplit("::").next().unwrap_or_default().trim();
        found.push(name.to_owned());
        match name {
            "Vec" => found.push("[T]".to_owned()),
            "String" => found.push("str".to_owned()),
            _ if LEAD.contains(&name) && rest[end..].starts_with('<') => {
                rest = &rest[end + 1..];
                continue;
            }
            _ => {}
        }
        return found;
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

    /// With a library in a folder that stays until it is dropped.
    fn known() -> (Known, tempfile::TempDir) {
        let library = tempfile::tempdir().unwrap();
        let thread = library.path().join("std/src/thread");
        std::fs::create_dir_all(&thread).unwrap();
        let text =
            "pub fn sleep(dur: Duration) {}\npub fn spawn() {}\npub struct Scope;\nfn own() {}";
        std::fs::write(thread.join("mod.rs"), text).unwrap();
        let slices = "impl<T> [T] { pub fn swap(&mut self, a: usize, b: usize) {} }";
        std::fs::write(thread.join("slices.rs"), slices).unwrap();
        let known = Known {
            words: Arc::new(vec![Word {
                name: "spots".to_owned(),
                kind: "variable".to_owned(),
                detail: "Vec<i32>".to_owned(),
            }]),
            library: Some(library.path().to_owned()),
            workspace: None,
        };
        (known, library)
    }

    #[test]
    fn paths_are_completed_by_their_module() {
        let (known, _library) = known();
        let matches = |code: &str| known.complete(code, code.chars().count()).matches;
        assert_eq!(matches("sp"), ["spots"]);
        assert_eq!(matches("let é = std::thread::sp"), ["spawn"]);
        assert_eq!(matches("thread::s"), ["sleep", "spawn"]);
        assert!(matches("elsewhere::s").is_empty());
        assert!(matches("elsewhere.s").is_empty());
        assert_eq!(matches("spots.s"), ["swap"]);
        assert!(matches("a.spots.s").is_empty());
        let found = known.complete("thread::sp(", 10);
        assert_eq!((found.start, found.end), (8, 10));
    }

    #[test]
    fn a_type_has_the_methods_of_what_it_leads_to() {
        assert_eq!(types("Arc<Mutex<i32>>"), ["Arc", "Mutex"]);
        assert_eq!(types("std::sync::Arc<Vec<i32>>"), ["Arc", "Vec", "[T]"]);
        assert_eq!(types("&'static mut [u8]"), ["[T]"]);
        assert_eq!(
            types("MutexGuard<'static, String>"),
            ["MutexGuard", "String", "str"]
        );
        assert_eq!(types("Sender<i32>"), ["Sender"]);
    }

    #[test]
    fn names_are_told_in_a_line() {
        let (known, _library) = known();
        let about = |name: &str| known.about(name);
        assert_eq!(about("spots").as_deref(), Some("spots: Vec<i32>"));
        assert_eq!(
            about("sleep").as_deref(),
            Some("function std::thread::sleep")
        );
        assert_eq!(about("thread::sleep"), about("sleep"));
        assert_eq!(about("Scope").as_deref(), Some("class std::thread::Scope"));
        assert_eq!(about("own"), None);
        assert_eq!(about("nothing"), None);
        assert_eq!(about("time::sleep"), None);
    }
}
