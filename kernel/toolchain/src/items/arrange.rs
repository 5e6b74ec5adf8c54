//! Puts a cell's source together: what evcxr generated, with exactly the items that are valid.
//!
//! No line moves. What is not valid (an `impl` that was replaced, say) leaves blank lines; what
//! evcxr forgot comes after the end. Macro calls that make items leave the cell's body for the end
//! as well.

use super::describe::{blank, fingerprint};
use super::kinds::Sort;
use super::list::{Item, Items};
use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{Edition, SourceFile};
use std::collections::BTreeSet;

/// A source with its items.
#[derive(Clone, Debug)]
pub(crate) struct Arranged {
    /// The source.
    pub text: String,
    /// Where the items stand.
    pub places: Vec<Place>,
}

impl Arranged {
    /// The item at a line (0-based).
    pub fn place_at(&self, line: usize) -> Option<&Place> {
        let places = &mut self.places.iter();
        places.find(|place| (place.first..place.first + place.lines).contains(&line))
    }

    /// Whether an item of an earlier cell stands at a line (0-based).
    pub fn is_earlier(&self, line: usize) -> bool {
        self.place_at(line).is_some_and(|place| place.is_earlier)
    }

    /// What a line (0-based) imports.
    pub fn import_at(&self, line: usize) -> Option<&str> {
        let last = line_of(&self.text, generated_from(&self.text));
        let text = self.text.lines().nth(line)?.trim();
        (line <= last && text.starts_with("use ") && text.ends_with(';')).then_some(text)
    }
}

/// Where an item stands in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The item's index in the list.
    pub item: usize,
    /// Its first line (0-based).
    pub first: usize,
    /// How many lines it has.
    pub lines: usize,
    /// Whether an earlier cell defined it.
    pub is_earlier: bool,
}

impl Items {
    /// evcxr's source of the cell `serial`, with the items of this list but those that are
    /// `left_out`.
    pub fn arrange(&self, source: &str, serial: u64, left_out: &BTreeSet<usize>) -> Arranged {
        let mut work = Work {
            items: self,
            text: source.to_owned(),
            placed: vec![false; self.items.len()],
            places: Vec::new(),
            has_more: false,
            left_out,
            serial,
        };
        work.forget_imports();
        work.keep_valid();
        work.take_calls();
        work.append_rest();
        work.export_macros();
        Arranged {
            text: work.text,
            places: work.places,
        }
    }
}

struct Work<'a> {
    items: &'a Items,
    text: String,
    placed: Vec<bool>,
    places: Vec<Place>,
    has_more: bool,
    left_out: &'a BTreeSet<usize>,
    serial: u64,
}

impl Work<'_> {
    /// Blanks the `use` lines of what is gone.
    fn forget_imports(&mut self) {
        for import in &self.items.lost_imports {
            while let Some(start) = find_line(&self.text, import) {
                self.blank(start..start + import.len());
            }
        }
    }

    /// Blanks the items of evcxr's that are not on the list, and those that stand there twice:
    /// evcxr knows the last one best.
    fn keep_valid(&mut self) {
        let end = generated_from(&self.text);
        let tree = SourceFile::parse(&self.text[..end], Edition::Edition2024).syntax_node();
        let nodes: Vec<_> = tree
            .children()
            .filter(|node| {
                ast::Item::cast(node.clone()).is_some_and(|item| {
                    !matches!(item, ast::Item::Use(_) | ast::Item::ExternCrate(_))
                })
            })
            .collect();
        for node in nodes.iter().rev() {
            let print = fingerprint(node);
            let range =
                usize::from(node.text_range().start())..usize::from(node.text_range().end());
            let found = self
                .items
                .items
                .iter()
                .enumerate()
                .position(|(index, item)| !self.placed[index] && item.fingerprint == print);
            match found {
                Some(index) if self.left_out.contains(&index) => {
                    self.placed[index] = true;
                    self.blank(range);
                }
                // Macros reach into a module only from above.
                Some(index) if self.is_module_with_macros(index) => self.blank(range),
                Some(index) => self.note(index, range),
                None => self.blank(range),
            }
        }
    }

    /// Whether an item is a module that speaks of macros of the notebook.
    fn is_module_with_macros(&self, index: usize) -> bool {
        let module = &self.items.items[index];
        let macros = self.items.items.iter().filter_map(Item::macro_name);
        module.text.contains("mod ") && module.sort == Sort::Type && {
            let mut macros = macros.filter(|name| module.words.contains(*name));
            macros.next().is_some()
        }
    }

    /// Moves the macro calls of this cell that make items out of its body.
    fn take_calls(&mut self) {
        for index in 0..self.items.items.len() {
            let item = &self.items.items[index];
            if item.sort != Sort::Call || item.ran != self.serial || self.placed[index] {
                continue;
            }
            let body = generated_from(&self.text);
            let Some(start) = find_line(&self.text[body..], &item.text).map(|at| at + body) else {
                continue;
            };
            let end = start + item.text.len();
            let (before, after) = ("\n(\n", "\n).evcxr_display();\n");
            // As the cell's last expression, it would be displayed.
            if self.text[..start].ends_with(before) && self.text[end..].starts_with(after) {
                self.blank(start - before.len()..end + after.len());
            } else {
                self.blank(start..end);
            }
            self.append(index);
        }
    }

    fn append_rest(&mut self) {
        let items = &self.items.items;
        let (macros, others): (Vec<usize>, Vec<usize>) =
            (0..items.len()).partition(|index| items[*index].macro_name().is_some());
        for index in macros.into_iter().chain(others) {
            if !self.placed[index] && !self.left_out.contains(&index) {
                self.append(index);
            }
        }
    }

    fn append(&mut self, index: usize) {
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        if !self.has_more {
            self.has_more = true;
            self.text.push_str(MORE);
            self.text.push('\n');
        }
        let start = self.text.len();
        self.text.push_str(&self.items.items[index].text);
        self.text.push('\n');
        self.note(index, start..self.text.len() - 1);
    }

    fn note(&mut self, index: usize, range: std::ops::Range<usize>) {
        self.placed[index] = true;
        self.places.push(Place {
            item: index,
            first: line_of(&self.text, range.start),
            lines: line_of(&self.text[range], usize::MAX) + 1,
            is_earlier: self.items.items[index].ran != self.serial,
        });
    }

    fn blank(&mut self, range: std::ops::Range<usize>) {
        let nothing = blank(&self.text[range.clone()]);
        self.text.replace_range(range, &nothing);
    }

    /// A macro can be used above its definition as well, since evcxr's order of items is any.
    fn export_macros(&mut self) {
        let mut lines: Vec<String> = self.text.lines().map(str::to_owned).collect();
        for place in &self.places {
            let item: &Item = &self.items.items[place.item];
            let is_exported = item.text.contains("macro_export");
            let name = item.macro_name().filter(|_| !is_exported);
            let last = lines.get_mut(place.first + place.lines - 1);
            if let (Some(name), Some(last)) = (name, last)
                && last.trim_end().ends_with(['}', ';', ')'])
            {
                last.push_str(&format!(" pub(crate) use {name};"));
            }
        }
        self.text = lines.join("\n") + "\n";
    }
}

/// The line between evcxr's source and the items that come after it.
pub(crate) const MORE: &str = "/* more items */";

/// Where, in evcxr's source, the code begins that it generated around the cell's body.
pub(crate) fn generated_from(text: &str) -> usize {
    let entry = text.rfind(ENTRY).unwrap_or(text.len());
    [FAILURE, STORE]
        .iter()
        .filter_map(|start| text[..entry].rfind(start))
        .min()
        .unwrap_or(entry)
}

const ENTRY: &str = "\n#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_";
const STORE: &str = "\nmod evcxr_internal_runtime {";
const FAILURE: &str = "\n            struct EvcxrUserCodeError {";

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset.min(text.len())].matches('\n').count()
}

/// Where a text begins a line.
fn find_line(text: &str, part: &str) -> Option<usize> {
    let found = text.match_indices(part).map(|(at, _)| at);
    found
        .into_iter()
        .find(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n')
}
