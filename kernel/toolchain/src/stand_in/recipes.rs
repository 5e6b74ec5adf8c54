//! Where the recipe for a cell is found, or made by cargo, and what is made again when it is
//! broken.

use super::cargo::flags;
use super::dependencies::{CargoRun, note_replaced};
use super::of_system;
use crate::cache::key;
use crate::crates::Chain;
use crate::error::Error;
use crate::lock;
use crate::notes;
use crate::recipe::{FORMAT, Recipe, product_folder};
use crate::settings::Settings;
use crate::variables::Variables;
use crate::whole::discard;
use crate::workspace::build_folder;
use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// What is made again when a build fails in a way that no cell is to blame for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repair {
    /// Nothing, at first.
    Nothing,
    /// The recipe.
    Recipe,
    /// All that was ever compiled.
    Everything,
}

/// The recipes for one manifest.
pub(super) struct Recipes {
    workspace: PathBuf,
    settings: Settings,
    /// Of the manifest, the flags, the toolchain and the environment.
    key: String,
    flags: String,
    /// Whether what the system's cache has is to be used: it can't be mended from here.
    may_use_system: Cell<bool>,
}

impl Recipes {
    /// For the manifest that stands in the workspace now.
    pub fn new(workspace: &Path, settings: &Settings) -> Result<Recipes, Error> {
        let manifest = build_folder(workspace).join("Cargo.toml");
        let text = fs::read(&manifest).map_err(Error::file("read", &manifest))?;
        let flags = flags(settings).join(" ");
        Ok(Recipes {
            key: key([
                FORMAT,
                text.as_slice(),
                flags.as_bytes(),
                settings.toolchain.version.as_bytes(),
                environment().as_bytes(),
            ]),
            flags,
            workspace: workspace.to_owned(),
            settings: settings.clone(),
            may_use_system: Cell::new(true),
        })
    }

    /// This session's recipe, or one that another session left for the same manifest.
    pub fn find(&self) -> Option<Recipe> {
        let own = Recipe::path(&self.workspace);
        let read = |path: &Path| {
            Recipe::read(path)
                .ok()
                .filter(|found| found.key == self.key)
        };
        if let Some(recipe) = read(&own).filter(Recipe::is_usable) {
            return Some(recipe);
        }
        let mut shared = read(&self.shared_recipe())
            .and_then(|it| it.within(&self.workspace))
            .or_else(|| self.recipe_of_system())?;
        fs::create_dir_all(product_folder(&self.workspace)).ok()?;
        let before = Chain::read(&self.workspace, &self.flags);
        let mut chain = Chain::of(&shared.layers, before.generation)?;
        chain.replaced = before.replaced;
        note_replaced(&self.workspace, &mut chain, &shared.change);
        shared.generation = chain.generation;
        chain.write(&self.workspace, &self.flags).ok()?;
        lock::keep_text(&self.workspace, &shared.lock).ok()?;
        shared.write(&own).ok()?;
        self.tell(&shared);
        Some(shared)
    }

    fn recipe_of_system(&self) -> Option<Recipe> {
        let place = self.shared_recipe();
        let name = self.may_use_system.get().then(|| place.file_name())??;
        of_system::recipe(&self.settings, Path::new(name), &self.key, &self.workspace)
    }

    /// Where other sessions find the recipe for this manifest on top of what cells are linked to
    /// already.
    fn shared_recipe(&self) -> PathBuf {
        let chain = Chain::read(&self.workspace, &self.flags).identity();
        let versions = lock::versions(&self.workspace);
        let parts = [self.key.as_bytes(), versions.as_bytes()];
        let parts = parts.into_iter().chain(chain.iter().map(Vec::as_slice));
        self.settings.recipes.join(format!("{}.json", key(parts)))
    }

    /// Leaves a recipe for others, which is how they find it.
    fn share_recipe(&self, recipe: Recipe, place: &Path) -> Result<(), Error> {
        let folder = &self.settings.recipes;
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        recipe.without(&self.workspace).write(place)
    }

    /// Tells the person what became of crates that cells used before.
    fn tell(&self, recipe: &Recipe) {
        for sentence in recipe.change.sentences() {
            notes::tell(&self.workspace, &sentence);
        }
        if recipe.change.replaced.is_empty() {
            return;
        }
        let crates: Vec<&str> = recipe.change.replaced.keys().map(String::as_str).collect();
        let mut variables = Variables::read(&self.workspace);
        let concerned = variables.give_up(&crates.join(", "), |kind| recipe.change.touches(kind));
        if !concerned.is_empty() && variables.write(&self.workspace).is_ok() {
            let crates = recipe.change.replaced.iter();
            let crates: Vec<String> = crates
                .map(|(name, why)| format!("{name} ({why})"))
                .collect();
            let sentence = format!(
                "Other builds of crates are used from here on: {}. Variables that were made with the ones before \
                 can't be used any more: {}.",
                crates.join(", "),
                concerned.join(", ")
            );
            notes::tell(&self.workspace, &sentence);
        }
    }

    /// A recipe by the real cargo, for other sessions as well; or what cargo said.
    pub fn make(&self, arguments: &[OsString]) -> Result<Result<Recipe, String>, Error> {
        let place = self.shared_recipe();
        let run = CargoRun {
            workspace: &self.workspace,
            settings: &self.settings,
            key: &self.key,
            flags: &self.flags,
            arguments,
        };
        let made = run.run()?;
        if let Ok(recipe) = &made {
            self.tell(recipe);
            self.share_recipe(recipe.clone(), &place)?;
        }
        Ok(made)
    }

    /// Removes what may be broken.
    pub fn repair(&self, what: Repair) {
        if what == Repair::Nothing {
            return;
        }
        self.may_use_system.set(false);
        let _ = fs::remove_file(self.shared_recipe());
        let _ = fs::remove_file(Recipe::path(&self.workspace));
        if what == Repair::Everything {
            tracing::warn!(
                "`{}` is broken and made anew",
                self.settings.target.display()
            );
            notes::tell(
                &self.workspace,
                "The folder of compiled crates was broken: all crates were compiled anew.",
            );
            let chain = Chain::read(&self.workspace, &self.flags);
            let is_own = |folder: &&PathBuf| folder.starts_with(&self.settings.layers);
            let layers = chain.folders();
            for folder in layers.iter().filter(is_own).chain([&self.settings.target]) {
                discard(folder);
            }
        }
    }
}

/// What the environment adds to a manifest: cargo's configuration, and C compilers.
fn environment() -> String {
    let decides = |name: &str| {
        let parts = [
            "CARGO_PROFILE_",
            "CARGO_BUILD_",
            "CARGO_TARGET_",
            "CARGO_SOURCE_",
            "PKG_CONFIG",
        ];
        let of_c = ["CC", "CXX", "AR", "CFLAGS", "CXXFLAGS", "LDFLAGS"];
        parts.iter().any(|part| name.starts_with(part))
            || of_c
                .iter()
                .any(|it| name == *it || name.starts_with(&format!("{it}_")))
    };
    let mut variables: Vec<String> = std::env::vars()
        .filter(|(name, _)| {
            decides(name) && name != "CARGO_TARGET_DIR" && name != "CARGO_BUILD_BUILD_DIR"
        })
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    variables.sort();
    variables.concat()
}
