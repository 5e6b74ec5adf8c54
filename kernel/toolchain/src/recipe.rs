//! How cells are compiled: what cargo once told rustc, to be told again without cargo.

use super::crates::{Chain, Change};
use super::local::Local;
use super::workspace::{LINKER, build_folder, notebook_folder};
use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The crate that evcxr compiles for each cell.
pub(super) const CELL_CRATE: &str = "ctx";
/// Names the linker that rustc would call if we didn't stand in for it.
pub(super) const REAL_LINKER: &str = "FEARLESS_LINKER";
/// Part of every recipe's key: to be changed with what [`cell_arguments`] makes of cargo's, since
/// recipes outlive the kernel that wrote them.
pub(super) const FORMAT: &[u8] = b"5";
/// Stands for the session's folder in a recipe that others may use.
const SOME_WORKSPACE: &str = "@workspace@";
/// The cell's source, as cargo gives it to rustc.
const CELL_SOURCE: &str = "src/lib.rs";

/// What begins the names by which cells know crates that they depend on only through others.
pub(super) const THROUGH_OTHERS: &str = "fearless_dep_";
/// The name of our `std`.
const STANDARD: &str = "std";
/// How rustc is told of a crate, in one argument.
const EXTERN: &str = "--extern=";

/// Names the file that a source is taken for which rustc reads from its input.
pub(super) const SOURCE_NAME: &str = "UNSTABLE_RUSTDOC_TEST_PATH";

/// With the object file as a product of its own, rustc tells when it is there, and so when linking
/// begins.
const EMIT: &str = "--emit=obj,link";

/// Makes the statics that a cell's code can reach visible to other cells. All cells are the same
/// crate to the compiler, so that they agree about symbols and types. Cells get no unstable features
/// by the flags that are unstable.
const SHARED: [&str; 3] = [
    "-Zcross-crate-inline-threshold=always",
    "-Zallow-features=",
    "-Csymbol-mangling-version=v0",
];

/// How a program is compiled that is to be explored, and the crates in it.
pub(super) const EXPLORED: [&str; 8] = [
    "-Zsanitizer=thread",
    // Also what the library has compiled already, without the calls.
    "-Zshare-generics=no",
    "-Zexternal-clangrt",
    "-Cunsafe-allow-abi-mismatch=sanitizer",
    "-Zallow-features=",
    "-Csymbol-mangling-version=v0",
    "-Cdebuginfo=line-tables-only",
    "-Copt-level=0",
];

/// Where the cells' shared objects and their sources lie.
pub fn product_folder(workspace: &Path) -> PathBuf {
    workspace.join("product")
}

/// What the compiler wrote down for [`Recipe::build_with_types`].
pub(super) fn mir_file(workspace: &Path) -> PathBuf {
    product_folder(workspace).join(format!("{CELL_CRATE}.mir"))
}

/// How the cell's crate was last compiled by cargo.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Recipe {
    /// Of the manifest, the flags and the toolchain.
    pub key: String,
    rustc: PathBuf,
    arguments: Vec<String>,
    /// The variables that cargo sets for rustc.
    environment: Vec<(String, String)>,
    /// The layers of crates that cells are linked to, from the lowest to the highest.
    #[serde(default)]
    pub layers: Vec<PathBuf>,
    /// See [`Chain::generation`].
    #[serde(default)]
    pub generation: u32,
    /// What the highest of them changed.
    #[serde(default)]
    pub change: Change,
    /// The versions of all crates.
    #[serde(default)]
    pub lock: String,
    /// The packages that may be edited, as they were.
    #[serde(default)]
    pub local: Local,
    /// Packages that hold code of another language.
    #[serde(default)]
    pub foreign: Vec<String>,
}

impl Recipe {
    /// From cargo's call of rustc for the cell's crate, in this process's environment.
    pub fn new(
        workspace: &Path,
        key: String,
        rustc: PathBuf,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Recipe {
        Recipe {
            key,
            rustc,
            arguments: cell_arguments(workspace, arguments),
            environment: std::env::vars()
                .filter(|(name, _)| name.starts_with("CARGO") || name == "LD_LIBRARY_PATH")
                .filter(|(name, _)| name != "CARGO_MAKEFLAGS")
                .collect(),
            layers: Vec::new(),
            generation: 0,
            change: Change::default(),
            lock: String::new(),
            local: Local::default(),
            foreign: Vec::new(),
        }
    }

    /// Where a session keeps the recipe of its last cell.
    pub fn path(workspace: &Path) -> PathBuf {
        workspace.join("recipe.json")
    }

    pub fn read(path: &Path) -> Result<Recipe, Error> {
        fs::read(path)
            .and_then(|text| Ok(serde_json::from_slice(&text)?))
            .map_err(Error::file("read", path))
    }

    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .map_err(Error::file("write", path))?;
        let scratch = path.with_extension(format!("{}.new", std::process::id()));
        fs::write(&scratch, text).map_err(Error::file("write", &scratch))?;
        fs::rename(&scratch, path).map_err(Error::file("write", path))
    }

    /// For all sessions.
    pub fn without(self, workspace: &Path) -> Recipe {
        self.moved(&workspace.to_string_lossy(), SOME_WORKSPACE)
    }

    /// For one session, from [`Recipe::without`]; `None` if something that it links to is gone.
    pub fn within(self, workspace: &Path) -> Option<Recipe> {
        let recipe = self.moved(SOME_WORKSPACE, &workspace.to_string_lossy());
        recipe.is_usable().then_some(recipe)
    }

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

    /// Whether all that it needs is there, as it was.
    pub fn is_usable(&self) -> bool {
        self.rustc.is_file()
            && self.local.is_unchanged()
            && Chain::of(&self.layers, 0).is_some()
            && self
                .arguments
                .windows(2)
                .filter(|pair| pair[0] == "--extern")
                .filter_map(|pair| pair[1].split_once('='))
                .all(|(_, path)| Path::new(path).is_file())
    }

    /// The compiler.
    pub fn rustc(&self) -> &Path {
        &self.rustc
    }

    /// The cell's direct dependencies: names and files.
    pub fn externs(&self) -> Vec<(String, PathBuf)> {
        let externs = self.pairs("--extern").filter_map(|it| it.split_once('='));
        externs
            .filter(|(name, _)| *name != STANDARD)
            .map(|(name, path)| {
                // Options may stand before the name.
                let name = name.rsplit(':').next().unwrap_or(name);
                (name.to_owned(), PathBuf::from(path))
            })
            .collect()
    }

    /// What whoever links crates together tells rustc, as cargo told it for the cell.
    pub fn link_arguments(&self) -> Vec<String> {
        let mut kept: Vec<String> = self
            .arguments
            .iter()
            .filter(|it| it.as_str() == "-Cprefer-dynamic" || it.starts_with("-Clink"))
            .cloned()
            .collect();
        for (flag, wanted) in [
            ("--target", ""),
            ("-C", "link"),
            ("-L", "native="),
            ("-L", "dependency="),
        ] {
            let given = self.pairs(flag).filter(|it| it.starts_with(wanted));
            kept.extend(given.map(|value| match flag {
                "--target" => format!("--target={value}"),
                _ => format!("{flag}{value}"),
            }));
        }
        let standard = self
            .pairs("--extern")
            .filter(|it| it.split('=').next() == Some(STANDARD));
        kept.extend(standard.map(|value| format!("--extern={value}")));
        kept
    }

    /// The values of a flag that is an argument of its own.
    fn pairs(&self, flag: &str) -> impl Iterator<Item = &str> {
        let pairs = self.arguments.windows(2);
        pairs
            .filter(move |pair| pair[0] == flag)
            .map(|pair| pair[1].as_str())
    }

    /// What cargo was told of the linker.
    pub fn linker_flags(&self) -> Vec<String> {
        let joined = self.arguments.iter().filter(|it| it.starts_with("-Clink"));
        let apart = self.pairs("-C").filter(|it| it.starts_with("link"));
        joined
            .cloned()
            .chain(apart.map(|option| format!("-C{option}")))
            .collect()
    }

    /// What the cell is compiled for.
    pub fn target(&self) -> Option<&str> {
        self.pairs("--target").next()
    }

    /// Takes the crates from layers, and no longer from `target`, where cargo compiled them.
    pub fn take_crates_from(&mut self, chain: &Chain, target: &Path) {
        let mut kept = Vec::new();
        let mut arguments = std::mem::take(&mut self.arguments).into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "-L" => {
                    let value = arguments.next().unwrap_or_default();
                    let folder = value.strip_prefix("dependency=").map(Path::new);
                    if folder.is_none_or(|folder| !folder.starts_with(target)) {
                        kept.extend([argument, value]);
                    }
                }
                "--extern" => {
                    let value = arguments.next().unwrap_or_default();
                    let copy = value
                        .split_once('=')
                        .and_then(|(name, file)| Some((name, chain.path(Path::new(file))?)));
                    let value = match copy {
                        Some((name, copy)) => format!("{name}={}", copy.display()),
                        None => value,
                    };
                    kept.extend([argument, value]);
                }
                _ => kept.push(argument),
            }
        }
        kept.extend(chain.search());
        kept.extend(chain.library_argument(""));
        self.arguments = kept;
        let direct: Vec<String> = self.externs().into_iter().map(|(name, _)| name).collect();
        let through_others = chain.crates().into_iter();
        self.arguments.extend(
            through_others
                .filter(|(name, _)| !direct.contains(name))
                .map(|(name, file)| format!("{EXTERN}{THROUGH_OTHERS}{name}={}", file.display())),
        );
        self.layers = chain.folders();
        self.generation = chain.generation;
    }

    /// The crates that cells depend on only through others, and know by [`THROUGH_OTHERS`].
    pub fn through_others(&self) -> BTreeSet<String> {
        let arguments = self.arguments.iter();
        arguments
            .filter_map(|it| it.strip_prefix(EXTERN)?.strip_prefix(THROUGH_OTHERS))
            .filter_map(|it| Some(it.split_once('=')?.0.to_owned()))
            .collect()
    }

    /// The same for code of another edition.
    pub fn for_edition(mut self, edition: &str) -> Recipe {
        for argument in &mut self.arguments {
            if argument.starts_with("--edition=") {
                *argument = format!("--edition={edition}");
            }
        }
        self
    }

    /// The same for a cell that is worth optimising.
    pub fn optimised(mut self) -> Recipe {
        let given = self.pairs("-C").any(|it| it.starts_with("opt-level="));
        if !given {
            let units = format!("-Ccodegen-units={OPTIMISED_UNITS}");
            self.arguments.extend(["-Copt-level=2".to_owned(), units]);
        }
        self
    }

    /// What a source that is compiled by this recipe ends in, so that the crates' layers are linked
    /// to.
    pub fn tail(&self) -> String {
        let chain = Chain::of(&self.layers, 0).unwrap_or_default();
        let uses = chain
            .name()
            .map(|name| format!("extern crate {name} as _;\n"));
        uses.unwrap_or_default()
    }

    /// Compiles the cell: to a library whose statics other cells can share.
    pub fn build(&self, workspace: &Path) -> Command {
        self.build_shared(workspace, EMIT)
    }

    /// Compiles the cell, and lets the compiler write down what it made of it, with the types of
    /// variables in [`mir_file`]. Paths in messages are longer then than a person wants to read.
    pub fn build_with_types(&self, workspace: &Path) -> Command {
        let mut command = self.build_shared(workspace, &format!("{EMIT},mir"));
        command.arg("-Ztrim-diagnostic-paths=no");
        command
    }

    /// Compiles the cell to an object alone; with the types of variables, if they are wanted.
    pub fn compile(&self, workspace: &Path, with_types: bool) -> Command {
        if !with_types {
            return self.build_shared(workspace, "--emit=obj");
        }
        let mut command = self.build_shared(workspace, "--emit=obj,mir");
        command.arg("-Ztrim-diagnostic-paths=no");
        command
    }

    /// Whether a cell is compiled to one object.
    pub fn is_one_unit(&self) -> bool {
        let arguments = self.arguments.iter();
        let mut units = arguments.filter_map(|it| it.strip_prefix("-Ccodegen-units="));
        units.next_back() == Some("1")
            && self.pairs("-C").all(|it| !it.starts_with("codegen-units="))
    }

    fn build_shared(&self, workspace: &Path, emit: &str) -> Command {
        let mut linker = None;
        let mut arguments = Vec::new();
        let mut given = self.arguments.iter();
        while let Some(argument) = given.next() {
            let next = given.as_slice().first().map(String::as_str);
            match (argument.as_str(), next) {
                ("--crate-type", Some("cdylib")) => {
                    given.next();
                    arguments.extend(["--crate-type".into(), "dylib".into()]);
                }
                ("-C", Some(option)) if option.starts_with("linker=") => {
                    linker = option.strip_prefix("linker=");
                    given.next();
                }
                ("-C", Some(option)) if option.starts_with("metadata=") => {
                    given.next();
                }
                (EMIT, _) => arguments.push(emit.to_owned()),
                _ => arguments.push(argument.clone()),
            }
        }
        let own = workspace.join("bin").join(LINKER);
        arguments.push(format!("-Clinker={}", own.display()));
        arguments.extend(SHARED.map(str::to_owned));
        // Types and statics that speak of a crate which was replaced are others from then on.
        arguments.push(format!("-Cmetadata=fearless{}", self.generation));
        let mut command = self.command(workspace, arguments, &Recipe::cell_source(workspace));
        command.env("RUSTC_BOOTSTRAP", CELL_CRATE);
        command.envs(linker.map(|linker| (REAL_LINKER, linker)));
        command
    }

    /// Looks for mistakes in the cell only.
    pub fn check(&self, workspace: &Path) -> Command {
        let arguments = self.arguments.iter();
        let check = |argument: &String| match argument.as_str() {
            EMIT => "--emit=metadata".to_owned(),
            _ => argument.clone(),
        };
        self.command(
            workspace,
            arguments.map(check).collect(),
            &Recipe::cell_source(workspace),
        )
    }

    /// Looks for all mistakes in another cell's source, which lies in `folder` as the cell's does
    /// in its own. Some lints look at the code as it is to be run.
    pub fn look(&self, workspace: &Path, folder: &Path) -> Command {
        let mut kept = Vec::new();
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--out-dir" => {
                    arguments.next();
                    kept.extend([argument.clone(), folder.to_string_lossy().into_owned()]);
                }
                EMIT => kept.push("--emit=mir".to_owned()),
                _ => kept.push(argument.clone()),
            }
        }
        self.command(workspace, kept, &folder.join(CELL_SOURCE))
    }

    /// Compiles another source, `file`, to `object`.
    pub fn build_other(&self, workspace: &Path, file: &Path, object: &Path) -> Command {
        let mut kept = Vec::new();
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--out-dir" => {
                    arguments.next();
                }
                EMIT => kept.push("--emit=link".to_owned()),
                _ => kept.push(argument.clone()),
            }
        }
        let mut command = self.command(workspace, kept, file);
        command.arg("-o").arg(object);
        command
    }

    /// The same, with a call of ours at each of its atomic operations and accesses to memory that
    /// others may see (the interface of ThreadSanitizer, without it). Unoptimised, so that each is
    /// there, with the names of functions and their lines.
    pub fn build_explored(&self, workspace: &Path, file: &Path, object: &Path) -> Command {
        let mut command = self.build_other(workspace, file, object);
        command.args(EXPLORED).env("RUSTC_BOOTSTRAP", CELL_CRATE);
        command
    }

    /// rustc's call for the source in `file`. The compiler reads it from its input, under the name
    /// of a file beside the notebook, by which rustdoc says where an example stands: so paths in a
    /// cell begin at the notebook's folder.
    fn command(&self, workspace: &Path, arguments: Vec<String>, file: &Path) -> Command {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut command = Command::new(&self.rustc);
        command
            .args(arguments.iter().map(|argument| match argument.as_str() {
                CELL_SOURCE => "-",
                argument => argument,
            }))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env(SOURCE_NAME, format!("src/{name}"))
            .env("UNSTABLE_RUSTDOC_TEST_LINE", "0")
            .current_dir(notebook_folder(workspace));
        let source = fs::File::open(file).map_or_else(|_| Stdio::null(), Stdio::from);
        command.stdin(source);
        command
    }

    /// The cell's own source.
    pub fn cell_source(workspace: &Path) -> PathBuf {
        build_folder(workspace).join(CELL_SOURCE)
    }
}

/// Into how many units a cell is cut that is optimised, which takes long enough for several cores.
/// Without, it is too small to be worth cutting.
const OPTIMISED_UNITS: u32 = 4;

/// Cargo's arguments for the cell's crate, with its products in the workspace and without what only
/// costs time.
fn cell_arguments(workspace: &Path, arguments: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut units = 1;
    let mut arguments = arguments
        .into_iter()
        .map(|argument| argument.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--out-dir" => {
                arguments.next();
            }
            "-C" => {
                let option = arguments.next().unwrap_or_default();
                // Stripping runs another program after the linker; the object is loaded once and
                // thrown away. A cell is too small to be worth keeping parts of for the next time.
                let costs = ["strip=", "incremental=", "codegen-units="];
                if option.starts_with("opt-level=") && option != "opt-level=0" {
                    units = OPTIMISED_UNITS;
                }
                if !costs.iter().any(|name| option.starts_with(name)) {
                    kept.extend(["-C".to_owned(), option]);
                }
            }
            _ if argument.starts_with("--json=") => {
                kept.push("--json=diagnostic-rendered-ansi,artifacts".to_owned());
            }
            _ if argument.starts_with("--emit=") => kept.push(EMIT.to_owned()),
            _ => kept.push(argument),
        }
    }
    kept.push(format!("-Ccodegen-units={units}"));
    kept.push("--out-dir".into());
    kept.push(product_folder(workspace).to_string_lossy().into_owned());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        let cargo = "--crate-name ctx src/lib.rs --json=artifacts,future-incompat --emit=dep-info,link \
                     -C opt-level=2 -C codegen-units=16 -C incremental=/x -C strip=debuginfo --out-dir /shared/deps";
        let arguments = cargo.split_whitespace().map(OsString::from);
        Recipe::new(Path::new("/w"), "key".into(), "/bin/sh".into(), arguments)
    }

    fn arguments(command: &Command) -> String {
        let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
        arguments.join(" ")
    }

    #[test]
    fn what_only_costs_time_is_left_out() {
        assert_eq!(
            arguments(&recipe().build(Path::new("/w"))),
            "--crate-name ctx - --json=diagnostic-rendered-ansi,artifacts --emit=obj,link -C opt-level=2 \
             -Ccodegen-units=4 --out-dir /w/product -Clinker=/w/bin/cell-linker \
             -Zcross-crate-inline-threshold=always -Zallow-features= \
             -Csymbol-mangling-version=v0 -Cmetadata=fearless0"
        );
    }

    #[test]
    fn other_sources_are_compiled_alike() {
        let (file, object) = (Path::new("/w/p.rs"), Path::new("/w/libp.so"));
        assert_eq!(
            arguments(&recipe().build_other(Path::new("/w"), file, object)),
            "--crate-name ctx - --json=diagnostic-rendered-ansi,artifacts --emit=link -C opt-level=2 \
             -Ccodegen-units=4 -o /w/libp.so"
        );
        assert!(arguments(&recipe().check(Path::new("/w"))).contains(" --emit=metadata "));
    }

    #[test]
    fn a_recipe_moves_between_sessions() {
        let moved = recipe().without(Path::new("/w")).within(Path::new("/v"));
        let command = moved.unwrap().build(Path::new("/v"));
        assert!(arguments(&command).contains(" --out-dir /v/product "));
    }

    #[test]
    fn a_recipe_is_useless_without_what_it_links_to() {
        let mut recipe = recipe();
        recipe
            .arguments
            .extend(["--extern".into(), "rayon=/nowhere/librayon.rlib".into()]);
        assert!(recipe.within(Path::new("/v")).is_none());
    }
}
