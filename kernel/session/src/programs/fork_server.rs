//! The kernel's side of a process of which each run of a program is a copy
//! (`runtime/fork_server.rs`).

use super::compiled::Program;
use super::program::ASKS;
use crate::cell::live::is_stuck;
use crate::run::{END_OF_INPUT, Run};
use crate::runtime::descriptors::{BY_COPIES, IN_ONE_PROCESS, REPEATED};
use crate::runtime::fork_server::CAN_BE_COPIED;
use crate::session::Session;
use record::Baseline;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus};
use std::time::Duration;
use toolchain::imports::changes_memory_alone;
use toolchain::program::Crates;

/// Between two looks whether a run is in a deadlock that only its end can end.
const GLANCE: Duration = Duration::from_millis(200);

/// What runs a program again and again.
pub(super) struct Repeater {
    server: Option<ForkServer>,
    /// Whether a run can be a copy; else it is a process that begins anew.
    copies: bool,
    /// How runs are made where they can, in the words of `REPEATED`.
    how: &'static str,
}

impl Repeater {
    /// For a program that was not run yet.
    pub fn new(session: &Session, program: &Program) -> Repeater {
        let in_one_process = program.crates == Crates::None
            && changes_memory_alone(&program.object, &program.source);
        Repeater {
            server: None,
            // Only our `std` tells which run it was that printed something.
            copies: session.settings.standard.is_some(),
            how: match in_one_process {
                true => IN_ONE_PROCESS,
                false => BY_COPIES,
            },
        }
    }

    /// Runs the program once, after [`Session::begin_run`].
    pub fn run(
        &mut self,
        session: &mut Session,
        program: &Program,
        run: &Run<'_>,
        baseline: &Baseline,
    ) -> std::io::Result<ExitStatus> {
        if !self.copies {
            return session.wait_for(program, run, false);
        }
        let server = match &mut self.server {
            Some(server) => server,
            None => self
                .server
                .insert(session.start_fork_server(program, self.how)?),
        };
        let cell = run.request.execution_count;
        let is_stuck = || {
            let region = &program.region;
            region.has_verdict() && is_stuck(&region.snapshot(cell, baseline))
        };
        let done = if session.controls.interrupted() {
            Done::Gone
        } else {
            server.run(is_stuck)
        };
        match done {
            Done::Ended(status) => Ok(status),
            Done::Gone => {
                let status = self.server.take().map(ForkServer::end);
                session.controls.set_program(None);
                status.unwrap_or_else(|| Ok(ExitStatus::default()))
            }
            Done::NotCopied => {
                self.copies = false;
                self.server = None;
                session.wait_for(program, run, false)
            }
        }
    }

    /// There are no more runs.
    pub fn end(self, session: &Session) {
        session.controls.set_program(None);
    }
}

/// How an order was carried out.
enum Done {
    /// The run ended so.
    Ended(ExitStatus),
    /// The process has ended, and the run with it.
    Gone,
    /// Nothing was run: a copy would not be what a process of its own is.
    NotCopied,
}

/// The process that is copied.
struct ForkServer {
    child: Child,
    orders: UnixStream,
    /// Whether it has loaded the program.
    is_ready: bool,
}

impl ForkServer {
    /// Orders a run and waits for its end. If `is_stuck`, it is ended.
    fn run(&mut self, is_stuck: impl Fn() -> bool) -> Done {
        if !self.is_ready {
            // Where it has ended instead, a process of its own shows why.
            if self.answer(|| false) != Some([CAN_BE_COPIED]) {
                return Done::NotCopied;
            }
            self.is_ready = true;
        }
        if self.orders.write_all(&[1]).is_err() {
            return Done::Gone;
        }
        match self.answer(is_stuck) {
            Some(status) => Done::Ended(ExitStatus::from_raw(i32::from_le_bytes(status))),
            None => Done::Gone,
        }
    }

    /// The process's next words, unless it has ended or is to end.
    fn answer<const LENGTH: usize>(&mut self, give_up: impl Fn() -> bool) -> Option<[u8; LENGTH]> {
        let mut answer = [0; LENGTH];
        loop {
            // So few bytes come at once.
            match self.orders.read_exact(&mut answer) {
                Ok(()) => return Some(answer),
                Err(error) if error.kind() == ErrorKind::WouldBlock && !give_up() => {}
                Err(_) => return None,
            }
        }
    }

    /// Ends it, with what it runs, if it has not ended by itself: how it did.
    fn end(mut self) -> std::io::Result<ExitStatus> {
        self.is_ready = false;
        let _ = self.child.kill();
        self.child.wait()
    }
}

impl Drop for ForkServer {
    fn drop(&mut self) {
        // What waits for an order ends itself now, and then the rest: so the system counts what
        // all of them have used.
        if self.orders.shutdown(Shutdown::Both).is_ok() && self.is_ready {
            wait_at_most(&self.child, GLANCE);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the end of a process that is about to end.
fn wait_at_most(child: &Child, time: Duration) {
    let ends = Pid::from_child(child);
    if let Ok(ends) = pidfd_open(ends, PidfdFlags::empty()) {
        let mut waiting = [PollFd::new(&ends, PollFlags::IN)];
        let time = Timespec::try_from(time).ok();
        let _ = poll(&mut waiting, time.as_ref());
    }
}

impl Session {
    fn start_fork_server(&self, program: &Program, how: &str) -> std::io::Result<ForkServer> {
        let (orders, theirs) = UnixStream::pair()?;
        orders.set_read_timeout(Some(GLANCE))?;
        let mut command = self.prepared_with(program, Some(theirs.into()))?;
        let mut child = command.env(REPEATED, how).spawn()?;
        self.controls
            .set_program(Some((child.id(), program.region.clone())));
        let (said, answers) = (child.stdout.take(), child.stdin.take());
        if let Some((said, answers)) = said.zip(answers) {
            std::thread::Builder::new()
                .name("questions of repeated runs".into())
                .spawn(move || tell_that_input_ends(said, answers))?;
        }
        Ok(ForkServer {
            child,
            orders,
            is_ready: false,
        })
    }
}

/// Answers each question of the runs: nobody is asked in the midst of a thousand.
fn tell_that_input_ends(said: ChildStdout, mut answers: ChildStdin) {
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        if line.starts_with(ASKS) {
            // A run that no longer reads has ended.
            let _ = answers.write_all(format!("{END_OF_INPUT}\n").as_bytes());
        }
    }
}
