//! The kernel's binary under other names: what evcxr finds when it looks for `rustup`, `cargo` and `rustc`.
//!
//! - `rustup which cargo` answers with our `cargo`, and so for `rustc`; everything else goes to the real rustup.
//! - `rustc` answers what it was asked before ([`answers`]), for evcxr, rust-analyzer and cargo.
//! - `cargo build` and `cargo check`, as evcxr calls them for each cell, run rustc directly when only the source changed
//!   since cargo last ran: cargo's own 50–100 ms are most of a small cell's wait (see [`build`]).
//! - `cell-linker` links cells, and sees to it that each static exists once (see [`linker`]).
//! - `rustc-wrapper` is what the real cargo calls in rustc's place: it notes how the cell's crate is compiled, and keeps
//!   its products out of the shared folder.

mod build;
mod cargo;
mod failure;
pub(crate) mod generated;
mod linker;
mod mir;
mod nameable;
mod plan;
mod refused;

use crate::answers::{self, Answers};
use crate::cache::Cache;
use crate::error::Error;
use crate::recipe::{CELL_CRATE, Recipe, product_folder};
use crate::settings::Settings;
use crate::workspace::{self, LINKER, STAND_INS, build_folder};
use build::CellBuild;
use cargo::{RECIPE_KEY, real_cargo};
pub use failure::Failure;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

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
            let path = workspace::original_path();
            let real = which::which_in("rustup", path, ".")
                .map_err(|_| Error::Missing { tool: "rustup" })?;
            return Err(replace_process(Command::new(real).args(arguments)));
        }
    };
    println!("{}", answer.display());
    Ok(ExitCode::SUCCESS)
}

fn rustc(workspace: &Path, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
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
    let in_cell = std::env::current_dir().is_ok_and(|folder| folder == build_folder(workspace));
    let command = arguments.iter().find(|argument| *argument != "--offline");
    match command.and_then(|command| command.to_str()) {
        Some("build") if in_cell => CellBuild::new(workspace, settings)?.run(&arguments),
        Some("check") if in_cell => CellBuild::new(workspace, settings)?.check(&arguments),
        Some("metadata") if in_cell => metadata(workspace, &settings, &arguments),
        _ => Err(replace_process(
            Command::new(&settings.toolchain.cargo).args(arguments),
        )),
    }
}

/// Resolves from what is on this machine before asking the network: quick, and enough on a train.
fn metadata(
    workspace: &Path,
    settings: &Settings,
    arguments: &[OsString],
) -> Result<ExitCode, Error> {
    let mut offline = real_cargo(workspace, settings, arguments);
    offline.arg("--offline").stderr(Stdio::null());
    if let Ok(output) = offline.output()
        && output.status.success()
    {
        let _ = std::io::stdout().write_all(&output.stdout);
        return Ok(ExitCode::SUCCESS);
    }
    Err(replace_process(&mut real_cargo(
        workspace, settings, arguments,
    )))
}

fn rustc_wrapper(workspace: &Path, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let mut arguments = arguments.into_iter();
    let rustc = arguments
        .next()
        .map(PathBuf::from)
        .ok_or(Error::Missing { tool: "rustc" })?;
    let arguments: Vec<OsString> = arguments.collect();
    let is_cell = arguments
        .windows(2)
        .any(|pair| pair[0] == "--crate-name" && pair[1] == CELL_CRATE);
    let (true, Ok(key)) = (is_cell, std::env::var(RECIPE_KEY)) else {
        return Err(replace_process(Command::new(rustc).args(arguments)));
    };
    let recipe = Recipe::new(workspace, key, rustc, arguments);
    recipe.write(&Recipe::path(workspace))?;
    let products = product_folder(workspace);
    fs::create_dir_all(&products).map_err(Error::file("create", &products))?;
    // The cell itself is compiled by the recipe, once cargo has made its dependencies.
    Ok(ExitCode::SUCCESS)
}

/// Becomes another program; returns only the reason why that failed.
fn replace_process(command: &mut Command) -> Error {
    let cause = command.exec();
    Error::tool(command)(cause)
}
