//! The notebook's variables: their types, and what became of those that are gone.

mod bindings;
mod end;
mod pointers;
mod words;

use crate::assist::Variable;
use bindings::Binding;
pub(crate) use end::End;
use evcxr::CommandContext;
use jupyter::MimeBundle;
use report::escaped;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use toolchain::variables::{Fate, Reason, Variables, number_of};
use toolchain::{Macros, redefined};
pub(crate) use words::shown;

/// All that is known of the session's variables.
#[derive(Debug)]
pub(crate) struct Ledger {
    workspace: PathBuf,
    /// The number of the next definition.
    next: u32,
    entries: HashMap<String, Entry>,
    /// What the running cell defines.
    bindings: Vec<Binding>,
    /// What was written for the running cell, to be undone if it doesn't compile.
    before: Option<Variables>,
    /// The variables that it can't have, each with the type that it defines anew.
    given_up: Vec<(String, String)>,
}

/// A variable's last definition.
#[derive(Clone, Debug)]
struct Entry {
    number: u32,
    /// The cell that made it.
    cell: u32,
    is_mut: bool,
    status: Status,
    /// The last cell that moved it and assigned it again.
    moved_in: Option<u32>,
    /// Its own type, if that has no name.
    own: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Status {
    Kept(String),
    Moved { cell: u32, line: u32 },
    Unkept(Reason),
    Redefined { name: String, cell: u32 },
    Lost { cell: u32, end: End },
}

impl Ledger {
    /// A session without variables.
    pub(crate) fn new(workspace: &Path) -> Ledger {
        Ledger {
            workspace: workspace.to_owned(),
            next: 1,
            entries: HashMap::new(),
            bindings: Vec::new(),
            before: None,
            given_up: Vec::new(),
        }
    }

    /// The cell as evcxr is to get it. Variables whose types it defines anew are given up.
    pub(crate) fn begin(&mut self, code: &str) -> String {
        let (marked, bindings) =
            bindings::marked(code, self.next, |code| Macros::known(&self.workspace, code));
        self.next += bindings.len() as u32;
        self.bindings = bindings;
        self.before = None;
        self.give_up_redefined();
        marked
    }

    /// The process was ended by a command in a cell, which evcxr's list of variables survives.
    pub(crate) fn process_ended(&mut self, cell: u32) {
        let is_kept = |entry: &&mut Entry| matches!(entry.status, Status::Kept(_));
        for entry in self.entries.values_mut().filter(is_kept) {
            let end = End::Died;
            entry.status = Status::Lost { cell, end };
        }
        if let Err(error) = Variables::default().write(&self.workspace) {
            tracing::error!("{error}");
        }
    }

    /// Takes the variables away from the stand-in whose types the running cell defines anew.
    fn give_up_redefined(&mut self) {
        let mut variables = Variables::read(&self.workspace);
        let before = variables.clone();
        self.given_up = redefined::give_up(&mut variables, &self.workspace);
        if !self.given_up.is_empty() && variables.write(&self.workspace).is_ok() {
            self.before = Some(before);
        }
    }

    /// Notes what became of variables in a cell that has ended. `place` finds the cell and line of
    /// a line of its generated source. What the person is to be told is returned, a line each.
    pub(crate) fn end(
        &mut self,
        cell: u32,
        end: End,
        context: &CommandContext,
        place: &dyn Fn(u32) -> Option<(u32, u32)>,
    ) -> Vec<String> {
        let known: HashSet<u32> = context
            .variables_and_types()
            .filter_map(|(_, kind)| number_of(kind))
            .collect();
        if end == End::Refused
            && let Some(before) = self.before.take()
        {
            let _ = before.write(&self.workspace);
        }
        let mut variables = Variables::read(&self.workspace);
        let end = match end {
            End::Returned if !self.has_kept(&known, &variables) => End::Complete,
            end => end,
        };
        self.note_given_back(cell, end, &mut variables);
        let mut notes = self.note_earlier(cell, end, &known, &variables, place);
        let bindings = std::mem::take(&mut self.bindings);
        let own_names: HashSet<String> = bindings.iter().map(|it| it.name.clone()).collect();
        for binding in bindings {
            let is_there = known.contains(&binding.number);
            let before = self.entries.get(&binding.name);
            let before = before.filter(|entry| matches!(entry.status, Status::Kept(_)));
            if !is_there && end == End::Refused && before.is_some() {
                continue;
            }
            if end.is_early() {
                self.undo(binding, cell, end, &mut variables);
                continue;
            }
            let fate = variables.get(binding.number).map(|it| it.fate.clone());
            let mut own_type = None;
            let status = match fate {
                Some(Fate::Kept { kind, own }) if is_there => {
                    own_type = own;
                    if let Some(target) = &binding.points_to
                        && (self.is_kept(target) || own_names.contains(target))
                    {
                        notes.push(words::points(&binding.name, target));
                    }
                    Status::Kept(kind)
                }
                Some(Fate::Moved { line }) => moved(cell, line, place),
                Some(Fate::Unkept(Reason::NoVariable)) => continue,
                Some(Fate::Unkept(reason)) => {
                    if end == End::Complete {
                        notes.push(words::not_kept(&binding.name, &reason));
                    }
                    Status::Unkept(reason)
                }
                None if end == End::Complete => {
                    notes.push(words::untold(&binding.name));
                    Status::Lost { cell, end }
                }
                _ => Status::Lost { cell, end },
            };
            let entry = Entry {
                number: binding.number,
                cell,
                is_mut: binding.is_mut,
                status,
                moved_in: None,
                own: own_type,
            };
            self.entries.insert(binding.name, entry);
        }
        variables.retain(|number| known.contains(&number));
        let _ = variables.write(&self.workspace);
        notes
    }

    fn is_kept(&self, name: &str) -> bool {
        let entry = self.entries.get(name);
        entry.is_some_and(|entry| matches!(entry.status, Status::Kept(_)))
    }

    /// Whether the running cell keeps variables that it defines, where it comes to its end.
    fn has_kept(&self, known: &HashSet<u32>, variables: &Variables) -> bool {
        self.bindings.iter().any(|binding| {
            let fate = variables.get(binding.number).map(|it| &it.fate);
            known.contains(&binding.number) && matches!(fate, Some(Fate::Kept { .. }))
        })
    }

    /// The cell did not come to its end, where it would have kept this variable. One of its name
    /// that was there before still is, unless the cell moved it away.
    fn undo(&mut self, binding: Binding, cell: u32, end: End, variables: &mut Variables) {
        let before = self.entries.remove(&binding.name);
        let before = before.filter(|entry| matches!(entry.status, Status::Kept(_)));
        let is_left = variables.undo(
            binding.number,
            before.as_ref().is_some_and(|entry| entry.is_mut),
        );
        let mut entry = before.unwrap_or(Entry {
            number: binding.number,
            cell,
            is_mut: binding.is_mut,
            status: Status::Lost { cell, end },
            moved_in: None,
            own: None,
        });
        entry.number = binding.number;
        if !is_left {
            entry.status = Status::Lost { cell, end };
        }
        self.entries.insert(binding.name, entry);
    }

    /// What became of variables that the cell moved and would have given back at its end.
    fn note_given_back(&mut self, cell: u32, end: End, variables: &mut Variables) {
        for number in variables.take_given_back() {
            let found = self
                .entries
                .iter_mut()
                .find(|(_, entry)| entry.number == number);
            let Some((name, entry)) = found else {
                continue;
            };
            if end == End::Complete {
                entry.moved_in = Some(cell);
            } else {
                entry.status = Status::Lost { cell, end };
                variables.set(number, name, Fate::Moved { line: 0 });
            }
        }
    }

    /// What became of variables of earlier cells.
    fn note_earlier(
        &mut self,
        cell: u32,
        end: End,
        known: &HashSet<u32>,
        variables: &Variables,
        place: &dyn Fn(u32) -> Option<(u32, u32)>,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        let mut entries: Vec<_> = self.entries.iter_mut().collect();
        entries.sort_by_key(|(_, entry)| entry.number);
        for (name, entry) in entries {
            // What the cell defines anew is told of there.
            let is_anew = self.bindings.iter().any(|binding| binding.name == *name);
            let is_replaced = is_anew && !known.contains(&entry.number);
            if is_replaced || !matches!(entry.status, Status::Kept(_)) {
                continue;
            }
            match variables.get(entry.number).map(|it| &it.fate) {
                _ if !known.contains(&entry.number) => entry.status = Status::Lost { cell, end },
                Some(Fate::Moved { line }) => entry.status = moved(cell, *line, place),
                Some(Fate::Unkept(Reason::Redefined { name: kind })) => {
                    notes.push(words::redefined(name, entry.cell, kind));
                    let name = kind.clone();
                    entry.status = Status::Redefined { name, cell };
                }
                Some(Fate::Unkept(reason)) => entry.status = Status::Unkept(reason.clone()),
                _ => {}
            }
        }
        notes
    }

    /// The variables that are kept, with their types, by name.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .filter_map(|(name, entry)| match &entry.status {
                Status::Kept(kind) => Some((name.as_str(), kind.as_str())),
                _ => None,
            })
    }

    /// The variables with their types, for `:vars`.
    pub(crate) fn list(&self) -> Option<MimeBundle> {
        let mut kept: Vec<_> = self.kept().collect();
        if kept.is_empty() {
            return None;
        }
        kept.sort_unstable();
        let text: String = kept
            .iter()
            .map(|(name, kind)| format!("{name}: {}\n", shown(kind)))
            .collect();
        let rows: String = kept
            .iter()
            .map(|(name, kind)| {
                let (name, kind) = (escaped(name), escaped(&shown(kind)));
                format!("<tr><td>{name}</td><td>{kind}</td></tr>")
            })
            .collect();
        let html = format!("<table><tr><th>Variable</th><th>Type</th></tr>{rows}</table>");
        Some(MimeBundle::from_iter([
            ("text/plain".to_owned(), json!(text)),
            ("text/html".to_owned(), json!(html)),
        ]))
    }

    /// The type of a variable as a person would write it.
    pub(crate) fn kind(&self, name: &str) -> Option<String> {
        let mut kept = self.kept();
        kept.find(|(kept, _)| *kept == name)
            .map(|(_, kind)| shown(kind))
    }

    /// What there is to know of variables that errors speak of: those in `code` that are kept as
    /// something else.
    pub(crate) fn boxed(&self, code: &str, errors: &str) -> Vec<String> {
        let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
        let said: HashSet<&str> = code.split(|c| !is_of_name(c)).collect();
        let errors = words::short(errors);
        let mut notes: Vec<String> = self
            .entries
            .iter()
            .filter(|(name, _)| said.contains(name.as_str()))
            .filter_map(|(name, entry)| match (&entry.status, &entry.own) {
                (Status::Kept(kind), Some(own)) => {
                    let short = words::short(kind);
                    let inner = &short[short.find("dyn ")?..];
                    let is_named = errors.contains(inner.trim_end_matches('>'));
                    is_named.then(|| words::boxed(name, kind, own))
                }
                _ => None,
            })
            .collect();
        notes.sort_unstable();
        notes
    }

    /// Why there is no variable of this name, if there was one before `cell`.
    pub(crate) fn what_became_of(&self, name: &str, now: u32) -> Option<String> {
        let entry = self.entries.get(name)?;
        let made = entry.cell;
        match &entry.status {
            Status::Lost { .. } if made == now => None,
            Status::Kept(_) => {
                let mut given_up = self.given_up.iter();
                let (_, kind) = given_up.find(|(variable, _)| variable == name)?;
                Some(words::redefined_here(name, made, kind))
            }
            Status::Moved { cell, line: 0 } => Some(format!("`{name}` was moved in [{cell}]")),
            Status::Moved { cell, line } => {
                Some(format!("`{name}` was moved in [{cell}], line {line}"))
            }
            Status::Unkept(reason) => Some(words::was_not_kept(name, made, reason)),
            Status::Redefined { name: kind, cell } => {
                Some(words::was_redefined(name, made, kind, *cell))
            }
            Status::Lost { cell, end } => Some(match entry.moved_in {
                Some(moved) if *end == End::Refused => words::not_given_back(name, made, moved),
                _ => words::lost(name, made, *cell, *end),
            }),
        }
    }

    /// The variables with their types, for rust-analyzer.
    pub(crate) fn for_analysis(&self) -> Vec<Variable> {
        let entries = self.entries.iter();
        let kept = entries.filter_map(|(name, entry)| match &entry.status {
            Status::Kept(kind) => Some(Variable {
                name: name.clone(),
                is_mut: entry.is_mut,
                kind: kind.clone(),
            }),
            _ => None,
        });
        let mut variables: Vec<_> = kept.collect();
        variables.sort_by(|a, b| a.name.cmp(&b.name));
        variables
    }
}

fn moved(cell: u32, line: u32, place: &dyn Fn(u32) -> Option<(u32, u32)>) -> Status {
    let line = place(line).map_or(0, |(_, line)| line);
    Status::Moved { cell, line }
}
