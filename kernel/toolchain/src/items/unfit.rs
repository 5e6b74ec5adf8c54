//! Items of earlier cells that no longer compile.
//!
//! A type that is defined anew takes along what doesn't fit it. Which items these are, the compiler
//! tells: its errors stand in their lines.

use super::arrange::Arranged;
use super::describe;
use super::kinds::{Sort, Space};
use super::list::{Import, Item, Items};
use crate::changes::Fallen;
use crate::messages;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Errors about two items that can't both be: any place may be the older one's.
const CONFLICTS: [&str; 5] = ["E0119", "E0592", "E0428", "E0201", "E0255"];
/// The one of them about two `impl`s of a trait for a type.
const TWO_IMPLS: &str = "E0119";
/// Traits of `std` whose `impl` gives another one, as that of `From` gives `Into`: rustc names the
/// latter alone where a third one, of `TryFrom`, comes of that.
const GIVES: (&str, &str) = ("From", "Into");
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

    /// The `impl`s of cells before `serial` from which follows, by one that is in `std`, what a
    /// cell implements itself: `From<A> for B` has `Into<B> for A` follow. rustc tells the trait,
    /// and not where its `impl` stands.
    fn implied_by(&self, message: &Value, serial: u64) -> Vec<usize> {
        let notes = message["children"].as_array().into_iter().flatten();
        let notes: String = notes.map(messages::text).collect();
        let bounds = describe::words(notes.split_once("where ").map_or("", |(_, it)| it));
        let types = describe::words(messages::text(message));
        let is_own = |name: &&String| {
            let mut names = self.items.iter().flat_map(|item| &item.names);
            names.any(|(space, own)| *space == Space::Type && own == *name)
        };
        let implies = |item: &Item| {
            let (_, header) = item.names.first()?;
            let (of_trait, _) = header.split_once(" for ")?;
            let path = of_trait.split('<').next()?;
            let name = path.rsplit("::").next()?;
            let gives = |name| bounds.contains(name);
            let is_bound = gives(name) || name == GIVES.0 && gives(GIVES.1);
            let words = describe::words(header);
            let own: Vec<&String> = words.iter().filter(is_own).collect();
            Some(is_bound && !own.is_empty() && own.iter().all(|name| types.contains(*name)))
        };
        let earlier = (0..)
            .zip(&self.items)
            .filter(|(_, item)| item.ran != serial);
        let implying =
            earlier.filter(|(_, item)| item.sort == Sort::Impl && implies(item) == Some(true));
        implying.map(|(index, _)| index).collect()
    }

    fn blame(&self, arranged: &Arranged, message: &Value, serial: u64, unfit: &mut Unfit) {
        let code = message["code"]["code"].as_str().unwrap_or_default();
        if CIRCLES.contains(&code) {
            return;
        }
        let is_conflict = CONFLICTS.contains(&code);
        let reason = messages::text(message);
        if code == TWO_IMPLS {
            for index in self.implied_by(message, serial) {
                if unfit.note(index, None) {
                    unfit.fallen.push(self.items[index].fallen(None, reason));
                }
            }
        }
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
