//! How cells are compiled: what cargo once told rustc, to be told again without cargo.

mod arguments;
mod commands;

pub(super) use commands::{EXPLORED, REAL_LINKER, SOURCE_NAME};

use super::crates::{Chain, Change};
use super::local::Local;
use crate::error::Error;
use arguments::{Arguments, Edit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The crate that evcxr compiles for each cell.
pub const CELL_CRATE: &str = "ctx";
/// Part of every recipe's key: to be changed with what [`Arguments::of_cell`] makes of cargo's,
/// since recipes outlive the kernel that wrote them.
pub(super) const FORMAT: &[u8] = b"5";
/// Stands for the session's folder in a recipe that others may use.
const SOME_WORKSPACE: &str = "@workspace@";

/// What begins the names by which cells know crates that they depend on only through others.
pub(super) const THROUGH_OTHERS: &str = "fearless_dep_";
/// How rustc is told of a crate, in one argument.
const EXTERN: &str = "--extern=";
/// The name of our `std`.
const STANDARD: &str = "std";

/// Where the cells' shared objects and their sources lie.
pub fn product_folder(workspace: &Path) -> PathBuf {
    workspace.join("product")
}

/// What the compiler makes for [`Recipe::compile`].
pub(super) fn object_file(workspace: &Path) -> PathBuf {
    product_folder(workspace).join(format!("{CELL_CRATE}.o"))
}

/// What the compiler wrote down for [`Recipe::build`] with types.
pub(super) fn mir_file(workspace: &Path) -> PathBuf {
    product_folder(workspace).join(format!("{CELL_CRATE}.mir"))
}

/// How the cell's crate was last compiled by cargo.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Recipe {
    /// Of the manifest, the flags and the toolchain.
    pub key: String,
    rustc: PathBuf,
    arguments: Arguments,
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
            arguments: Arguments::of_cell(&product_folder(workspace), arguments),
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
            arguments: self.arguments.with(from, to),
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
                .values("--extern")
                .filter_map(|value| value.split_once('='))
                .all(|(_, path)| Path::new(path).is_file())
    }

    /// The compiler.
    pub fn rustc(&self) -> &Path {
        &self.rustc
    }

    /// The cell's direct dependencies: names and files.
    pub fn externs(&self) -> Vec<(String, PathBuf)> {
        let externs = self
            .arguments
            .values("--extern")
            .filter_map(|it| it.split_once('='));
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
            let given = self
                .arguments
                .values(flag)
                .filter(|it| it.starts_with(wanted));
            kept.extend(given.map(|value| match flag {
                "--target" => format!("--target={value}"),
                _ => format!("{flag}{value}"),
            }));
        }
        let standard = self
            .arguments
            .values("--extern")
            .filter(|it| it.split('=').next() == Some(STANDARD));
        kept.extend(standard.map(|value| format!("--extern={value}")));
        kept
    }

    /// What cargo was told of the linker.
    pub fn linker_flags(&self) -> Vec<String> {
        let joined = self.arguments.iter().filter(|it| it.starts_with("-Clink"));
        let apart = self
            .arguments
            .values("-C")
            .filter(|it| it.starts_with("link"));
        joined
            .cloned()
            .chain(apart.map(|option| format!("-C{option}")))
            .collect()
    }

    /// What the cell is compiled for.
    pub fn target(&self) -> Option<&str> {
        self.arguments.values("--target").next()
    }

    /// Takes the crates from layers, and no longer from `target`, where cargo compiled them.
    pub fn take_crates_from(&mut self, chain: &Chain, target: &Path) {
        self.arguments = self.arguments.edited(|flag, value| match (flag, value) {
            ("-L", Some(value)) => match value.strip_prefix("dependency=") {
                Some(folder) if Path::new(folder).starts_with(target) => Edit::Remove,
                _ => Edit::Keep,
            },
            ("--extern", Some(value)) => {
                let copy = value
                    .split_once('=')
                    .and_then(|(name, file)| Some((name, chain.path(Path::new(file))?)));
                copy.map_or(Edit::Keep, |(name, copy)| {
                    Edit::Value(format!("{name}={}", copy.display()))
                })
            }
            _ => Edit::Keep,
        });
        self.arguments.extend(chain.search());
        self.arguments.extend(chain.library_argument(""));
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
        self.arguments = self
            .arguments
            .edited(|flag, _| match flag.starts_with("--edition=") {
                true => Edit::Flag(format!("--edition={edition}")),
                false => Edit::Keep,
            });
        self
    }

    /// The same for a cell that is worth optimising.
    pub fn optimised(mut self) -> Recipe {
        let given = self
            .arguments
            .values("-C")
            .any(|it| it.starts_with("opt-level="));
        if !given {
            self.arguments.optimise();
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

    /// Whether a cell is compiled to one object.
    pub fn is_one_unit(&self) -> bool {
        let arguments = self.arguments.iter();
        let mut units = arguments.filter_map(|it| it.strip_prefix("-Ccodegen-units="));
        units.next_back() == Some("1")
            && self
                .arguments
                .values("-C")
                .all(|it| !it.starts_with("codegen-units="))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

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
            arguments(&recipe().build(Path::new("/w"), false)),
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
        let command = moved.unwrap().build(Path::new("/v"), false);
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
