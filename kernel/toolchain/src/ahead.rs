//! Compilers and linkers that are started before there is something to compile.
//!
//! Loading rustc takes 8 ms and loading the linker as many, which is a third of what a small cell
//! waits for. So the kernel starts rustc when a cell comes, before it has looked at it
//! ([`Keeper`]), and the linker when the stand-in for cargo takes that rustc ([`take`]). They wait
//! for a file of arguments that is a pipe to be closed; behind it comes the one that has any.
//!
//! What is started ahead must be what the stand-in would start itself: the same [`Process`]. So the
//! kernel starts what was asked for last, and nothing before it was asked for once. Between cells
//! nothing waits: it would take a third of a kernel's memory.
//!
//! Pipes go from the kernel to the stand-in by their names in `/proc`. A process that nobody has
//! taken ends with its kernel, however that ends: the pipe is closed then, and there are no
//! arguments.

mod keeper;
mod taken;

pub use keeper::Keeper;
pub(crate) use taken::take;

use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The kernel's socket in the session's folder, which only its user can enter.
const SOCKET: &str = "ahead.socket";

/// The file of arguments for which a process waits, and which has none: it is its standard output,
/// to which neither rustc nor the linker has anything to say. The linker reads such files twice, so
/// a pipe can't tell it anything.
const WAITED_FOR: &str = "@/proc/self/fd/1";

/// How a process is started, but for the arguments that come later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    program: PathBuf,
    /// The arguments that come first.
    first: Vec<String>,
    folder: PathBuf,
    environment: Vec<(String, String)>,
    /// Whether it reads from its standard input.
    has_input: bool,
}

impl Process {
    /// The one that a command would start here; `None` if that can't be told to others.
    pub fn of(command: &Command, first: &[&str], has_input: bool) -> Option<Process> {
        let mut environment: Vec<(String, String)> = Vec::new();
        let changed = |name: &str| command.get_envs().any(|(it, _)| it == name);
        for (name, value) in std::env::vars_os() {
            let name = name.into_string().ok()?;
            if !changed(&name) {
                environment.push((name, value.into_string().ok()?));
            }
        }
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                environment.push((name.to_str()?.to_owned(), value.to_str()?.to_owned()));
            }
        }
        environment.sort_unstable();
        let folder = match command.get_current_dir() {
            Some(folder) => folder.to_owned(),
            None => std::env::current_dir().ok()?,
        };
        Some(Process {
            program: command.get_program().into(),
            first: first.iter().map(|&it| it.to_owned()).collect(),
            folder,
            environment,
            has_input,
        })
    }

    /// Where the arguments are that come later.
    fn arguments(&self, workspace: &Path) -> PathBuf {
        let name = self.program.file_name().unwrap_or_default();
        workspace.join(name).with_extension("arguments")
    }
}

/// What a stand-in, or the session itself, tells the kernel's thread.
#[derive(Serialize, Deserialize)]
enum Message {
    /// It needs this one now.
    Take(Process),
    /// A cell has come: what it needs first is to be started.
    Prepare,
    /// A cell has ended: nothing is to wait any more.
    Rest,
    /// A cell was stopped: nothing is to be left of what compiled it.
    Stop,
    /// The session has ended.
    End,
}

/// A process that a stand-in is given.
#[derive(Serialize, Deserialize)]
struct Offer {
    /// Who has the pipes.
    kernel: u32,
    /// The process, which leads a group of its own.
    process: u32,
    /// The ends of pipes: the one to be closed, for the input, and with what it says.
    start: i32,
    input: Option<i32>,
    said: i32,
}

/// A path to the socket that is short enough for one, as long as the folder is open.
fn socket(workspace: &Path) -> io::Result<(File, PathBuf)> {
    let folder = File::open(workspace)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd()));
    Ok((folder, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn shell(script: &str) -> (Command, Vec<String>) {
        let mut command = Command::new("/bin/sh");
        command.env("GREETING", "hello");
        (command, vec!["-c".into(), script.into()])
    }

    /// Reads its arguments as a compiler does, then its input.
    const COMPILER: &str =
        "cat \"${0#@}\"; read word < \"${1#@}\"; echo \"$GREETING $word $(cat)\" >&2";

    #[test]
    fn what_was_asked_for_once_is_there_the_next_time_and_only_once() {
        let scratch = tempfile::tempdir().unwrap();
        let keeper = Keeper::start(scratch.path()).unwrap();
        let (command, first) = shell(COMPILER);
        let first: Vec<&str> = first.iter().map(String::as_str).collect();
        let process = Process::of(&command, &first, true).unwrap();
        assert!(take(scratch.path(), &process).is_none());
        keeper.prepare();
        let mut other = process.clone();
        other.environment.clear();
        let found = take(scratch.path(), &process).expect("it was prepared");
        assert!(take(scratch.path(), &process).is_none(), "it is taken");
        let mut said = String::new();
        let mut reader = found.told(b"world\n", b"and all").unwrap();
        reader.read_to_string(&mut said).unwrap();
        assert_eq!(said, "hello world and all\n");
        keeper.prepare();
        assert!(take(scratch.path(), &other).is_none(), "it is another one");
    }

    #[test]
    fn what_a_cell_needs_later_is_started_when_it_takes_the_first() {
        let scratch = tempfile::tempdir().unwrap();
        let keeper = Keeper::start(scratch.path()).unwrap();
        let process = |program: &str| {
            let mut command = Command::new(program);
            command.env("GREETING", "hello");
            Process::of(&command, &["-c", COMPILER], true).unwrap()
        };
        let (compiler, linker) = (process("/bin/sh"), process("/bin/bash"));
        for first_time in [&compiler, &linker] {
            assert!(take(scratch.path(), first_time).is_none());
        }
        keeper.prepare();
        assert!(take(scratch.path(), &linker).is_none());
        let compiling = take(scratch.path(), &compiler).unwrap();
        assert!(take(scratch.path(), &linker).is_some());
        let is_alive = || Path::new(&format!("/proc/{}", compiling.process)).exists();
        assert!(is_alive());
        keeper.rest();
        assert!(take(scratch.path(), &linker).is_none());
        assert!(is_alive(), "it is at work");
        keeper.stop();
        assert!(!is_alive());
        assert!(take(scratch.path(), &compiler).is_none());
    }

    #[test]
    fn what_nobody_takes_ends_with_who_keeps_it() {
        let scratch = tempfile::tempdir().unwrap();
        let ended = scratch.path().join("ended");
        let keeper = Keeper::start(scratch.path()).unwrap();
        let (mut command, _) = shell("");
        command.env("ENDED", &ended);
        let script = "cat \"${0#@}\"; : > \"$ENDED\"";
        let process = Process::of(&command, &["-c", script], true).unwrap();
        assert!(take(scratch.path(), &process).is_none());
        keeper.prepare();
        drop(keeper);
        while !ended.exists() {
            std::thread::yield_now();
        }
    }
}
