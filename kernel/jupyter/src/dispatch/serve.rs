//! Opens the channels, sends each request to who answers it, and ends the kernel.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::answers;
use super::comms::Comms;
use super::engine_thread::EngineThread;
use super::kernel::Kernel;
use super::queue::{Cells, Waiting};
use crate::engine::{Controls, EngineFactory, Publish, Publisher};
use crate::error::Error;
use crate::history::History;
use crate::socket::heartbeat;
use crate::socket::iopub::IoPub;
use crate::socket::listener::Listener;
use crate::socket::pace::Limits;
use crate::socket::router::{self, Replies, Requests};
use crate::socket::stdin::Questions;
use crate::wire::connection::ConnectionFile;
use crate::wire::content::{self, Execute, Shutdown};
use crate::wire::message::{Encoder, Request};
use crate::wire::parent::Parent;
use crate::wire::sign::Signer;

/// How long the engine may take to end; jupyter_client sends SIGTERM after 2.5 s.
const ENGINE_END: Duration = Duration::from_secs(2);

/// How long a client may take to read the last replies.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How often a kernel looks whether the process that started it is still there.
const PARENT_CHECK: Duration = Duration::from_secs(1);

/// What can be set from outside.
#[derive(Debug, Clone, Default)]
pub struct ServerSettings {
    /// Where the input history is kept; `None` for nowhere.
    pub history: Option<PathBuf>,
    /// How much text reaches the front ends.
    pub limits: Limits,
}

impl ServerSettings {
    /// The user's: `FEARLESS_HISTORY` (a file), `FEARLESS_OUTPUT_LIMIT` (bytes a cell, 0 for no
    /// limit) and `FEARLESS_OUTPUT_RATE` (bytes a second, 0 for no limit).
    pub fn from_environment() -> Self {
        let number = |name| {
            let value = std::env::var(name).ok()?;
            let number = value.parse::<u64>();
            if number.is_err() {
                tracing::warn!("ignored {name}={value}: it is no number of bytes");
            }
            number.ok()
        };
        let mut limits = Limits::default();
        if let Some(bytes) = number("FEARLESS_OUTPUT_LIMIT") {
            limits.text = (bytes > 0).then_some(bytes);
        }
        if let Some(bytes) = number("FEARLESS_OUTPUT_RATE") {
            limits.rate = (bytes > 0).then_some(bytes as f64);
        }
        Self {
            history: History::default_path(),
            limits,
        }
    }
}

/// Serves the five channels until the kernel is told to end.
///
/// # Errors
/// A channel's address can't be had, or the system refuses threads.
pub fn serve<F: EngineFactory>(
    connection: &ConnectionFile,
    factory: F,
    settings: ServerSettings,
) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // One may parse a message of 100 MB while the other echoes heartbeats.
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|cause| Error::Start {
            what: "the kernel's event loop",
            cause,
        })?;
    let served = runtime.block_on(run(connection, factory, settings));
    // A cell's thread that waits for an answer must not keep the process.
    runtime.shutdown_background();
    served
}

async fn run<F: EngineFactory>(
    connection: &ConnectionFile,
    factory: F,
    settings: ServerSettings,
) -> Result<(), Error> {
    // Before anybody can know that the kernel is there: a signal that nobody watches kills.
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    let at = |port| connection.endpoint(port);
    let heartbeat = router::open(&at(connection.hb_port)).await?;
    let iopub_listener = Listener::bind(&at(connection.iopub_port)).await?;
    let shell = router::open(&at(connection.shell_port)).await?;
    let control = router::open(&at(connection.control_port)).await?;
    let stdin = router::open(&at(connection.stdin_port)).await?;

    let signer = Signer::new(&connection.key);
    let encoder = Encoder::new(signer.clone());
    let iopub = IoPub::new(encoder.clone(), settings.limits);
    let publisher = Publisher::new(iopub.clone());
    let questions = Questions::new(encoder.clone(), stdin.1);
    let controls = factory.controls();
    let (banner, rust_version) = (factory.banner(), factory.rust_version());
    let engine = EngineThread::spawn(factory, publisher.clone())?;
    let kernel = Arc::new(Kernel {
        encoder,
        signer: signer.clone(),
        iopub: iopub.clone(),
        publisher,
        questions: questions.clone(),
        engine,
        controls,
        cells: Cells::default(),
        comms: Comms::default(),
        history: History::new(settings.history),
        banner,
        rust_version,
        ending: watch::Sender::new(false),
    });

    let mut tasks = JoinSet::new();
    tasks.spawn(heartbeat::echo(heartbeat.1, heartbeat.2));
    tasks.spawn(iopub.socket().serve(iopub_listener));
    tasks.spawn(iopub.clone().pump());
    tasks.spawn(questions.serve(stdin.2, signer));
    tasks.spawn(kernel.clone().run_cells());
    tasks.spawn(
        kernel
            .clone()
            .serve_channel(shell.1.clone(), shell.2, Channel::Shell),
    );
    tasks.spawn(
        kernel
            .clone()
            .serve_channel(control.1.clone(), control.2, Channel::Control),
    );
    for router in [heartbeat.0, shell.0, control.0, stdin.0] {
        tasks.spawn(router.serve());
    }
    tasks.spawn(kernel.clone().watch_signals(signals));
    tasks.spawn(kernel.clone().watch_parent());
    let warmed = kernel.clone();
    tokio::task::spawn_blocking(move || warmed.history.warm_up());

    let mut ending = kernel.ending.subscribe();
    // The sender lives in `kernel`, which outlives this wait.
    let _ = ending.wait_for(|ending| *ending).await;
    kernel.end().await;
    for replies in [shell.1, control.1] {
        replies.drain(LAST_WORDS).await;
    }
    // Awaited, so that the files of Unix sockets are gone when the kernel is.
    tasks.shutdown().await;
    Ok(())
}

/// Where a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Shell,
    Control,
}

impl<C: Controls> Kernel<C> {
    async fn serve_channel(
        self: Arc<Self>,
        replies: Replies,
        mut requests: Requests,
        channel: Channel,
    ) {
        while let Some(frames) = requests.next().await {
            match Request::parse(&frames, &self.signer) {
                Ok(request) => self.dispatch(request, &replies, channel).await,
                Err(error) => tracing::warn!("dropped a message on {channel:?}: {error}"),
            }
        }
    }

    async fn dispatch(self: &Arc<Self>, request: Request, replies: &Replies, channel: Channel) {
        tracing::debug!("{channel:?}: {}", request.msg_type);
        match request.msg_type.as_str() {
            "execute_request" if channel == Channel::Shell => {
                self.take_cell(request, replies).await;
            }
            "execute_request" => {
                let content = answers::refusal("BadRequest", "cells are run on the shell channel");
                self.iopub.status(&request.parent, "busy");
                self.finish(&request, replies, Some(content)).await;
            }
            // Older clients send these on shell.
            "interrupt_request" => {
                self.iopub.status(&request.parent, "busy");
                self.interrupt().await;
                self.finish(&request, replies, Some(json!({"status": "ok"})))
                    .await;
            }
            "shutdown_request" => self.shutdown(&request, replies).await,
            known_or_request
                if known_or_request.ends_with("_request")
                    || known_or_request.starts_with("comm_") =>
            {
                self.answer(request, replies.clone()).await;
            }
            unknown => tracing::warn!("ignored the unknown message `{unknown}`"),
        }
    }

    async fn take_cell(&self, request: Request, replies: &Replies) {
        match content::read::<Execute>(&request.content) {
            Ok(execute) => {
                let (parent, replies) = (request.parent, replies.clone());
                self.cells.push(Waiting {
                    parent,
                    execute,
                    replies,
                });
            }
            Err(error) => {
                let mut content = answers::refusal("BadRequest", &error.to_string());
                content["execution_count"] = self.cells.count().into();
                self.iopub.status(&request.parent, "busy");
                self.finish(&request, replies, Some(content)).await;
            }
        }
    }

    async fn shutdown(&self, request: &Request, replies: &Replies) {
        let restart = content::read(&request.content).is_ok_and(|Shutdown { restart }| restart);
        tracing::info!(
            "{} asked for",
            if restart {
                "a restart was"
            } else {
                "the end was"
            }
        );
        self.iopub.status(&request.parent, "busy");
        let content = json!({"status": "ok", "restart": restart});
        // Other clients are told, too.
        self.iopub
            .message(&request.parent, "shutdown_reply", content.clone());
        self.finish(request, replies, Some(content)).await;
        self.ending.send_replace(true);
    }

    /// SIGINT is the stop button of who started the kernel from a terminal; SIGTERM ends it.
    async fn watch_signals(self: Arc<Self>, signals: (io::Result<Signal>, io::Result<Signal>)) {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
            tracing::warn!("cannot watch signals; SIGINT ends the kernel");
            return;
        };
        loop {
            tokio::select! {
                _ = interrupt.recv() => self.interrupt().await,
                _ = terminate.recv() => {
                    tracing::info!("ended by SIGTERM");
                    self.ending.send_replace(true);
                }
            }
        }
    }

    /// Ends the kernel when the process that started it, as Jupyter names it, is gone.
    async fn watch_parent(self: Arc<Self>) {
        let Some(parent) = std::env::var("JPY_PARENT_PID")
            .ok()
            .and_then(|pid| pid.parse::<u32>().ok())
        else {
            return;
        };
        // A wrapper in between (conda run, a shell) has another id: then there is nothing to see.
        if std::os::unix::process::parent_id() != parent {
            return;
        }
        while std::os::unix::process::parent_id() == parent {
            tokio::time::sleep(PARENT_CHECK).await;
        }
        tracing::info!("process {parent}, which started the kernel, is gone; the kernel ends");
        self.ending.send_replace(true);
    }

    /// Leaves nothing behind: no cell, no process of the engine, no message.
    async fn end(&self) {
        self.questions.cancel();
        self.controls.kill();
        self.engine.shutdown(ENGINE_END).await;
        self.iopub.flush(&Parent::none()).await;
        self.iopub.drain().await;
    }
}
