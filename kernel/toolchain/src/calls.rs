//! The lines of calls in a cell's code.
//!
//! Cells are compiled without line tables, which would take a quarter of the time more (35 to 40 ms
//! of 150). Lines are wanted only where a report has to show a wait or a spawn within a crate. Then
//! the cell is compiled once more, to an object with tables; a function is the same there as in the
//! library that runs, so a call is found by its function and how far into that it is. From then on
//! the session's cells are compiled with tables, since where one cell calls such a crate, the next
//! one does as well.

use super::cell::Cell;
use super::error::Error;
use super::lines::{SourceLine, lines, lines_in};
use super::notes::RunningCompiler;
use super::recipe::Recipe;
use super::settings::Settings;
use super::workspace::notebook_folder;
use object::read::elf::ElfFile64;
use object::{Endianness, Object, ObjectSection, ObjectSymbol, SymbolKind};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What rustc is told for line tables.
pub(super) const TABLES: &str = "-Cdebuginfo=line-tables-only";

/// The same, if a session's cells are compiled with them.
pub(super) fn tables(workspace: &Path) -> Option<&'static str> {
    note(workspace).exists().then_some(TABLES)
}

fn note(workspace: &Path) -> PathBuf {
    workspace.join("tables")
}

/// Whether a source file that a line table names is the one in which a session's cells are
/// compiled.
#[must_use]
pub fn is_of_cells(workspace: &Path, file: &str) -> bool {
    Path::new(file).starts_with(notebook_folder(workspace))
}

/// The lines of instructions in the library of the cell that was compiled last, given as offsets;
/// `None` for those that can't be told. Where a crate's function was taken into a caller whose file
/// `is_own`, that is the caller's.
#[must_use]
pub fn lines_of_calls(
    workspace: &Path,
    library: &Path,
    offsets: &[u64],
    is_own: &dyn Fn(&str) -> bool,
) -> Vec<Option<SourceLine>> {
    let found = lines(library, offsets, is_own);
    if found.iter().any(Option::is_some) {
        return found;
    }
    look_up(workspace, library, offsets, is_own).unwrap_or_else(|| vec![None; offsets.len()])
}

fn look_up(
    workspace: &Path,
    library: &Path,
    offsets: &[u64],
    is_own: &dyn Fn(&str) -> bool,
) -> Option<Vec<Option<SourceLine>>> {
    let folder = compile_with_tables(workspace).ok()??;
    let _ = fs::write(note(workspace), "");
    let bytes = fs::read(library).ok()?;
    let calls = functions_at(&bytes, offsets)?;
    let mut found = vec![None; offsets.len()];
    for entry in fs::read_dir(&folder).ok()?.flatten() {
        if entry.path().extension().is_some_and(|it| it == "o") {
            let object = fs::read(entry.path()).ok()?;
            for (place, line) in found
                .iter_mut()
                .zip(lines_in_object(&object, &calls, is_own)?)
            {
                *place = place.take().or(line);
            }
        }
    }
    let _ = fs::remove_dir_all(&folder);
    Some(found)
}

/// Compiles the session's last cell to objects with line tables: the folder where they are.
fn compile_with_tables(workspace: &Path) -> Result<Option<PathBuf>, Error> {
    let folder = workspace.join("tables.new");
    fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
    let mut recipe =
        Recipe::read(&Recipe::path(workspace))?.for_edition(&Settings::load(workspace)?.edition);
    if Cell::announced(workspace).is_optimised {
        recipe = recipe.optimised();
    }
    let mut command = recipe.compile_into(workspace, &folder);
    command.arg(TABLES).arg("-Awarnings");
    let output = RunningCompiler::run(workspace, &mut command)?;
    Ok(output.status.success().then_some(folder))
}

/// A function's instruction: the function's symbol and size, and how far in.
struct Call<'a> {
    function: &'a str,
    size: u64,
    within: u64,
}

/// The functions that offsets in a library belong to.
fn functions_at<'a>(library: &'a [u8], offsets: &[u64]) -> Option<Vec<Option<Call<'a>>>> {
    let file = ElfFile64::<Endianness>::parse(library).ok()?;
    let mut functions: Vec<_> = file
        .symbols()
        .filter(|it| it.kind() == SymbolKind::Text && it.size() > 0)
        .collect();
    functions.sort_by_key(ObjectSymbol::address);
    let call = |offset: &u64| {
        let after = functions.partition_point(|it| it.address() <= *offset);
        let function = functions.get(after.checked_sub(1)?)?;
        let within = offset - function.address();
        (within < function.size()).then_some(Call {
            function: function.name().ok()?,
            size: function.size(),
            within,
        })
    };
    Some(offsets.iter().map(call).collect())
}

/// The lines of calls whose functions are in an object. In an object each function has a section
/// of its own, which begins at 0: here they are laid out one after the other.
fn lines_in_object(
    object: &[u8],
    calls: &[Option<Call<'_>>],
    is_own: &dyn Fn(&str) -> bool,
) -> Option<Vec<Option<SourceLine>>> {
    let file = ElfFile64::<Endianness>::parse(object).ok()?;
    let mut bases = HashMap::new();
    let mut end = 0x1000;
    for section in file.sections() {
        if section.kind() == object::SectionKind::Text {
            bases.insert(section.index(), end);
            end += section.size().next_multiple_of(64);
        }
    }
    let address = |symbol: &object::read::elf::ElfSymbol64<'_, '_>| {
        let base = symbol.section_index().and_then(|it| bases.get(&it));
        symbol.address() + base.copied().unwrap_or(0)
    };
    let functions: HashMap<&str, (u64, u64)> = file
        .symbols()
        .filter(|it| it.kind() == SymbolKind::Text)
        .filter_map(|it| Some((it.name().ok()?, (address(&it), it.size()))))
        .collect();
    let of_call = |call: &Option<Call<'_>>| {
        let call = call.as_ref()?;
        let (start, size) = functions.get(call.function)?;
        (*size == call.size).then_some(start + call.within)
    };
    let wanted: Vec<Option<u64>> = calls.iter().map(of_call).collect();
    let section = |name: &str| {
        let Some(section) = file.section_by_name(name) else {
            return Vec::new();
        };
        let mut data = section.uncompressed_data().unwrap_or_default().into_owned();
        for (at, relocation) in section.relocations() {
            let object::RelocationTarget::Symbol(index) = relocation.target() else {
                continue;
            };
            let Ok(symbol) = file.symbol_by_index(index) else {
                continue;
            };
            let value = address(&symbol).wrapping_add_signed(relocation.addend());
            let bytes = usize::from(relocation.size()) / 8;
            let at = usize::try_from(at).unwrap_or(usize::MAX);
            if let Some(place) = at.checked_add(bytes).and_then(|to| data.get_mut(at..to)) {
                place.copy_from_slice(&value.to_le_bytes()[..bytes]);
            }
        }
        data
    };
    let addresses: Vec<u64> = wanted.iter().flatten().copied().collect();
    let mut found = lines_in(section, &addresses, is_own)?.into_iter();
    let line = |wanted: Option<u64>| wanted.and_then(|_| found.next().flatten());
    Some(wanted.into_iter().map(line).collect())
}
