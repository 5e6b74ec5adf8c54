//! The C compiler: whatever rustc compiles, `cc` links.
//!
//! Where there is none by that name, the session's folder of tools gets one: gcc or clang, or the
//! compiler that comes with Zig, which PyPI's package `ziglang` carries. That can be had without
//! any rights on the machine.

use crate::error::Error;
use crate::tools;
use crate::workspace::{self, Workspace};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// What rustc calls unless it is told of another linker.
const USUAL: &str = "cc";
/// Others that will do.
const OTHERS: [&str; 2] = ["gcc", "clang"];
/// What is called for, and which of Zig's commands does it.
const OF_ZIG: [(&str, &str); 3] = [(USUAL, "cc"), ("c++", "c++"), ("ar", "ar")];
/// What Python says where the package lies.
const FIND_ZIG: &str = "import ziglang, os; print(os.path.dirname(ziglang.__file__))";

/// Puts a C compiler into a session's folder of tools, if there is none on the PATH.
///
/// # Errors
/// There is none to be had.
pub fn provide(workspace: &Workspace) -> Result<(), Error> {
    let tools = workspace.tools();
    let path = workspace::search_path();
    let on_path = |name: &str| which::which_in(name, Some(&path), "/").ok();
    if on_path(USUAL).is_some() {
        return Ok(());
    }
    if let Some(other) = OTHERS.iter().find_map(|name| on_path(name)) {
        let link = tools.join(USUAL);
        return symlink(other, &link).map_err(Error::file("create", &link));
    }
    let beside = std::env::current_exe().ok();
    let beside = beside.map(|binary| binary.with_file_name("python3"));
    let pythons = beside.filter(|it| it.is_file()).into_iter();
    let pythons = pythons.chain(
        ["python3", "python"]
            .iter()
            .filter_map(|name| on_path(name)),
    );
    match pythons.into_iter().find_map(|python| zig_of(&python)) {
        Some(zig) => from_zig(&zig, &tools),
        None => Err(Error::NoLinker),
    }
}

/// Zig's program, if a Python has it.
fn zig_of(python: &Path) -> Option<PathBuf> {
    let folder = tools::run(python, ["-c", FIND_ZIG]).ok()?;
    let zig = PathBuf::from(folder.trim()).join("zig");
    zig.is_file().then_some(zig)
}

fn from_zig(zig: &Path, tools: &Path) -> Result<(), Error> {
    for (name, command) in OF_ZIG {
        let script = tools.join(name);
        let quoted = zig.to_string_lossy().replace('\'', r"'\''");
        let text = format!("#!/bin/sh\nexec '{quoted}' {command} \"$@\"\n");
        fs::write(&script, text).map_err(Error::file("write", &script))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))
            .map_err(Error::file("write", &script))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zig_is_called_as_it_lies_there() {
        let folder = tempfile::tempdir().unwrap();
        let zig = folder.path().join("it's zig");
        fs::write(&zig, "#!/bin/sh\necho \"$0 $*\"\n").unwrap();
        fs::set_permissions(&zig, fs::Permissions::from_mode(0o755)).unwrap();
        from_zig(&zig, folder.path()).unwrap();
        let said = tools::run(&folder.path().join("cc"), ["-o", "a b"]).unwrap();
        assert_eq!(said, format!("{} cc -o a b\n", zig.display()));
    }
}
