//! The engine's own thread, and the queue in front of it.
//!
//! Cells come one at a time. Whatever else is asked meanwhile, the controls answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::engine::{
    CellError, CellIo, Engine, EngineFactory, ExecuteReply, ExecuteRequest, Publisher,
};
use crate::error::Error;

/// So long nobody must want anything before the engine may do what can wait.
const PAUSE: Duration = Duration::from_millis(40);

/// Sends work to the engine; clones send to the same one.
#[derive(Clone)]
pub struct EngineThread(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    queued: Condvar,
}

#[derive(Default)]
struct Queue {
    cell: Option<Cell>,
    end: Option<oneshot::Sender<()>>,
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.end.is_none() && self.cell.is_none()
    }

    fn take(&mut self) -> Option<Job> {
        if let Some(end) = self.end.take() {
            return Some(Job::End(end));
        }
        self.cell.take().map(Job::Cell)
    }
}

struct Cell {
    request: ExecuteRequest,
    io: CellIo,
    reply: oneshot::Sender<ExecuteReply>,
}

enum Job {
    Cell(Cell),
    End(oneshot::Sender<()>),
}

impl EngineThread {
    /// Starts the thread, and the engine on it.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn spawn<F: EngineFactory>(factory: F, publisher: Publisher) -> Result<Self, Error> {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || theirs.run(factory, publisher))
            .map_err(|cause| Error::Start {
                what: "the engine's thread",
                cause,
            })?;
        Ok(Self(shared))
    }

    /// Runs a cell to its end.
    pub async fn execute(&self, request: ExecuteRequest, io: CellIo) -> ExecuteReply {
        let (reply, replied) = oneshot::channel();
        self.0.queue().cell = Some(Cell { request, io, reply });
        self.0.queued.notify_one();
        replied.await.unwrap_or(ExecuteReply::Aborted)
    }

    /// Ends the engine after what it is doing, and waits for that as long as `patience`.
    pub async fn shutdown(&self, patience: Duration) {
        let (end, ended) = oneshot::channel();
        self.0.queue().end = Some(end);
        self.0.queued.notify_one();
        if tokio::time::timeout(patience, ended).await.is_err() {
            tracing::warn!(
                "the engine did not end within {} s; it is left behind",
                patience.as_secs()
            );
        }
    }
}

impl Shared {
    fn run<F: EngineFactory>(&self, factory: F, publisher: Publisher) {
        let started = catch_unwind(AssertUnwindSafe(|| factory.start(publisher)));
        let mut engine = match started {
            Ok(Ok(engine)) => Ok(engine),
            Ok(Err(sentence)) => Err(sentence),
            Err(_) => Err("the engine panicked while it started; see the kernel's log".to_owned()),
        };
        if let Err(sentence) = &engine {
            tracing::error!("{sentence}");
        }
        let mut rested = false;
        loop {
            let job = if rested {
                Some(self.next())
            } else {
                self.next_within(PAUSE)
            };
            let Some(job) = job else {
                let rest = engine
                    .as_mut()
                    .map(|engine| catch_unwind(AssertUnwindSafe(|| engine.rest())));
                rested = !matches!(rest, Ok(Ok(true)));
                continue;
            };
            match job {
                Job::Cell(Cell { request, io, reply }) => {
                    let ended = match &mut engine {
                        Ok(engine) => execute(engine, &request, &io),
                        Err(sentence) => failed("StartError", sentence),
                    };
                    // Without a receiver, the kernel is ending.
                    let _ = reply.send(ended);
                }
                Job::End(ended) => {
                    if let Ok(engine) = &mut engine {
                        let shutdown = catch_unwind(AssertUnwindSafe(|| engine.shutdown()));
                        if shutdown.is_err() {
                            tracing::error!("the engine panicked while it ended");
                        }
                    }
                    let _ = ended.send(());
                    return;
                }
            }
        }
    }

    fn next(&self) -> Job {
        let mut queue = self.queue();
        loop {
            if let Some(job) = queue.take() {
                return job;
            }
            queue = self
                .queued
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next job, or `None` when none has come for `patience`.
    fn next_within(&self, patience: Duration) -> Option<Job> {
        let waited = self
            .queued
            .wait_timeout_while(self.queue(), patience, |queue| queue.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // No code panics while it holds this lock, so a poisoned one is as good as any.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn execute(engine: &mut impl Engine, request: &ExecuteRequest, io: &CellIo) -> ExecuteReply {
    catch_unwind(AssertUnwindSafe(|| engine.execute(request, io))).unwrap_or_else(|_| {
        failed(
            "KernelError",
            "the kernel itself panicked while it ran this cell; \
             restart it if the next cell fails, too, and report what its log says",
        )
    })
}

fn failed(ename: &str, sentence: &str) -> ExecuteReply {
    let evalue = sentence.lines().next().unwrap_or_default().to_owned();
    let traceback = format!("{ename}: {sentence}")
        .lines()
        .map(str::to_owned)
        .collect();
    let ename = ename.to_owned();
    ExecuteReply::Error(CellError {
        ename,
        evalue,
        traceback,
    })
}
