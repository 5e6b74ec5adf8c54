//! The linker of cells.
//!
//! rustc calls it instead of the C compiler, and it calls that in turn. Before, it gives each
//! static the symbol by which all cells know it (see [`symbols`](crate::items::symbols)), and
//! exports these and the cell's entry alone: so a static of several cells is the one that was
//! loaded first, while functions are each cell's own.

use super::direct::{Line, NOTE};
use super::exports::export_statics;
use super::replace::replace_process;
use crate::error::Error;
use crate::recipe::{CELL_CRATE, REAL_LINKER};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const VERSION_SCRIPT: &str = "-Wl,--version-script=";

/// Acts as the linker.
pub(super) fn link(workspace: &Path, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let linker = std::env::var_os(REAL_LINKER).unwrap_or_else(|| "cc".into());
    let mut command = Command::new(&linker);
    // rustc's list of what it would export keeps all of that alive, and nobody reads what it tells
    // other crates.
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

fn version_script(argument: &OsString) -> Option<PathBuf> {
    Some(argument.to_str()?.strip_prefix(VERSION_SCRIPT)?.into())
}

/// An object file of the cell's crate.
fn own_object(argument: &OsString) -> Option<PathBuf> {
    let path = PathBuf::from(argument);
    let name = path.file_name()?.to_str()?;
    (name.starts_with(&format!("{CELL_CRATE}.")) && name.ends_with(".o")).then_some(path)
}
