//! `cargo metadata`, by which evcxr tries each new dependency.

use super::cargo::real_cargo;
use crate::error::Error;
use crate::settings::Settings;
use crate::tools::exit_code;
use crate::{lock, notes};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

/// Resolves from what is on this machine before asking the network: quick, and enough on a train.
pub(super) fn run(
    workspace: &Path,
    settings: &Settings,
    arguments: &[OsString],
) -> Result<ExitCode, Error> {
    lock::restore(workspace);
    let mut offline = real_cargo(workspace, settings, arguments);
    offline.arg("--offline");
    let answered = answer(workspace, &mut offline)?;
    let answered = match answered.status.success() {
        true => answered,
        false => answer(workspace, &mut real_cargo(workspace, settings, arguments))?,
    };
    let _ = std::io::stdout().write_all(&answered.printed);
    eprint!("{}", answered.messages);
    Ok(exit_code(answered.status))
}

/// What cargo answered.
struct Answered {
    status: ExitStatus,
    printed: Vec<u8>,
    messages: String,
}

/// Runs cargo, and notes for the kernel what takes it long.
fn answer(workspace: &Path, command: &mut Command) -> Result<Answered, Error> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(Error::tool(command))?;
    let stderr = child.stderr.take();
    let (messages, output) = std::thread::scope(|scope| {
        let follow = || stderr.map(|it| follow(workspace, BufReader::new(it)));
        let messages = scope.spawn(follow);
        let output = child.wait_with_output();
        (messages.join().ok().flatten().unwrap_or_default(), output)
    });
    notes::set_progress(workspace, None);
    let output = output.map_err(Error::tool(command))?;
    Ok(Answered {
        status: output.status,
        printed: output.stdout,
        messages,
    })
}

fn follow(workspace: &Path, lines: impl BufRead) -> String {
    let mut rest = String::new();
    for line in lines.lines().map_while(Result::ok) {
        if let Some(now) = progress(line.trim_start()) {
            notes::set_progress(workspace, Some(&now));
        } else {
            rest.push_str(&line);
            rest.push('\n');
        }
    }
    rest
}

/// What cargo is about to do, if a line tells: waiting for another cargo, or using the network.
pub(super) fn progress(line: &str) -> Option<String> {
    const NETWORK: [&str; 5] = [
        "Updating ",
        "Downloading ",
        "Downloaded ",
        "Locking ",
        "Adding ",
    ];
    if let Some(what) = line.strip_prefix("Blocking waiting for file lock on ") {
        return Some(format!(
            "waiting for another cargo, which has locked the {what}"
        ));
    }
    let is_known = NETWORK.iter().any(|begin| line.starts_with(begin));
    is_known.then(|| line[..1].to_lowercase() + &line[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_told() {
        assert_eq!(
            progress("Blocking waiting for file lock on package cache").as_deref(),
            Some("waiting for another cargo, which has locked the package cache")
        );
        assert_eq!(
            progress("Updating crates.io index").as_deref(),
            Some("updating crates.io index")
        );
        assert_eq!(progress("error: no matching package named `x` found"), None);
    }
}
