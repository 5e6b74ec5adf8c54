//! Running a tool of the toolchain, in the environment that the user knows.

use crate::error::Error;
use crate::workspace;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

/// Runs a tool of the toolchain and returns what it printed.
pub(super) fn run<A: AsRef<OsStr>>(
    tool: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Result<String, Error> {
    run_with(tool, arguments, None)
}

/// The same, with one more variable.
pub(super) fn run_with<A: AsRef<OsStr>>(
    tool: &Path,
    arguments: impl IntoIterator<Item = A>,
    variable: Option<(&str, &OsStr)>,
) -> Result<String, Error> {
    let mut command = Command::new(tool);
    command.args(arguments).envs(variable);
    command.env("PATH", workspace::search_path());
    let failure = |cause: String| Error::Tool {
        command: tool.display().to_string(),
        cause,
    };
    let output = command
        .output()
        .map_err(|error| failure(error.to_string()))?;
    if !output.status.success() {
        return Err(failure(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The same code, as far as it can be passed on.
pub(super) fn exit_code(status: ExitStatus) -> ExitCode {
    ExitCode::from(
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
    )
}
