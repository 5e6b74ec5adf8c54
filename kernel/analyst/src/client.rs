//! A kernel's side: it finds the analyst or starts it, and asks.
//!
//! A thread of its own does that, so that nobody waits longer than he wants to.

use crate::error::Error;
use crate::place::{Place, is_own};
use crate::protocol::{Answer, Hello, Project, Question, Sent, receive, send};
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Asks the analyst. Nothing is started before the first question.
pub struct Client {
    shared: Arc<Shared>,
    questions: Mutex<Option<Sender<Asked>>>,
}

struct Shared {
    place: Place,
    /// Makes the command that starts an analyst.
    command: Box<dyn Fn() -> Command + Send + Sync>,
    /// The analyst has answered, so its next answer will not take long.
    is_ready: AtomicBool,
}

/// A question, and where the answer goes.
struct Asked {
    question: Question,
    answer: SyncSender<Answer>,
}

impl Client {
    /// A client of the analyst at a place; `command` starts one there.
    pub fn new(place: Place, command: impl Fn() -> Command + Send + Sync + 'static) -> Client {
        Client {
            shared: Arc::new(Shared {
                place,
                command: Box::new(command),
                is_ready: AtomicBool::new(false),
            }),
            questions: Mutex::default(),
        }
    }

    /// Whether the analyst runs and has answered before.
    pub fn is_ready(&self) -> bool {
        self.shared.is_ready.load(Ordering::Relaxed)
    }

    /// The answer; `None` if there is none in time. A question that is still waiting when another
    /// is asked gets none.
    pub fn ask(&self, question: Question, patience: Duration) -> Option<Answer> {
        let (answer, answered) = sync_channel(1);
        self.send(Asked { question, answer });
        answered.recv_timeout(patience).ok()
    }

    fn send(&self, asked: Asked) {
        let mut questions = self
            .questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let asked = match &*questions {
            Some(running) => match running.send(asked) {
                Ok(()) => return,
                Err(refused) => refused.0,
            },
            None => asked,
        };
        let (sender, receiver) = channel();
        let shared = self.shared.clone();
        let asking = std::thread::Builder::new()
            .name("analyst's client".into())
            .spawn(move || answer_all(&shared, &receiver));
        match asking {
            Ok(_) if sender.send(asked).is_ok() => *questions = Some(sender),
            Ok(_) => {}
            Err(error) => tracing::warn!("cannot ask the analyst: {error}"),
        }
    }
}

/// Asks what comes, until the client is gone.
fn answer_all(shared: &Shared, questions: &Receiver<Asked>) {
    let mut connection: Option<Connection> = None;
    while let Ok(mut asked) = questions.recv() {
        // Whoever asked before waits no longer.
        while let Ok(newer) = questions.try_recv() {
            asked = newer;
        }
        let was_connected = connection.is_some();
        let mut answered = asked_at(shared, &mut connection, &asked.question);
        if answered.is_err() && was_connected {
            // It has ended since: because it was idle, or was killed.
            answered = asked_at(shared, &mut connection, &asked.question);
        }
        shared.is_ready.store(answered.is_ok(), Ordering::Relaxed);
        match answered {
            // The one who asked may have given up.
            Ok(answer) => drop(asked.answer.try_send(answer)),
            Err(error) => tracing::warn!("the analyst does not answer: {error}"),
        }
    }
}

fn asked_at(
    shared: &Shared,
    connection: &mut Option<Connection>,
    question: &Question,
) -> Result<Answer, Error> {
    let mut now = match connection.take() {
        Some(connection) => connection,
        None => shared.connect()?,
    };
    let answer = now.ask(question)?;
    *connection = Some(now);
    Ok(answer)
}

impl Shared {
    fn connect(&self) -> Result<Connection, Error> {
        match Connection::open(&self.place) {
            Err(Error::File { .. } | Error::Connection(_)) => {}
            other => return other,
        }
        self.start()?;
        Connection::open(&self.place)
    }

    /// Starts an analyst, and waits until it listens, or has ended because another does.
    fn start(&self) -> Result<(), Error> {
        let mut command = (self.command)();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|_| Error::Start)?;
        let ready = child.stdout.take();
        collect(child);
        let mut byte = [0];
        // Whether it is there now shows when a connection is opened.
        let _ = ready.map(|mut ready| ready.read(&mut byte));
        Ok(())
    }
}

/// Waits for the end of a child, so that it does not stay as a zombie.
fn collect(mut child: Child) {
    let wait = move || drop(child.wait());
    let name = "analyst's end".to_owned();
    if let Err(error) = std::thread::Builder::new().name(name).spawn(wait) {
        tracing::warn!("nobody waits for the analyst's end: {error}");
    }
}

/// A connection with the analyst.
struct Connection {
    stream: UnixStream,
    /// What it was told last.
    project: Option<Arc<Project>>,
}

impl Connection {
    fn open(place: &Place) -> Result<Connection, Error> {
        let socket = place.socket();
        let mut stream =
            UnixStream::connect(&socket).map_err(Error::file("connect to", &socket))?;
        if !is_own(&stream) {
            return Err(Error::Stranger(socket));
        }
        let build = place.build().to_owned();
        let own = Hello { build };
        send(&mut stream, &own)?;
        let other: Hello = receive(&mut stream)?;
        if other != own {
            return Err(Error::Version(other.build));
        }
        Ok(Connection {
            stream,
            project: None,
        })
    }

    fn ask(&mut self, question: &Question) -> Result<Answer, Error> {
        let is_new = self.project.as_ref() != Some(&question.project);
        let sent = Sent {
            project: is_new.then(|| Project::clone(&question.project)),
            source: question.source.clone(),
            offset: question.offset,
            wanted: question.wanted,
        };
        send(&mut self.stream, &sent)?;
        self.project = Some(question.project.clone());
        receive(&mut self.stream)
    }
}
