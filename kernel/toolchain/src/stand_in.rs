//! The kernel's binary under other names: what evcxr finds when it looks for `rustup`, `cargo` and
//! `rustc`.
//!
//! - `rustup which cargo` answers with our `cargo`, and so for `rustc`; everything else goes to the
//!   real rustup.
//! - `rustc` answers what it was asked before ([`answers`]), for evcxr and cargo.
//! - Both tell evcxr's rust-analyzer next to nothing, so that it has nothing to do ([`analyser`]).
//! - `cargo build` and `cargo check`, as evcxr calls them for each cell, run rustc directly when
//!   only the source changed
//!   since cargo last ran: cargo's own 50–100 ms are most of a small cell's wait (see [`build`]).
//! - `cell-linker` links the first cell of a recipe, and sees to it that each static exists once
//!   (see [`linker`]); later ones are linked by `cargo` itself (see [`direct`]).
//! - `rustc-wrapper` is what the real cargo calls in rustc's place: it notes how the cell's crate
//!   is compiled, and doesn't compile it.
//! - `layer-linker` links the crates that all cells share ([`crates`](crate::crates)).

mod allocator;
mod analyser;
mod attempts;
mod boxing;
mod build;
mod cargo;
mod compile;
mod copies;
pub(crate) mod dependencies;
mod direct;
mod exports;
mod failure;
pub(crate) mod generated;
mod linker;
mod metadata;
mod mir;
mod moves;
pub(crate) mod nameable;
mod of_system;
mod plan;
mod recipes;
mod refused;
mod replace;
mod transitive;

use crate::answers::{self, Answers};
use crate::cache::Cache;
use crate::crates::linker as layer_linker;
use crate::error::Error;
use crate::local::Local;
use crate::recipe::{CELL_CRATE, EXPLORED, Recipe};
use crate::settings::Settings;
use crate::workspace::{self, LINKER, STAND_INS, build_folder};
use build::CellBuild;
use cargo::{INSTRUMENTED, LOCAL, RECIPE_FILE, RECIPE_KEY};
pub use failure::Failure;
use replace::replace_process;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Acts as the tool whose name this binary was called by; `None` when it is the kernel itself.
pub fn run_if_called_so() -> Option<ExitCode> {
    let name = PathBuf::from(std::env::args_os().next()?);
    let name = name.file_name()?.to_str()?;
    if !STAND_INS.contains(&name) {
        return None;
    }
    let workspace = workspace::current()?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let result = match name {
        "rustup" => rustup(&workspace, arguments),
        "cargo" => cargo(&workspace, arguments),
        "rustc" => rustc(&workspace, arguments),
        LINKER => linker::link(&workspace, arguments),
        layer_linker::NAME => layer_linker::run(arguments),
        _ => rustc_wrapper(&workspace, arguments),
    };
    Some(result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    }))
}

fn rustup(workspace: &Path, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let answer = match arguments.as_slice() {
        [which, tool] if which == "which" && tool == "cargo" => workspace.join("bin/cargo"),
        [which, tool] if which == "which" && tool == "rustc" => workspace.join("bin/rustc"),
        _ => {
            let path = workspace::search_path();
            let real = which::which_in("rustup", Some(&path), ".").map_err(|_| Error::Missing {
                tool: "rustup",
                looked: path.to_string_lossy().into_owned(),
            })?;
            return Err(replace_process(Command::new(real).args(arguments)));
        }
    };
    println!("{}", answer.display());
    Ok(ExitCode::SUCCESS)
}

fn rustc(workspace: &Path, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    if in_cell(workspace) && analyser::asks_for_toolchain(&arguments) {
        return Ok(ExitCode::FAILURE);
    }
    let rustc = Settings::load(workspace)?.toolchain.rustc;
    if answers::is_question(&arguments)
        && let Ok(answer) = Answers::of(&Cache::open()?, &rustc).ask(&arguments)
    {
        print!("{answer}");
        return Ok(ExitCode::SUCCESS);
    }
    Err(replace_process(Command::new(rustc).args(arguments)))
}

fn cargo(workspace: &Path, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let settings = Settings::load(workspace)?;
    let in_cell = in_cell(workspace);
    if in_cell && let Some(answer) = analyser::answer(workspace, &settings, &arguments) {
        print!("{answer}");
        return Ok(ExitCode::SUCCESS);
    }
    let command = arguments.iter().find(|argument| *argument != "--offline");
    match command.and_then(|command| command.to_str()) {
        Some("build") if in_cell => CellBuild::new(workspace, settings)?.run(&arguments),
        Some("check") if in_cell => CellBuild::new(workspace, settings)?.check(&arguments),
        Some("metadata") if in_cell => metadata::run(workspace, &settings, &arguments),
        _ => Err(replace_process(
            Command::new(&settings.toolchain.cargo).args(arguments),
        )),
    }
}

/// Whether this process runs in the package of the cell.
fn in_cell(workspace: &Path) -> bool {
    std::env::current_dir().is_ok_and(|folder| folder == build_folder(workspace))
}

fn rustc_wrapper(workspace: &Path, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let mut arguments = arguments.into_iter();
    let rustc = arguments
        .next()
        .map(PathBuf::from)
        .ok_or_else(|| Error::Missing {
            tool: "rustc",
            looked: "cargo's call of its wrapper".into(),
        })?;
    let arguments: Vec<OsString> = arguments.collect();
    let is_cell = arguments
        .windows(2)
        .any(|pair| pair[0] == "--crate-name" && pair[1] == CELL_CRATE);
    if let (true, Ok(key)) = (is_cell, std::env::var(RECIPE_KEY)) {
        let file = std::env::var_os(RECIPE_FILE).map(PathBuf::from);
        let recipe = Recipe::new(workspace, key, rustc, arguments);
        recipe.write(&file.unwrap_or_else(|| Recipe::path(workspace)))?;
        // Cargo is not to believe that the cell is compiled.
        return Ok(ExitCode::FAILURE);
    }
    let standard = || Settings::load(workspace).ok()?.standard;
    let local = mark_of_local_package();
    if std::env::var_os(INSTRUMENTED).is_none()
        && local.is_none()
        && let Some(done) = copies::compile(&rustc, &arguments, standard)
    {
        return Ok(done);
    }
    let mut command = Command::new(rustc);
    command.args(&arguments).args(local);
    if let Some(package) = std::env::var_os("CARGO_MANIFEST_DIR")
        && allocator::is_set_in(&PathBuf::from(package).join("src"))
    {
        // Optimised, the allocator would be inlined where it can't be taken out.
        command.arg("-Copt-level=0");
    }
    if std::env::var_os(INSTRUMENTED).is_some() {
        instrument(&mut command, &arguments);
    }
    Err(replace_process(&mut command))
}

/// Compiles a crate as the program that is explored is compiled. Build scripts and macros run on
/// this machine and stay as they are, and so do the questions that cargo and build scripts ask
/// rustc: they must not find out, since some crates are other code then.
fn instrument(command: &mut Command, arguments: &[OsString]) {
    let pairs = || arguments.windows(2);
    let is_for_cells = arguments.iter().any(|it| it == "--target");
    let is_compiled =
        pairs().any(|pair| pair[0] == "-C" && pair[1].to_string_lossy().starts_with("metadata="));
    let name = pairs().find(|pair| pair[0] == "--crate-name");
    if let (true, true, Some(name)) = (is_for_cells, is_compiled, name) {
        command.args(EXPLORED).env("RUSTC_BOOTSTRAP", &name[1]);
    }
}

/// Tells builds of a package that was edited from each other: to rustc they would be the same
/// crate.
fn mark_of_local_package() -> Option<String> {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)?;
    let local: Local = serde_json::from_str(&std::env::var(LOCAL).ok()?).ok()?;
    local
        .contains(&folder)
        .then(|| format!("-Cmetadata={}", local.stamp))
}
