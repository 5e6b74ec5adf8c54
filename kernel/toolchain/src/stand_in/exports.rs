//! What a cell's object exports: the statics that other cells share, and the cell's entry.

use crate::error::Error;
use crate::files::overwrite;
use crate::items::Items;
use crate::items::known::Static;
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SymbolKind};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How the names of the functions begin by which a cell is called.
const ENTRY: &str = "run_user_code_";

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
    overwrite(script, text).map_err(Error::file("write", script))
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

/// Overwrites symbols in an object's table of strings, and notes which of them its code uses:
/// whether there were any.
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
