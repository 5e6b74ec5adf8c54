//! What a session knows of its variables: their types in the compiler's words, and why some aren't
//! kept.
//!
//! Each definition of a variable has a number. evcxr believes that the variable's type is `[();
//! NUMBER]`, so it has nothing to infer; the stand-in puts the real type there, which the compiler
//! told when it compiled the cell.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a session keeps this.
const FILE: &str = "variables.json";
/// What evcxr takes for a variable's type, around the number.
const BEFORE: &str = "[(); 0xfea_";
const AFTER: &str = "]";

/// The variables by the numbers of their definitions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Variables {
    by_number: BTreeMap<u32, Variable>,
    /// Those of earlier cells that the last cell moved and kept itself, if it ran through.
    #[serde(default)]
    given_back: Vec<u32>,
    /// Of each definition of the last cell's, the earlier one of the same name that is still there
    /// if the cell did not run through.
    #[serde(default)]
    left: BTreeMap<u32, u32>,
}

/// One definition of a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub fate: Fate,
    /// Whether it is mutable, if evcxr takes it for another one's definition.
    #[serde(default)]
    is_mut: Option<bool>,
}

/// What became of a variable at the end of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fate {
    /// It is kept for later cells.
    Kept {
        /// Its type, as it can be written in a cell.
        kind: String,
        /// The compiler's words for its own type, if that has no name: then it is kept in a box, or
        /// as a pointer.
        #[serde(default)]
        own: Option<String>,
    },
    /// A cell moved it away.
    Moved {
        /// Where, as a line of that cell's generated source (1-based); 0 if the compiler did not
        /// say.
        line: u32,
    },
    /// It can't be kept.
    Unkept(Reason),
}

/// Why a variable can't be kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reason {
    /// It borrows from something that ends with its cell.
    Borrows {
        /// The variable that it borrows from, if it has a name.
        from: Option<String>,
    },
    /// Its type has no name that could be written.
    Unnameable {
        /// The compiler's words for the type.
        kind: String,
        /// What in it has no name.
        what: Nameless,
    },
    /// Its type has a name which later cells may not use.
    OutOfReach {
        /// The type.
        kind: String,
    },
    /// A type that it is made of was defined anew.
    Redefined {
        /// The type that was defined anew.
        name: String,
    },
    /// It was made with another build of a crate than cells use now.
    Rebuilt {
        /// The crates that were built anew.
        crates: String,
    },
    /// It was declared, and given no value.
    NoValue,
    /// A pattern names a constant or a variant that way: there is no variable.
    NoVariable,
}

/// What has no name in Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nameless {
    /// A closure.
    Closure,
    /// An `async` block, or what an `async fn` returns.
    Future,
    /// A function as a type of its own.
    Function,
    /// A type that is defined within a function or block.
    Local,
    /// Anything else.
    Other,
}

impl Variables {
    /// What the session in this folder knows; nothing if it knows nothing yet.
    pub fn read(workspace: &Path) -> Variables {
        fs::read(path(workspace))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }

    /// Gives up the variables whose type `holds`, since these crates were built anew; their names.
    pub(crate) fn give_up(&mut self, crates: &str, holds: impl Fn(&str) -> bool) -> Vec<String> {
        let mut last: BTreeMap<String, u32> = BTreeMap::new();
        for (number, variable) in &self.by_number {
            last.insert(variable.name.clone(), *number);
        }
        last.retain(|_, number| self.kind(*number).is_some_and(&holds));
        for (name, number) in &last {
            let crates = crates.to_owned();
            self.set(*number, name, Fate::Unkept(Reason::Rebuilt { crates }));
        }
        last.into_keys().collect()
    }

    /// The variables that are kept: their numbers, names and types.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (u32, &str, &str)> {
        self.by_number
            .iter()
            .filter_map(|(number, variable)| match &variable.fate {
                Fate::Kept { kind, .. } => Some((*number, variable.name.as_str(), kind.as_str())),
                _ => None,
            })
    }

    /// Keeps it in the session's folder.
    pub fn write(&self, workspace: &Path) -> Result<(), Error> {
        let path = path(workspace);
        let text = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .map_err(Error::file("write", &path))?;
        let scratch = path.with_extension("new");
        fs::write(&scratch, text).map_err(Error::file("write", &scratch))?;
        fs::rename(&scratch, &path).map_err(Error::file("write", &path))
    }

    /// What is known of a definition.
    pub fn get(&self, number: u32) -> Option<&Variable> {
        self.by_number.get(&number)
    }

    /// The type of a variable that is kept.
    pub fn kind(&self, number: u32) -> Option<&str> {
        match &self.get(number)?.fate {
            Fate::Kept { kind, .. } => Some(kind),
            _ => None,
        }
    }

    /// Notes what became of a variable.
    pub fn set(&mut self, number: u32, name: &str, fate: Fate) {
        let variable = Variable {
            name: name.to_owned(),
            fate,
            is_mut: None,
        };
        self.by_number.insert(number, variable);
    }

    /// Whether a variable is mutable, where evcxr may be wrong about that.
    pub(crate) fn is_mut(&self, number: u32) -> Option<bool> {
        self.get(number)?.is_mut
    }

    /// Notes which earlier variables are still there if the cell doesn't run through, each with the
    /// number of its new definition.
    pub(crate) fn note_left(&mut self, left: impl IntoIterator<Item = (u32, u32)>) {
        self.left = left.into_iter().collect();
    }

    /// The cell did not run through: its definition is forgotten. Where there was an earlier one of
    /// the name, its number stands for that from now on, if that is still there: whether it is.
    pub fn undo(&mut self, number: u32, is_mut: bool) -> bool {
        self.by_number.remove(&number);
        let Some(earlier) = self.left.remove(&number) else {
            return false;
        };
        let Some(variable) = self.by_number.remove(&earlier) else {
            return false;
        };
        let is_kept = matches!(variable.fate, Fate::Kept { .. });
        if is_kept {
            let is_mut = Some(is_mut);
            self.by_number
                .insert(number, Variable { is_mut, ..variable });
        }
        is_kept
    }

    /// Notes which variables of earlier cells a cell moves and keeps itself.
    pub fn note_given_back(&mut self, numbers: Vec<u32>) {
        self.given_back = numbers;
    }

    /// These variables, once.
    pub fn take_given_back(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.given_back)
    }

    /// Forgets the definitions that are not wanted any longer.
    pub fn retain(&mut self, is_wanted: impl Fn(u32) -> bool) {
        self.by_number.retain(|number, _| is_wanted(*number));
    }
}

fn path(workspace: &Path) -> PathBuf {
    workspace.join(FILE)
}

/// The type that evcxr is told for a definition.
pub fn placeholder(number: u32) -> String {
    format!("{BEFORE}{number:06x}{AFTER}")
}

/// The number of the definition whose type evcxr writes this way.
pub fn number_of(placeholder: &str) -> Option<u32> {
    let digits = placeholder.strip_prefix(BEFORE)?.strip_suffix(AFTER)?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_tells_its_number() {
        assert_eq!(placeholder(255), "[(); 0xfea_0000ff]");
        assert_eq!(number_of(&placeholder(255)), Some(255));
        assert_eq!(number_of("[(); 3]"), None);
    }

    #[test]
    fn what_is_known_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Variables::read(folder.path()), Variables::default());
        let mut variables = Variables::default();
        let kind = "i32".to_owned();
        variables.set(7, "seven", Fate::Kept { kind, own: None });
        variables.set(8, "eight", Fate::Moved { line: 3 });
        variables.write(folder.path()).unwrap();
        let read = Variables::read(folder.path());
        assert_eq!(read, variables);
        assert_eq!((read.kind(7), read.kind(8)), (Some("i32"), None));
    }

    #[test]
    fn an_earlier_variable_stands_behind_a_definition_that_is_undone() {
        let mut variables = Variables::default();
        let kept = |kind: &str| Fate::Kept {
            kind: kind.to_owned(),
            own: None,
        };
        variables.set(1, "n", kept("i32"));
        variables.set(2, "s", kept("u8"));
        variables.set(3, "n", kept("u64"));
        variables.set(4, "s", kept("bool"));
        variables.note_left([(3, 1)]);
        assert!(variables.undo(3, true) && !variables.undo(4, false));
        assert_eq!(
            (variables.kind(3), variables.is_mut(3)),
            (Some("i32"), Some(true))
        );
        assert_eq!((variables.kind(1), variables.kind(4)), (None, None));
        assert_eq!(variables.kind(2), Some("u8"));
    }
}
