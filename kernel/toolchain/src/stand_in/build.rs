//! `cargo build` and `cargo check` of a cell.
//!
//! When only the source changed since cargo last ran, rustc runs by the recipe that was noted then. When the manifest or
//! the flags changed, the real cargo runs, with the dependencies' target folder shared by all kernels.
//!
//! evcxr reads compiler messages in JSON from either stream, and the path of the product from the
//! file named by `EVCXR_EXECUTION_SO_PATH`.

use super::cargo::{RECIPE_KEY, flags, real_cargo};
use super::failure::{self, Failure};
use super::generated::{Action, Adapted, Stored};
use super::plan::Plan;
use super::refused::{self, Refused};
use super::{mir, nameable};
use crate::cache::key;
use crate::error::Error;
use crate::notes::{self, CompilerTimes, RunningCompiler};
use crate::recipe::{CELL_CRATE, FORMAT, Recipe, mir_file, product_folder};
use crate::settings::{Display, Settings};
use crate::variables::{Fate, Reason, Variables};
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
    key: String,
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
            ]),
            workspace: workspace.to_owned(),
            settings,
        })
    }

    /// `cargo build`.
    pub fn run(&self, arguments: &[OsString]) -> Result<ExitCode, Error> {
        self.as_compiler(|linking| self.build(arguments, linking))
    }

    /// `cargo check`, which evcxr asks for when it can't tell a variable's type.
    pub fn check(&self, arguments: &[OsString]) -> Result<ExitCode, Error> {
        let mut command = match self.recipe() {
            Some(recipe) => recipe.check(&self.workspace),
            None => real_cargo(&self.workspace, &self.settings, arguments),
        };
        self.as_compiler(|_| {
            let status = command.status().map_err(Error::tool(&command))?;
            Ok(exit_code(status))
        })
    }

    /// Does the compiler's work in a process group of its own, so that it can be interrupted, and notes how long it took.
    /// The work may tell when linking begins.
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
        let plan = Plan::new(&self.workspace, &source)?;
        let variables = Variables::read(&self.workspace);
        let adapted = Adapted::new(plan.text(), self.display(), &variables);
        let recipe = match self.recipe() {
            Some(recipe) => recipe,
            None => {
                let status = self.run_cargo(arguments)?;
                if !status.success() {
                    return Ok(exit_code(status));
                }
                Recipe::read(&Recipe::path(&self.workspace))?
            }
        };
        self.run_rustc(&recipe, adapted, plan, variables, linking)
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
        if let Some(recipe) = read(&own) {
            return Some(recipe);
        }
        let shared = read(&self.shared_recipe())?.within(&self.workspace)?;
        fs::create_dir_all(product_folder(&self.workspace)).ok()?;
        shared.write(&own).ok()?;
        Some(shared)
    }

    fn shared_recipe(&self) -> PathBuf {
        self.settings.recipes.join(format!("{}.json", self.key))
    }

    /// Leaves this session's recipe for others.
    fn share_recipe(&self) -> Result<(), Error> {
        let Ok(recipe) = Recipe::read(&Recipe::path(&self.workspace)) else {
            return Ok(());
        };
        let folder = &self.settings.recipes;
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        recipe.without(&self.workspace).write(&self.shared_recipe())
    }

    /// Compiles the cell, and again without what the compiler refuses to keep.
    fn run_rustc(
        &self,
        recipe: &Recipe,
        mut adapted: Adapted,
        mut plan: Plan,
        mut variables: Variables,
        linking: &mut Option<Instant>,
    ) -> Result<ExitCode, Error> {
        // What becomes of variables if the cell runs.
        let mut fates: Vec<(Stored, Fate)> = Vec::new();
        loop {
            self.write_source(&adapted.text)?;
            let wants_types = adapted.has_new_variables();
            let (status, messages) = self.rustc(recipe, wants_types, linking)?;
            let mut refused = Vec::new();
            if status.success() {
                for (variable, fate) in self.types(&adapted)? {
                    match fate {
                        Fate::Kept { .. } => fates.push((variable, fate)),
                        _ => refused.push((variable, fate)),
                    }
                }
                if refused.is_empty() {
                    for (variable, fate) in fates {
                        variables.set(variable.number, &variable.name, fate);
                    }
                    variables.write(&self.workspace)?;
                    eprint!("{messages}");
                    self.announce_product(plan.text())?;
                    plan.commit()?;
                    return Ok(exit_code(status));
                }
                fates.retain(|(_, fate)| !matches!(fate, Fate::Kept { .. }));
            } else if let Some(whole) = adapted.with_missed(&messages) {
                adapted = whole;
                continue;
            } else if plan.leave_unfit(&adapted.text, &messages)? {
                adapted = Adapted::new(plan.text(), self.display(), &variables);
                fates.clear();
                continue;
            } else {
                for Refused { variable, fate } in
                    refused::refused(&messages, &adapted.stored, &variables)
                {
                    refused.push((variable.clone(), fate));
                }
            }
            if refused.is_empty() {
                let (source, messages) = plan.failure(adapted.text, messages);
                self.write_source(&source)?;
                let answer = Failure::note(&self.workspace, source, messages)?;
                eprintln!("{answer}");
                return Ok(ExitCode::FAILURE);
            }
            adapted = adapted.without(|it| {
                let mut refused = refused.iter();
                // A variable that can't be kept is there until the cell ends; one of another cell's that can't be taken is not.
                refused.any(|(out, _)| {
                    out.number == it.number
                        && (it.action == Action::Put || out.action != Action::Put)
                })
            });
            for (variable, fate) in refused {
                if let Fate::Unkept(Reason::OutOfReach { .. }) = fate {
                    // True whether the cell compiles or not.
                    variables.set(variable.number, &variable.name, fate);
                    variables.write(&self.workspace)?;
                } else {
                    fates.push((variable, fate));
                }
            }
        }
    }

    /// The types of the variables that the cell defines, in a cell that was compiled with types.
    fn types(&self, adapted: &Adapted) -> Result<Vec<(Stored, Fate)>, Error> {
        if !adapted.has_new_variables() {
            return Ok(Vec::new());
        }
        let path = mir_file(&self.workspace);
        let mir = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
        let types = mir::types(&mir);
        let new = adapted.stored.iter().filter(|it| it.is_new);
        let known = new.filter_map(|variable| {
            let kind = types.get(&variable.name)?;
            let fate = match nameable::written(kind) {
                Ok(kind) => Fate::Kept { kind },
                Err(what) => {
                    let kind = kind.clone();
                    Fate::Unkept(Reason::Unnameable { kind, what })
                }
            };
            Some((variable.clone(), fate))
        });
        Ok(known.collect())
    }

    /// Compiles by a recipe: rustc's messages, without those about products.
    fn rustc(
        &self,
        recipe: &Recipe,
        with_types: bool,
        linking: &mut Option<Instant>,
    ) -> Result<(ExitStatus, String), Error> {
        let mut command = if with_types {
            recipe.build_with_types(&self.workspace)
        } else {
            recipe.build(&self.workspace)
        };
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

    /// The real cargo, for the dependencies: from what is on this machine if possible, else with the network.
    fn run_cargo(&self, arguments: &[OsString]) -> Result<ExitStatus, Error> {
        let _ = fs::remove_file(Recipe::path(&self.workspace));
        let mut command = real_cargo(&self.workspace, &self.settings, arguments);
        if self.resolves_offline() {
            command.arg("--offline");
        }
        command
            .env(RECIPE_KEY, &self.key)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Error::tool(&command))?;
        let stdout = child.stdout.take();
        let stdout = std::thread::spawn(move || stdout.map(std::io::read_to_string));
        if let Some(stderr) = child.stderr.take() {
            self.follow(BufReader::new(stderr));
        }
        let status = child.wait().map_err(Error::tool(&command))?;
        notes::set_progress(&self.workspace, None);
        if let Ok(Some(Ok(messages))) = stdout.join() {
            print!("{messages}");
        }
        if status.success() {
            self.share_recipe()?;
        }
        Ok(status)
    }

    fn resolves_offline(&self) -> bool {
        let mut command = Command::new(&self.settings.toolchain.cargo);
        command
            .args(["metadata", "--offline", "--format-version=1"])
            .current_dir(build_folder(&self.workspace))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// Passes cargo's messages on, and notes for the kernel how far it has come.
    fn follow(&self, messages: impl BufRead) {
        let total = fs::read_to_string(build_folder(&self.workspace).join("Cargo.lock"))
            .map(|lock| lock.matches("[[package]]").count().saturating_sub(1))
            .unwrap_or(0);
        let mut done = 0;
        for line in messages.lines().map_while(Result::ok) {
            if let Some(name) = line.trim_start().strip_prefix("Compiling ") {
                let name = name.split(' ').next().unwrap_or(name);
                if name != CELL_CRATE {
                    done += 1;
                    notes::set_progress(&self.workspace, Some((done, total.max(done), name)));
                }
                continue;
            }
            eprintln!("{line}");
        }
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

    /// Keeps the source of each product beside it, under the number that evcxr gives the product next: recorded places
    /// are lines of this text.
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

fn exit_code(status: ExitStatus) -> ExitCode {
    ExitCode::from(
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
    )
}
