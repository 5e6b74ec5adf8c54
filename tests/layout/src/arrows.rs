//! Which file of a crate leans on which: names followed to the file that defines them.
//!
//! A re-export is no arrow of its own: `pub use` hands a name on, and who uses the name leans on
//! the file behind it. So a crate's root may list what its modules export without closing a ring.

use std::collections::HashMap;

use crate::graph;
use crate::modules::{Crate, Import, Module};

/// One file leaning on another.
#[derive(Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Who leans, as an index of the crate's files.
    pub from: usize,
    /// On whom.
    pub to: usize,
    /// The path that says so, as written.
    pub path: String,
    /// The line in `from`.
    pub line: usize,
}

/// A ring of files and the arrows within it.
#[derive(Debug)]
pub struct Ring {
    /// The files, as indexes of the crate's.
    pub files: Vec<usize>,
    /// One arrow for each pair of files that leans.
    pub arrows: Vec<Arrow>,
}

/// Where a name leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Module(usize),
    Item(usize),
}

/// The arrows between the files of a crate, the first for each pair.
pub fn arrows(of: &Crate) -> Vec<Arrow> {
    let mut found: Vec<Arrow> = Vec::new();
    let mut names = Names {
        of,
        known: HashMap::new(),
    };
    let mut add = |from: usize, to: usize, path: &[String], line: usize| {
        if from != to
            && !found
                .iter()
                .any(|arrow| arrow.from == from && arrow.to == to)
        {
            found.push(Arrow {
                from,
                to,
                path: path.join("::"),
                line,
            });
        }
    };
    for (at, module) in of.modules.iter().enumerate() {
        for import in module.imports.iter().filter(|import| !import.public) {
            match names.follow(at, &import.path) {
                Some(Target::Item(file)) => add(module.file, file, &import.path, import.line),
                Some(Target::Module(target)) if import.name.is_none() => {
                    let target = &of.modules[target];
                    if !target.items.is_empty() {
                        add(module.file, target.file, &import.path, import.line);
                    }
                }
                _ => {}
            }
        }
        for mention in &module.paths {
            let name = &mention.path[0];
            let variable =
                mention.path.len() == 1 && !mention.called && !name.starts_with(char::is_uppercase);
            if variable {
                continue;
            }
            if let Some(Target::Item(file)) = names.follow(at, &mention.path) {
                add(module.file, file, &mention.path, mention.line);
            }
        }
    }
    found
}

/// Which arrows close a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// All of them, also between a module and those within it.
    Counted,
    /// Arrows between a module and those within it (`x.rs` and `x/a.rs`) are left out.
    LeftOut,
}

/// The rings among the files of a crate.
pub fn rings(of: &Crate, family: Family) -> Vec<Ring> {
    let mut arrows = arrows(of);
    if family == Family::LeftOut {
        arrows
            .retain(|arrow| !within(of, arrow.from, arrow.to) && !within(of, arrow.to, arrow.from));
    }
    let mut targets = vec![Vec::new(); of.files.len()];
    for arrow in &arrows {
        targets[arrow.from].push(arrow.to);
    }
    let rings = graph::rings(&targets);
    let mut found: Vec<Ring> = rings
        .into_iter()
        .map(|files| Ring {
            files,
            arrows: Vec::new(),
        })
        .collect();
    for arrow in arrows {
        let ring = found
            .iter_mut()
            .find(|ring| ring.files.contains(&arrow.from) && ring.files.contains(&arrow.to));
        if let Some(ring) = ring {
            ring.arrows.push(arrow);
        }
    }
    found
}

/// Whether a file's module stands somewhere within another's.
fn within(of: &Crate, inner: usize, outer: usize) -> bool {
    let mut here = of.modules.iter().find(|module| module.file == inner);
    while let Some(module) = here {
        if module.file == outer {
            return true;
        }
        here = module.parent.map(|parent| &of.modules[parent]);
    }
    false
}

/// Follows names through modules and imports.
struct Names<'c> {
    of: &'c Crate,
    /// What was looked up already. While a name is being looked up it stands here as unknown, so
    /// that modules that import each other's names come to an end.
    known: HashMap<(usize, String), Option<Target>>,
}

impl Names<'_> {
    /// Follows a path from a module.
    fn follow(&mut self, from: usize, path: &[String]) -> Option<Target> {
        let modules = &self.of.modules;
        let mut rest = path.iter();
        let mut here = match rest.next()?.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(from),
            "super" => Target::Module(modules[from].parent?),
            // Anything else is a name in scope, or another crate.
            name => self.look_up(from, name)?,
        };
        for name in rest {
            here = match here {
                Target::Item(_) => return Some(here),
                Target::Module(module) if name == "super" => {
                    Target::Module(modules[module].parent?)
                }
                // What a macro defines is not seen; it is in the module's file all the same.
                Target::Module(module) => self
                    .look_up(module, name)
                    .unwrap_or(Target::Item(modules[module].file)),
            };
        }
        Some(here)
    }

    fn look_up(&mut self, module: usize, name: &str) -> Option<Target> {
        let key = (module, name.to_owned());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        self.known.insert(key.clone(), None);
        let found = self.search(module, name);
        self.known.insert(key, found);
        found
    }

    fn search(&mut self, module: usize, name: &str) -> Option<Target> {
        let Module {
            file,
            children,
            items,
            imports,
            ..
        } = &self.of.modules[module];
        if let Some(child) = children.get(name) {
            return Some(Target::Module(*child));
        }
        if items.contains(name) {
            return Some(Target::Item(*file));
        }
        let named = |import: &&Import| import.name.as_deref() == Some(name);
        if let Some(import) = imports.iter().find(named) {
            // `use record::record` is another crate's.
            if import.path[0] == name {
                return None;
            }
            return self.follow(module, &import.path);
        }
        let globs = imports.iter().filter(|import| import.name.is_none());
        for import in globs {
            if let Some(Target::Module(target)) = self.follow(module, &import.path)
                && target != module
                && let Some(found) = self.look_up(target, name)
            {
                return Some(found);
            }
        }
        None
    }
}
