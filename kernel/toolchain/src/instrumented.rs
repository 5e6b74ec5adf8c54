//! Crates as explored programs have them: compiled once more, with a call of ours at each of their
//! atomic operations and accesses to memory.
//!
//! They lie in folders of their own beside those for ordinary cells. A program is explored alone in
//! its process, so it is linked to the crates themselves and not to a layer.

use crate::cache::{Cache, key};
use crate::error::Error;
use crate::recipe::{EXPLORED, FORMAT, Recipe};
use crate::settings::Settings;
use crate::stand_in::dependencies::CargoRun;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// How programs with the crates of the session's `recipe` are compiled to be explored: as some
/// session found out before, or by cargo. The error is what cargo said if it can't.
pub(crate) fn provide(workspace: &Path, recipe: &Recipe) -> Result<Result<Recipe, String>, Error> {
    let mut settings = Settings::load(workspace)?;
    let flags = EXPLORED.join(" ");
    settings.target = beside(&settings.target, &flags);
    let key = key([
        FORMAT,
        recipe.key.as_bytes(),
        recipe.lock.as_bytes(),
        recipe.local.stamp.as_bytes(),
        flags.as_bytes(),
    ]);
    let shared = settings.recipes.join(format!("explored-{key}.json"));
    Cache::mark_used(&[&settings.target]);
    let known = Recipe::read(&shared).ok().filter(|it| it.key == key);
    if let Some(known) = known.and_then(|it| it.within(workspace)) {
        return Ok(Ok(known));
    }
    let arguments = arguments(recipe);
    let mut rustflags = settings.rustflags();
    rustflags.extend(recipe.linker_flags());
    let run = CargoRun {
        workspace,
        settings: &settings,
        key: &key,
        flags: &flags,
        arguments: &arguments,
    };
    let made = run.run_instrumented(&workspace.join("explored.json"), &rustflags)?;
    if let Ok(recipe) = &made {
        let folder = &settings.recipes;
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        recipe.clone().without(workspace).write(&shared)?;
    }
    Ok(made)
}

/// What evcxr tells cargo for a cell.
fn arguments(recipe: &Recipe) -> Vec<OsString> {
    let target = recipe.target().into_iter();
    let target = target.flat_map(|target| ["--target", target]);
    ["build"]
        .into_iter()
        .chain(target)
        .chain(["--message-format=json"])
        .map(OsString::from)
        .collect()
}

/// The folder for what is compiled with these flags besides.
fn beside(target: &Path, flags: &str) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    let hash: String = key([flags.as_bytes()]).chars().take(8).collect();
    name.push(format!("-explored-{hash}"));
    target.with_file_name(name)
}
