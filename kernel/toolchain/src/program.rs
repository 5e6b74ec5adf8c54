//! Compiling a program of its own, the way cells are compiled.

use crate::error::Error;
use crate::explain::Explained;
use crate::messages;
use crate::notes::RunningCompiler;
use crate::recipe::{Recipe, product_folder};
use crate::settings::Settings;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// What rustc made of a program.
#[derive(Debug)]
pub enum Compiled {
    /// Its shared object.
    Object(PathBuf),
    /// It doesn't compile.
    Refused(Explained),
}

/// Compiles the source of a program.
///
/// # Errors
/// When the compiler cannot be started, or no cell was compiled before.
pub fn compile(workspace: &Path, name: &str, source: String) -> Result<Compiled, Error> {
    let edition = Settings::load(workspace)?.edition;
    let recipe = Recipe::read(&Recipe::path(workspace))?.for_edition(&edition);
    let products = product_folder(workspace);
    let file = products.join(format!("{name}.rs"));
    fs::write(&file, format!("{source}\n{}", recipe.tail()))
        .map_err(Error::file("write", &file))?;
    let object = products.join(format!("lib{name}.so"));
    let mut command = recipe.build_other(workspace, &file, &object);
    command
        .arg("-Aunused")
        .process_group(0)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = command.spawn().map_err(Error::tool(&command))?;
    let output = {
        let _running = RunningCompiler::note(workspace, child.id());
        child.wait_with_output().map_err(Error::tool(&command))?
    };
    if output.status.success() {
        return Ok(Compiled::Object(object));
    }
    Ok(Compiled::Refused(Explained {
        errors: messages::errors(&String::from_utf8_lossy(&output.stderr)),
        source,
    }))
}
