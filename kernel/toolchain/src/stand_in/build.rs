//! `cargo build` and `cargo check` of a cell.
//!
//! When only the source changed since cargo last ran, rustc runs by the recipe that was noted then. When the manifest or
//! the flags changed, the real cargo runs, with the dependencies' target folder shared by all kernels.
//!
//! evcxr reads compiler messages in JSON from either stream, and the path of the product from the
//! file named by `EVCXR_EXECUTION_SO_PATH`.

use super::cargo::{RECIPE_KEY, flags, real_cargo};
use super::failure::{self, Failure};
use super::generated::Adapted;
use crate::cache::key;
use crate::error::Error;
use crate::notes::{self, CompilerTimes, RunningCompiler};
use crate::recipe::{CELL_CRATE, FORMAT, Recipe, product_folder};
use crate::settings::Settings;
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
        let display = self
            .settings
            .standard
            .is_some()
            .then_some(&self.settings.display);
        let adapted = Adapted::new(&source, display);
        if adapted.text != source {
            self.write_source(&adapted.text)?;
        }
        match self.recipe() {
            Some(recipe) => self.run_rustc(&recipe, adapted, linking),
            None => self.run_cargo(arguments, adapted, linking),
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

    fn run_rustc(
        &self,
        recipe: &Recipe,
        adapted: Adapted,
        linking: &mut Option<Instant>,
    ) -> Result<ExitCode, Error> {
        let (status, messages) = self.rustc(recipe, linking)?;
        if !status.success()
            && let Some(whole) = adapted.whole_if_missed(&messages)
        {
            self.write_source(&whole)?;
            return self.run_rustc(recipe, Adapted::as_it_is(whole), linking);
        }
        if status.success() {
            eprint!("{messages}");
            self.announce_product()?;
        } else {
            let answer = Failure::note(&self.workspace, adapted.text, messages)?;
            eprintln!("{answer}");
        }
        Ok(exit_code(status))
    }

    /// Compiles by a recipe: rustc's messages, without those about products.
    fn rustc(
        &self,
        recipe: &Recipe,
        linking: &mut Option<Instant>,
    ) -> Result<(ExitStatus, String), Error> {
        let mut command = recipe.build(&self.workspace);
        command.stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Error::tool(&command))?;
        let mut messages = String::new();
        let lines = child
            .stderr
            .take()
            .map(|stderr| BufReader::new(stderr).lines());
        for line in lines.into_iter().flatten().map_while(Result::ok) {
            if line.starts_with(PRODUCT) {
                // The first one is the object file.
                linking.get_or_insert_with(Instant::now);
            } else {
                messages.push_str(&line);
                messages.push('\n');
            }
        }
        let status = child.wait().map_err(Error::tool(&command))?;
        Ok((status, messages))
    }

    /// The real cargo: from what is on this machine if possible, else with the network.
    fn run_cargo(
        &self,
        arguments: &[OsString],
        adapted: Adapted,
        linking: &mut Option<Instant>,
    ) -> Result<ExitCode, Error> {
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
        if !status.success()
            && let Some(recipe) = self.recipe()
        {
            // The dependencies are there; it is the cell that failed.
            return self.run_rustc(&recipe, adapted, linking);
        }
        if let Ok(Some(Ok(messages))) = stdout.join() {
            print!("{messages}");
        }
        if status.success() {
            self.announce_product()?;
            self.share_recipe()?;
        }
        Ok(exit_code(status))
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
    fn announce_product(&self) -> Result<(), Error> {
        let Some(path) = std::env::var_os(SO_PATH_VARIABLE).map(PathBuf::from) else {
            return Ok(());
        };
        self.keep_source()?;
        let product = product_folder(&self.workspace).join(format!("lib{CELL_CRATE}.so"));
        fs::write(&path, product.as_os_str().as_encoded_bytes())
            .map_err(Error::file("write", &path))
    }

    /// Keeps the source of each product beside it, under the number that evcxr gives the product next: recorded places
    /// are lines of this text.
    fn keep_source(&self) -> Result<(), Error> {
        let products = product_folder(&self.workspace);
        let kept = (1..)
            .map(|number| products.join(format!("code_{number}.rs")))
            .find(|path| !path.exists());
        let Some(kept) = kept else {
            return Ok(());
        };
        fs::copy(self.source(), &kept)
            .map(|_| ())
            .map_err(Error::file("copy the source to", &kept))
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
