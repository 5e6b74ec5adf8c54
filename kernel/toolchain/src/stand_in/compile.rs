//! rustc's call for a cell, and linking, by the cell's recipe.

use super::direct::{self, Line};
use crate::ahead::{self, Process};
use crate::calls;
use crate::error::Error;
use crate::notes::RunningCompiler;
use crate::recipe::{Recipe, mir_file, object_file};
use std::cell::OnceCell;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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

    /// Compiles and links by a recipe: whether that went well, and rustc's messages, without those
    /// about products.
    pub fn compile(
        &self,
        recipe: &Recipe,
        source: &str,
        with_types: bool,
    ) -> Result<(bool, String), Error> {
        for product in [object_file(&self.workspace), mir_file(&self.workspace)] {
            // rustc would empty it first, which takes longer (see `overwrite`).
            let _ = fs::remove_file(product);
        }
        let place = direct::place(recipe, source, &self.workspace, &self.recipes);
        if let Some(line) = place.as_deref().and_then(Line::read) {
            let mut rustc = recipe.compile(&self.workspace, with_types);
            rustc.args(calls::tables(&self.workspace));
            let compiled = match self.run_ahead(&rustc, source) {
                Some(compiled) => compiled,
                None => self.run(rustc)?,
            };
            if !compiled.0 {
                return Ok(compiled);
            }
            self.linking_began.get_or_init(Instant::now);
            if line.link(&self.workspace)? {
                return Ok(compiled);
            }
            let _ = place.as_ref().map(fs::remove_file);
        }
        let mut command = recipe.build(&self.workspace, with_types);
        command.args(calls::tables(&self.workspace));
        command.envs(place.map(|place| (direct::NOTE, place)));
        self.run(command)
    }

    /// Has a compiler make an object that was started ahead; `None` if there is none, or if it
    /// can't be told.
    fn run_ahead(&self, rustc: &Command, source: &str) -> Option<(bool, String)> {
        let process = Process::of(rustc, &[], true)?;
        let mut arguments = Vec::new();
        for argument in rustc.get_args().map(OsStrExt::as_bytes) {
            if argument.contains(&b'\n') {
                return None;
            }
            arguments.extend_from_slice(argument);
            arguments.push(b'\n');
        }
        let taken = ahead::take(&self.workspace, &process)?;
        RunningCompiler::note_another(&self.workspace, taken.process);
        let said = taken.told(&arguments, source.as_bytes()).ok()?;
        // Once the object is there, nothing can fail any more, and how rustc ends takes some
        // milliseconds.
        let (has_object, messages) = self.listen(said, |line| line.contains(OBJECT));
        let is_over = has_object || messages.contains(r#""level":"error""#);
        is_over.then_some((has_object, messages))
    }

    fn run(&self, mut rustc: Command) -> Result<(bool, String), Error> {
        rustc.stderr(Stdio::piped());
        let mut child = rustc.spawn().map_err(Error::tool(&rustc))?;
        let (_, messages) = match child.stderr.take() {
            Some(said) => self.listen(said, |_| false),
            None => self.listen(io::empty(), |_| false),
        };
        let status = child.wait().map_err(Error::tool(&rustc))?;
        Ok((status.success(), messages))
    }

    /// What rustc says, to the end or until a product `is_last`: whether that was there.
    fn listen(&self, said: impl Read, is_last: impl Fn(&str) -> bool) -> (bool, String) {
        let mut messages = String::new();
        for line in BufReader::new(said).lines().map_while(Result::ok) {
            if line.starts_with(PRODUCT) {
                if line.contains(OBJECT) {
                    self.linking_began.get_or_init(Instant::now);
                }
                if is_last(&line) {
                    return (true, messages);
                }
            } else {
                messages.push_str(&line);
                messages.push('\n');
            }
        }
        (false, messages)
    }
}
