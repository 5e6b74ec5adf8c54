//! A crate as its files and modules: what each defines, imports and names.
//!
//! Read from the tokens, not by a compiler: macros are not expanded, and methods are not followed.
//! Code under `#[cfg(test)]` is left out.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::tokens::{Kind, Token, tokens};

/// All modules of a crate; the first is its root.
#[derive(Debug, Default)]
pub struct Crate {
    /// The files, the root first.
    pub files: Vec<PathBuf>,
    /// The modules.
    pub modules: Vec<Module>,
    /// `mod x;` for which no file was found, with the file that says so.
    pub missing: Vec<(PathBuf, String)>,
}

/// One module, of a file or inline.
#[derive(Debug, Default)]
pub struct Module {
    /// Its file, as an index of [`Crate::files`].
    pub file: usize,
    /// The module around it; none for the root.
    pub parent: Option<usize>,
    /// The modules in it, by name.
    pub children: HashMap<String, usize>,
    /// The names that it defines.
    pub items: HashSet<String>,
    /// What it imports.
    pub imports: Vec<Import>,
    /// The paths that its code speaks of, imports aside.
    pub paths: Vec<Mention>,
}

/// One name of a `use`.
#[derive(Debug)]
pub struct Import {
    /// The path, without `as`.
    pub path: Vec<String>,
    /// The name under which it is known here; none for `*`.
    pub name: Option<String>,
    /// Whether it is handed on (`pub use`, `pub(crate) use`).
    pub public: bool,
    /// The line.
    pub line: usize,
}

/// A path in the code.
#[derive(Debug)]
pub struct Mention {
    /// Its segments.
    pub path: Vec<String>,
    /// Whether it is called (`f(…)`, `m!(…)`), which tells a single name from a variable's.
    pub called: bool,
    /// The line.
    pub line: usize,
}

/// Reads a crate from its root file.
///
/// # Errors
/// When the root cannot be read.
pub fn read(root: &Path) -> Result<Crate, String> {
    let mut reader = Reader::default();
    let text = fs::read_to_string(root)
        .map_err(|error| format!("cannot read {}: {error}", root.display()))?;
    let folder = root.parent().unwrap_or(Path::new(".")).to_owned();
    reader.file(root.to_owned(), &text, None, folder);
    Ok(reader.found)
}

#[derive(Default)]
struct Reader {
    found: Crate,
}

/// What stands before an item.
#[derive(Default)]
struct Prefix {
    test: bool,
    public: bool,
    path: Option<String>,
}

/// Where the scan is: the tokens of a file, the module, and the folder of the module's children.
struct Place<'t> {
    tokens: &'t [Token],
    module: usize,
    folder: PathBuf,
}

const DEFINING: [&str; 8] = [
    "fn", "struct", "enum", "union", "trait", "type", "const", "static",
];

impl Reader {
    fn file(&mut self, path: PathBuf, text: &str, parent: Option<usize>, folder: PathBuf) -> usize {
        let file = self.found.files.len();
        self.found.files.push(path);
        let module = self.module(file, parent);
        let tokens = tokens(text);
        let place = Place {
            tokens: &tokens,
            module,
            folder,
        };
        self.scan(&place, 0..tokens.len(), true);
        module
    }

    fn module(&mut self, file: usize, parent: Option<usize>) -> usize {
        self.found.modules.push(Module {
            file,
            parent,
            ..Module::default()
        });
        self.found.modules.len() - 1
    }

    /// Reads items (at the top of a module) or the code within them.
    fn scan(&mut self, place: &Place<'_>, range: Range<usize>, top: bool) {
        let tokens = place.tokens;
        let mut prefix = Prefix::default();
        let mut at = range.start;
        while at < range.end {
            let token = &tokens[at];
            if token.is("#")
                && let Some((begin, end)) = attribute(tokens, at)
            {
                note_attribute(&tokens[begin..end], &mut prefix);
                at = end + 1;
                continue;
            }
            if prefix.test {
                at = end_of_item(tokens, at, range.end);
                prefix = Prefix::default();
                continue;
            }
            if token.is("pub") {
                prefix.public = true;
                at = match tokens.get(at + 1) {
                    Some(next) if next.is("(") => next.close.unwrap_or(at) + 1,
                    _ => at + 1,
                };
                continue;
            }
            at = if token.is("use") {
                self.imports(place, at + 1, range.end, prefix.public)
            } else if top && token.is("mod") && at + 2 < range.end {
                self.child(place, at, &prefix)
            } else {
                self.code(place, at, range.end, top)
            };
            prefix = Prefix::default();
        }
    }

    /// One step through code: a group, a definition's name, a path, or any other token.
    fn code(&mut self, place: &Place<'_>, at: usize, end: usize, top: bool) -> usize {
        let tokens = place.tokens;
        let token = &tokens[at];
        if let Some(close) = token.close {
            self.scan(place, at + 1..close.min(end), false);
            return close + 1;
        }
        if top && let Some(name) = defined(tokens, at) {
            let name = name.to_owned();
            self.found.modules[place.module].items.insert(name);
            return at + 1;
        }
        if token.kind != Kind::Word {
            return at + 1;
        }
        let (path, next) = path(tokens, at, end);
        let before = at.checked_sub(1).map(|before| tokens[before].text.as_str());
        // A field, a method, or the rest of `<T as Trait>::name` and `::extern_crate::name`.
        if !matches!(before, Some("." | "::")) {
            let called = tokens
                .get(next)
                .is_some_and(|next| next.is("(") || next.is("!"));
            self.found.modules[place.module].paths.push(Mention {
                path,
                called,
                line: token.line,
            });
        }
        next
    }

    /// `mod name;` or `mod name { … }`, at its `mod`.
    fn child(&mut self, place: &Place<'_>, at: usize, prefix: &Prefix) -> usize {
        let tokens = place.tokens;
        let name = tokens[at + 1].text.clone();
        if let Some(close) = tokens[at + 2].close {
            let file = self.found.modules[place.module].file;
            let module = self.module(file, Some(place.module));
            self.found.modules[place.module]
                .children
                .insert(name.clone(), module);
            let inner = Place {
                tokens,
                module,
                folder: place.folder.join(&name),
            };
            self.scan(&inner, at + 3..close, true);
            return close + 1;
        }
        let here = self.found.files[self.found.modules[place.module].file].clone();
        let candidates = match &prefix.path {
            Some(path) => vec![here.parent().unwrap_or(Path::new("")).join(path)],
            None => vec![
                place.folder.join(format!("{name}.rs")),
                place.folder.join(&name).join("mod.rs"),
            ],
        };
        let found = candidates
            .into_iter()
            .find_map(|path| fs::read_to_string(&path).ok().map(|text| (path, text)));
        match found {
            Some((path, text)) => {
                let folder = place.folder.join(&name);
                let module = self.file(path, &text, Some(place.module), folder);
                self.found.modules[place.module]
                    .children
                    .insert(name, module);
            }
            None => self.found.missing.push((here, name)),
        }
        at + 3
    }

    /// The names of a `use`, from the token after it to its `;`.
    fn imports(&mut self, place: &Place<'_>, at: usize, end: usize, public: bool) -> usize {
        let stop = (at..end)
            .find(|at| place.tokens[*at].is(";"))
            .unwrap_or(end);
        let mut found = Vec::new();
        use_tree(place.tokens, at..stop, &mut Vec::new(), public, &mut found);
        self.found.modules[place.module].imports.append(&mut found);
        stop + 1
    }
}

/// The range of an attribute's inside, for `#[…]` and `#![…]`.
fn attribute(tokens: &[Token], at: usize) -> Option<(usize, usize)> {
    let bang = usize::from(tokens.get(at + 1)?.is("!"));
    let open = at + 1 + bang;
    if !tokens.get(open)?.is("[") {
        return None;
    }
    Some((open + 1, tokens[open].close?))
}

fn note_attribute(inside: &[Token], prefix: &mut Prefix) {
    let Some(first) = inside.first() else { return };
    let says = |word: &str| inside.iter().any(|token| token.is(word));
    if first.is("test") || (first.is("cfg") && says("test") && !says("not")) {
        prefix.test = true;
    }
    if first.is("path")
        && let Some(value) = inside.last()
    {
        prefix.path = Some(value.text.trim_matches('"').to_owned());
    }
}

/// The end of the item, the field or the statement that begins here.
fn end_of_item(tokens: &[Token], mut at: usize, end: usize) -> usize {
    let import = tokens[at].is("use") || tokens.get(at + 1).is_some_and(|next| next.is("use"));
    while at < end {
        let token = &tokens[at];
        if token.is(";") || token.is(",") {
            return at + 1;
        }
        match token.close {
            Some(close) if token.is("{") && !import => return close + 1,
            Some(close) => at = close + 1,
            None => at += 1,
        }
    }
    end
}

/// The name that is defined here, if a definition begins here.
fn defined(tokens: &[Token], at: usize) -> Option<&str> {
    let word = &tokens[at];
    if word.is("macro_rules") {
        return tokens.get(at + 2).map(|token| token.text.as_str());
    }
    if word.kind != Kind::Word || !DEFINING.contains(&word.text.as_str()) {
        return None;
    }
    let skip = usize::from(tokens.get(at + 1)?.is("mut"));
    let name = tokens.get(at + 1 + skip)?;
    let keyword = ["fn", "unsafe", "extern", "async"].contains(&name.text.as_str());
    (name.kind == Kind::Word && !keyword).then_some(name.text.as_str())
}

/// The path that begins at a word, and where it ends.
fn path(tokens: &[Token], at: usize, end: usize) -> (Vec<String>, usize) {
    let mut path = vec![tokens[at].text.clone()];
    let mut next = at + 1;
    while next + 1 < end && tokens[next].is("::") && tokens[next + 1].kind == Kind::Word {
        path.push(tokens[next + 1].text.clone());
        next += 2;
    }
    (path, next)
}

fn use_tree(
    tokens: &[Token],
    range: Range<usize>,
    before: &mut Vec<String>,
    public: bool,
    found: &mut Vec<Import>,
) {
    let depth = before.len();
    let mut at = range.start;
    let mut name = None;
    let mut whole = true;
    let line = tokens.get(at).map_or(0, |token| token.line);
    let mut finish = |path: &mut Vec<String>, name: Option<String>, whole: bool| {
        if whole && path.len() > depth {
            let last = path.last().cloned();
            // `a::{self}` is `a`.
            if path.len() > 1 && last.as_deref() == Some("self") {
                path.pop();
            }
            found.push(Import {
                name: name.or(path.last().cloned()),
                path: path.clone(),
                public,
                line,
            });
        }
        path.truncate(depth);
    };
    let mut groups = Vec::new();
    while at < range.end {
        let token = &tokens[at];
        if token.is(",") {
            finish(before, name.take(), whole);
            whole = true;
        } else if token.is("*") {
            groups.push((before.clone(), None, token.line));
            whole = false;
        } else if let Some(close) = token.close {
            groups.push((before.clone(), Some(at + 1..close), token.line));
            whole = false;
            at = close;
        } else if token.is("as") {
            name = tokens.get(at + 1).map(|token| token.text.clone());
            at += 1;
        } else if token.kind == Kind::Word {
            before.push(token.text.clone());
        }
        at += 1;
    }
    finish(before, name, whole);
    for (mut path, group, line) in groups {
        match group {
            Some(range) => use_tree(tokens, range, &mut path, public, found),
            None => found.push(Import {
                path,
                name: None,
                public,
                line,
            }),
        }
    }
}
