//! The linker of a layer: this binary under one more name, which rustc calls.
//!
//! It calls the real linker, with two things changed. The names that C libraries within crates
//! define are exported as well, since inline functions of these crates call them from a cell. And
//! all names get the layer's own version (in the sense of ELF), so that a layer with another build
//! of a C library is never taken for it.

use super::objects;
use crate::error::Error;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The name by which rustc calls it.
pub(crate) const NAME: &str = "layer-linker";
/// The variable that names the real linker.
pub(super) const REAL: &str = "FEARLESS_LINKER";
/// The variable that holds the version of the names.
pub(super) const VERSION: &str = "FEARLESS_LAYER";

/// What rustc calls unless it is told of another linker.
const USUAL: &str = "cc";
/// How rustc chooses a linker.
const CHOICE: &str = "-Clinker=";
/// How the script that says what is exported is given.
const SCRIPT: &str = "-Wl,--version-script=";

/// Whether an argument of rustc's is the choice of a linker.
pub(super) fn is_choice(argument: &str) -> bool {
    argument.starts_with(CHOICE)
}

/// The linker that rustc's arguments choose.
pub(super) fn chosen(arguments: &[String]) -> &str {
    let chosen = arguments.iter().rev();
    let mut chosen = chosen.filter_map(|it| it.strip_prefix(CHOICE));
    chosen.next().unwrap_or(USUAL)
}

/// Links.
pub(crate) fn run(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let real = std::env::var_os(REAL).unwrap_or_else(|| USUAL.into());
    let version = std::env::var(VERSION).unwrap_or_default();
    let mut arguments = expanded(arguments)?;
    let scratch = scratch_folder(&arguments)?;
    let mut bundled = BTreeSet::new();
    for (number, argument) in arguments.iter_mut().enumerate() {
        if argument.ends_with(".rlib") {
            bundled.extend(look_into(argument, scratch.path(), number)?);
        }
    }
    for script in arguments.iter().filter_map(|it| it.strip_prefix(SCRIPT)) {
        let path = Path::new(script);
        let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
        fs::write(path, exporting(&text, &version, &bundled))
            .map_err(Error::file("write", path))?;
    }
    // Names that nothing in the layer uses, but a cell may.
    let wanted = bundled.iter().map(|name| format!("-Wl,-u,{name}"));
    // What is missing is said now, and not when a cell is loaded.
    let strict = ["-Wl,-z,defs", "-Wl,--undefined-version"].map(str::to_owned);
    let all: Vec<String> = arguments
        .iter()
        .cloned()
        .chain(wanted)
        .chain(strict.clone())
        .collect();
    let status = call(&real, &scratch.path().join("all"), &all)?;
    if status.success() || bundled.is_empty() {
        return Ok(exit_code(status));
    }
    // A library of which not all can be linked at once.
    let some: Vec<String> = arguments.into_iter().chain(strict).collect();
    Ok(exit_code(call(&real, &scratch.path().join("some"), &some)?))
}

fn exit_code(status: std::process::ExitStatus) -> ExitCode {
    match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// A folder for what is only there while the linker runs, where its product will be.
fn scratch_folder(arguments: &[String]) -> Result<tempfile::TempDir, Error> {
    let product = arguments.windows(2).find(|pair| pair[0] == "-o");
    let product = product.map_or(Path::new("."), |pair| Path::new(&pair[1]));
    let folder = product.parent().unwrap_or(Path::new("."));
    tempfile::tempdir_in(folder).map_err(Error::file("create a folder in", folder))
}

/// What a library bundles; one with an allocator of its own is replaced by one without.
fn look_into(
    argument: &mut String,
    scratch: &Path,
    number: usize,
) -> Result<BTreeSet<String>, Error> {
    let path = PathBuf::from(&argument);
    let mut library = fs::read(&path).map_err(Error::file("read", &path))?;
    if objects::use_the_process_allocator(&mut library) {
        let changed = scratch.join(format!("{number}.rlib"));
        fs::write(&changed, &library).map_err(Error::file("write", &changed))?;
        *argument = changed.to_string_lossy().into_owned();
    }
    Ok(objects::bundled_symbols(&library))
}

/// rustc's script `{ global: …; local: *; };` with more names, all under a version.
fn exporting(script: &str, version: &str, more: &BTreeSet<String>) -> String {
    let mut names = String::from("global:");
    for name in more {
        let _ = write!(names, "\n    {name};");
    }
    let script = match script.contains("global:") {
        true => script.replacen("global:", &names, 1),
        false => script.replacen('{', &format!("{{\n  {names}"), 1),
    };
    format!("{version} {}", script.trim_start())
}

/// The arguments themselves, where rustc wrote too many of them into a file.
fn expanded(arguments: Vec<OsString>) -> Result<Vec<String>, Error> {
    let mut all = Vec::new();
    for argument in arguments {
        let argument = argument.to_string_lossy().into_owned();
        match argument.strip_prefix('@').map(Path::new) {
            Some(file) => {
                let text = fs::read_to_string(file).map_err(Error::file("read", file))?;
                all.extend(text.lines().map(unescaped));
            }
            None => all.push(argument),
        }
    }
    Ok(all)
}

fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        text.extend(match character {
            '\\' => characters.next(),
            '"' => None,
            other => Some(other),
        });
    }
    text
}

/// Calls the real linker with its arguments in a file, since they may be too many for a command
/// line.
fn call(
    real: &OsString,
    file: &Path,
    arguments: &[String],
) -> Result<std::process::ExitStatus, Error> {
    let mut text = String::new();
    for argument in arguments {
        for character in argument.chars() {
            if character.is_whitespace() || ['\\', '"', '\''].contains(&character) {
                text.push('\\');
            }
            text.push(character);
        }
        text.push('\n');
    }
    fs::write(file, text).map_err(Error::file("write", file))?;
    let mut command = Command::new(real);
    command.arg(format!("@{}", file.display()));
    command.status().map_err(Error::tool(&command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_exports_more_under_a_version() {
        let script = "{\n  global:\n    rust_name;\n\n  local:\n    *;\n};\n";
        let more = BTreeSet::from(["sqlite3_step".to_owned()]);
        assert_eq!(
            exporting(script, "v1", &more),
            "v1 {\n  global:\n    sqlite3_step;\n    rust_name;\n\n  local:\n    *;\n};\n"
        );
        let nothing = exporting("{\n  local:\n    *;\n};\n", "v1", &more);
        assert_eq!(
            nothing,
            "v1 {\n  global:\n    sqlite3_step;\n  local:\n    *;\n};\n"
        );
    }

    #[test]
    fn arguments_in_a_file_are_read() {
        assert_eq!(unescaped(r"/my\ folder/a.rlib"), "/my folder/a.rlib");
        assert_eq!(unescaped(r#""-o""#), "-o");
    }

    #[test]
    fn the_linker_that_is_asked_for_is_called() {
        let arguments = ["-Cprefer-dynamic", "-Clinker=clang"].map(str::to_owned);
        assert_eq!(chosen(&arguments), "clang");
        assert_eq!(chosen(&arguments[..1]), "cc");
        assert!(is_choice(&arguments[1]) && !is_choice(&arguments[0]));
    }
}
