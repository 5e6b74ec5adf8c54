//! Compiling a program of its own, the way cells are compiled.

use crate::cache::key;
use crate::calls;
use crate::cell::Cell;
use crate::error::Error;
use crate::explain::Explained;
use crate::instrumented;
use crate::items::Items;
use crate::messages;
use crate::notes::RunningCompiler;
use crate::recipe::{Recipe, SOURCE_NAME, product_folder};
use crate::settings::Settings;
use std::fs;
use std::path::{Path, PathBuf};

/// What rustc made of a program.
#[derive(Debug)]
pub enum Compiled {
    /// Its shared object.
    Object(PathBuf),
    /// It doesn't compile.
    Refused(Explained),
}

/// What a program is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be run.
    Run,
    /// To be explored.
    Explore,
}

/// The crates that a program is linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Crates {
    /// None of the person's.
    None,
    /// As cells have them.
    Ordinary,
    /// Compiled to be explored.
    Explored {
        /// Packages that hold code of another language, which is as it always is.
        foreign: Vec<String>,
    },
}

/// The file that a program comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Where it lies: `mod` and `include_str!` begin there.
    pub folder: &'a Path,
    /// The edition of Rust that it asks for.
    pub edition: Option<&'a str>,
}

/// How a program is compiled.
pub struct Build {
    recipe: Recipe,
    purpose: Purpose,
    /// What it is linked to.
    pub crates: Crates,
}

impl Build {
    /// As the session's cells are compiled. To be explored, crates are compiled once more, which
    /// takes its time once.
    ///
    /// # Errors
    /// When no cell was compiled before, or cargo can't be called.
    pub fn new(workspace: &Path, purpose: Purpose) -> Result<Build, Error> {
        let recipe = Recipe::read(&Recipe::path(workspace))?;
        if recipe.layers.is_empty() && recipe.externs().is_empty() {
            return Ok(Build {
                recipe,
                purpose,
                crates: Crates::None,
            });
        }
        if purpose == Purpose::Explore {
            match instrumented::provide(workspace, &recipe)? {
                Ok(recipe) => {
                    let foreign = recipe.foreign.clone();
                    return Ok(Build {
                        recipe,
                        purpose,
                        crates: Crates::Explored { foreign },
                    });
                }
                Err(messages) => tracing::warn!("crates can't be explored: {messages}"),
            }
        }
        Ok(Build {
            recipe,
            purpose,
            crates: Crates::Ordinary,
        })
    }

    /// A hash of all that decides what a program does: its source, and what it is linked to.
    pub fn fingerprint(&self, source: &str) -> u64 {
        let hash = key([self.recipe.key.as_bytes(), source.as_bytes()]);
        let first: String = hash.chars().take(16).collect();
        u64::from_str_radix(&first, 16).unwrap_or(0)
    }

    /// Compiles the source of a program.
    ///
    /// # Errors
    /// When the compiler cannot be started.
    pub fn compile(
        &self,
        workspace: &Path,
        name: &str,
        source: String,
        origin: Option<Origin<'_>>,
    ) -> Result<Compiled, Error> {
        let edition = match origin.and_then(|origin| origin.edition) {
            Some(edition) => edition.to_owned(),
            None => Settings::load(workspace)?.edition,
        };
        let recipe = self.recipe.clone().for_edition(&edition);
        let products = product_folder(workspace);
        let file = products.join(format!("{name}.rs"));
        fs::write(&file, format!("{source}\n{}", recipe.tail()))
            .map_err(Error::file("write", &file))?;
        let object = products.join(format!("lib{name}.so"));
        let mut command = match self.purpose {
            Purpose::Run => recipe.build_other(workspace, &file, &object),
            Purpose::Explore => recipe.build_explored(workspace, &file, &object),
        };
        if let Some(origin) = origin {
            let path = origin.folder.join(format!("{name}.rs"));
            command.env(SOURCE_NAME, path);
        }
        command.arg("-Aunused");
        // A report may have to tell which line led to a wait in a crate.
        if self.purpose == Purpose::Run && self.crates != Crates::None {
            command.arg(calls::TABLES);
        }
        let output = RunningCompiler::run(workspace, &mut command)?;
        if output.status.success() {
            return Ok(Compiled::Object(object));
        }
        Ok(Compiled::Refused(Explained {
            errors: messages::errors(&String::from_utf8_lossy(&output.stderr)),
            source,
        }))
    }
}

/// The items of earlier cells that `code`, a cell's, does not define anew: as the source of a
/// program may have them at its end. `is_inner`: the code stands in a function of that program, so
/// that what it imports is not known outside of it.
pub fn items_of_earlier_cells(workspace: &Path, code: &str, is_inner: bool) -> String {
    let before = Items::load(workspace);
    let this = Cell {
        serial: u64::MAX,
        code: code.to_owned(),
        ..before.next_cell()
    };
    let after = before.with(&this);
    let imported = if is_inner { &before } else { &after };
    imported.imports_before(u64::MAX) + &after.definitions_before(u64::MAX)
}
