//! `fearless run`, `explore` and `replay`: a program in a file, outside of notebooks.
//!
//! A kernel is started for it, which is this binary, and the file is its one cell (`:file`): what
//! is seen is what a notebook shows.

mod arguments;
mod screen;

use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use client::{CellOutput, Channel, Event, KernelSpec, Message, Running};
use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use arguments::Way;
pub use arguments::{HELP, Wanted, parse};
use screen::Screen;

/// Exit codes: the program fails, or not even ran, or was stopped.
const FAILED: u8 = 1;
const NOT_RUN: u8 = 2;
const STOPPED: u8 = 130;

/// So many times a program is asked to stop; then its kernel is ended.
const PATIENCE: u32 = 3;

/// Between two looks whether the kernel is still there.
const GLANCE: Duration = Duration::from_millis(500);

/// What our `std` takes for the end of the input: Control-D.
const END_OF_INPUT: &str = "\u{4}";

/// What a program's error is called, if it ran.
const RAN: [&str; 5] = ["panic", "deadlock", "exit", "crashed", "returned"];

/// Runs, explores or replays a program, by the kernel that `binary` is; the exit code.
///
/// # Errors
/// One sentence: the kernel can't be started, or dies; a file can't be read or written.
pub fn run(wanted: &Wanted, binary: &Path) -> Result<u8, String> {
    // Told at once, and not when the kernel has started, or has searched for an hour.
    fs::read_to_string(&wanted.file)
        .map_err(|error| format!("cannot read `{}`: {error}", wanted.file))?;
    for file in [&wanted.html, &wanted.json].into_iter().flatten() {
        let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
        if folder.is_some_and(|it| !it.is_dir()) {
            return Err(format!("cannot write `{}`: no such folder", file.display()));
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let code = runtime.block_on(conversation(wanted, binary));
    // A thread may still wait for input.
    runtime.shutdown_background();
    code
}

async fn conversation(wanted: &Wanted, binary: &Path) -> Result<u8, String> {
    let mut stops = Stops::new().map_err(|error| format!("cannot watch signals: {error}"))?;
    let spec = kernel_of(binary);
    let started = unless_stopped(&mut stops, Running::start(&spec)).await;
    let Some(started) = started else {
        return Ok(STOPPED);
    };
    let mut kernel = started.map_err(told)?;
    let mut screen = Screen::default();
    let reply = follow(&mut kernel, wanted, &mut screen, &mut stops).await?;
    let code = match &reply {
        Some(reply) => exit_code(&wanted.way, reply, screen.explored()),
        None => STOPPED,
    };
    screen.finish().map_err(unwritten)?;
    if code == 0 && matches!(wanted.way, Way::Replay(_)) {
        screen
            .note("The program passes in this order.")
            .map_err(unwritten)?;
    }
    if reply.is_some() {
        // Ended by force where it does not answer.
        let _ = kernel.shut_down().await;
    }
    screen.write_files(wanted, code != NOT_RUN)?;
    Ok(code)
}

/// Follows the program to its end; the reply, or nothing where it did not stop when asked to.
async fn follow(
    kernel: &mut Running,
    wanted: &Wanted,
    screen: &mut Screen,
    stops: &mut Stops,
) -> Result<Option<Value>, String> {
    let request = kernel
        .client
        .begin_aside(&wanted.cell())
        .await
        .map_err(told)?;
    let mut looks = tokio::time::interval(GLANCE);
    let mut typed: Option<(Message, JoinHandle<String>)> = None;
    let mut stopped = 0;
    loop {
        tokio::select! {
            event = kernel.client.next_event() => match event.map_err(told)? {
                Event::Question(question) => {
                    typed = Some((question, tokio::task::spawn_blocking(line)));
                }
                Event::Output(output) if output.parent != request => {}
                Event::Output(output) if output.text("execution_state") == "idle" => {
                    let last = CellOutput { outputs: vec![output], ..CellOutput::default() };
                    let cell = kernel.client.finish(&request, last).await.map_err(told)?;
                    return Ok(Some(cell.reply));
                }
                Event::Output(output) => screen.take(output).map_err(unwritten)?,
            },
            answer = answer(&mut typed) => {
                let (question, answer) = answer;
                kernel.client.answer_to(&question, &answer).await.map_err(told)?;
            }
            () = stops.next() => {
                stopped += 1;
                if stopped == PATIENCE {
                    return Ok(None);
                }
                let asked = kernel.client.ask(Channel::Control, "interrupt_request", json!({}));
                asked.await.map_err(told)?;
            }
            _ = looks.tick() => if let Some(error) = kernel.ended().map_err(told)? {
                return Err(told(error));
            },
        }
    }
}

/// Waits for a line that was asked for; for ever where none was.
async fn answer(typed: &mut Option<(Message, JoinHandle<String>)>) -> (Message, String) {
    let Some((_, reading)) = typed else {
        return std::future::pending().await;
    };
    let line = reading.await.unwrap_or_else(|_| END_OF_INPUT.to_owned());
    let question = typed.take().map(|(question, _)| question);
    match question {
        Some(question) => (question, line),
        None => std::future::pending().await,
    }
}

/// A line of the standard input.
fn line() -> String {
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(0) | Err(_) => END_OF_INPUT.to_owned(),
        Ok(_) => line.trim_end_matches(['\n', '\r']).to_owned(),
    }
}

/// The exit code of what a kernel replied.
fn exit_code(way: &Way, reply: &Value, explored: Option<&Value>) -> u8 {
    if reply["status"] == "ok" {
        return 0;
    }
    let name = reply["ename"].as_str().unwrap_or("");
    let failed = match way {
        Way::Run => RAN.contains(&name),
        Way::Explore(_) => explored.is_some_and(|found| found["verdict"] == "failed"),
        Way::Replay(_) => name == "replayed",
    };
    match name {
        "interrupted" => STOPPED,
        _ if failed => FAILED,
        _ => NOT_RUN,
    }
}

/// A binary as a kernel.
fn kernel_of(binary: &Path) -> KernelSpec {
    let environment = [
        // It ends when this process does.
        ("JPY_PARENT_PID", std::process::id().to_string()),
        // Nobody else shares a terminal with it.
        ("FEARLESS_OUTPUT_LIMIT", "0".to_owned()),
        ("FEARLESS_OUTPUT_RATE", "0".to_owned()),
    ];
    let program = binary.to_string_lossy().into_owned();
    KernelSpec {
        argv: vec![program, "kernel".into(), "{connection_file}".into()],
        env: BTreeMap::from(environment.map(|(name, value)| (name.to_owned(), value))),
        display_name: "Fearless".into(),
        folder: PathBuf::new(),
    }
}

/// What asks for the end: Control-C, or whoever started this process.
struct Stops {
    interrupt: Signal,
    terminate: Signal,
}

impl Stops {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// What a future brings, or nothing where the end is asked for before.
async fn unless_stopped<T>(stops: &mut Stops, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = stops.next() => None,
    }
}

fn told(error: client::Error) -> String {
    format!("{error}; {}", error.next_step())
}

fn unwritten(error: io::Error) -> String {
    format!("cannot write what the program prints: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_tell_what_failed() {
        let failed = json!({"verdict": "failed"});
        let passed = json!({"verdict": "passed"});
        let explore = Way::Explore(String::new());
        let replay = Way::Replay(String::new());
        for (way, name, explored, code) in [
            (&Way::Run, "panic", None, FAILED),
            (&Way::Run, "E0308", None, NOT_RUN),
            (&Way::Run, "interrupted", None, STOPPED),
            (&explore, "explored", Some(&failed), FAILED),
            (&explore, "command", None, NOT_RUN),
            (&explore, "interrupted", Some(&passed), STOPPED),
            (&replay, "replayed", Some(&failed), FAILED),
            (&replay, "replay", None, NOT_RUN),
        ] {
            let reply = json!({"status": "error", "ename": name});
            assert_eq!(exit_code(way, &reply, explored), code, "{name}");
        }
        assert_eq!(exit_code(&explore, &json!({"status": "ok"}), None), 0);
    }
}
