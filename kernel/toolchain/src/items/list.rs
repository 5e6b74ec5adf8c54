//! The list itself.

use super::describe;
use super::kinds::{Sort, Space};
use super::known::{Static, Uses};
use crate::cell::Cell;
use crate::changes::Edited;
use crate::error::Error;
use crate::parts;
use ra_ap_syntax::SyntaxNode;
use ra_ap_syntax::ast::{self, AstNode};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// One item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    pub sort: Sort,
    /// What it defines.
    pub names: Vec<(Space, String)>,
    /// When it is there at all, if it says so by `#[cfg(…)]`.
    #[serde(default)]
    pub condition: String,
    /// Its text, verbatim.
    pub text: String,
    /// Tells its text from others, blanks and comments aside.
    pub fingerprint: String,
    /// What of its text other items' types depend on, in one spelling.
    pub layout: String,
    /// The names in [`Item::layout`].
    pub mentions: BTreeSet<String>,
    /// All names in it, but for its attributes.
    pub words: BTreeSet<String>,
    /// The names in its attributes.
    #[serde(default)]
    pub attributes: BTreeSet<String>,
    /// The names of a trait's members, or of an `impl`'s.
    #[serde(default)]
    pub members: BTreeSet<String>,
    /// The statics that it declares, and the names in their types.
    pub statics: BTreeMap<String, BTreeSet<String>>,
    /// The execution count of the cell that defined it.
    pub count: u32,
    /// The serial number of that cell.
    pub ran: u64,
    /// The serial number of the cell that first had its layout; 0 for an `impl` that has no earlier
    /// one: no type that there is depends on it.
    pub changed: u64,
}

/// All items that are valid.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Items {
    pub items: Vec<Item>,
    /// The process that the rest of the list is about.
    process: u64,
    /// How often the list was emptied.
    cleared: u64,
    /// Names that `use` brought in, and in which cell they last meant something new.
    pub(super) imports: BTreeMap<String, Import>,
    /// `use` lines that evcxr still has, of names that are gone.
    pub(super) lost_imports: BTreeSet<String>,
    /// Crates that were replaced by another build, and in which cell.
    #[serde(default)]
    pub replaced: BTreeMap<String, u64>,
    /// An `impl` that no longer compiled, until there is another one.
    #[serde(default)]
    pub(super) fallen_impls: Vec<Item>,
    /// All statics by their titles, as the last cell knew them.
    pub statics: BTreeMap<String, Static>,
    /// What each cell's object uses.
    pub uses: Vec<Uses>,
}

/// What a name in a `use` stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Import {
    pub text: String,
    pub changed: u64,
    /// The cell that said so last.
    pub ran: u64,
    /// Its execution count.
    pub count: u32,
}

/// The list of a build that goes on.
const LINKING: &str = "items.linking.json";

impl Items {
    fn path(workspace: &Path) -> PathBuf {
        workspace.join("items.json")
    }

    /// The list of a session.
    pub fn load(workspace: &Path) -> Items {
        Items::read(&Items::path(workspace))
    }

    /// The list as it is when the build that goes on succeeds.
    pub fn linking(workspace: &Path) -> Items {
        Items::read(&workspace.join(LINKING))
    }

    /// Tells the linker of the list.
    pub fn announce(&self, workspace: &Path) -> Result<(), Error> {
        self.write(&workspace.join(LINKING))
    }

    /// Keeps the list.
    pub fn store(&self, workspace: &Path) -> Result<(), Error> {
        self.write(&Items::path(workspace))
    }

    /// The `use` lines of all imports.
    pub fn import_lines(&self) -> Vec<String> {
        let imports = self.imports.iter();
        imports
            .map(|(name, import)| describe::import_line(name, &import.text))
            .collect()
    }

    fn read(path: &Path) -> Items {
        fs::read(path)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }

    fn write(&self, path: &Path) -> Result<(), Error> {
        let scratch = path.with_extension("new");
        let text = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .map_err(Error::file("write", path))?;
        fs::write(&scratch, text).map_err(Error::file("write", &scratch))?;
        fs::rename(&scratch, path).map_err(Error::file("write", path))
    }

    /// The list with what a cell defines.
    pub fn with(&self, cell: &Cell) -> Items {
        let mut next = self.clone();
        if next.cleared != cell.cleared {
            next = Items {
                cleared: cell.cleared,
                ..Items::default()
            };
        }
        if next.process != cell.process {
            next.process = cell.process;
            next.statics.clear();
            next.uses.clear();
        }
        let code = &cell.code[parts::rust_start(&cell.code)..];
        for part in parts::split(code) {
            if let Some(item) = ast::Use::cast(part.node.clone()) {
                next.import(&item, cell);
            } else if let Some(item) = next.item(&part, cell) {
                next.define(item);
            }
        }
        next
    }

    /// A cell that forgets nothing of this list.
    pub fn next_cell(&self) -> Cell {
        Cell {
            process: self.process,
            cleared: self.cleared,
            ..Cell::default()
        }
    }

    /// The source of all that was imported before the cell `serial`.
    pub fn imports_before(&self, serial: u64) -> String {
        self.imports
            .iter()
            .filter(|(_, import)| import.ran != serial)
            .map(|(name, import)| describe::import_line(name, &import.text) + "\n")
            .collect()
    }

    /// The source of all that was defined before the cell `serial`. Macros come first, since they
    /// are known only below their definition.
    pub fn definitions_before(&self, serial: u64) -> String {
        let (macros, others): (Vec<&Item>, Vec<&Item>) = self
            .items
            .iter()
            .filter(|item| item.ran != serial)
            .partition(|item| item.macro_name().is_some());
        let all = macros.into_iter().chain(others);
        all.map(|item| item.text.clone() + "\n").collect()
    }

    /// The functions, `impl`s of traits, and traits with other bodies, that a newer list has in
    /// another way.
    pub fn edited_in(&self, next: &Items) -> Vec<Edited> {
        let edited = |old: &Item| {
            let newer = next.items.iter().find(|new| old.is_replaced_by(new))?;
            if newer.fingerprint == old.fingerprint {
                return None;
            }
            let of_trait = match old.sort {
                Sort::Function => String::new(),
                Sort::Impl => old.names.first()?.1.split_once(" for ")?.0.to_owned(),
                // Who has an object of a trait that looks otherwise has no such object any more.
                Sort::Type if old.is_trait() && old.layout == newer.layout => old.title(),
                _ => return None,
            };
            Some(Edited {
                name: old.title(),
                statics: next.statics_of(&of_trait),
                of_trait,
                cell: old.count,
            })
        };
        self.items.iter().filter_map(edited).collect()
    }

    /// The statics in whose types a trait stands; `header` is how an `impl` calls it.
    fn statics_of(&self, header: &str) -> Vec<String> {
        let path = header.split('<').next().unwrap_or_default().trim();
        let name = path.rsplit("::").next().unwrap_or_default();
        let statics = self.items.iter().flat_map(|item| &item.statics);
        let holding = statics.filter(|(_, words)| words.contains(name));
        holding.map(|(name, _)| name.clone()).collect()
    }

    /// What a part of a cell defines, if evcxr or we keep it.
    fn item(&self, part: &parts::Part, cell: &Cell) -> Option<Item> {
        let (sort, names, node) = match ast::Item::cast(part.node.clone()) {
            Some(ast::Item::ExternCrate(_)) => return None,
            Some(item) => (
                describe::sort(&item),
                describe::names(&item),
                part.node.clone(),
            ),
            None => {
                let call = part.macro_call().filter(|call| self.makes_items(call))?;
                (Sort::Call, describe::call_names(&call), part.node.clone())
            }
        };
        Some(Item::new(sort, names, &node, cell))
    }

    fn define(&mut self, mut item: Item) {
        item.changed = self.last_change(&item);
        self.fallen_impls.retain(|old| !old.is_replaced_by(&item));
        let mut kept = Vec::new();
        for old in std::mem::take(&mut self.items) {
            if !old.is_replaced_by(&item) {
                kept.extend(old.without_what(&item));
            }
        }
        for (_, name) in &item.names {
            self.imports.remove(name);
        }
        kept.push(item);
        self.items = kept;
    }

    fn import(&mut self, item: &ast::Use, cell: &Cell) {
        for (name, text) in describe::imported(item) {
            self.lost_imports
                .remove(&describe::import_line(&name, &text));
            self.items
                .retain(|old| !old.names.iter().any(|(_, other)| *other == name));
            let import = self.imports.entry(name).or_insert_with(|| Import {
                text: String::new(),
                changed: 0,
                ran: 0,
                count: 0,
            });
            import.ran = cell.serial;
            import.count = cell.count;
            if import.text != text {
                import.text = text;
                import.changed = cell.serial;
            }
        }
    }
}

impl Item {
    fn new(sort: Sort, names: Vec<(Space, String)>, node: &SyntaxNode, cell: &Cell) -> Item {
        let layout = describe::layout(sort, node);
        Item {
            sort,
            names,
            condition: describe::condition(node),
            text: node.text().to_string(),
            fingerprint: describe::fingerprint(node),
            mentions: describe::words(&layout),
            words: describe::words(&describe::spelling(node)),
            attributes: describe::attribute_words(node),
            members: describe::member_names(node),
            statics: describe::statics(node),
            layout,
            count: cell.count,
            ran: cell.serial,
            changed: cell.serial,
        }
    }

    /// Whether a newer item takes its place. Blocks of methods of one type stand side by side, and
    /// so do items that are there under different conditions.
    pub(super) fn is_replaced_by(&self, newer: &Item) -> bool {
        let is_other_case = !newer.condition.is_empty() && self.condition != newer.condition;
        !self.is_methods()
            && !is_other_case
            && self.names.iter().any(|name| newer.names.contains(name))
    }

    /// The name of the macro that it defines.
    pub fn macro_name(&self) -> Option<&str> {
        let mut names = self.names.iter();
        let (_, name) = names.find(|(space, _)| *space == Space::Macro)?;
        Some(name)
    }

    /// Whether it is a trait that has members.
    fn is_trait(&self) -> bool {
        self.sort == Sort::Type && !self.members.is_empty()
    }

    /// Whether it is an `impl` without a trait.
    pub(super) fn is_methods(&self) -> bool {
        self.sort == Sort::Impl && !self.names.iter().any(|(_, name)| name.contains(" for "))
    }

    /// What is left of a block of methods when a newer one has some of them.
    fn without_what(mut self, newer: &Item) -> Option<Item> {
        if self.is_methods() && newer.is_methods() && self.names == newer.names {
            self = self.without_members(&describe::members(&newer.text))?;
        }
        Some(self)
    }

    /// The block without some of its members; `None` if nothing is left.
    pub(super) fn without_members(mut self, names: &BTreeSet<String>) -> Option<Item> {
        self.text = describe::without_members(&self.text, names)?;
        let node = parts::split(&self.text).first()?.node.clone();
        self.fingerprint = describe::fingerprint(&node);
        Some(self)
    }

    /// What people call it.
    pub fn title(&self) -> String {
        let name = self.names.first().map_or("", |(_, name)| name.as_str());
        match self.sort {
            Sort::Impl => format!("impl {name}"),
            _ => name.to_owned(),
        }
    }
}
