//! The symbols of statics.
//!
//! A static's symbol, as rustc makes it, depends on the order of the items around it, and not on
//! the cell that defined it. The linker of cells gives it one that is the same in all cells that
//! mean the same static, and another one in others.

use super::known::Static;
use super::list::Items;
use crate::cache;
use std::collections::BTreeMap;

/// How the new symbols begin. They are never longer than rustc's.
pub(crate) const PREFIX: &str = "fl";

impl Items {
    /// The statics behind rustc's symbols, with their new symbols.
    pub fn rename<'a>(
        &self,
        symbols: impl IntoIterator<Item = &'a str>,
    ) -> BTreeMap<String, Static> {
        let mut symbols: Vec<&str> = symbols.into_iter().collect();
        // Of two statics with one path, in two blocks of a function, the longer symbol is the later
        // one's.
        symbols.sort_unstable_by_key(|symbol| (symbol.len(), *symbol));
        let mut renamed = BTreeMap::new();
        let mut seen = BTreeMap::<String, usize>::new();
        for symbol in symbols {
            let Some(path) = path_of(symbol) else {
                continue;
            };
            let before = seen.entry(path.clone()).or_default();
            if let Some(found) = self.static_at(path, *before) {
                renamed.insert(symbol.to_owned(), found);
            }
            *before += 1;
        }
        renamed
    }

    /// The static at a path, as the list has it now; `None` for what stands in a block without a
    /// name, which can't be told from others.
    fn static_at(&self, path: String, before: usize) -> Option<Static> {
        let names = names_in(&path);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if names.first().is_none_or(|first| *first == "_") {
            return None;
        }
        let change = self.generation(&names);
        let hash = cache::key([
            path.as_bytes(),
            &before.to_le_bytes(),
            &change.at.to_le_bytes(),
        ]);
        Some(Static {
            title: title(&names, before),
            path,
            before,
            symbol: format!("{PREFIX}{hash}"),
            used: false,
            because: change.name,
        })
    }

    /// A known static as it is now; `None` if nothing declares it any more.
    pub fn renewed(&self, known: &Static) -> Option<Static> {
        let names = names_in(&known.path);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.declares(&names)
            .then(|| self.static_at(known.path.clone(), known.before))?
    }
}

/// The readable path of a symbol of the cell's crate, without what depends on the order of items.
fn path_of(symbol: &str) -> Option<String> {
    let path = format!("{:#}", rustc_demangle::try_demangle(symbol).ok()?);
    Some(path)
}

/// The names in a path, without the crate's.
fn names_in(path: &str) -> Vec<String> {
    let own = format!("{}::", crate::recipe::CELL_CRATE);
    let mut names = Vec::new();
    // Of a path such as `<ctx::S as core::fmt::Display>::fmt::N`, the crates' modules say nothing.
    for part in path.split(|c: char| " <>(){}&*,;[]".contains(c)) {
        let is_ours = part.starts_with(&own);
        let is_tail = part.starts_with("::");
        if is_ours || is_tail {
            let part = part.strip_prefix(&own).unwrap_or(part);
            names.extend(
                part.split("::")
                    .filter(|name| is_name(name))
                    .map(str::to_owned),
            );
        } else if let Some(last) = part
            .rsplit("::")
            .next()
            .filter(|last| is_name(last) && part.contains("::"))
        {
            names.push(last.to_owned());
        }
    }
    names
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && !text.contains('#')
}

/// What people call a static: the names up to its own, without those that macros made up.
fn title(names: &[&str], before: usize) -> String {
    let shown: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !name.starts_with("__"))
        .collect();
    match before {
        0 => shown.join("::"),
        _ => format!("{} ({})", shown.join("::"), before + 1),
    }
}
