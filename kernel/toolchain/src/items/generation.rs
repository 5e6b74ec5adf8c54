//! When a static is of another type than before.
//!
//! A type that was defined anew keeps its name, and may keep its `TypeId` as well, since that knows
//! no types of fields. So what depends on a type is told by the cells in which the definitions last
//! changed.

use super::kinds::{Sort, Space};
use super::list::{Item, Items};
use std::collections::BTreeSet;

/// What changed last among the definitions that a type depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// The serial number of the cell.
    pub at: u64,
    /// The definition's name.
    pub name: String,
}

impl Items {
    /// The newest definition that a type depends on; `words` are the names in it.
    pub fn newest(&self, words: &BTreeSet<String>) -> Change {
        let mut newest = Change::default();
        let mut note = |at: u64, name: &str| {
            if at > newest.at {
                newest = Change {
                    at,
                    name: name.to_owned(),
                };
            }
        };
        let mut seen = BTreeSet::new();
        let mut open: Vec<String> = words.iter().cloned().collect();
        while let Some(word) = open.pop() {
            if seen.contains(&word) {
                continue;
            }
            if let Some(at) = self.replaced.get(&word) {
                note(*at, &word);
            }
            if let Some(import) = self.imports.get(&word) {
                note(import.changed, &word);
                open.extend(super::describe::words(&import.text));
            }
            for item in self.items.iter().filter(|item| item.shapes(&word)) {
                note(item.changed, &item.title());
                open.extend(item.mentions.iter().cloned());
            }
            seen.insert(word);
        }
        newest
    }

    /// When last changed what types depend on of an item that the running cell defines.
    pub(super) fn last_change(&self, item: &Item) -> u64 {
        if item.sort == Sort::Impl {
            return self.last_change_of_impl(item);
        }
        let old = self.items.iter().find(|old| old.is_replaced_by(item));
        match old {
            Some(old) if old.layout == item.layout && old.sort == item.sort => old.changed,
            _ => item.ran,
        }
    }

    /// The types that there are compiled without an `impl` that is the first of its kind.
    fn last_change_of_impl(&self, item: &Item) -> u64 {
        let all = || self.items.iter().chain(&self.fallen_impls);
        if item.is_methods() {
            let earlier = || all().filter(|old| old.is_methods() && old.names == item.names);
            if earlier().any(|old| old.contradicts(item)) {
                return item.ran;
            }
            return earlier().map(|old| old.changed).max().unwrap_or_default();
        }
        match all().find(|old| old.is_replaced_by(item)) {
            None => 0,
            Some(old) if old.layout == item.layout => old.changed,
            Some(_) => item.ran,
        }
    }

    /// Whether how a type looks in memory depends on a crate that was replaced in cell `at` or
    /// later.
    pub fn depend_on_replaced(&self, at: u64) -> bool {
        let mut only_crates = self.clone();
        only_crates
            .items
            .iter_mut()
            .for_each(|item| item.changed = 0);
        let mut items = self.items.iter();
        at > 0 && items.any(|item| only_crates.newest(&item.mentions).at >= at)
    }

    /// In which cell a static came to be: the last one that ran its definition, or changed a type
    /// in it. `path` are the names that lead to it, its own last.
    pub fn generation(&self, path: &[&str]) -> Change {
        let Some(owner) = self.owner(path) else {
            return Change::default();
        };
        let own = path.iter().rev().find_map(|name| owner.statics.get(*name));
        let change = self.newest(own.unwrap_or(&owner.words));
        if change.at > owner.ran {
            return change;
        }
        Change {
            at: owner.ran,
            name: String::new(),
        }
    }

    /// Whether there is such a static.
    pub(super) fn declares(&self, path: &[&str]) -> bool {
        self.owner(path).is_some()
    }

    /// The item in which a static stands.
    fn owner(&self, path: &[&str]) -> Option<&Item> {
        let root = path.first()?;
        let defines = |item: &&Item| {
            item.names
                .iter()
                .any(|(space, name)| matches!(space, Space::Type | Space::Value) && name == root)
        };
        let declares = |item: &&Item| path.iter().any(|name| item.statics.contains_key(*name));
        // A method's: in an `impl` of this type or trait. What comes out of a macro stands in a
        // call.
        let holds = |item: &&Item| {
            let names_all = path.iter().all(|name| item.words.contains(*name));
            let has_trait = item.trait_name().is_none_or(|name| path.contains(&name));
            matches!(item.sort, Sort::Impl | Sort::Call) && names_all && has_trait
        };
        let speaks = |item: &&Item| item.sort == Sort::Call && item.words.contains(*root);
        let newest = |wanted: &dyn Fn(&&Item) -> bool| {
            self.items.iter().filter(wanted).max_by_key(|item| item.ran)
        };
        newest(&|item| defines(item) && declares(item))
            .or_else(|| newest(&|item| holds(item) && declares(item)))
            .or_else(|| newest(&|item| defines(item)))
            .or_else(|| newest(&|item| holds(item)))
            .or_else(|| newest(&|item| speaks(item)))
            .or_else(|| newest(&|item| item.sort == Sort::Call))
    }
}

impl Item {
    /// The last name of the trait that it implements.
    fn trait_name(&self) -> Option<&str> {
        let (_, header) = self.names.first().filter(|_| self.sort == Sort::Impl)?;
        let (name, _) = header.split_once(" for ")?;
        let name = name.split('<').next().unwrap_or(name);
        name.rsplit("::").next()
    }

    /// Whether a newer block of methods has a constant of the same name and another value.
    fn contradicts(&self, newer: &Item) -> bool {
        let name = |line: &str| {
            line.split("const ")
                .nth(1)?
                .split(' ')
                .next()
                .map(str::to_owned)
        };
        newer.layout.lines().any(|new| {
            let mut old = self.layout.lines();
            old.any(|old| old != new && name(old).is_some_and(|it| Some(it) == name(new)))
        })
    }

    /// Whether a type in which this word stands may depend on the item.
    fn shapes(&self, word: &str) -> bool {
        match self.sort {
            Sort::Static => false,
            Sort::Impl => {
                let mut headers = self.names.iter();
                headers.any(|(_, name)| super::describe::words(name).contains(word))
            }
            _ => self
                .names
                .iter()
                .any(|(space, name)| *space != Space::Unnamed && name == word),
        }
    }
}
