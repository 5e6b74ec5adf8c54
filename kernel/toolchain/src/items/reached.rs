//! Which items a cell is compiled with: those that it can lead to. In a long notebook that is a
//! small part.
//!
//! Names decide, wherever they stand, so an item too many may be there, hardly one too few: a macro
//! may make up a name.

use super::describe::words;
use super::kinds::{Sort, Space};
use super::list::{Item, Items};
use std::collections::{BTreeMap, BTreeSet};

/// Names, and what they lead to.
struct Reach<'a> {
    items: &'a Items,
    /// The names by which each item is reached.
    keys: Vec<BTreeSet<&'a str>>,
    /// The items that a name leads to.
    by_name: BTreeMap<&'a str, Vec<usize>>,
    reached: BTreeSet<usize>,
    /// Reached items whose own words were not followed yet.
    open: Vec<usize>,
}

impl Items {
    /// The items that the cell `serial` doesn't lead to. `code` is its text, `kinds` are the names
    /// in the types of its variables.
    pub fn unreached(&self, serial: u64, code: &str, kinds: &BTreeSet<String>) -> BTreeSet<usize> {
        if self.imports_all(serial) {
            return BTreeSet::new();
        }
        let mut reach = Reach::new(self);
        for index in 0..self.items.len() {
            // Nothing tells what leads to an item without a name.
            if self.items[index].ran == serial || reach.keys[index].is_empty() {
                reach.note(index);
            }
        }
        for index in reach.dependents(serial) {
            reach.note(index);
        }
        reach.follow(&words(code));
        reach.follow(kinds);
        for import in self.imports.values() {
            reach.follow(&words(&import.text));
        }
        reach.close();
        let all = 0..self.items.len();
        all.filter(|index| !reach.reached.contains(index)).collect()
    }

    /// Whether the cell brings in names that its text doesn't tell.
    fn imports_all(&self, serial: u64) -> bool {
        let mut imports = self.imports.iter();
        imports.any(|(name, import)| import.ran == serial && name.ends_with("::*"))
    }
}

impl<'a> Reach<'a> {
    fn new(items: &'a Items) -> Reach<'a> {
        let named = items.items.iter().filter(|item| item.sort != Sort::Impl);
        let defined: BTreeSet<&str> = named.flat_map(Item::own_names).collect();
        let keys: Vec<BTreeSet<&str>> =
            items.items.iter().map(|item| item.keys(&defined)).collect();
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, keys) in keys.iter().enumerate() {
            for key in keys {
                by_name.entry(key).or_default().push(index);
            }
        }
        Reach {
            items,
            keys,
            by_name,
            reached: BTreeSet::new(),
            open: Vec::new(),
        }
    }

    /// The items of earlier cells that speak of what the cell defines, and those that speak of
    /// these: whether they still fit, the compiler has to say.
    fn dependents(&self, serial: u64) -> BTreeSet<usize> {
        let mut changed: BTreeSet<&str> = BTreeSet::new();
        for (item, keys) in self.items.items.iter().zip(&self.keys) {
            if item.ran == serial {
                changed.extend(keys);
                changed.extend(item.members.iter().map(String::as_str));
            }
        }
        let imports = self.items.imports.iter();
        let imported = imports.filter(|(_, import)| import.ran == serial);
        changed.extend(imported.map(|(name, _)| name.as_str()));
        let mut dependents = BTreeSet::new();
        let mut grows = !changed.is_empty();
        while grows {
            grows = false;
            for (index, item) in self.items.items.iter().enumerate() {
                let speaks = || changed.iter().any(|name| item.says(name));
                if item.ran != serial && !dependents.contains(&index) && speaks() {
                    dependents.insert(index);
                    changed.extend(&self.keys[index]);
                    grows = true;
                }
            }
        }
        dependents
    }

    fn note(&mut self, index: usize) {
        if self.reached.insert(index) {
            self.open.push(index);
        }
    }

    fn follow(&mut self, words: &BTreeSet<String>) {
        for word in words {
            let found = self.by_name.get(word.as_str()).cloned().unwrap_or_default();
            found.into_iter().for_each(|index| self.note(index));
        }
    }

    /// Follows what was reached until nothing is new.
    fn close(&mut self) {
        let items = self.items;
        while let Some(index) = self.open.pop() {
            self.follow(&items.items[index].words);
            self.follow(&items.items[index].attributes);
        }
    }
}

impl Item {
    fn own_names(&self) -> impl Iterator<Item = &str> {
        let named = self.names.iter();
        let named = named.filter(|(space, _)| *space != Space::Unnamed);
        named.map(|(_, name)| name.as_str())
    }

    /// The names that lead to it, none if that can't be told: its own, a trait's members', for an
    /// `impl` those in its header that the notebook has `defined`, for a macro's call all in it.
    fn keys<'a>(&'a self, defined: &BTreeSet<&str>) -> BTreeSet<&'a str> {
        if self.sort != Sort::Impl && self.own_names().next().is_none() {
            return BTreeSet::new();
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        match self.sort {
            Sort::Impl => {
                let headers = self
                    .names
                    .iter()
                    .flat_map(|(_, name)| name.split(|c| !is_word(c)));
                headers.filter(|name| defined.contains(name)).collect()
            }
            Sort::Call => self.words.iter().map(String::as_str).collect(),
            _ => self
                .own_names()
                .chain(self.members.iter().map(String::as_str))
                .collect(),
        }
    }

    /// Whether it may implement a trait for a type, if a message about that speaks of all `said`.
    pub fn may_implement(&self, said: &BTreeSet<String>) -> bool {
        let brings_implementations = matches!(self.sort, Sort::Impl | Sort::Call | Sort::Type);
        brings_implementations && said.iter().any(|name| self.says(name))
    }

    fn says(&self, name: &str) -> bool {
        self.words.contains(name) || self.attributes.contains(name)
    }
}
