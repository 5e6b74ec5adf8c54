//! Becoming the program that one stands in for.

use crate::error::Error;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Becomes another program; returns only the reason why that failed.
pub(super) fn replace_process(command: &mut Command) -> Error {
    let cause = command.exec();
    Error::tool(command)(cause)
}
