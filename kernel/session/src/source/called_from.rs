//! Which lines of cells' code led to a wait or a spawn in a crate.

use super::source_map::PROGRAM_BUILD;
use record::snapshot::Location;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use toolchain::calls::{is_of_cells, lines_of_calls};
use toolchain::lines::SourceLine;

/// The calls in the libraries of cells that were looked up, with their lines; nothing for those in
/// the code of crates, or that can't be told.
#[derive(Debug, Default)]
pub(super) struct CalledFrom(HashMap<String, HashMap<u64, Option<SourceLine>>>);

impl CalledFrom {
    /// The lines of a cell's source on the way to a place, as far as they were looked up, the
    /// innermost first.
    pub fn lines(&self, location: &Location) -> Vec<SourceLine> {
        let Some(known) = self.0.get(&location.image) else {
            return Vec::new();
        };
        let calls = location.calls.iter();
        calls
            .filter_map(|call| known.get(call).cloned().flatten())
            .collect()
    }

    /// Looks up what is not known yet, in the library of the newest build and of programs: how
    /// earlier cells were compiled is forgotten.
    pub fn look_up(&mut self, workspace: &Path, newest: &str, locations: &[Location]) {
        let mut wanted: HashMap<&str, BTreeSet<u64>> = HashMap::new();
        for location in locations.iter().filter(|it| !it.calls.is_empty()) {
            let known = self.0.get(&location.image);
            let is_new = |call: &&u64| known.is_none_or(|known| !known.contains_key(call));
            wanted
                .entry(&location.image)
                .or_default()
                .extend(location.calls.iter().filter(is_new));
        }
        for (library, calls) in wanted {
            let calls: Vec<u64> = calls.into_iter().collect();
            let build = Path::new(library).file_stem().unwrap_or_default();
            let build = build.to_string_lossy();
            let build = build.strip_prefix("lib").unwrap_or(&build);
            if calls.is_empty() || (build != newest && !build.starts_with(PROGRAM_BUILD)) {
                continue;
            }
            let program = format!("{build}.rs");
            let is_own = |file: &str| is_of_cells(workspace, file) || file.ends_with(&program);
            let lines = lines_of_calls(workspace, Path::new(library), &calls, &is_own);
            let is_wanted = |line: &SourceLine| is_own(&line.file);
            let lines = lines.into_iter().map(|line| line.filter(is_wanted));
            self.0
                .entry(library.to_owned())
                .or_default()
                .extend(calls.into_iter().zip(lines));
        }
    }
}
