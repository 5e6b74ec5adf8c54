//! Items of earlier cells that no longer compile.
//!
//! A type that is defined anew takes along what doesn't fit it. Which items these are, the compiler
//! tells: its errors stand in their lines.

use super::arrange::Arranged;
use super::describe;
use super::kinds::Sort;
use super::list::{Import, Item, Items};
use crate::changes::Fallen;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Errors about two items that can't both be: any place may be the older one's.
const CONFLICTS: [&str; 5] = ["E0119", "E0592", "E0428", "E0201", "E0255"];
/// Errors about circles, in which no item is more to blame than another.
const CIRCLES: [&str; 2] = ["E0072", "E0391"];

/// What is to go, and why.
#[derive(Debug, Default)]
struct Unfit {
    /// Items by index; which of their members, if not all.
    items: BTreeMap<usize, BTreeSet<String>>,
    imports: BTreeSet<String>,
    fallen: Vec<Fallen>,
}

impl Items {
    /// Takes out the items of cells before `serial` that the compiler's messages, about `arranged`,
    /// find fault with: which. Empty if there are none.
    pub fn drop_unfit(&mut self, arranged: &Arranged, messages: &str, serial: u64) -> Vec<Fallen> {
        let mut unfit = Unfit::default();
        for message in messages.lines() {
            if let Ok(message) = serde_json::from_str::<Value>(message)
                && message["level"] == "error"
            {
                self.blame(arranged, &message, serial, &mut unfit);
            }
        }
        self.lost_imports.extend(unfit.imports);
        for (index, item) in std::mem::take(&mut self.items).into_iter().enumerate() {
            match unfit.items.get(&index) {
                None => self.items.push(item),
                Some(members) if !members.is_empty() => {
                    self.items.extend(item.without_members(members));
                }
                Some(_) if item.sort == Sort::Impl => self.fallen_impls.push(item),
                Some(_) => {}
            }
        }
        unfit.fallen
    }

    /// The import that evcxr writes as this line.
    fn import_of(&self, line: &str) -> Option<&Import> {
        let mut imports = self.imports.iter();
        let found = imports.find(|(name, it)| describe::import_line(name, &it.text) == line);
        Some(found?.1)
    }

    fn blame(&self, arranged: &Arranged, message: &Value, serial: u64, unfit: &mut Unfit) {
        let code = message["code"]["code"].as_str().unwrap_or_default();
        if CIRCLES.contains(&code) {
            return;
        }
        let is_conflict = CONFLICTS.contains(&code);
        let reason = message["message"].as_str().unwrap_or_default();
        for line in lines(message, is_conflict) {
            if let Some(place) = arranged.place_at(line) {
                let item = &self.items[place.item];
                if item.ran != serial {
                    let member = item.member_at(line - place.first);
                    let is_new = unfit.note(place.item, member.clone());
                    if is_new && !is_conflict {
                        unfit.fallen.push(item.fallen(member, reason));
                    }
                }
            } else if let Some(line) = arranged.import_at(line) {
                let import = self.import_of(line).filter(|it| it.ran != serial);
                if let Some(import) = import
                    && unfit.imports.insert(line.to_owned())
                {
                    unfit.fallen.push(Fallen {
                        name: line.trim_end_matches(';').to_owned(),
                        cell: import.count,
                        reason: reason.to_owned(),
                    });
                }
            }
        }
    }
}

impl Unfit {
    /// Whether that is new.
    fn note(&mut self, index: usize, member: Option<String>) -> bool {
        match (self.items.get_mut(&index), member) {
            // All of it goes.
            (Some(members), _) if members.is_empty() => false,
            (Some(members), Some(member)) => members.insert(member),
            (Some(members), None) => {
                members.clear();
                true
            }
            (None, member) => {
                self.items.insert(index, member.into_iter().collect());
                true
            }
        }
    }
}

impl Item {
    /// The member of a block of methods at one of its lines (0-based): it can go without the
    /// others.
    fn member_at(&self, line: usize) -> Option<String> {
        self.is_methods()
            .then(|| describe::member_at(&self.text, line))?
    }

    fn fallen(&self, member: Option<String>, reason: &str) -> Fallen {
        let name = match (member, self.sort) {
            (Some(member), Sort::Impl) => {
                let own = self.names.first().map_or("", |(_, name)| name.as_str());
                format!("{own}::{member}")
            }
            _ => self.title(),
        };
        Fallen {
            name,
            cell: self.count,
            reason: reason.to_owned(),
        }
    }
}

/// The lines (0-based) of a message's places; of all of them, or those that it is about.
fn lines(message: &Value, all: bool) -> Vec<usize> {
    let primary = |span: &&Value| all || span["is_primary"] == true;
    let spans = message["spans"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(primary);
    let outermost = |mut span: &'_ Value| -> Option<usize> {
        // Of what a macro made, where it was called.
        while span["expansion"]["span"].is_object() {
            span = &span["expansion"]["span"];
        }
        let line = span["line_start"].as_u64()? as usize;
        (span["file_name"] == "src/lib.rs").then(|| line.saturating_sub(1))
    };
    spans.filter_map(outermost).collect()
}
