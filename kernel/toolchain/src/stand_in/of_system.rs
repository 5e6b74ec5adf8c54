//! Recipes of the system's cache.

use crate::recipe::Recipe;
use crate::settings::Settings;
use crate::system_cache::SystemCache;
use std::path::Path;

/// The recipe of this name and key, if all that it links to can be trusted.
pub(super) fn recipe(
    settings: &Settings,
    name: &Path,
    key: &str,
    workspace: &Path,
) -> Option<Recipe> {
    let folder = settings.system_recipes.as_ref()?;
    let system = SystemCache::open()?;
    let text = system.read(&folder.join(name))?;
    let recipe: Recipe = serde_json::from_slice(&text).ok()?;
    let mut layers = recipe.layers.iter();
    let is_whole = recipe.key == key && layers.all(|layer| system.whole(layer).is_some());
    is_whole.then(|| recipe.within(workspace)).flatten()
}
