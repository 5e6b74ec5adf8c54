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
use super::cargo::{flags, real_cargo};
use super::dependencies::{CargoRun, note_replaced};
use super::direct::{self, Line};
use super::failure::{self, Failure};
use super::generated::Adapted;
use super::of_system;
use super::plan::Plan;
use super::transitive;
use crate::cache::key;
use crate::cell::Cell;
use crate::crates::{Chain, is_broken};
use crate::error::Error;
use crate::lock;
use crate::notes::{self, CompilerTimes, RunningCompiler};
use crate::recipe::{CELL_CRATE, FORMAT, Recipe, mir_file, product_folder};
use crate::settings::{Display, Settings};
use crate::tools::exit_code;
use crate::variables::Variables;
use crate::workspace::build_folder;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::Instant;

const SO_PATH_VARIABLE: &str = "EVCXR_EXECUTION_SO_PATH";
/// What a message about a product begins with, from rustc.
const PRODUCT: &str = r#"{"$message_type":"artifact""#;

/// Part of the message about the object file: after it, linking begins.
const OBJECT: &str = r#""emit":"obj""#;

/// One call of evcxr's.
pub(super) struct CellBuild {
    workspace: PathBuf,
    settings: Settings,
    /// Of the manifest, the flags, the toolchain and the environment.
    key: String,
    flags: String,
    /// Whether what the system's cache has is to be used: it can't be mended from here.
    may_use_system: std::cell::Cell<bool>,
}

/// What is made again when a build fails in a way that no cell is to blame for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repair {
    /// Nothing, at first.
    Nothing,
    /// The recipe.
    Recipe,
    /// All that was ever compiled.
    Everything,
}

/// How an attempt to build ended.
enum Attempt {
    Done(ExitCode),
    /// What rustc said about broken files.
    Broken(String),
}

impl CellBuild {
    pub fn new(workspace: &Path, settings: Settings) -> Result<CellBuild, Error> {
        let manifest = build_folder(workspace).join("Cargo.toml");
        let text = fs::read(&manifest).map_err(Error::file("read", &manifest))?;
        let flags = flags(&settings).join(" ");
        Ok(CellBuild {
            key: key([
                FORMAT,
                text.as_slice(),
                flags.as_bytes(),
                settings.toolchain.version.as_bytes(),
                environment().as_bytes(),
            ]),
            flags,
            workspace: workspace.to_owned(),
            settings,
            may_use_system: std::cell::Cell::new(true),
        })
    }

    /// `cargo build`.
    pub fn run(&self, arguments: &[OsString]) -> Result<ExitCode, Error> {
        self.as_compiler(|linking| self.build(arguments, linking))
    }

    /// `cargo check`, which evcxr asks for when it can't tell a variable's type.
    pub fn check(&self, arguments: &[OsString]) -> Result<ExitCode, Error> {
        let mut command = match self.recipe() {
            Some(recipe) => recipe
                .for_edition(&self.settings.edition)
                .check(&self.workspace),
            None => real_cargo(&self.workspace, &self.settings, arguments),
        };
        self.as_compiler(|_| {
            let status = command.status().map_err(Error::tool(&command))?;
            Ok(exit_code(status))
        })
    }

    /// Does the compiler's work in a process group of its own, so that it can be interrupted, and
    /// notes how long it took. The work may tell when linking begins.
    fn as_compiler(
        &self,
        work: impl FnOnce(&mut Option<Instant>) -> Result<ExitCode, Error>,
    ) -> Result<ExitCode, Error> {
        let _ = rustix::process::setpgid(None, None);
        let _running = RunningCompiler::note(&self.workspace, std::process::id());
        let began = Instant::now();
        let mut linking = None;
        let result = work(&mut linking);
        let ended = Instant::now();
        let linking = linking.unwrap_or(ended);
        let times = CompilerTimes {
            compile: linking - began,
            link: ended - linking,
        };
        notes::add_times(&self.workspace, times);
        result
    }

    fn build(
        &self,
        arguments: &[OsString],
        linking: &mut Option<Instant>,
    ) -> Result<ExitCode, Error> {
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
            self.repair(repair);
            match self.attempt(arguments, &source, linking)? {
                Attempt::Done(code) => return Ok(code),
                Attempt::Broken(said) => messages = said,
            }
        }
        eprint!("{messages}");
        Ok(ExitCode::FAILURE)
    }

    fn attempt(
        &self,
        arguments: &[OsString],
        source: &str,
        linking: &mut Option<Instant>,
    ) -> Result<Attempt, Error> {
        let recipe = match self.recipe() {
            Some(recipe) => recipe,
            None => match self.run_cargo(arguments)? {
                Ok(recipe) => recipe,
                Err(messages) if is_broken(&messages) => return Ok(Attempt::Broken(messages)),
                Err(messages) => {
                    eprint!("{}", explained(messages));
                    return Ok(Attempt::Done(ExitCode::FAILURE));
                }
            },
        };
        let plan = Plan::new(&self.workspace, source)?;
        let variables = Variables::read(&self.workspace);
        let mut recipe = recipe.for_edition(&self.settings.edition);
        if Cell::announced(&self.workspace).is_optimised {
            recipe = recipe.optimised();
        }
        self.run_rustc(&recipe, plan, variables, linking)
    }

    /// How values are shown, if our `std` shows them.
    fn display(&self) -> Option<&Display> {
        let settings = &self.settings;
        settings.standard.is_some().then_some(&settings.display)
    }

    /// Removes what may be broken.
    fn repair(&self, what: Repair) {
        if what == Repair::Nothing {
            return;
        }
        self.may_use_system.set(false);
        let _ = fs::remove_file(self.shared_recipe());
        let _ = fs::remove_file(Recipe::path(&self.workspace));
        if what == Repair::Everything {
            tracing::warn!(
                "`{}` is broken and made anew",
                self.settings.target.display()
            );
            notes::tell(
                &self.workspace,
                "The folder of compiled crates was broken: all crates were compiled anew.",
            );
            let chain = Chain::read(&self.workspace, &self.flags);
            let is_own = |folder: &&PathBuf| folder.starts_with(&self.settings.layers);
            let layers = chain.folders();
            for folder in layers.iter().filter(is_own).chain([&self.settings.target]) {
                discard(folder);
            }
        }
    }

    fn source(&self) -> PathBuf {
        build_folder(&self.workspace).join("src/lib.rs")
    }

    fn write_source(&self, text: &str) -> Result<(), Error> {
        let path = self.source();
        fs::write(&path, text).map_err(Error::file("write", &path))
    }

    /// This session's recipe, or one that another session left for the same manifest.
    fn recipe(&self) -> Option<Recipe> {
        let own = Recipe::path(&self.workspace);
        let read = |path: &Path| {
            Recipe::read(path)
                .ok()
                .filter(|found| found.key == self.key)
        };
        if let Some(recipe) = read(&own).filter(Recipe::is_usable) {
            return Some(recipe);
        }
        let mut shared = read(&self.shared_recipe())
            .and_then(|it| it.within(&self.workspace))
            .or_else(|| self.recipe_of_system())?;
        fs::create_dir_all(product_folder(&self.workspace)).ok()?;
        let before = Chain::read(&self.workspace, &self.flags);
        let mut chain = Chain::of(&shared.layers, before.generation)?;
        chain.replaced = before.replaced;
        note_replaced(&self.workspace, &mut chain, &shared.change);
        shared.generation = chain.generation;
        chain.write(&self.workspace, &self.flags).ok()?;
        lock::keep_text(&self.workspace, &shared.lock).ok()?;
        shared.write(&own).ok()?;
        self.tell(&shared);
        Some(shared)
    }

    fn recipe_of_system(&self) -> Option<Recipe> {
        let place = self.shared_recipe();
        let name = self.may_use_system.get().then(|| place.file_name())??;
        of_system::recipe(&self.settings, Path::new(name), &self.key, &self.workspace)
    }

    /// Where other sessions find the recipe for this manifest on top of what cells are linked to
    /// already.
    fn shared_recipe(&self) -> PathBuf {
        let chain = Chain::read(&self.workspace, &self.flags).identity();
        let versions = lock::versions(&self.workspace);
        let parts = [self.key.as_bytes(), versions.as_bytes()];
        let parts = parts.into_iter().chain(chain.iter().map(Vec::as_slice));
        self.settings.recipes.join(format!("{}.json", key(parts)))
    }

    /// Leaves a recipe for others, which is how they find it.
    fn share_recipe(&self, recipe: Recipe, place: &Path) -> Result<(), Error> {
        let folder = &self.settings.recipes;
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        recipe.without(&self.workspace).write(place)
    }

    /// Tells the person what became of crates that cells used before.
    fn tell(&self, recipe: &Recipe) {
        for sentence in recipe.change.sentences() {
            notes::tell(&self.workspace, &sentence);
        }
        if recipe.change.replaced.is_empty() {
            return;
        }
        let crates: Vec<&str> = recipe.change.replaced.keys().map(String::as_str).collect();
        let mut variables = Variables::read(&self.workspace);
        let concerned = variables.give_up(&crates.join(", "), |kind| recipe.change.touches(kind));
        if !concerned.is_empty() && variables.write(&self.workspace).is_ok() {
            let crates = recipe.change.replaced.iter();
            let crates: Vec<String> = crates
                .map(|(name, why)| format!("{name} ({why})"))
                .collect();
            let sentence = format!(
                "Other builds of crates are used from here on: {}. Variables that were made with the ones before \
                 can't be used any more: {}.",
                crates.join(", "),
                concerned.join(", ")
            );
            notes::tell(&self.workspace, &sentence);
        }
    }

    /// Compiles the cell, and again without what the compiler refuses to keep.
    fn run_rustc(
        &self,
        recipe: &Recipe,
        mut plan: Plan,
        mut variables: Variables,
        linking: &mut Option<Instant>,
    ) -> Result<Attempt, Error> {
        let mut attempts = Attempts::default();
        let mut awaits = plan.awaits();
        let adapt = |plan: &Plan, variables: &Variables, awaits: bool| {
            Adapted::new(plan.text(), self.display(), variables, awaits)
        };
        let mut adapted = adapt(&plan, &variables, awaits);
        loop {
            let text = format!("{}{}", adapted.source(), recipe.tail());
            self.write_source(&text)?;
            let wants_types = adapted.has_new_variables();
            let (status, messages) = self.compile(recipe, &text, wants_types, linking)?;
            if !status.success() && is_broken(&messages) {
                return Ok(Attempt::Broken(messages));
            }
            let next = if status.success() {
                let mir = match wants_types {
                    true => self.mir()?,
                    false => String::new(),
                };
                let crates = recipe.through_others();
                attempts.after_success(&adapted, &mir, &|kind| transitive::named(kind, &crates))
            } else if let Some(whole) = adapted.with_missed(&messages) {
                Some(whole)
            } else if !awaits && adapted.has_runtime() && failure::asks_for_await(&messages) {
                // A macro does.
                awaits = true;
                attempts = Attempts::default();
                Some(adapt(&plan, &variables, awaits))
            } else if plan.leave_unfit(&adapted.source(), &messages)? {
                attempts = Attempts::default();
                Some(adapt(&plan, &variables, awaits))
            } else {
                attempts.after_failure(&adapted, &messages, &variables)
            };
            if let Some(next) = next {
                adapted = next;
                continue;
            }
            attempts.note(&mut variables, status.success());
            let given_back = adapted.given_back();
            variables.note_given_back(if status.success() {
                given_back
            } else {
                Vec::new()
            });
            variables.write(&self.workspace)?;
            if status.success() {
                eprint!("{messages}");
                self.announce_product(plan.text())?;
                plan.commit()?;
                return Ok(Attempt::Done(exit_code(status)));
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

    /// Compiles and links by a recipe: rustc's messages, without those about products.
    fn compile(
        &self,
        recipe: &Recipe,
        source: &str,
        with_types: bool,
        linking: &mut Option<Instant>,
    ) -> Result<(ExitStatus, String), Error> {
        let place = direct::place(recipe, source, &self.workspace, &self.settings.recipes);
        if let Some(line) = place.as_deref().and_then(Line::read) {
            let command = recipe.compile(&self.workspace, with_types);
            let compiled = self.rustc(command, linking)?;
            if !compiled.0.success() {
                return Ok(compiled);
            }
            linking.get_or_insert_with(Instant::now);
            if line.link(&self.workspace)? {
                return Ok(compiled);
            }
            let _ = place.as_ref().map(fs::remove_file);
        }
        let mut command = if with_types {
            recipe.build_with_types(&self.workspace)
        } else {
            recipe.build(&self.workspace)
        };
        command.envs(place.map(|place| (direct::NOTE, place)));
        self.rustc(command, linking)
    }

    /// Runs rustc: its messages, without those about products.
    fn rustc(
        &self,
        mut command: Command,
        linking: &mut Option<Instant>,
    ) -> Result<(ExitStatus, String), Error> {
        command.stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Error::tool(&command))?;
        let mut messages = String::new();
        let lines = child
            .stderr
            .take()
            .map(|stderr| BufReader::new(stderr).lines());
        for line in lines.into_iter().flatten().map_while(Result::ok) {
            if line.starts_with(PRODUCT) {
                if line.contains(OBJECT) {
                    linking.get_or_insert_with(Instant::now);
                }
            } else {
                messages.push_str(&line);
                messages.push('\n');
            }
        }
        let status = child.wait().map_err(Error::tool(&command))?;
        Ok((status, messages))
    }

    /// A recipe by the real cargo, for other sessions as well; or what cargo said.
    fn run_cargo(&self, arguments: &[OsString]) -> Result<Result<Recipe, String>, Error> {
        let place = self.shared_recipe();
        let run = CargoRun {
            workspace: &self.workspace,
            settings: &self.settings,
            key: &self.key,
            flags: &self.flags,
            arguments,
        };
        let made = run.run()?;
        if let Ok(recipe) = &made {
            self.tell(recipe);
            self.share_recipe(recipe.clone(), &place)?;
        }
        Ok(made)
    }

    /// Tells evcxr where the shared object lies.
    fn announce_product(&self, source: &str) -> Result<(), Error> {
        let Some(path) = std::env::var_os(SO_PATH_VARIABLE).map(PathBuf::from) else {
            return Ok(());
        };
        self.keep_source(source)?;
        let product = product_folder(&self.workspace).join(format!("lib{CELL_CRATE}.so"));
        fs::write(&path, product.as_os_str().as_encoded_bytes())
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

/// Takes a broken folder away from where it is looked for, and then its files.
fn discard(folder: &Path) {
    let aside = folder.with_extension(format!("broken-{}", uuid::Uuid::new_v4().simple()));
    if fs::rename(folder, &aside).is_ok() {
        let _ = fs::remove_dir_all(&aside);
    }
}

/// What the environment adds to a manifest: cargo's configuration, and C compilers.
fn environment() -> String {
    let decides = |name: &str| {
        let parts = [
            "CARGO_PROFILE_",
            "CARGO_BUILD_",
            "CARGO_TARGET_",
            "CARGO_SOURCE_",
            "PKG_CONFIG",
        ];
        let of_c = ["CC", "CXX", "AR", "CFLAGS", "CXXFLAGS", "LDFLAGS"];
        parts.iter().any(|part| name.starts_with(part))
            || of_c
                .iter()
                .any(|it| name == *it || name.starts_with(&format!("{it}_")))
    };
    let mut variables: Vec<String> = std::env::vars()
        .filter(|(name, _)| {
            decides(name) && name != "CARGO_TARGET_DIR" && name != "CARGO_BUILD_BUILD_DIR"
        })
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    variables.sort();
    variables.concat()
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
