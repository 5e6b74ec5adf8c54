//! The calls of rustc that a recipe stands for.

use super::arguments::{Arguments, EMIT, Edit};
use super::{CELL_CRATE, Recipe};
use crate::workspace::{LINKER, build_folder, notebook_folder};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Names the linker that rustc would call if we didn't stand in for it.
pub const REAL_LINKER: &str = "FEARLESS_LINKER";
/// The cell's source, as cargo gives it to rustc.
const CELL_SOURCE: &str = "src/lib.rs";

/// Names the file that a source is taken for which rustc reads from its input.
pub const SOURCE_NAME: &str = "UNSTABLE_RUSTDOC_TEST_PATH";

/// Makes the statics that a cell's code can reach visible to other cells. All cells are the same
/// crate to the compiler, so that they agree about symbols and types. Cells get no unstable
/// features by the flags that are unstable.
const SHARED: [&str; 3] = [
    "-Zcross-crate-inline-threshold=always",
    "-Zallow-features=",
    "-Csymbol-mangling-version=v0",
];

/// How a program is compiled that is to be explored, and the crates in it.
pub const EXPLORED: [&str; 8] = [
    "-Zsanitizer=thread",
    // Also what the library has compiled already, without the calls.
    "-Zshare-generics=no",
    "-Zexternal-clangrt",
    "-Cunsafe-allow-abi-mismatch=sanitizer",
    "-Zallow-features=",
    "-Csymbol-mangling-version=v0",
    "-Cdebuginfo=line-tables-only",
    "-Copt-level=0",
];

impl Recipe {
    /// The cell's own source.
    pub fn cell_source(workspace: &Path) -> PathBuf {
        build_folder(workspace).join(CELL_SOURCE)
    }

    /// Compiles and links the cell: to a library whose statics other cells can share. With types,
    /// the compiler writes down what it made of it, with the types of variables, in
    /// [`mir_file`](super::mir_file). Paths in messages are longer then than a person wants to
    /// read.
    pub fn build(&self, workspace: &Path, with_types: bool) -> Command {
        self.build_shared(workspace, EMIT, with_types)
    }

    /// Compiles the cell to an object alone.
    pub fn compile(&self, workspace: &Path, with_types: bool) -> Command {
        self.build_shared(workspace, "--emit=obj", with_types)
    }

    /// Compiles the cell to objects in another folder, where they disturb nobody.
    pub fn compile_into(&self, workspace: &Path, folder: &Path) -> Command {
        let arguments = self.arguments.edited(|flag, _| match flag {
            "--out-dir" => Edit::Value(folder.to_string_lossy().into_owned()),
            _ => Edit::Keep,
        });
        let recipe = Recipe {
            arguments,
            ..self.clone()
        };
        recipe.compile(workspace, false)
    }

    fn build_shared(&self, workspace: &Path, emit: &str, with_types: bool) -> Command {
        let mut linker = None;
        let mut arguments = self.arguments.edited(|flag, value| match (flag, value) {
            ("--crate-type", Some("cdylib")) => Edit::Value("dylib".to_owned()),
            ("-C", Some(option)) if option.starts_with("metadata=") => Edit::Remove,
            ("-C", Some(option)) => match option.strip_prefix("linker=") {
                Some(given) => {
                    linker = Some(given.to_owned());
                    Edit::Remove
                }
                None => Edit::Keep,
            },
            (EMIT, _) if with_types => Edit::Flag(format!("{emit},mir")),
            (EMIT, _) => Edit::Flag(emit.to_owned()),
            _ => Edit::Keep,
        });
        let own = workspace.join("bin").join(LINKER);
        arguments.extend([format!("-Clinker={}", own.display())]);
        arguments.extend(SHARED.map(str::to_owned));
        // Types and statics that speak of a crate which was replaced are others from then on.
        arguments.extend([format!("-Cmetadata=fearless{}", self.generation)]);
        if with_types {
            arguments.extend(["-Ztrim-diagnostic-paths=no".to_owned()]);
        }
        let mut command = self.command(workspace, &arguments, &Recipe::cell_source(workspace));
        command.env("RUSTC_BOOTSTRAP", CELL_CRATE);
        command.envs(linker.map(|linker| (REAL_LINKER, linker)));
        command
    }

    /// Looks for mistakes in the cell only.
    pub fn check(&self, workspace: &Path) -> Command {
        let arguments = self.arguments.edited(|flag, _| match flag {
            EMIT => Edit::Flag("--emit=metadata".to_owned()),
            _ => Edit::Keep,
        });
        self.command(workspace, &arguments, &Recipe::cell_source(workspace))
    }

    /// Looks for all mistakes in another cell's source, which lies in `folder` as the cell's does
    /// in its own. Some lints look at the code as it is to be run.
    pub fn look(&self, workspace: &Path, folder: &Path) -> Command {
        let arguments = self.arguments.edited(|flag, _| match flag {
            "--out-dir" => Edit::Value(folder.to_string_lossy().into_owned()),
            EMIT => Edit::Flag("--emit=mir".to_owned()),
            _ => Edit::Keep,
        });
        self.command(workspace, &arguments, &folder.join(CELL_SOURCE))
    }

    /// Compiles another source, `file`, to `object`.
    pub fn build_other(&self, workspace: &Path, file: &Path, object: &Path) -> Command {
        let arguments = self.arguments.edited(|flag, _| match flag {
            "--out-dir" => Edit::Remove,
            EMIT => Edit::Flag("--emit=link".to_owned()),
            _ => Edit::Keep,
        });
        let mut command = self.command(workspace, &arguments, file);
        command.arg("-o").arg(object);
        command
    }

    /// The same, with a call of ours at each of its atomic operations and accesses to memory that
    /// others may see (the interface of ThreadSanitizer, without it). Unoptimised, so that each is
    /// there, with the names of functions and their lines.
    pub fn build_explored(&self, workspace: &Path, file: &Path, object: &Path) -> Command {
        let mut command = self.build_other(workspace, file, object);
        command.args(EXPLORED).env("RUSTC_BOOTSTRAP", CELL_CRATE);
        command
    }

    /// rustc's call for the source in `file`. The compiler reads it from its input, under the name
    /// of a file beside the notebook, by which rustdoc says where an example stands: so paths in a
    /// cell begin at the notebook's folder.
    fn command(&self, workspace: &Path, arguments: &Arguments, file: &Path) -> Command {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut command = Command::new(&self.rustc);
        command
            .args(arguments.iter().map(|argument| match argument.as_str() {
                CELL_SOURCE => "-",
                argument => argument,
            }))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env(SOURCE_NAME, format!("src/{name}"))
            .env("UNSTABLE_RUSTDOC_TEST_LINE", "0")
            .current_dir(notebook_folder(workspace));
        let source = fs::File::open(file).map_or_else(|_| Stdio::null(), Stdio::from);
        command.stdin(source);
        command
    }
}
