//! Small files in a session's folder by which the stand-in for cargo tells the kernel what it does.

use crate::error::Error;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// The process groups of the compiler while it runs, a line each.
const GROUP: &str = "compile.group";
/// There as long as nothing is to be compiled any more for the cell.
const STOPPED: &str = "compile.stopped";
/// How long each attempt at a cell took, a line each: microseconds of compiling and of linking.
const TIMES: &str = "compile.times";
/// What is compiled now.
const PROGRESS: &str = "compile.progress";
/// Sentences for the person.
const TOLD: &str = "compile.told";

/// A compiler that runs: noted so that an interrupt can end it, until dropped.
#[derive(Debug)]
pub(super) struct RunningCompiler {
    note: PathBuf,
}

impl RunningCompiler {
    /// Notes the process group `leader`.
    pub(super) fn note(workspace: &Path, leader: u32) -> RunningCompiler {
        let note = workspace.join(GROUP);
        // Without it, the cell can be stopped only when it runs.
        let _ = fs::write(&note, leader.to_string());
        RunningCompiler { note }
    }

    /// Notes one more process group that is at work for it.
    pub(super) fn note_another(workspace: &Path, leader: u32) {
        if let Ok(mut file) = fs::File::options().append(true).open(workspace.join(GROUP)) {
            let _ = write!(file, "\n{leader}");
        }
    }

    /// Runs a compiler to its end, in a process group of its own, and keeps what it says of errors.
    pub(super) fn run(workspace: &Path, command: &mut Command) -> Result<Output, Error> {
        command
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Error::tool(command))?;
        let _running = RunningCompiler::note(workspace, child.id());
        if is_stopped(workspace) {
            let _ = child.kill();
        }
        child.wait_with_output().map_err(Error::tool(command))
    }
}

impl Drop for RunningCompiler {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.note);
    }
}

/// Whether the cell was asked to stop. To be asked once the compiler is noted: who is not seen by
/// [`end_compiler`] then sees this.
pub(super) fn is_stopped(workspace: &Path) -> bool {
    workspace.join(STOPPED).exists()
}

/// A cell begins, or has ended: what is compiled from here on is not stopped.
pub fn allow_compiler(workspace: &Path) {
    let _ = fs::remove_file(workspace.join(STOPPED));
}

/// Ends the compiler, if it runs: whether it did. One that begins later in the same cell sees that
/// it must not, until [`allow_compiler`].
pub fn end_compiler(workspace: &Path) -> bool {
    // Without it, the cell is stopped when it runs.
    let _ = fs::write(workspace.join(STOPPED), "");
    let note = workspace.join(GROUP);
    let noted = fs::read_to_string(&note).unwrap_or_default();
    let groups = noted.lines().filter_map(|line| line.trim().parse().ok());
    let end = |group| kill_process_group(group, Signal::KILL).is_ok();
    let ended = groups
        .filter_map(Pid::from_raw)
        .map(end)
        .fold(false, |a, b| a | b);
    if ended {
        let _ = fs::remove_file(&note);
    }
    ended
}

/// How long the compiler took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompilerTimes {
    /// Up to the object file.
    pub compile: Duration,
    /// From there to the shared object.
    pub link: Duration,
}

/// Notes how long an attempt took, for `:timing` alone.
pub(super) fn add_times(workspace: &Path, times: CompilerTimes) {
    let path = workspace.join(TIMES);
    if let Ok(mut file) = fs::File::options().append(true).create(true).open(path) {
        let CompilerTimes { compile, link } = times;
        let _ = writeln!(file, "{} {}", compile.as_micros(), link.as_micros());
    }
}

/// How long the compiler took since this was last asked, all attempts together.
pub fn take_times(workspace: &Path) -> CompilerTimes {
    let path = workspace.join(TIMES);
    let noted = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::remove_file(&path);
    let mut times = CompilerTimes::default();
    for line in noted.lines() {
        let mut parts = line
            .split(' ')
            .filter_map(|part| part.parse().ok())
            .map(Duration::from_micros);
        times.compile += parts.next().unwrap_or_default();
        times.link += parts.next().unwrap_or_default();
    }
    times
}

/// Notes what is compiled now, in a few words; `None` when it is done.
pub fn set_progress(workspace: &Path, progress: Option<&str>) {
    let path = workspace.join(PROGRESS);
    let _ = match progress {
        Some(line) => fs::write(path, line),
        None => fs::remove_file(path),
    };
}

/// `compiling 12 of 48: syn`, while cargo is at work; what else is noted.
pub fn progress(workspace: &Path) -> Option<String> {
    let line = fs::read_to_string(workspace.join(PROGRESS)).ok()?;
    // It may just be written.
    (!line.is_empty()).then_some(line)
}

/// Something that the person is to know of, under the cell.
pub(super) fn tell(workspace: &Path, sentence: &str) {
    let path = workspace.join(TOLD);
    if let Ok(mut file) = fs::File::options().append(true).create(true).open(path) {
        let _ = writeln!(file, "{sentence}");
    }
}

/// What the person is to know of since this was last asked.
pub fn take_told(workspace: &Path) -> String {
    let path = workspace.join(TOLD);
    let told = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::remove_file(&path);
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_compiled_after_a_stop_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path();
        let compile = || RunningCompiler::run(workspace, Command::new("sleep").arg("1000"));
        assert!(!end_compiler(workspace), "nothing runs");
        assert!(!compile().unwrap().status.success());
        allow_compiler(workspace);
        let output = RunningCompiler::run(workspace, &mut Command::new("true"));
        assert!(output.unwrap().status.success());
    }

    #[test]
    fn times_of_all_attempts_are_added_up_and_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let times = |compile, link| CompilerTimes {
            compile: Duration::from_micros(compile),
            link: Duration::from_micros(link),
        };
        add_times(folder.path(), times(1500, 10));
        add_times(folder.path(), times(2500, 0));
        assert_eq!(take_times(folder.path()), times(4000, 10));
        assert_eq!(take_times(folder.path()), times(0, 0));
    }

    #[test]
    fn progress_is_there_while_cargo_compiles() {
        let folder = tempfile::tempdir().unwrap();
        set_progress(folder.path(), Some("compiling 12 of 48: syn"));
        assert_eq!(
            progress(folder.path()).as_deref(),
            Some("compiling 12 of 48: syn")
        );
        set_progress(folder.path(), None);
        assert_eq!(progress(folder.path()), None);
    }

    #[test]
    fn a_compiler_that_has_ended_is_not_ended_again() {
        let folder = tempfile::tempdir().unwrap();
        drop(RunningCompiler::note(folder.path(), 1));
        assert!(!end_compiler(folder.path()));
    }
}
