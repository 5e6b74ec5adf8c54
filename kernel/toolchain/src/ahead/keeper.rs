//! The kernel's side: it starts processes, and gives them away.

use super::{Message, Offer, Process, SOCKET, WAITED_FOR, socket};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A compiler and a linker.
const KINDS: usize = 2;

/// Starts processes ahead for one session, until dropped.
#[derive(Debug)]
pub struct Keeper {
    workspace: PathBuf,
}

impl Keeper {
    /// Waits at the session's socket for what stand-ins need, in a thread of its own.
    ///
    /// # Errors
    /// There can be no socket or no thread. Cells are compiled all the same.
    pub fn start(workspace: &Path) -> io::Result<Keeper> {
        let (folder, path) = socket(workspace)?;
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        drop(folder);
        let kept = Kept {
            workspace: workspace.to_owned(),
            wanted: Vec::new(),
            ready: Vec::new(),
            given: Vec::new(),
        };
        let serve = move || kept.serve(&listener);
        std::thread::Builder::new()
            .name("ahead".into())
            .spawn(serve)?;
        Ok(Keeper {
            workspace: workspace.to_owned(),
        })
    }

    /// Has the process started that a cell needs first. Doesn't wait for it.
    pub fn prepare(&self) {
        // Without it, the next cell starts its own.
        let _ = self.send(&Message::Prepare);
    }

    /// Has what nobody took ended. Doesn't wait for it.
    pub fn rest(&self) {
        // It ends with this one at the latest.
        let _ = self.send(&Message::Rest);
    }

    /// Ends all that was started, and waits until it has ended.
    pub fn stop(&self) {
        if let Ok(mut stream) = self.send(&Message::Stop) {
            // It is closed then.
            let _ = stream.read(&mut [0]);
        }
    }

    fn send(&self, message: &Message) -> io::Result<UnixStream> {
        let (_folder, path) = socket(&self.workspace)?;
        let mut stream = UnixStream::connect(path)?;
        writeln!(stream, "{}", serde_json::to_string(message)?)?;
        Ok(stream)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.send(&Message::End);
        let _ = fs::remove_file(self.workspace.join(SOCKET));
    }
}

/// What the thread has.
struct Kept {
    workspace: PathBuf,
    /// What was asked for last, of each program, in the order in which a cell needs them.
    wanted: Vec<Process>,
    ready: Vec<Ready>,
    /// What was given away, and may have ended.
    given: Vec<Child>,
}

/// A process that waits for its arguments.
struct Ready {
    process: Process,
    child: Child,
    /// What is to be closed.
    start: io::PipeWriter,
}

impl Kept {
    fn serve(mut self, listener: &UnixListener) {
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                return;
            };
            let mut line = String::new();
            let mut reader = BufReader::new(&stream);
            if reader.read_line(&mut line).is_err() {
                continue;
            }
            match serde_json::from_str(&line) {
                // Who asks may be gone, and gets no answer then.
                Ok(Message::Take(process)) => drop(self.give(&stream, process)),
                Ok(Message::Prepare) => self.prepare(),
                Ok(Message::Rest) => self.rest(),
                Ok(Message::Stop) => self.stop(),
                Ok(Message::End) => return,
                Err(_) => {}
            }
        }
    }

    /// Gives a process away if there is one; else notes that one was needed.
    fn give(&mut self, mut stream: &UnixStream, process: Process) -> io::Result<()> {
        let found = self.ready.iter().position(|it| it.process == process);
        let ready = found.map(|at| self.ready.swap_remove(at));
        let offer = ready.as_ref().map(Ready::offer);
        writeln!(stream, "{}", serde_json::to_string(&offer)?)?;
        let begins = self.note(process);
        if let Some(ready) = ready {
            // Its pipes are closed here only when they are open there.
            let opened = stream.read_exact(&mut [0]);
            self.given.push(ready.child_without_pipes());
            opened?;
        }
        if begins {
            // Loaded while the first is at work.
            for next in self.wanted.get(1..).unwrap_or_default() {
                self.ready.extend(Ready::start(next, &self.workspace));
            }
        }
        Ok(())
    }

    /// Notes that this one is needed: whether a cell begins with it.
    fn note(&mut self, process: Process) -> bool {
        let same = |it: &Process| it.program == process.program;
        match self.wanted.iter().position(same) {
            Some(at) => {
                self.wanted[at] = process;
                at == 0
            }
            None => {
                if self.wanted.len() == KINDS {
                    // Of another toolchain.
                    self.wanted.clear();
                }
                self.wanted.push(process);
                false
            }
        }
    }

    fn prepare(&mut self) {
        // What waited for the cell before has ended with that, as a rule.
        if self.ready.is_empty()
            && let Some(first) = self.wanted.first()
        {
            self.ready.extend(Ready::start(first, &self.workspace));
        }
    }

    fn stop(&mut self) {
        self.rest();
        for mut child in self.given.drain(..) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Ends what waits in vain, and forgets what has ended.
    fn rest(&mut self) {
        for mut ready in self.ready.drain(..) {
            let _ = ready.child.kill();
            self.given.push(ready.child);
        }
        self.given
            .retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }
}

impl Ready {
    fn start(process: &Process, workspace: &Path) -> io::Result<Ready> {
        let arguments = process.arguments(workspace);
        let (waited_for, start) = io::pipe()?;
        let input = match process.has_input {
            true => Stdio::piped(),
            false => Stdio::null(),
        };
        let environment = process
            .environment
            .iter()
            .map(|(name, value)| (name, value));
        let child = Command::new(&process.program)
            .args(&process.first)
            .args([WAITED_FOR, &format!("@{}", arguments.display())])
            .current_dir(&process.folder)
            .env_clear()
            .envs(environment)
            .process_group(0)
            .stdin(input)
            .stdout(OwnedFd::from(waited_for))
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Ready {
            process: process.clone(),
            child,
            start,
        })
    }

    fn offer(&self) -> Offer {
        let said = self.child.stderr.as_ref().map(AsRawFd::as_raw_fd);
        Offer {
            kernel: std::process::id(),
            process: self.child.id(),
            start: self.start.as_raw_fd(),
            input: self.child.stdin.as_ref().map(AsRawFd::as_raw_fd),
            said: said.unwrap_or(-1),
        }
    }

    /// The process itself. Its pipes are whose they were given to.
    fn child_without_pipes(self) -> Child {
        let mut child = self.child;
        drop((child.stdin.take(), child.stderr.take()));
        child
    }
}
