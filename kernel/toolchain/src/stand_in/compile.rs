//! rustc's call for a cell, and linking, by the cell's recipe.

use super::direct::{self, Line};
use crate::calls;
use crate::error::Error;
use crate::recipe::Recipe;
use std::cell::OnceCell;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

/// What a message about a product begins with, from rustc.
const PRODUCT: &str = r#"{"$message_type":"artifact""#;

/// Part of the message about the object file: after it, linking begins.
const OBJECT: &str = r#""emit":"obj""#;

/// Compiles the sources of one cell, as often as it takes.
pub(super) struct Compiler {
    workspace: PathBuf,
    /// Where recipes lie, and the lines of linkers beside them.
    recipes: PathBuf,
    linking_began: OnceCell<Instant>,
}

impl Compiler {
    pub fn new(workspace: &Path, recipes: &Path) -> Compiler {
        Compiler {
            workspace: workspace.to_owned(),
            recipes: recipes.to_owned(),
            linking_began: OnceCell::new(),
        }
    }

    /// When it first came to linking, if it did.
    pub fn linking_began(&self) -> Option<Instant> {
        self.linking_began.get().copied()
    }

    /// Compiles and links by a recipe: rustc's messages, without those about products.
    pub fn compile(
        &self,
        recipe: &Recipe,
        source: &str,
        with_types: bool,
    ) -> Result<(ExitStatus, String), Error> {
        let place = direct::place(recipe, source, &self.workspace, &self.recipes);
        if let Some(line) = place.as_deref().and_then(Line::read) {
            let compiled = self.run(recipe.compile(&self.workspace, with_types))?;
            if !compiled.0.success() {
                return Ok(compiled);
            }
            self.linking_began.get_or_init(Instant::now);
            if line.link(&self.workspace)? {
                return Ok(compiled);
            }
            let _ = place.as_ref().map(fs::remove_file);
        }
        let mut command = recipe.build(&self.workspace, with_types);
        command.envs(place.map(|place| (direct::NOTE, place)));
        self.run(command)
    }

    fn run(&self, mut rustc: Command) -> Result<(ExitStatus, String), Error> {
        rustc
            .stderr(Stdio::piped())
            .args(calls::tables(&self.workspace));
        let mut child = rustc.spawn().map_err(Error::tool(&rustc))?;
        let mut messages = String::new();
        let said = child.stderr.take();
        let lines = said.into_iter().flat_map(|it| BufReader::new(it).lines());
        for line in lines.map_while(Result::ok) {
            if line.starts_with(PRODUCT) {
                if line.contains(OBJECT) {
                    self.linking_began.get_or_init(Instant::now);
                }
            } else {
                messages.push_str(&line);
                messages.push('\n');
            }
        }
        let status = child.wait().map_err(Error::tool(&rustc))?;
        Ok((status, messages))
    }
}
