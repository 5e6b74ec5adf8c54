//! Everything the session knows of its cells' source: from a recorded place to a cell's line, from
//! an object to its name.

use super::called_from::CalledFrom;
use super::names::{self, Naming};
use super::source_map::{CellSource, PROGRAM_BUILD, SourceMap};
use record::snapshot::{
    Location, LocationSlot, Object, ObjectKind, ObjectSlot, Snapshot, is_of_rust,
};
use report::{CellPlace, Place};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use toolchain::standard::OWN_SOURCES;

/// The cells of a session and the builds made of them.
#[derive(Debug)]
pub struct Sources {
    products: PathBuf,
    cells: Vec<CellSource>,
    /// A build's name (`code_7`) → how many cells there were when it was made.
    builds: HashMap<String, usize>,
    /// How many of evcxr's numbered builds are known.
    numbered: u32,
    maps: HashMap<String, SourceMap>,
    calls: CalledFrom,
}

/// The objects of one recording that were seen so far, by place and order of creation, so that
/// `forks[2]` keeps its number in a later cell that uses only some of them. The same place in
/// another recording is another place.
#[derive(Debug, Default)]
pub struct SeenObjects(BTreeMap<(LocationSlot, u64), (ObjectSlot, ObjectKind, Naming)>);

impl Sources {
    /// A session without cells; `products` is where the builds and their generated sources lie.
    pub fn new(products: &Path) -> Sources {
        Sources {
            products: products.to_owned(),
            cells: Vec::new(),
            builds: HashMap::new(),
            numbered: 0,
            maps: HashMap::new(),
            calls: CalledFrom::default(),
        }
    }

    /// A cell that is about to be compiled.
    pub fn add_cell(&mut self, cell: u32, text: &str) {
        self.note_builds();
        self.cells.push(CellSource::new(cell, text));
    }

    /// A cell by its execution count, the newest if a count was used twice.
    pub fn cell(&self, cell: u32) -> Option<&CellSource> {
        self.cells.iter().rev().find(|source| source.cell == cell)
    }

    /// The way back from a source that holds items of cells.
    pub fn map_of(&self, generated: &str) -> SourceMap {
        SourceMap::new(generated, self.cells.iter().rev())
    }

    /// The execution counts of the cells in whose text a name stands.
    pub fn cells_that_say(&self, name: &str) -> Vec<u32> {
        let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
        let says =
            |source: &&CellSource| source.text.split(|c| !is_of_name(c)).any(|it| it == name);
        self.cells
            .iter()
            .filter(says)
            .map(|source| source.cell)
            .collect()
    }

    /// The text of the item that a cell defined last under this name.
    pub fn definition(&self, name: &str) -> Option<String> {
        self.cells
            .iter()
            .rev()
            .find_map(|cell| cell.definition(name))
    }

    /// Assigns builds that were made since the last call to the newest cell.
    pub fn note_builds(&mut self) {
        loop {
            let build = format!("code_{}", self.numbered + 1);
            if !self.generated(&build).exists() {
                break;
            }
            self.numbered += 1;
            self.note_build(&build);
        }
    }

    /// Assigns a build to the newest cell.
    pub fn note_build(&mut self, build: &str) {
        self.builds.insert(build.to_owned(), self.cells.len());
        self.maps.remove(build);
    }

    fn generated(&self, build: &str) -> PathBuf {
        self.products.join(format!("{build}.rs"))
    }

    /// The cell, line and column of a place in a build's generated source.
    fn locate(&mut self, build: &str, line: u32, column: u32) -> Option<(u32, u32, u32)> {
        if !self.maps.contains_key(build) {
            let count = *self.builds.get(build)?;
            let cells = &self.cells[..count];
            let text = fs::read_to_string(self.generated(build)).ok()?;
            let map = match build.starts_with(PROGRAM_BUILD) {
                true => SourceMap::of_program(&text, cells),
                false => SourceMap::new(&text, cells.iter().rev()),
            };
            self.maps.insert(build.to_owned(), map);
        }
        self.maps[build].locate(line, column)
    }

    /// The same for the source that is being compiled, or failed to.
    pub fn locator_of_last(
        &self,
        generated: &str,
    ) -> impl Fn(u32, u32) -> Option<(u32, u32, u32)> + use<> {
        let map = SourceMap::new(generated, self.cells.iter().rev());
        move |line, column| map.locate(line, column)
    }

    /// Where a recorded location lies, as a person would say it.
    pub fn place(&mut self, location: &Location) -> Option<Place> {
        if let Some(build) = build_name(&location.image)
            && (location.file == "src/lib.rs" || location.file.ends_with(&format!("{build}.rs")))
        {
            self.note_builds();
            let (cell, line, column) = self.locate(build, location.line, location.column)?;
            return Some(Place::Cell { cell, line, column });
        }
        let called_at = self.called_at(location);
        let is_own = Path::new(&location.file).starts_with(OWN_SOURCES);
        match called_at {
            Some(CellPlace { cell, line, column }) if is_own || is_of_rust(&location.file) => {
                return Some(Place::Cell { cell, line, column });
            }
            None if is_own => return None,
            _ => {}
        }
        let (krate, file) = dependency(&location.file);
        Some(Place::Dependency {
            krate,
            file,
            line: location.line,
            column: location.column,
            called_at,
        })
    }

    /// Looks up which lines of cells led to the waits and spawns in crates of a snapshot. Where a
    /// cell was compiled without line tables, that takes as long as compiling it.
    pub fn look_calls_up(&mut self, snapshot: &Snapshot) {
        self.note_builds();
        let newest = format!("code_{}", self.numbered);
        let folder = self.products.parent().unwrap_or(&self.products);
        self.calls.look_up(folder, &newest, &snapshot.locations);
    }

    /// The innermost of the calls that led to a place that is a cell's own code.
    fn called_at(&mut self, location: &Location) -> Option<CellPlace> {
        let build = build_name(&location.image)?.to_owned();
        let lines = self.calls.lines(location);
        lines.into_iter().find_map(|at| {
            let (cell, line, column) = self.locate(&build, at.line, at.column)?;
            Some(CellPlace { cell, line, column })
        })
    }

    /// The places of a snapshot.
    pub fn places(&mut self, snapshot: &Snapshot) -> HashMap<LocationSlot, Place> {
        snapshot
            .locations
            .iter()
            .filter_map(|location| Some((location.index, self.place(location)?)))
            .collect()
    }

    /// The locations of a snapshot that lie in what stands around the cells' code, where evcxr has
    /// a lock of its own.
    pub fn around_cells(
        snapshot: &Snapshot,
        places: &HashMap<LocationSlot, Place>,
    ) -> HashSet<LocationSlot> {
        snapshot
            .locations
            .iter()
            .filter(|location| location.file == "src/lib.rs")
            .filter(|location| build_name(&location.image).is_some())
            .map(|location| location.index)
            .filter(|location| !places.contains_key(location))
            .collect()
    }

    /// The names of a snapshot's objects; `seen` are those of the same recording.
    pub fn names(
        &self,
        seen: &mut SeenObjects,
        objects: &[Object],
        places: &HashMap<LocationSlot, Place>,
    ) -> HashMap<ObjectSlot, String> {
        for object in objects {
            let key = (object.created_at, object.order);
            if seen
                .0
                .get(&key)
                .is_some_and(|(index, ..)| *index == object.index)
            {
                continue;
            }
            if let Some(Place::Cell { cell, line, column }) = places.get(&object.created_at)
                && let Some(source) = self.cell(*cell)
                && let Some(naming) = names::at(source, *line, *column)
            {
                seen.0
                    .insert(key, (object.index, object.kind, naming.of(object)));
            }
        }
        let mut found: Vec<(u64, &(ObjectSlot, ObjectKind, Naming))> = seen
            .0
            .iter()
            .filter(|((place, _), _)| places.contains_key(place))
            .map(|((_, order), object)| (*order, object))
            .collect();
        found.sort_by_key(|(order, (index, ..))| (*order, *index));
        let found: Vec<_> = found.into_iter().map(|(_, it)| it.clone()).collect();
        names::assign(&found)
    }

    /// The text of the lines of some places, and of the whole cell `current`.
    pub fn lines<'a>(
        &self,
        current: u32,
        places: impl IntoIterator<Item = &'a Place>,
    ) -> HashMap<(u32, u32), String> {
        let mut lines = HashMap::new();
        if let Some(source) = self.cell(current) {
            for (index, text) in source.text.lines().enumerate() {
                lines.insert((current, index as u32 + 1), text.to_owned());
            }
        }
        for place in places {
            if let Place::Cell { cell, line, .. } = place
                && let Some(text) = self.cell(*cell).and_then(|source| source.line(*line))
            {
                lines.insert((*cell, *line), text.to_owned());
            }
        }
        lines
    }
}

/// A place as it is written in messages.
pub fn show_place(place: &Place) -> String {
    match place {
        Place::Cell { cell, line, .. } => format!("[{cell}], line {line}"),
        // A file that is in no crate.
        Place::Dependency {
            krate, file, line, ..
        } if file.is_empty() => format!("{krate}:{line}"),
        Place::Dependency {
            krate, file, line, ..
        } => format!("{krate}, {file}:{line}"),
    }
}

/// `…/libcode_7.so` → `code_7`.
fn build_name(image: &str) -> Option<&str> {
    let name = image
        .rsplit('/')
        .next()?
        .strip_prefix("lib")?
        .strip_suffix(".so")?;
    (name.starts_with("code_") || name.starts_with(PROGRAM_BUILD)).then_some(name)
}

/// The crate's name and version, and the path within it, of a source file outside the cells.
fn dependency(file: &str) -> (String, String) {
    let parts: Vec<&str> = file.split('/').collect();
    let source = parts.iter().rposition(|part| *part == "src");
    let Some(source) = source.filter(|at| *at > 0) else {
        return (file.to_owned(), String::new());
    };
    let folder = parts[source - 1];
    let within = parts[source..].join("/");
    let split = folder.rfind('-').filter(|at| {
        folder[at + 1..].starts_with(|c: char| c.is_ascii_digit()) && folder[at + 1..].contains('.')
    });
    let name = match split {
        Some(at) => format!("{} {}", &folder[..at], &folder[at + 1..]),
        None => folder.to_owned(),
    };
    (name, within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_named_by_crate_and_version() {
        let of = |file| dependency(file);
        assert_eq!(
            of("/home/x/.cargo/registry/src/index-1/rayon-core-1.13.0/src/latch.rs"),
            ("rayon-core 1.13.0".into(), "src/latch.rs".into())
        );
        assert_eq!(
            of("/work/my-crate/src/a/b.rs"),
            ("my-crate".into(), "src/a/b.rs".into())
        );
        assert_eq!(
            of("/rustc/abc/library/std/src/io/mod.rs"),
            ("std".into(), "src/io/mod.rs".into())
        );
    }

    #[test]
    fn a_recorded_place_becomes_the_cells_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut sources = Sources::new(folder.path());
        sources.add_cell(3, "\nlet m = Mutex::new(0);\n");
        fs::write(
            folder.path().join("code_1.rs"),
            "x\nlet m = Mutex::new(0);\n",
        )
        .unwrap();
        let location = Location {
            index: LocationSlot(1),
            file: "src/lib.rs".into(),
            image: "libcode_1.so".into(),
            line: 2,
            column: 9,
            calls: Vec::new(),
        };
        assert_eq!(
            sources.place(&location),
            Some(Place::Cell {
                cell: 3,
                line: 2,
                column: 9
            })
        );
    }
}
