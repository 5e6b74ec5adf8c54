//! The analyst's side: it listens, lets kernels of its user and build ask, and ends when none is
//! left, or when nobody has asked for long.

use crate::analysis::Analysis;
use crate::error::Error;
use crate::place::{Place, is_own};
use crate::protocol::{Answer, Hello, Project, Question, Sent, receive, send};
use std::fs;
use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So long it stays when nobody asks.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// So long it stays without a kernel: the one that has started it is about to connect.
const ALONE: Duration = Duration::from_secs(3);

/// What connections ask of the thread that has rust-analyzer.
enum Job {
    Ask(Question, SyncSender<Answer>),
    /// A session has ended.
    Forget(PathBuf),
}

/// Serves at a place until nobody needs it; at once, if another does already. A byte is written to
/// `ready` when kernels can connect.
///
/// # Errors
/// There can be no socket.
pub fn serve(place: &Place, mut ready: impl Write) -> Result<(), Error> {
    let Some(_claim) = place.claim()? else {
        return Ok(());
    };
    // The kernel that has started it must be able to end, and its cells to be stopped.
    let _ = rustix::process::setsid();
    let socket = place.socket();
    // Left by one that was killed.
    let _ = fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).map_err(Error::file("listen at", &socket))?;
    let (jobs, todo) = channel();
    let life = Arc::new(Life::new());
    start("analysis", move || analyse(&todo))?;
    let theirs = life.clone();
    let build = place.build().to_owned();
    start("listener", move || {
        listen(&listener, &build, &jobs, &theirs)
    })?;
    let _ = ready.write_all(b"!").and_then(|()| ready.flush());
    drop(ready);
    life.wait_for_end();
    let _ = fs::remove_file(&socket);
    Ok(())
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    // rust-analyzer's recursion is deep.
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.stack_size(32 << 20).spawn(work)?;
    Ok(())
}

/// The thread that has rust-analyzer.
fn analyse(todo: &Receiver<Job>) {
    let mut analysis = Analysis::default();
    for job in todo {
        match job {
            // The kernel may be gone.
            Job::Ask(question, answer) => drop(answer.send(analysis.answer(&question))),
            Job::Forget(folder) => analysis.forget(&folder),
        }
    }
}

fn listen(listener: &UnixListener, build: &str, jobs: &Sender<Job>, life: &Arc<Life>) {
    for stream in listener.incoming().flatten() {
        let (build, jobs, life) = (build.to_owned(), jobs.clone(), life.clone());
        let served = start("kernel", move || {
            life.kernel_came();
            if let Err(error) = converse(stream, &build, &jobs, &life) {
                tracing::debug!("a kernel is gone: {error}");
            }
            life.kernel_went();
        });
        if let Err(error) = served {
            tracing::error!("cannot serve a kernel: {error}");
        }
    }
}

/// Answers one kernel until it goes.
fn converse(
    mut stream: UnixStream,
    build: &str,
    jobs: &Sender<Job>,
    life: &Life,
) -> Result<(), Error> {
    if !is_own(&stream) {
        return Ok(());
    }
    let own = Hello {
        build: build.to_owned(),
    };
    let other: Hello = receive(&mut stream)?;
    send(&mut stream, &own)?;
    if other != own {
        return Err(Error::Version(other.build));
    }
    let mut project: Arc<Project> = Arc::default();
    let result = loop {
        let sent: Sent = match receive(&mut stream) {
            Ok(sent) => sent,
            Err(error) => break Err(error),
        };
        life.somebody_asks();
        if let Some(new) = sent.project {
            project = Arc::new(new);
        }
        let question = Question {
            project: project.clone(),
            source: sent.source,
            offset: sent.offset,
            wanted: sent.wanted,
        };
        let (answer, answered) = sync_channel(1);
        let asked = jobs.send(Job::Ask(question, answer));
        let Some(answer) = asked.ok().and_then(|()| answered.recv().ok()) else {
            break Ok(());
        };
        if let Err(error) = send(&mut stream, &answer) {
            break Err(error);
        }
    };
    let _ = jobs.send(Job::Forget(project.folder.clone()));
    result
}

/// For whom the analyst lives.
struct Life {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    kernels: usize,
    /// When the last kernel went.
    alone_since: Instant,
    /// When somebody asked last.
    asked: Instant,
}

impl Life {
    fn new() -> Life {
        let now = Instant::now();
        Life {
            state: Mutex::new(State {
                kernels: 0,
                alone_since: now,
                asked: now,
            }),
            changed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kernel_came(&self) {
        self.state().kernels += 1;
    }

    fn kernel_went(&self) {
        let mut state = self.state();
        state.kernels -= 1;
        state.alone_since = Instant::now();
        self.changed.notify_all();
    }

    fn somebody_asks(&self) {
        self.state().asked = Instant::now();
    }

    fn wait_for_end(&self) {
        let mut state = self.state();
        loop {
            let rest = state.rest(Instant::now());
            if rest.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(state, rest);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    /// How long it stays if nothing happens.
    fn rest(&self, now: Instant) -> Duration {
        let until = match self.kernels {
            0 => self.alone_since + ALONE,
            _ => self.asked + IDLE,
        };
        until.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_without_kernels_and_without_questions() {
        let now = Instant::now();
        let mut state = State {
            kernels: 0,
            alone_since: now,
            asked: now,
        };
        assert_eq!(state.rest(now), ALONE);
        assert_eq!(state.rest(now + ALONE), Duration::ZERO);
        state.kernels = 2;
        assert_eq!(state.rest(now + ALONE), IDLE - ALONE);
        assert_eq!(state.rest(now + IDLE), Duration::ZERO);
    }
}
