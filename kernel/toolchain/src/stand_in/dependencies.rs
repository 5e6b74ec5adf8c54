//! The real cargo, when dependencies changed: it compiles them and says how the cell is to be
//! compiled, which a recipe keeps.

use super::cargo::{INSTRUMENTED, LOCAL, RECIPE_FILE, RECIPE_KEY, real_cargo};
use super::metadata;
use crate::cell::Cell;
use crate::crates::{Artifacts, Chain, Change, Layers, bundled_symbols};
use crate::error::Error;
use crate::items::Items;
use crate::local::Local;
use crate::lock;
use crate::notes::{self, RunningCompiler};
use crate::recipe::{CELL_CRATE, Recipe, product_folder};
use crate::settings::Settings;
use crate::workspace::build_folder;
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// One run of cargo for a cell.
pub(crate) struct CargoRun<'a> {
    pub workspace: &'a Path,
    pub settings: &'a Settings,
    /// The key of the recipe that it makes.
    pub key: &'a str,
    /// What all of it is compiled with.
    pub flags: &'a str,
    /// What evcxr tells cargo.
    pub arguments: &'a [OsString],
}

/// What cargo said.
#[derive(Default)]
struct Said {
    artifacts: Artifacts,
    /// What isn't about progress.
    messages: String,
}

impl CargoRun<'_> {
    /// The recipe, or what cargo said why there is none.
    pub fn run(&self) -> Result<Result<Recipe, String>, Error> {
        let own = Recipe::path(self.workspace);
        let _ = fs::remove_file(&own);
        lock::restore(self.workspace);
        let local = self.local()?;
        let said = self.follow(start(&mut self.command(&local))?);
        notes::set_progress(self.workspace, None);
        let said = said?;
        let Ok(mut recipe) = Recipe::read(&own) else {
            return Ok(Err(said.messages));
        };
        recipe.local = local;
        recipe.lock = lock::keep(self.workspace)?;
        let mut chain = Chain::read(self.workspace, self.flags);
        let change = self.extend(&mut chain, &recipe, &said.artifacts);
        notes::set_progress(self.workspace, None);
        recipe.change = match change {
            Ok(change) => change,
            Err(Error::Crates { messages }) => {
                let _ = fs::remove_file(&own);
                return Ok(Err(messages));
            }
            Err(error) => return Err(error),
        };
        note_replaced(self.workspace, &mut chain, &recipe.change);
        chain.write(self.workspace, self.flags)?;
        recipe.take_crates_from(&chain, &self.settings.target);
        recipe.write(&own)?;
        let products = product_folder(self.workspace);
        fs::create_dir_all(&products).map_err(Error::file("create", &products))?;
        Ok(Ok(recipe))
    }

    /// The recipe for a program that is explored, with crates that are compiled for that, or what
    /// cargo said. `file` is where it may lie meanwhile; `rustflags` are those of ordinary crates.
    pub fn run_instrumented(
        &self,
        file: &Path,
        rustflags: &[String],
    ) -> Result<Result<Recipe, String>, Error> {
        let _ = fs::remove_file(file);
        lock::restore(self.workspace);
        let local = self.local()?;
        let mut command = self.command(&local);
        command
            .env(INSTRUMENTED, "1")
            .env(RECIPE_FILE, file)
            .env("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\u{1f}"))
            .current_dir(build_folder(self.workspace))
            // The stop button ends it.
            .process_group(0);
        let child = start(&mut command)?;
        let running = RunningCompiler::note(self.workspace, child.id());
        let said = self.follow(child);
        drop(running);
        notes::set_progress(self.workspace, None);
        let said = said?;
        let Ok(mut recipe) = Recipe::read(file) else {
            return Ok(Err(said.messages));
        };
        let _ = fs::remove_file(file);
        recipe.local = local;
        recipe.lock = lock::keep(self.workspace)?;
        let is_foreign = |file: &Path| {
            let library = fs::read(file).unwrap_or_default();
            !bundled_symbols(&library).is_empty()
        };
        let libraries = said.artifacts.libraries.iter();
        let foreign = libraries.filter(|it| is_foreign(&it.file));
        recipe.foreign = foreign.map(|it| it.package.clone()).collect();
        Ok(Ok(recipe))
    }

    /// Adds a layer for the crates that are new.
    fn extend(
        &self,
        chain: &mut Chain,
        recipe: &Recipe,
        artifacts: &Artifacts,
    ) -> Result<Change, Error> {
        let arguments: Vec<String> = recipe
            .link_arguments()
            .into_iter()
            .filter(|it| {
                let folder = it.strip_prefix("-Ldependency=").map(Path::new);
                folder.is_none_or(|folder| !folder.starts_with(&self.settings.target))
            })
            .collect();
        let layers = Layers {
            folder: &self.settings.layers,
            workspace: self.workspace,
            rustc: recipe.rustc(),
            arguments: &arguments,
        };
        layers.extend(chain, &recipe.externs(), artifacts)
    }

    /// Packages of this machine that cells depend on.
    fn local(&self) -> Result<Local, Error> {
        let manifest = build_folder(self.workspace).join("Cargo.toml");
        let text = fs::read_to_string(&manifest).map_err(Error::file("read", &manifest))?;
        let mut metadata = Command::new(&self.settings.toolchain.cargo);
        metadata
            .args(["metadata", "--offline", "--format-version=1"])
            .current_dir(build_folder(self.workspace))
            .stderr(Stdio::null());
        Ok(Local::find(&text, metadata))
    }

    /// How cargo is called: for what is on this machine if possible, else with the network.
    fn command(&self, local: &Local) -> Command {
        let mut command = real_cargo(self.workspace, self.settings, self.arguments);
        if self.resolves_offline() {
            command.arg("--offline");
        }
        command
            .env(RECIPE_KEY, self.key)
            .env(LOCAL, serde_json::to_string(local).unwrap_or_default())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Listens to cargo until it has compiled.
    fn follow(&self, mut child: Child) -> Result<Said, Error> {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let progress = Progress::new(self);
        let mut said = Said::default();
        let told = std::thread::scope(|scope| {
            let told = scope.spawn(|| stderr.map(|it| progress.follow(it)).unwrap_or_default());
            self.listen(stdout, &progress, &mut said);
            told.join().unwrap_or_default()
        });
        // Whether it succeeded is told by what it left.
        let _ = child.wait();
        said.messages.push_str(&told);
        Ok(said)
    }

    fn resolves_offline(&self) -> bool {
        let mut command = Command::new(&self.settings.toolchain.cargo);
        command
            .args(["metadata", "--offline", "--format-version=1"])
            .current_dir(build_folder(self.workspace))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// Reads what cargo says in JSON.
    fn listen(&self, stdout: Option<impl Read>, progress: &Progress<'_>, said: &mut Said) {
        let folder = self.target_folder();
        let lines = stdout.map(|it| BufReader::new(it).lines());
        for line in lines.into_iter().flatten().map_while(Result::ok) {
            let Ok(message) = serde_json::from_str::<Value>(&line) else {
                continue;
            };
            if message["reason"] == "compiler-message" {
                said.messages.push_str(&line);
                said.messages.push('\n');
            }
            if message["fresh"] == true {
                progress.is_fresh(message["package_id"].as_str().unwrap_or_default());
            }
            said.artifacts.add(&message, &folder);
        }
    }

    /// Where libraries for the cells' target lie, and not those of build scripts and macros.
    fn target_folder(&self) -> std::path::PathBuf {
        let mut arguments = self.arguments.iter();
        let _ = arguments.by_ref().find(|it| *it == "--target");
        match arguments.next() {
            Some(target) => self.settings.target.join(target),
            None => self.settings.target.clone(),
        }
    }
}

fn start(command: &mut Command) -> Result<Child, Error> {
    command.spawn().map_err(Error::tool(command))
}

/// Notes which crates a change replaced in the announced cell, and whether the session's types are
/// others because of it.
pub(super) fn note_replaced(workspace: &Path, chain: &mut Chain, change: &Change) {
    if change.replaced.is_empty() {
        return;
    }
    let serial = Cell::announced(workspace).serial;
    chain.note(change, serial);
    let mut items = Items::load(workspace);
    items.replaced.clone_from(&chain.replaced);
    chain.generation += u32::from(items.depend_on_replaced(serial));
}

/// How far cargo has come.
struct Progress<'a> {
    workspace: &'a Path,
    /// Packages that aren't known to be compiled already.
    waiting: std::sync::Mutex<BTreeSet<String>>,
}

impl<'a> Progress<'a> {
    fn new(run: &CargoRun<'a>) -> Progress<'a> {
        Progress {
            workspace: run.workspace,
            waiting: std::sync::Mutex::new(packages(run)),
        }
    }

    /// A package, by its id, needs no compiling.
    fn is_fresh(&self, id: &str) {
        let package = crate::crates::package(id);
        let waiting = self.waiting.lock();
        waiting
            .unwrap_or_else(|poison| poison.into_inner())
            .remove(&package);
    }

    /// Reads what cargo tells people, and notes for the kernel how far it has come; returns the
    /// rest.
    fn follow(&self, messages: impl Read) -> String {
        let mut rest = String::new();
        let mut done = BTreeSet::new();
        for line in BufReader::new(messages).lines().map_while(Result::ok) {
            let text = line.trim_start();
            if let Some(package) = text.strip_prefix("Compiling ") {
                let package = package.replacen(" v", " ", 1);
                let mut words = package.split(' ');
                let (name, version) = (
                    words.next().unwrap_or_default(),
                    words.next().unwrap_or_default(),
                );
                if name != CELL_CRATE {
                    done.insert(format!("{name} {version}"));
                    self.note(&done, name);
                }
            } else if let Some(now) = metadata::progress(text) {
                notes::set_progress(self.workspace, Some(&now));
            } else {
                rest.push_str(&line);
                rest.push('\n');
            }
        }
        rest
    }

    fn note(&self, done: &BTreeSet<String>, name: &str) {
        let waiting = self
            .waiting
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        let total = waiting.union(done).count();
        let line = format!("compiling {} of {total}: {name}", done.len());
        notes::set_progress(self.workspace, Some(&line));
    }
}

/// All packages that cells need, compiled or not: cargo's tree knows systems and features, which
/// its lock file doesn't.
fn packages(run: &CargoRun<'_>) -> BTreeSet<String> {
    let mut command = Command::new(&run.settings.toolchain.cargo);
    command
        .args([
            "tree",
            "--offline",
            "--prefix=none",
            "--edges=normal,build",
            "--format={p}",
        ])
        .current_dir(build_folder(run.workspace))
        .stderr(Stdio::null());
    let mut arguments = run.arguments.iter();
    if arguments.by_ref().any(|it| it == "--target")
        && let Some(target) = arguments.next()
    {
        command.arg("--target").arg(target);
    }
    let answer = command.output().map(|it| it.stdout).unwrap_or_default();
    String::from_utf8_lossy(&answer)
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some(format!(
                "{} {}",
                words.next()?,
                words.next()?.strip_prefix('v')?
            ))
        })
        .collect()
}
