//! One cell's build: its source with the items that are valid, and what becomes of the list of items when it succeeds.

use super::generated;
use crate::cell::Cell;
use crate::changes::{Changes, Renewed};
use crate::crates::Chain;
use crate::error::Error;
use crate::items::Items;
use crate::items::arrange::Arranged;
use crate::items::known::{Static, Uses};
use crate::messages;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What is to be built.
pub(super) struct Plan {
    workspace: PathBuf,
    /// As evcxr wrote it.
    source: String,
    cell: Cell,
    items: Items,
    arranged: Arranged,
    changes: Changes,
    /// The first attempt that failed: what was compiled, and what the compiler said.
    failed: Option<(String, String)>,
}

impl Plan {
    /// For a source of evcxr's.
    pub fn new(workspace: &Path, source: &str) -> Result<Plan, Error> {
        let cell = Cell::announced(workspace);
        let before = Items::load(workspace);
        let mut items = before.with(&cell);
        let changes = Changes {
            edited: before.edited_in(&items),
            ..Changes::default()
        };
        items.replaced = Chain::replaced_crates(workspace);
        items.announce(workspace)?;
        Ok(Plan {
            arranged: items.arrange(source, cell.serial),
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

    /// Leaves out the items of earlier cells that the compiler finds fault with: whether there are any.
    pub fn leave_unfit(&mut self, source: &str, messages: &str) -> Result<bool, Error> {
        let serial = self.cell.serial;
        let fallen = self.items.drop_unfit(&self.arranged, messages, serial);
        let arranged = self.items.arrange(&self.source, serial);
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

    /// What is to be told of a cell that doesn't compile: the last attempt; or the first, while nothing was left out, if
    /// the last one misses what was.
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

/// The messages without the errors about items alone, which may be the cell's own, if there are others.
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
