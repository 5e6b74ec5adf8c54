//! One cell's build: its source with the items that are valid, and what becomes of the list of
//! items when it succeeds.

use super::generated;
use super::nameable::own_names;
use crate::cell::Cell;
use crate::changes::{Changes, Renewed};
use crate::crates::Chain;
use crate::error::Error;
use crate::items::Items;
use crate::items::arrange::Arranged;
use crate::items::known::{Static, Uses};
use crate::messages;
use crate::variables::Variables;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is to be built.
pub(super) struct Plan {
    workspace: PathBuf,
    /// As evcxr wrote it.
    source: String,
    cell: Cell,
    items: Items,
    /// The items that the cell doesn't lead to, which it is compiled without.
    left_out: BTreeSet<usize>,
    arranged: Arranged,
    changes: Changes,
    /// The first attempt that failed: what was compiled, and what the compiler said.
    failed: Option<(String, String)>,
}

impl Plan {
    /// For a source of evcxr's.
    pub fn new(workspace: &Path, source: &str, variables: &Variables) -> Result<Plan, Error> {
        let cell = Cell::announced(workspace);
        let before = Items::load(workspace);
        let mut items = before.with(&cell);
        let changes = Changes {
            edited: before.edited_in(&items),
            ..Changes::default()
        };
        items.replaced = Chain::replaced_crates(workspace);
        items.announce(workspace)?;
        let left_out = items.unreached(cell.serial, &cell.code, &kinds_in(&cell.code, variables));
        Ok(Plan {
            arranged: items.arrange(source, cell.serial, &left_out),
            left_out,
            workspace: workspace.to_owned(),
            source: source.to_owned(),
            changes,
            failed: None,
            cell,
            items,
        })
    }

    /// The source with its items.
    pub fn text(&self) -> &str {
        &self.arranged.text
    }

    /// Whether the cell awaits something.
    pub fn awaits(&self) -> bool {
        generated::awaits(&self.cell.code)
    }

    /// Compiles the cell with all items, if it isn't and does not compile: whether that changes
    /// anything. One may be missed; and what rustc says of a mistake may speak of others, as of
    /// those with a similar name.
    pub fn take_all(&mut self, messages: &str) -> bool {
        let left_out = || self.left_out.iter().map(|index| &self.items.items[*index]);
        let may_change = |error: &Value| match messages::code(error) {
            code if BORROWS.contains(&code) => false,
            code if TRAITS.contains(&code) => {
                let said = messages::quoted_words(error);
                left_out().any(|item| item.may_implement(&said))
            }
            _ => true,
        };
        let errors = messages::errors(messages);
        let changes = !self.left_out.is_empty() && errors.iter().any(may_change);
        if changes {
            self.left_out.clear();
            self.arranged = self
                .items
                .arrange(&self.source, self.cell.serial, &self.left_out);
        }
        changes
    }

    /// Leaves out the items of earlier cells that the compiler finds fault with: whether there are
    /// any.
    pub fn leave_unfit(&mut self, source: &str, messages: &str) -> Result<bool, Error> {
        let serial = self.cell.serial;
        let count = self.items.items.len();
        let fallen = self.items.drop_unfit(&self.arranged, messages, serial);
        if self.items.items.len() != count {
            // These are indices.
            self.left_out.clear();
        }
        let arranged = self.items.arrange(&self.source, serial, &self.left_out);
        let changed = arranged.text != self.arranged.text;
        if changed {
            self.items.announce(&self.workspace)?;
            self.changes.fallen.extend(fallen);
            let messages = own(&self.arranged, messages);
            self.failed.get_or_insert((source.to_owned(), messages));
            self.arranged = arranged;
        }
        Ok(changed)
    }

    /// What is to be told of a cell that doesn't compile: the last attempt; or the first, while
    /// nothing was left out, if the last one misses what was.
    pub fn failure(self, source: String, messages: String) -> (String, String) {
        let errors = messages::errors(&messages);
        let misses = |name: &str| {
            let last = name.rsplit("::").next().unwrap_or(name);
            let quoted = format!("`{last}`");
            errors
                .iter()
                .any(|error| messages::text(error).contains(&quoted))
        };
        match self.failed {
            Some(first) if self.changes.fallen.iter().any(|it| misses(&it.name)) => first,
            _ => (source, messages),
        }
    }

    /// The build has succeeded.
    pub fn commit(mut self) -> Result<(), Error> {
        let linked = Static::noted(&self.workspace);
        let used = linked.iter().filter(|one| one.used);
        let uses = Uses {
            count: self.cell.count,
            symbols: used.map(|one| one.symbol.clone()).collect(),
        };
        for known in std::mem::take(&mut self.items.statics).into_values() {
            if let Some(now) = self.items.renewed(&known) {
                self.changes.renewed.extend(self.renewal(&known, &now));
                self.items.statics.insert(now.title.clone(), now);
            }
        }
        let linked = linked.into_iter().map(|one| (one.title.clone(), one));
        self.items.statics.extend(linked);
        self.items.uses.push(uses);
        self.changes.note(&self.workspace)?;
        self.items.store(&self.workspace)
    }

    /// What there is to tell of a static that is another one than before.
    fn renewal(&self, known: &Static, now: &Static) -> Option<Renewed> {
        let uses = self.items.uses.iter();
        (known.symbol != now.symbol).then(|| Renewed {
            name: now.title.clone(),
            because: now.because.clone(),
            cells: uses
                .filter(|uses| uses.symbols.contains(&known.symbol))
                .map(|uses| uses.count)
                .collect(),
        })
    }
}

/// Errors that are looked for when all names and types are right: no item is missed then.
const BORROWS: [&str; 22] = [
    "E0373", "E0381", "E0382", "E0384", "E0499", "E0502", "E0503", "E0505", "E0506", "E0507",
    "E0508", "E0509", "E0510", "E0515", "E0521", "E0594", "E0596", "E0597", "E0626", "E0712",
    "E0713", "E0716",
];

/// Errors of a type that doesn't fit, which name it and the trait or type that was wanted.
const TRAITS: [&str; 2] = ["E0277", "E0308"];

/// The names in the types of the variables that a cell speaks of.
fn kinds_in(code: &str, variables: &Variables) -> BTreeSet<String> {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let said: BTreeSet<&str> = code.split(|c| !in_word(c)).collect();
    let kept = variables
        .kept()
        .filter(|(_, name, _)| said.contains(name.trim_start_matches("r#")));
    kept.flat_map(|(_, _, kind)| own_names(kind)).collect()
}

/// The messages without the errors about items alone, which may be the cell's own, if there are
/// others.
fn own(arranged: &Arranged, messages: &str) -> String {
    let about_items = |line: &&str| {
        let message = serde_json::from_str::<Value>(line).unwrap_or_default();
        let lines = messages::lines(&message);
        let mut lines = lines.iter().map(|line| *line as usize - 1);
        message["level"] == "error" && lines.next().is_some_and(|line| arranged.is_earlier(line))
    };
    let kept: Vec<&str> = messages.lines().filter(|line| !about_items(line)).collect();
    let kept = kept.join("\n") + "\n";
    if messages::errors(&kept).is_empty() {
        return messages.to_owned();
    }
    kept
}
