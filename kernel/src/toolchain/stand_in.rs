//! The kernel's binary under other names: what evcxr finds when it looks for `rustup` and `cargo`.
//!
//! - `rustup which cargo` answers with our `cargo`; everything else goes to the real rustup.
//! - `cargo build`, as evcxr calls it for each cell, runs rustc directly when only the source changed
//!   since cargo last ran: cargo's own 50–100 ms are most of a small cell's wait. When the manifest or the flags
//!   changed, the real cargo runs, with the dependencies' target folder shared by all kernels.
//! - `rustc-wrapper` is what that cargo calls in rustc's place: it notes how the cell's crate is compiled, and keeps
//!   its products out of the shared folder.
//!
//! evcxr reads compiler messages in JSON from either stream, and the path of the product from the
//! file named by `EVCXR_EXECUTION_SO_PATH`.

use super::Error;
use super::cache::key;
use super::settings::Settings;
use super::workspace::{self, build_folder};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// The names under which this binary is a stand-in.
pub const NAMES: [&str; 3] = ["cargo", "rustup", "rustc-wrapper"];

/// The crate that evcxr compiles for each cell.
const CELL_CRATE: &str = "ctx";
const SO_PATH_VARIABLE: &str = "EVCXR_EXECUTION_SO_PATH";
/// Where the stand-in notes its process group while it compiles, so that an interrupt can end it.
pub const COMPILE_GROUP: &str = "compile.group";
/// Where it notes what cargo compiles, for the progress line: `<done> <total> <crate>`.
pub const PROGRESS: &str = "compile.progress";

/// Where it notes how long each attempt took: microseconds, a line each.
pub const COMPILE_TIME: &str = "compile.time";

/// Acts as the tool whose name this binary was called by; `None` when it is the kernel itself.
pub fn run_if_called_so() -> Option<ExitCode> {
    let name = PathBuf::from(std::env::args_os().next()?);
    let name = name.file_name()?.to_str()?;
    if !NAMES.contains(&name) {
        return None;
    }
    let workspace = workspace::current()?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let result = match name {
        "rustup" => rustup(&workspace, arguments),
        "cargo" => cargo(&workspace, arguments),
        _ => rustc_wrapper(&workspace, arguments),
    };
    Some(result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    }))
}

fn rustup(workspace: &Path, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let settings = Settings::load(workspace)?;
    let answer = match arguments.as_slice() {
        [which, tool] if which == "which" && tool == "cargo" => workspace.join("bin/cargo"),
        [which, tool] if which == "which" && tool == "rustc" => settings.toolchain.rustc,
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

fn cargo(workspace: &Path, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let settings = Settings::load(workspace)?;
    let in_cell = std::env::current_dir().is_ok_and(|folder| folder == build_folder(workspace));
    let command = arguments.iter().find(|argument| *argument != "--offline");
    match command.and_then(|command| command.to_str()) {
        Some("build") if in_cell => CellBuild::new(workspace, settings)?.run(&arguments),
        Some("check") if in_cell => Err(replace_process(&mut real_cargo(
            workspace, &settings, &arguments, true,
        ))),
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
    let mut offline = real_cargo(workspace, settings, arguments, true);
    offline.arg("--offline").stderr(Stdio::null());
    if let Ok(output) = offline.output()
        && output.status.success()
    {
        let _ = std::io::stdout().write_all(&output.stdout);
        return Ok(ExitCode::SUCCESS);
    }
    Err(replace_process(&mut real_cargo(
        workspace, settings, arguments, true,
    )))
}

fn real_cargo(
    workspace: &Path,
    settings: &Settings,
    arguments: &[OsString],
    with_wrapper: bool,
) -> Command {
    let mut command = Command::new(&settings.toolchain.cargo);
    command
        .args(arguments)
        // Dependencies stay optimised while cells are not.
        .args(["--config", "profile.dev.package.'*'.opt-level=3"])
        .args(["--config", "profile.dev.package.'*'.debug-assertions=false"])
        .args(["--config", "profile.dev.package.'*'.overflow-checks=false"])
        .env("RUSTC", &settings.toolchain.rustc)
        .env("CARGO_TARGET_DIR", &settings.target)
        .env("CARGO_BUILD_BUILD_DIR", &settings.target)
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", flags(settings).join("\u{1f}"));
    if with_wrapper {
        command.env("RUSTC_WRAPPER", workspace.join("bin/rustc-wrapper"));
    }
    command
}

/// Our flags and those that evcxr asks for (a linker, a backend).
fn flags(settings: &Settings) -> Vec<String> {
    let mut flags = settings.rustflags();
    let asked = std::env::var("RUSTFLAGS").unwrap_or_default();
    flags.extend(
        asked
            .split_whitespace()
            .filter(|flag| *flag != "-Cprefer-dynamic")
            .map(str::to_owned),
    );
    flags
}

/// How the cell's crate was last compiled by cargo.
#[derive(Serialize, Deserialize)]
struct Recipe {
    /// Of the manifest, the flags and the toolchain.
    key: String,
    rustc: PathBuf,
    arguments: Vec<String>,
    /// The variables that cargo sets for rustc.
    environment: Vec<(String, String)>,
}

/// Stands for the session's folder in a recipe that others may use.
const SOME_WORKSPACE: &str = "@workspace@";

impl Recipe {
    fn read(path: &Path) -> Option<Recipe> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .map_err(Error::file("write", path))?;
        let scratch = path.with_extension(format!("{}.new", std::process::id()));
        fs::write(&scratch, text).map_err(Error::file("write", &scratch))?;
        fs::rename(&scratch, path).map_err(Error::file("write", path))
    }

    /// The same with another folder.
    fn moved(self, from: &str, to: &str) -> Recipe {
        Recipe {
            arguments: self
                .arguments
                .iter()
                .map(|argument| argument.replace(from, to))
                .collect(),
            environment: self
                .environment
                .into_iter()
                .map(|(name, value)| (name, value.replace(from, to)))
                .collect(),
            ..self
        }
    }

    /// Whether everything that it links to is still there.
    fn is_usable(&self) -> bool {
        self.rustc.is_file()
            && self
                .arguments
                .windows(2)
                .filter(|pair| pair[0] == "--extern")
                .filter_map(|pair| pair[1].split_once('='))
                .all(|(_, path)| Path::new(path).is_file())
    }
}

struct CellBuild {
    workspace: PathBuf,
    settings: Settings,
    key: String,
}

impl CellBuild {
    fn new(workspace: &Path, settings: Settings) -> Result<CellBuild, Error> {
        let manifest = build_folder(workspace).join("Cargo.toml");
        let text = fs::read(&manifest).map_err(Error::file("read", &manifest))?;
        let flags = flags(&settings).join(" ");
        Ok(CellBuild {
            key: key([
                text.as_slice(),
                flags.as_bytes(),
                settings.toolchain.version.as_bytes(),
            ]),
            workspace: workspace.to_owned(),
            settings,
        })
    }

    fn run(&self, arguments: &[OsString]) -> Result<ExitCode, Error> {
        adapt(&build_folder(&self.workspace).join("src/lib.rs"))?;
        let group = self.workspace.join(COMPILE_GROUP);
        let _ = rustix::process::setpgid(None, None);
        let _ = fs::write(&group, std::process::id().to_string());
        let began = Instant::now();
        let result = match self.recipe() {
            Some(recipe) => self.run_rustc(&recipe),
            None => self.run_cargo(arguments),
        };
        self.note_time(began.elapsed());
        let _ = fs::remove_file(&group);
        result
    }

    fn note_time(&self, time: Duration) {
        let path = self.workspace.join(COMPILE_TIME);
        if let Ok(mut file) = fs::File::options().append(true).create(true).open(path) {
            // For `:timing` alone; nothing depends on it.
            let _ = writeln!(file, "{}", time.as_micros());
        }
    }

    /// This session's recipe, or one that another session left for the same manifest.
    fn recipe(&self) -> Option<Recipe> {
        let own = recipe_path(&self.workspace);
        let read = |path: &Path| Recipe::read(path).filter(|recipe| recipe.key == self.key);
        if let Some(recipe) = read(&own) {
            return Some(recipe);
        }
        let shared =
            read(&self.shared_recipe())?.moved(SOME_WORKSPACE, &self.workspace.to_string_lossy());
        fs::create_dir_all(product_folder(&self.workspace)).ok()?;
        shared.is_usable().then_some(())?;
        shared.write(&own).ok()?;
        Some(shared)
    }

    fn shared_recipe(&self) -> PathBuf {
        self.settings.recipes.join(format!("{}.json", self.key))
    }

    /// Leaves this session's recipe for others.
    fn share_recipe(&self) -> Result<(), Error> {
        let Some(recipe) = Recipe::read(&recipe_path(&self.workspace)) else {
            return Ok(());
        };
        let folder = &self.settings.recipes;
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        recipe
            .moved(&self.workspace.to_string_lossy(), SOME_WORKSPACE)
            .write(&self.shared_recipe())
    }

    fn run_rustc(&self, recipe: &Recipe) -> Result<ExitCode, Error> {
        let mut command = Command::new(&recipe.rustc);
        command
            .args(&recipe.arguments)
            .envs(recipe.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(build_folder(&self.workspace));
        let status = command.status().map_err(|error| Error::Tool {
            command: recipe.rustc.display().to_string(),
            cause: error.to_string(),
        })?;
        if status.success() {
            announce_product(&self.workspace)?;
        }
        Ok(exit_code(status))
    }

    /// The real cargo: from what is on this machine if possible, else with the network.
    fn run_cargo(&self, arguments: &[OsString]) -> Result<ExitCode, Error> {
        let _ = fs::remove_file(recipe_path(&self.workspace));
        let mut offline = arguments.to_vec();
        offline.push("--offline".into());
        let resolved = self.resolves_offline();
        let arguments = if resolved { &offline } else { arguments };
        let mut command = real_cargo(&self.workspace, &self.settings, arguments, true);
        command
            .env("FEARLESS_RECIPE_KEY", &self.key)
            .stderr(Stdio::piped());
        let cannot = |error: std::io::Error| Error::Tool {
            command: "cargo build".into(),
            cause: error.to_string(),
        };
        let mut child = command.spawn().map_err(cannot)?;
        if let Some(stderr) = child.stderr.take() {
            self.follow(BufReader::new(stderr));
        }
        let status = child.wait().map_err(cannot)?;
        let _ = fs::remove_file(self.workspace.join(PROGRESS));
        if status.success() {
            announce_product(&self.workspace)?;
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
                    let progress = format!("{done} {} {name}", total.max(done));
                    let _ = fs::write(self.workspace.join(PROGRESS), progress);
                }
                continue;
            }
            eprintln!("{line}");
        }
    }
}

/// Mends two shortcomings of evcxr's generated source; each line stays where it is.
fn adapt(source: &Path) -> Result<(), Error> {
    let text = fs::read_to_string(source).map_err(Error::file("read", source))?;
    let named = name_any(&text);
    let changed = borrowed(named.as_deref().unwrap_or(&text)).or(named);
    match changed {
        Some(changed) => fs::write(source, changed).map_err(Error::file("write", source)),
        None => Ok(()),
    }
}

/// Gives the trait in the type of `let result = handle.join();` its whole name: evcxr stores the variable as
/// `Result<T, Box<dyn Any + Send>>`, where `Any` means nothing.
fn name_any(text: &str) -> Option<String> {
    if !text.contains("dyn Any") || text.contains("trait Any") {
        return None;
    }
    let lines = text.split_inclusive('\n').map(|line| {
        if line.contains("_variable::<") {
            line.replace("dyn Any", "dyn ::std::any::Any")
        } else {
            line.to_owned()
        }
    });
    Some(lines.collect())
}

/// Lets the last expression be displayed by reference.
///
/// evcxr compiles `(EXPRESSION).evcxr_display();` first, and again with `{:?}` if that fails. Our `std` has such a method
/// for all `Debug` types; it takes `&mut self`, so that a type's own method is always found before it. Borrowing the
/// expression makes that work for immutable variables as well.
fn borrowed(text: &str) -> Option<String> {
    let end = text.rfind("\n).evcxr_display();\n")?;
    let start = text[..end].rfind("\n(\n")?;
    let (before, expression, after) = (&text[..start], &text[start + 3..end], &text[end + 2..]);
    Some(format!("{before}\n(&(\n{expression}\n)){after}"))
}

fn recipe_path(workspace: &Path) -> PathBuf {
    workspace.join("recipe.json")
}

/// Where the cells' shared objects and their sources lie.
pub fn product_folder(workspace: &Path) -> PathBuf {
    workspace.join("product")
}

/// Tells evcxr where the shared object lies.
fn announce_product(workspace: &Path) -> Result<(), Error> {
    let product = product_folder(workspace).join(format!("lib{CELL_CRATE}.so"));
    let Some(path) = std::env::var_os(SO_PATH_VARIABLE).map(PathBuf::from) else {
        return Ok(());
    };
    keep_source(workspace)?;
    fs::write(&path, product.as_os_str().as_encoded_bytes()).map_err(Error::file("write", &path))
}

/// Keeps the source of each product beside it, under the number that evcxr gives the product next: recorded places
/// are lines of this text.
fn keep_source(workspace: &Path) -> Result<(), Error> {
    let products = product_folder(workspace);
    let kept = (1..)
        .map(|number| products.join(format!("code_{number}.rs")))
        .find(|path| !path.exists());
    let Some(kept) = kept else {
        return Ok(());
    };
    let source = build_folder(workspace).join("src/lib.rs");
    fs::copy(&source, &kept)
        .map(|_| ())
        .map_err(Error::file("copy the source to", &kept))
}

/// Compiles a program of its own the way cells are compiled: its shared object, or rustc's messages in JSON, a
/// line each.
///
/// # Errors
/// When the compiler cannot be started, or no cell was compiled before.
pub fn compile_program(
    workspace: &Path,
    name: &str,
    source: &str,
) -> Result<Result<PathBuf, String>, Error> {
    let path = recipe_path(workspace);
    let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
    let recipe = Recipe::read(&path)
        .ok_or(missing)
        .map_err(Error::file("read", &path))?;
    let products = product_folder(workspace);
    let file = products.join(format!("{name}.rs"));
    fs::write(&file, source).map_err(Error::file("write", &file))?;
    let object = products.join(format!("lib{name}.so"));
    let group = workspace.join(COMPILE_GROUP);
    let failed = |error: std::io::Error| Error::Tool {
        command: recipe.rustc.display().to_string(),
        cause: error.to_string(),
    };
    let child = Command::new(&recipe.rustc)
        .args(program_arguments(&recipe.arguments, &file, &object))
        .envs(recipe.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(build_folder(workspace))
        .process_group(0)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let _ = fs::write(&group, child.id().to_string());
    let output = child.wait_with_output();
    let _ = fs::remove_file(&group);
    let output = output.map_err(failed)?;
    if output.status.success() {
        return Ok(Ok(object));
    }
    Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn program_arguments(cell: &[String], file: &Path, object: &Path) -> Vec<String> {
    let mut kept = Vec::new();
    let mut arguments = cell.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--out-dir" {
            arguments.next();
        } else if argument == "src/lib.rs" {
            kept.push(file.to_string_lossy().into_owned());
        } else {
            kept.push(argument.clone());
        }
    }
    kept.push("-Aunused".into());
    kept.push("-o".into());
    kept.push(object.to_string_lossy().into_owned());
    kept
}

fn rustc_wrapper(workspace: &Path, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let mut arguments = arguments.into_iter();
    let rustc = arguments
        .next()
        .map(PathBuf::from)
        .ok_or(Error::Missing { tool: "rustc" })?;
    let arguments: Vec<OsString> = arguments.collect();
    let key = std::env::var("FEARLESS_RECIPE_KEY");
    let is_cell = arguments
        .windows(2)
        .any(|pair| pair[0] == "--crate-name" && pair[1] == CELL_CRATE);
    let (true, Ok(key)) = (is_cell, key) else {
        return Err(replace_process(Command::new(rustc).args(arguments)));
    };
    let recipe = Recipe {
        key,
        rustc: rustc.clone(),
        arguments: cell_arguments(workspace, arguments),
        environment: std::env::vars()
            .filter(|(name, _)| name.starts_with("CARGO") || name == "LD_LIBRARY_PATH")
            .filter(|(name, _)| name != "CARGO_MAKEFLAGS")
            .collect(),
    };
    recipe.write(&recipe_path(workspace))?;
    let products = product_folder(workspace);
    fs::create_dir_all(&products).map_err(Error::file("create", &products))?;
    Err(replace_process(Command::new(rustc).args(&recipe.arguments)))
}

/// Cargo's arguments for the cell's crate, with its products in the workspace and without what only costs time.
fn cell_arguments(workspace: &Path, arguments: Vec<OsString>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut arguments = arguments
        .into_iter()
        .map(|argument| argument.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--out-dir" => {
                arguments.next();
            }
            // Stripping runs another program after the linker; the object is loaded once and thrown away.
            "-C" => match arguments.next() {
                Some(option)
                    if option.starts_with("strip=") || option.starts_with("incremental=") => {}
                Some(option) => kept.extend(["-C".to_owned(), option]),
                None => {}
            },
            _ if argument.starts_with("--json=") => {
                kept.push("--json=diagnostic-rendered-ansi".to_owned());
            }
            _ if argument.starts_with("--emit=") => kept.push("--emit=link".to_owned()),
            _ => kept.push(argument),
        }
    }
    kept.push("--out-dir".into());
    kept.push(product_folder(workspace).to_string_lossy().into_owned());
    kept
}

/// Becomes another program; returns only the reason why that failed.
fn replace_process(command: &mut Command) -> Error {
    let name = command.get_program().to_string_lossy().into_owned();
    Error::Tool {
        command: name,
        cause: command.exec().to_string(),
    }
}

fn exit_code(status: std::process::ExitStatus) -> ExitCode {
    ExitCode::from(
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_displayed_expression_is_borrowed_and_lines_stay() {
        let text = "fn f() {\n(\nkeep\n).evcxr_display();\n}\n";
        assert_eq!(
            borrowed(text).as_deref(),
            Some("fn f() {\n(&(\nkeep\n)).evcxr_display();\n}\n")
        );
        assert_eq!(borrowed("let a = 1;\n"), None);
    }

    #[test]
    fn results_of_join_can_be_stored() {
        let text =
            "let a: Box<dyn Any>;\nstore.put_variable::<Result<(), Box<dyn Any + Send>>>(r);\n";
        assert_eq!(
            name_any(text).as_deref(),
            Some(
                "let a: Box<dyn Any>;\nstore.put_variable::<Result<(), Box<dyn ::std::any::Any + Send>>>(r);\n"
            )
        );
    }
}
