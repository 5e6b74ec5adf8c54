//! The linker of cells.
//!
//! rustc calls it instead of the C compiler, and it calls that in turn. Before, it gives each static the symbol by which all
//! cells know it (see [`symbols`](crate::items::symbols)), and exports these and the cell's entry alone: so a static of
//! several cells is the one that was loaded first, while functions are each cell's own.

use super::direct::{Line, NOTE};
use super::replace::replace_process;
use crate::error::Error;
use crate::items::Items;
use crate::items::known::Static;
use crate::recipe::{CELL_CRATE, REAL_LINKER};
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SymbolKind};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const VERSION_SCRIPT: &str = "-Wl,--version-script=";
/// How the names of the functions begin by which a cell is called.
const ENTRY: &str = "run_user_code_";

/// Acts as the linker.
pub(super) fn link(workspace: &Path, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let linker = std::env::var_os(REAL_LINKER).unwrap_or_else(|| "cc".into());
    let mut command = Command::new(&linker);
    // rustc's list of what it would export keeps all of that alive, and nobody reads what it tells other crates.
    let is_rustcs = |argument: &&OsString| {
        let name = Path::new(argument).file_name().unwrap_or_default();
        name != "symbols.o" && name != "rmeta.o"
    };
    let arguments: Vec<OsString> = arguments.iter().filter(is_rustcs).cloned().collect();
    command.args(&arguments);
    if let Some(script) = arguments.iter().find_map(version_script) {
        let objects: Vec<PathBuf> = arguments.iter().filter_map(own_object).collect();
        export_statics(workspace, &objects, &script)?;
        if let Some(place) = std::env::var_os(NOTE).map(PathBuf::from)
            && let Some(line) = Line::ask(workspace, linker.as_ref(), &arguments, &objects)
        {
            // Only later cells gain by it.
            let _ = line.write(&place);
        }
    }
    Err(replace_process(&mut command))
}

/// Gives the statics in objects their symbols, and writes the list of what is exported.
pub(super) fn export_statics(
    workspace: &Path,
    objects: &[PathBuf],
    script: &Path,
) -> Result<(), Error> {
    let exported = name_statics(workspace, objects)?;
    let names: Vec<String> = exported
        .iter()
        .map(|name| format!("    {name};\n"))
        .collect();
    let text = format!("{{\n  global:\n{}  local:\n    *;\n}};\n", names.concat());
    fs::write(script, text).map_err(Error::file("write", script))
}

fn version_script(argument: &OsString) -> Option<PathBuf> {
    Some(argument.to_str()?.strip_prefix(VERSION_SCRIPT)?.into())
}

/// An object file of the cell's crate.
fn own_object(argument: &OsString) -> Option<PathBuf> {
    let path = PathBuf::from(argument);
    let name = path.file_name()?.to_str()?;
    (name.starts_with(&format!("{CELL_CRATE}.")) && name.ends_with(".o")).then_some(path)
}

/// Gives the statics in objects their symbols: what is to be exported.
fn name_statics(workspace: &Path, paths: &[PathBuf]) -> Result<Vec<String>, Error> {
    let mut objects = Vec::new();
    for path in paths {
        objects.push(fs::read(path).map_err(Error::file("read", path))?);
    }
    let mut exported = Vec::new();
    let mut statics = Vec::new();
    for data in &objects {
        let symbols = Symbols::of(data);
        exported.extend(symbols.entries);
        statics.extend(symbols.statics);
    }
    let items = Items::linking(workspace);
    let mut renamed = items.rename(statics.iter().map(String::as_str));
    for (path, data) in paths.iter().zip(&mut objects) {
        if rename(data, &mut renamed) {
            fs::write(path, data).map_err(Error::file("write", path))?;
        }
    }
    let found: Vec<Static> = renamed.into_values().collect();
    exported.extend(found.iter().map(|it| it.symbol.clone()));
    Static::note(workspace, &found)?;
    Ok(exported)
}

/// What an object defines for others.
#[derive(Default)]
struct Symbols {
    entries: Vec<String>,
    statics: Vec<String>,
}

impl Symbols {
    fn of(data: &[u8]) -> Symbols {
        let mut found = Symbols::default();
        let Ok(file) = object::File::parse(data) else {
            return found;
        };
        for symbol in file
            .symbols()
            .filter(|it| it.is_global() && !it.is_undefined())
        {
            let Ok(name) = symbol.name() else {
                continue;
            };
            match symbol.kind() {
                SymbolKind::Data | SymbolKind::Tls if name.starts_with("_R") => {
                    found.statics.push(name.to_owned());
                }
                SymbolKind::Text if name.starts_with(ENTRY) => found.entries.push(name.to_owned()),
                _ => {}
            }
        }
        found
    }
}

/// Overwrites symbols in an object's table of strings, and notes which of them its code uses: whether there were any.
fn rename(data: &mut [u8], renamed: &mut BTreeMap<String, Static>) -> bool {
    let mut patches = Vec::new();
    {
        let Ok(file) = object::File::parse(&*data) else {
            return false;
        };
        for symbol in file.symbols() {
            let Ok(name) = symbol.name_bytes() else {
                continue;
            };
            let known = std::str::from_utf8(name)
                .ok()
                .and_then(|name| renamed.get(name));
            // The name lies within the data: where, its address tells.
            if let Some(known) = known
                && known.symbol.len() <= name.len()
            {
                let at = name.as_ptr() as usize - data.as_ptr() as usize;
                patches.push((at, name.len(), known.symbol.clone()));
            }
        }
        let code = file
            .sections()
            .filter(|section| section.kind() == object::SectionKind::Text);
        for (_, relocation) in code.flat_map(|section| section.relocations()) {
            if let RelocationTarget::Symbol(index) = relocation.target()
                && let Ok(symbol) = file.symbol_by_index(index)
                && let Ok(name) = symbol.name()
                && let Some(known) = renamed.get_mut(name)
            {
                known.used = true;
            }
        }
    }
    for (at, length, symbol) in &patches {
        let place = &mut data[*at..*at + *length];
        place.fill(0);
        place[..symbol.len()].copy_from_slice(symbol.as_bytes());
    }
    !patches.is_empty()
}
