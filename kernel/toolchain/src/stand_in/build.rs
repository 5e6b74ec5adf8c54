//! `cargo build` and `cargo check` of a cell.
//!
//! When only the source changed since cargo last ran, rustc runs by the recipe that was noted then.
//! When the manifest or the flags changed, the real cargo runs (see [`CargoRun`]), with the
//! dependencies' target folder shared by all kernels.
//!
//! What lies in the shared folders may be broken in any way. Then rustc or the linker says so, and
//! what is broken is made again: first the recipe, then everything.
//!
//! evcxr reads compiler messages in JSON from either stream, and the path of the product from the
//! file named by `EVCXR_EXECUTION_SO_PATH`.

use super::allocator;
use super::attempts::Attempts;
use super::cargo::real_cargo;
use super::compile::Compiler;
use super::failure::{self, Failure};
use super::generated::Adapted;
use super::moves::{self, Guess};
use super::plan::Plan;
use super::recipes::{Recipes, Repair};
use super::transitive;
use crate::cell::Cell;
use crate::crates::is_broken;
use crate::error::Error;
use crate::files::overwrite;
use crate::notes::{self, CompilerTimes, RunningCompiler};
use crate::recipe::{CELL_CRATE, Recipe, mir_file, product_folder};
use crate::settings::{Display, Settings};
use crate::tools::exit_code;
use crate::variables::Variables;
use crate::workspace::build_folder;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const SO_PATH_VARIABLE: &str = "EVCXR_EXECUTION_SO_PATH";

/// One call of evcxr's.
pub(super) struct CellBuild {
    workspace: PathBuf,
    settings: Settings,
    recipes: Recipes,
    compiler: Compiler,
}

/// How an attempt to build ended.
enum Attempt {
    Done(ExitCode),
    /// What rustc said about broken files.
    Broken(String),
}

impl CellBuild {
    pub fn new(workspace: &Path, settings: Settings) -> Result<CellBuild, Error> {
        Ok(CellBuild {
            recipes: Recipes::new(workspace, &settings)?,
            compiler: Compiler::new(workspace, &settings.recipes),
            workspace: workspace.to_owned(),
            settings,
        })
    }

    /// `cargo build`.
    pub fn run(&self, arguments: &[OsString]) -> Result<ExitCode, Error> {
        self.as_compiler(|| self.build(arguments))
    }

    /// `cargo check`, which evcxr asks for when it can't tell a variable's type.
    pub fn check(&self, arguments: &[OsString]) -> Result<ExitCode, Error> {
        let mut command = match self.recipes.find() {
            Some(recipe) => recipe
                .for_edition(&self.settings.edition)
                .check(&self.workspace),
            None => real_cargo(&self.workspace, &self.settings, arguments),
        };
        self.as_compiler(|| {
            let status = command.status().map_err(Error::tool(&command))?;
            Ok(exit_code(status))
        })
    }

    /// Does the compiler's work in a process group of its own, so that it can be interrupted, and
    /// notes how long it took.
    fn as_compiler(
        &self,
        work: impl FnOnce() -> Result<ExitCode, Error>,
    ) -> Result<ExitCode, Error> {
        let _ = rustix::process::setpgid(None, None);
        let _running = RunningCompiler::note(&self.workspace, std::process::id());
        if notes::is_stopped(&self.workspace) {
            return Ok(ExitCode::FAILURE);
        }
        let began = Instant::now();
        let result = work();
        let ended = Instant::now();
        let linking = self.compiler.linking_began().unwrap_or(ended);
        let times = CompilerTimes {
            compile: linking - began,
            link: ended - linking,
        };
        notes::add_times(&self.workspace, times);
        result
    }

    fn build(&self, arguments: &[OsString]) -> Result<ExitCode, Error> {
        let path = self.source();
        let source = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
        if Failure::is_final(&self.workspace) {
            eprintln!("{}", failure::ANSWER);
            return Ok(ExitCode::FAILURE);
        }
        if allocator::is_set(&source) {
            eprint!("{}", as_message(ALLOCATOR));
            return Ok(ExitCode::FAILURE);
        }
        let mut messages = String::new();
        for repair in [Repair::Nothing, Repair::Recipe, Repair::Everything] {
            self.recipes.repair(repair);
            match self.attempt(arguments, &source) {
                Ok(Attempt::Done(code)) => return Ok(code),
                Ok(Attempt::Broken(said)) => messages = said,
                // Another kernel makes it anew at this moment: cargo waits for that.
                Err(error)
                    if repair == Repair::Nothing
                        && error.is_of_missing_in(&self.settings.target) => {}
                Err(error) => return Err(error),
            }
        }
        eprint!("{messages}");
        Ok(ExitCode::FAILURE)
    }

    fn attempt(&self, arguments: &[OsString], source: &str) -> Result<Attempt, Error> {
        let recipe = match self.recipes.find() {
            Some(recipe) => recipe,
            None => match self.recipes.make(arguments)? {
                Ok(recipe) => recipe,
                Err(messages) if is_broken(&messages) => return Ok(Attempt::Broken(messages)),
                Err(messages) => {
                    eprint!("{}", explained(messages));
                    return Ok(Attempt::Done(ExitCode::FAILURE));
                }
            },
        };
        let variables = Variables::read(&self.workspace);
        let plan = Plan::new(&self.workspace, source, &variables)?;
        let mut recipe = recipe.for_edition(&self.settings.edition);
        if Cell::announced(&self.workspace).is_optimised {
            recipe = recipe.optimised();
        }
        self.run_rustc(&recipe, plan, variables)
    }

    /// How values are shown, if our `std` shows them.
    fn display(&self) -> Option<&Display> {
        let settings = &self.settings;
        settings.standard.is_some().then_some(&settings.display)
    }

    fn source(&self) -> PathBuf {
        build_folder(&self.workspace).join("src/lib.rs")
    }

    fn write_source(&self, text: &str) -> Result<(), Error> {
        let path = self.source();
        overwrite(&path, text).map_err(Error::file("write", &path))
    }

    /// Compiles the cell, and again without what the compiler refuses to keep.
    fn run_rustc(
        &self,
        recipe: &Recipe,
        mut plan: Plan,
        mut variables: Variables,
    ) -> Result<Attempt, Error> {
        let mut attempts = Attempts::default();
        let mut awaits = plan.awaits();
        let adapt = |plan: &Plan, variables: &Variables, awaits: bool, guesses: &[Guess]| {
            Adapted::new(plan.text(), self.display(), variables, awaits)
                .without(|line| guesses.iter().any(|guess| guess.keeps(line)))
        };
        let whole = adapt(&plan, &variables, awaits, &[]);
        // Of an optimised cell, less can be told of what it moved.
        let mut guesses = match recipe.is_one_unit() {
            true => moves::guessed(&whole.source(), &whole.stored, &variables),
            false => Vec::new(),
        };
        let mut adapted = whole.without(|line| guesses.iter().any(|guess| guess.keeps(line)));
        loop {
            let text = format!("{}{}", adapted.source(), recipe.tail());
            self.write_source(&text)?;
            let wants_types = adapted.has_new_variables() || !guesses.is_empty();
            let (is_done, messages) = self.compiler.compile(recipe, &text, wants_types)?;
            if !is_done && is_broken(&messages) {
                return Ok(Attempt::Broken(messages));
            }
            let next = if is_done {
                let mir = match wants_types {
                    true => self.mir()?,
                    false => String::new(),
                };
                let crates = recipe.through_others();
                let named = |kind: &str| transitive::named(kind, &crates);
                match attempts.after_success(&adapted, &mir, &named) {
                    Some(next) => Some(next),
                    None if attempts.confirm(&guesses, &mir) => None,
                    None => {
                        guesses.clear();
                        attempts = Attempts::default();
                        Some(adapt(&plan, &variables, awaits, &guesses))
                    }
                }
            } else if let Some(whole) = adapted.with_missed(&messages) {
                Some(whole)
            } else if !awaits && adapted.has_runtime() && failure::asks_for_await(&messages) {
                // A macro does.
                awaits = true;
                attempts = Attempts::default();
                Some(adapt(&plan, &variables, awaits, &guesses))
            } else if plan.take_all(&messages) || plan.leave_unfit(&adapted.source(), &messages)? {
                attempts = Attempts::default();
                Some(adapt(&plan, &variables, awaits, &guesses))
            } else {
                attempts.after_failure(&adapted, &messages, &variables)
            };
            if let Some(next) = next {
                adapted = next;
                continue;
            }
            attempts.note(&mut variables, is_done);
            let given_back = adapted.given_back();
            variables.note_given_back(if is_done { given_back } else { Vec::new() });
            variables.note_left(adapted.left());
            variables.write(&self.workspace)?;
            if is_done {
                eprint!("{messages}");
                self.announce_product(plan.text())?;
                plan.commit()?;
                return Ok(Attempt::Done(ExitCode::SUCCESS));
            }
            let (source, messages) = plan.failure(adapted.without_given_back(), messages);
            self.write_source(&source)?;
            let answer = Failure::note(&self.workspace, source, messages, wants_types)?;
            eprintln!("{answer}");
            return Ok(Attempt::Done(ExitCode::FAILURE));
        }
    }

    /// What the compiler wrote down of the cell.
    fn mir(&self) -> Result<String, Error> {
        let path = mir_file(&self.workspace);
        fs::read_to_string(&path).map_err(Error::file("read", &path))
    }

    /// Tells evcxr where the shared object lies.
    fn announce_product(&self, source: &str) -> Result<(), Error> {
        let Some(path) = std::env::var_os(SO_PATH_VARIABLE).map(PathBuf::from) else {
            return Ok(());
        };
        self.keep_source(source)?;
        let product = product_folder(&self.workspace).join(format!("lib{CELL_CRATE}.so"));
        overwrite(&path, product.as_os_str().as_encoded_bytes())
            .map_err(Error::file("write", &path))
    }

    /// Keeps the source of each product beside it, under the number that evcxr gives the product
    /// next: recorded places are lines of this text.
    fn keep_source(&self, source: &str) -> Result<(), Error> {
        let products = product_folder(&self.workspace);
        let kept = (1..)
            .map(|number| products.join(format!("code_{number}.rs")))
            .find(|path| !path.exists());
        let Some(kept) = kept else {
            return Ok(());
        };
        fs::write(&kept, source).map_err(Error::file("copy the source to", &kept))
    }
}

/// What is said of a cell that sets a global allocator.
const ALLOCATOR: &str = "a cell can't set the global allocator: the process has one already, and what one cell \
                         allocates another frees; measure allocators in a program that cargo builds";

/// How cargo, rustc and linkers say `ENOSPC`.
const DISK_FULL: &str = "No space left on device";

/// What cargo said, with a word about what a person can't see from it.
fn explained(messages: String) -> String {
    if messages.contains(DISK_FULL) {
        return as_message(
            "the disk is full: dependencies can't be compiled. Make room, or set FEARLESS_CACHE to a folder that has \
             some and restart the kernel; what was there before still works",
        );
    }
    messages
}

/// An error as rustc writes it.
fn as_message(text: &str) -> String {
    let message = serde_json::json!({
        "$message_type": "diagnostic", "level": "error", "message": text, "code": null,
        "spans": [], "children": [], "rendered": format!("error: {text}\n"),
    });
    format!("{message}\n")
}
