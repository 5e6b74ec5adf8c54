//! Linking a cell without rustc and without the C compiler.
//!
//! That is nearly half of what compiling a small cell costs: rustc writes down what other crates
//! might want to know, calls our linker, which calls the C compiler, which calls a program that
//! calls the linker of the toolchain by way of yet another. So it is noted once what that is told
//! in the end. From then on cells are compiled to an object alone, which is linked here.
//!
//! What fails here is done once more by rustc: so it is rustc that says what is wrong.

use super::exports::export_statics;
use crate::ahead::{self, Process};
use crate::cache::key;
use crate::error::Error;
use crate::notes::RunningCompiler;
use crate::recipe::{CELL_CRATE, REAL_LINKER, Recipe, object_file, product_folder};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Tells our linker where to note what it is told.
pub(super) const NOTE: &str = "FEARLESS_LINK_NOTE";

/// Stand for the session's folder, the cell's object and the list of what it exports.
const SOME_WORKSPACE: &str = "@workspace@";
const OBJECT: &str = "@object@";
const EXPORTS: &str = "@exports@";

/// What makes the linker of the toolchain one for ELF.
const FLAVOR: &[&str] = &["-flavor", "gnu"];

/// The option for that list.
const VERSION_SCRIPT: &str = "--version-script=";

/// What the linker of the toolchain is told of any cell of a recipe.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    program: PathBuf,
    arguments: Vec<String>,
}

/// Where the line of a recipe is noted, for all sessions; `None` for cells that need more than it.
pub(super) fn place(
    recipe: &Recipe,
    source: &str,
    workspace: &Path,
    recipes: &Path,
) -> Option<PathBuf> {
    // A cell may name a library of C's to link.
    let may_link = source.contains("link") && source.contains("extern");
    if may_link || !recipe.is_one_unit() {
        return None;
    }
    let text = serde_json::to_string(&recipe.clone().without(workspace)).ok()?;
    let linker = std::env::var_os(REAL_LINKER).unwrap_or_default();
    let name = key([text.as_bytes(), linker.as_encoded_bytes()]);
    Some(recipes.join(format!("{name}.link")))
}

impl Line {
    pub fn read(place: &Path) -> Option<Line> {
        serde_json::from_slice(&fs::read(place).ok()?).ok()
    }

    /// From the arguments that our linker gives the C compiler: asks that for what it would do.
    pub fn ask(
        workspace: &Path,
        compiler: &Path,
        arguments: &[OsString],
        objects: &[PathBuf],
    ) -> Option<Line> {
        let [object] = objects else {
            return None;
        };
        let program = toolchain_linker(arguments)?;
        let output = Command::new(compiler)
            .arg("-###")
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let told = String::from_utf8(output.stderr).ok()?;
        let line = told.lines().rfind(|line| line.contains("/collect2"))?;
        let object = object.to_str()?;
        let first = FLAVOR.iter().chain(&["--threads=1"]);
        let mut kept: Vec<String> = first.map(|&it| it.to_owned()).collect();
        let mut words = words(line).into_iter().skip(1);
        while let Some(word) = words.next() {
            if word == "-plugin" {
                words.next();
            } else if word == object {
                kept.push(OBJECT.to_owned());
            } else if word.starts_with(VERSION_SCRIPT) {
                kept.push(format!("{VERSION_SCRIPT}{EXPORTS}"));
            } else if !word.starts_with("-plugin-opt")
                && !word.starts_with("-fuse-ld")
                && !word.ends_with("raw-dylibs")
            {
                kept.push(word.replace(workspace.to_str()?, SOME_WORKSPACE));
            }
        }
        let has = |wanted: &str| kept.iter().any(|word| word.contains(wanted));
        (has(OBJECT) && has(EXPORTS)).then_some(Line {
            program,
            arguments: kept,
        })
    }

    /// Keeps it for others; without it, each links as rustc does.
    pub fn write(&self, place: &Path) -> Result<(), Error> {
        let scratch = place.with_extension(format!("{}.new", std::process::id()));
        let text = serde_json::to_vec(self)
            .map_err(io::Error::from)
            .map_err(Error::file("write", place))?;
        fs::write(&scratch, text).map_err(Error::file("write", &scratch))?;
        fs::rename(&scratch, place).map_err(Error::file("write", place))
    }

    /// Links the cell's object: whether that is done.
    pub fn link(&self, workspace: &Path) -> Result<bool, Error> {
        let products = product_folder(workspace);
        let object = object_file(workspace);
        let exports = products.join("exports");
        export_statics(workspace, std::slice::from_ref(&object), &exports)?;
        let arguments = self.arguments.iter().map(|argument| {
            argument
                .replace(SOME_WORKSPACE, &workspace.to_string_lossy())
                .replace(OBJECT, &object.to_string_lossy())
                .replace(EXPORTS, &exports.to_string_lossy())
        });
        let arguments: Vec<String> = arguments.collect();
        if let Some(linked) = self.link_ahead(workspace, &arguments) {
            return Ok(linked);
        }
        let linked = Command::new(&self.program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        Ok(linked.is_ok_and(|status| status.success()))
    }

    /// Has a linker do it that was started ahead; `None` if there is none, or if it can't be told.
    fn link_ahead(&self, workspace: &Path, arguments: &[String]) -> Option<bool> {
        let process = Process::of(&Command::new(&self.program), FLAVOR, false)?;
        let taken = ahead::take(workspace, &process)?;
        RunningCompiler::note_another(workspace, taken.process);
        // How it ended is told to the kernel alone, so the library itself has to tell.
        let product = product_folder(workspace).join(format!("lib{CELL_CRATE}.so"));
        let _ = fs::remove_file(&product);
        let rest = arguments.get(FLAVOR.len()..)?;
        let mut said = taken.told(quoted(rest).as_bytes(), &[]).ok()?;
        io::copy(&mut said, &mut io::sink()).ok()?;
        Some(product.exists())
    }
}

/// Arguments as the linker reads them from a file.
fn quoted(arguments: &[String]) -> String {
    let escaped = |argument: &String| argument.replace('\\', r"\\").replace('"', "\\\"");
    let lines = arguments.iter().map(|it| format!("\"{}\"\n", escaped(it)));
    lines.collect()
}

/// The linker that comes with rustc, if the C compiler is told to use that: it is told of a folder
/// with a program that only starts it.
fn toolchain_linker(arguments: &[OsString]) -> Option<PathBuf> {
    let mut arguments = arguments.iter().filter_map(|argument| argument.to_str());
    let folder = arguments.find_map(|it| it.strip_prefix("-B")?.strip_suffix("/gcc-ld"))?;
    let uses_it = arguments.any(|it| it == "-fuse-ld=lld");
    let program = Path::new(folder).join("rust-lld");
    (uses_it && program.is_file()).then_some(program)
}

/// The words of a command as the C compiler shows it.
fn words(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' => word.get_or_insert_default().extend(letters.next()),
            ' ' if !quoted => found.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    found.extend(word);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_be_quoted() {
        let line = r#" /usr/collect2 "-plugin-opt=a b" -rpath "\$ORIGIN/.." "" x\"y"#;
        assert_eq!(
            words(line),
            [
                "/usr/collect2",
                "-plugin-opt=a b",
                "-rpath",
                "$ORIGIN/..",
                "",
                "x\"y"
            ]
        );
    }

    #[test]
    fn what_the_compiler_would_do_is_kept_for_any_cell() {
        let scratch = tempfile::tempdir().unwrap();
        let workspace = scratch.path().join("session");
        let tools = scratch.path().join("bin");
        fs::create_dir_all(tools.join("gcc-ld")).unwrap();
        fs::write(tools.join("rust-lld"), "").unwrap();
        let compiler = scratch.path().join("cc");
        let script = "#!/bin/sh\nshift\necho \"ignored\" >&2\n\
                      echo \" /x/collect2 -plugin /y -plugin-opt=z --build-id $1 $2 $3\" >&2\n";
        fs::write(&compiler, script).unwrap();
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&compiler, fs::Permissions::from_mode(0o755)).unwrap();
        let object = workspace.join("product/ctx.1.o");
        let arguments = [
            format!("--version-script={}/list", workspace.display()),
            object.display().to_string(),
            format!("-L{}/product/raw-dylibs", workspace.display()),
            format!("-B{}/gcc-ld", tools.display()),
            "-fuse-ld=lld".to_owned(),
        ];
        let arguments = arguments.map(OsString::from);
        let line = Line::ask(
            &workspace,
            &compiler,
            &arguments,
            std::slice::from_ref(&object),
        )
        .unwrap();
        assert_eq!(line.program, tools.join("rust-lld"));
        let told = ["--build-id", "--version-script=@exports@", "@object@"];
        assert_eq!(line.arguments[3..], told);
        let without = &arguments[..3];
        assert_eq!(Line::ask(&workspace, &compiler, without, &[object]), None);
    }
}
