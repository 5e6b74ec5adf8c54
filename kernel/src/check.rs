//! `fearless check`: starts the installed kernel as Jupyter does, and talks to it over all five
//! channels.
//!
//! One line for each thing that was tried, with what was seen and how long it took; under a
//! failure, what to do.

use std::io::Write;
use std::time::Instant;

use client::{CellOutput, Channel, Error, KernelSpec, Running};
use serde_json::{Value, json};

use crate::kernelspec;

const REPORT: &str = "application/vnd.fearless.report+json";
const FOUND: &str = "application/vnd.fearless.explore+json";
/// Wide enough for the names of all steps.
const NAME_WIDTH: usize = 11;

/// A thread and a lock, and a variable that stays, for which rust-analyzer needs the library's
/// sources.
const CELL: &str = "\
let counter = std::sync::Arc::new(std::sync::Mutex::new(41));
let twin = counter.clone();
std::thread::spawn(move || *twin.lock().unwrap() += 1).join().unwrap();
println!(\"the answer is {}\", counter.lock().unwrap());";
const KEPT: &str = "*counter.lock().unwrap()";
const QUESTION: &str = "\
let mut line = String::new();
std::io::stdin().read_line(&mut line).unwrap();
println!(\"heard {}\", line.trim());";
const ENDLESS: &str = "\
println!(\"asleep\");
std::thread::sleep(std::time::Duration::from_secs(3600));";
/// Has few orders. What explored programs load is built for it: nobody waits for that later.
const EXPLORED: &str = "\
:explore all
let counter = std::sync::Arc::new(std::sync::Mutex::new(0));
let twin = counter.clone();
let other = std::thread::spawn(move || *twin.lock().unwrap() += 1);
*counter.lock().unwrap() += 1;
other.join().unwrap();
assert_eq!(*counter.lock().unwrap(), 2);";
const PREFIX: &str = "std::sync::Mut";
/// Shows what rust-analyzer knows of it.
const PAGE: &str = ":doc std::sync::Mutex";

/// What was wrong, and the next step.
#[derive(Debug, PartialEq, Eq)]
struct Failure {
    saw: String,
    next: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            next: error.next_step().to_owned(),
            saw: error.to_string(),
        }
    }
}

type Seen = Result<String, Failure>;

/// Checks the installed kernel, and tells what it sees; whether all is well.
///
/// # Errors
/// `out` can't be written to.
pub fn check(out: &mut dyn Write) -> std::io::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut told = Told { out, well: true };
    runtime.block_on(steps(&mut told))?;
    let well = told.well;
    if well {
        writeln!(out, "the kernel works")?;
    }
    Ok(well)
}

/// Writes a line for each step.
struct Told<'w> {
    out: &'w mut dyn Write,
    well: bool,
}

impl Told<'_> {
    /// One step's line, and what is left to go on with.
    fn tell<T>(
        &mut self,
        name: &str,
        began: Instant,
        step: Result<(T, String), Failure>,
    ) -> std::io::Result<Option<T>> {
        let seconds = began.elapsed().as_secs_f64();
        match step {
            Ok((value, saw)) => {
                writeln!(self.out, "✓ {name:NAME_WIDTH$}  {seconds:6.2} s  {saw}")?;
                Ok(Some(value))
            }
            Err(Failure { saw, next }) => {
                self.well = false;
                let saw = saw.replace('\n', "\n  ");
                writeln!(self.out, "✗ {name:NAME_WIDTH$}  {seconds:6.2} s  {saw}")?;
                writeln!(self.out, "  next: {next}")?;
                Ok(None)
            }
        }
    }

    fn saw(&mut self, name: &str, began: Instant, step: Seen) -> std::io::Result<bool> {
        let told = self.tell(name, began, step.map(|saw| ((), saw)))?;
        Ok(told.is_some())
    }
}

async fn steps(told: &mut Told<'_>) -> std::io::Result<()> {
    let began = Instant::now();
    let spec = KernelSpec::find(kernelspec::NAME, &client::data_folders())
        .map(|spec| (spec.clone(), spec.folder.display().to_string()));
    let Some(spec) = told.tell("kernelspec", began, spec.map_err(Failure::from))? else {
        return Ok(());
    };
    let began = Instant::now();
    let Some(mut kernel) = told.tell("start", began, start(&spec).await)? else {
        return Ok(());
    };
    let began = Instant::now();
    let heard = kernel.client.beat().await;
    let heard = heard.map(|()| "what was sent came back".to_owned());
    told.saw("heartbeat", began, heard.map_err(Failure::from))?;
    let began = Instant::now();
    // Without a compiler nothing of the rest can be.
    if told.saw("cell", began, cell(&mut kernel).await)? {
        let began = Instant::now();
        // Cells run without, so the kernel works all the same.
        let well = told.well;
        told.saw("completion", began, completion(&mut kernel).await)?;
        told.well = well;
        let began = Instant::now();
        told.saw("question", began, question(&mut kernel).await)?;
        let began = Instant::now();
        told.saw("interrupt", began, interrupt(&mut kernel).await)?;
        let began = Instant::now();
        told.saw("explore", began, explore(&mut kernel).await)?;
    }
    let began = Instant::now();
    let ended = kernel.shut_down().await;
    let ended = ended.map(|status| format!("the process ended ({status})"));
    told.saw("shutdown", began, ended.map_err(Failure::from))?;
    Ok(())
}

async fn start(spec: &KernelSpec) -> Result<(Running, String), Failure> {
    let mut kernel = Running::start(spec).await?;
    let info = kernel
        .client
        .ask(Channel::Shell, "kernel_info_request", json!({}));
    let info = info.await?.content;
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let saw = format!(
        "{} {} answers, with Rust {}",
        text(&info["implementation"]),
        text(&info["implementation_version"]),
        text(&info["language_info"]["version"]),
    );
    Ok((kernel, saw))
}

async fn cell(kernel: &mut Running) -> Seen {
    let cell = kernel.client.run(CELL).await?;
    let saw = saw_in_cell(&cell)?;
    let kept = kernel.client.run(KEPT).await?;
    match kept.value() {
        Some("42") => Ok(format!("{saw}; its variable stays")),
        _ => Err(failed(&kept, "the variable of the cell before is not 42")),
    }
}

/// What the cell's outputs tell, when it printed and reported what it should.
fn saw_in_cell(cell: &CellOutput) -> Seen {
    if !cell.succeeded() || !cell.stdout().contains("the answer is 42") {
        return Err(failed(cell, "the cell did not print its answer"));
    }
    let lacks = |what: &str| Failure {
        saw: format!("the report under the cell {what}"),
        next: "see whether `:record off` or `:threads off` is in force; else report it".to_owned(),
    };
    let report = cell.displayed(REPORT).ok_or(lacks("is missing"))?;
    let threads = report["threads"].as_array().map_or(0, Vec::len);
    let lock = report["locks"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|lock| lock["name"] == "counter")
        .ok_or(lacks("does not name the lock `counter`"))?;
    match (threads, &lock["acquisitions"]) {
        (2, acquired) if acquired == 2 => {
            Ok("two threads, the lock `counter` acquired twice".to_owned())
        }
        (threads, acquired) => Err(lacks(&format!(
            "counts {threads} threads and {acquired} acquisitions instead of 2 and 2"
        ))),
    }
}

/// A first answer comes without rust-analyzer where that takes its time to start, and may lack what
/// only that knows.
async fn completion(kernel: &mut Running) -> Seen {
    let mut matches = completed(kernel).await?;
    if !has_mutex(&matches) {
        // Who asks for a page waits until it is there.
        kernel.client.run(PAGE).await?;
        matches = completed(kernel).await?;
    }
    if has_mutex(&matches) {
        return Ok(format!("{PREFIX}… is completed to {}", matches[0]));
    }
    Err(Failure {
        saw: format!("{PREFIX}… is completed to {matches:?}, not to Mutex"),
        next: "cells run without; for completion, rustup component add rust-src, or apt install rust-web-src, or set RUST_SRC_PATH to a folder named library".to_owned(),
    })
}

fn has_mutex(matches: &[String]) -> bool {
    matches.iter().any(|name| name.starts_with("Mutex"))
}

async fn completed(kernel: &mut Running) -> Result<Vec<String>, Failure> {
    let asked = json!({"code": PREFIX, "cursor_pos": PREFIX.len()});
    let reply = kernel.client.ask(Channel::Shell, "complete_request", asked);
    let reply = reply.await?.content;
    let names = reply["matches"].as_array().into_iter().flatten();
    Ok(names.filter_map(Value::as_str).map(str::to_owned).collect())
}

async fn question(kernel: &mut Running) -> Seen {
    let request = kernel.client.begin(QUESTION, true).await?;
    kernel.client.answer("loud and clear").await?;
    let cell = kernel
        .client
        .finish(&request, CellOutput::default())
        .await?;
    if cell.stdout().contains("heard loud and clear") {
        return Ok("a cell asked, and heard the answer".to_owned());
    }
    Err(failed(&cell, "the cell did not hear the answer"))
}

async fn interrupt(kernel: &mut Running) -> Seen {
    let request = kernel.client.begin(ENDLESS, false).await?;
    let cell = kernel.client.until_printed(&request, "asleep").await?;
    let began = Instant::now();
    let ask = kernel
        .client
        .ask(Channel::Control, "interrupt_request", json!({}));
    ask.await?;
    let cell = kernel.client.finish(&request, cell).await?;
    let took = began.elapsed().as_millis();
    if !matches!(cell.error(), Some(("interrupted", _))) {
        return Err(failed(&cell, "a sleeping cell was not interrupted"));
    }
    let kept = kernel.client.run(KEPT).await?;
    if kept.value() != Some("42") {
        return Err(failed(
            &kept,
            "the variables were lost when the cell was stopped",
        ));
    }
    Ok(format!(
        "a sleeping cell stopped within {took} ms; variables stay"
    ))
}

async fn explore(kernel: &mut Running) -> Seen {
    let cell = kernel.client.run(EXPLORED).await?;
    let found = cell.displayed(FOUND);
    match found.map(|found| (&found["verdict"], &found["schedules"])) {
        Some((verdict, schedules)) if verdict == "proved" => Ok(format!(
            "two threads and a lock, all {schedules} orders: none fails"
        )),
        _ => Err(failed(&cell, "two threads and a lock are not proved right")),
    }
}

/// Why a cell failed, in the kernel's words, which name the next step where the kernel knows it.
fn failed(cell: &CellOutput, otherwise: &str) -> Failure {
    let Some((name, value)) = cell.error() else {
        return Failure {
            saw: format!("{otherwise}; it printed {:?}", cell.stdout()),
            next: "report it, with these lines".to_owned(),
        };
    };
    let whole = cell.error_text();
    let next = match NEXT_STEPS
        .iter()
        .find(|(sign, _)| whole.contains(sign) || value.contains(sign))
    {
        Some((_, next)) => next,
        None => "do what the error says; report it if it says nothing of use",
    };
    Failure {
        saw: format!("{name}: {value}"),
        next: next.to_owned(),
    }
}

/// What an error's text contains, and what to do then.
const NEXT_STEPS: [(&str, &str); 5] = [
    (
        "cannot find `rustc`",
        "install Rust from https://rustup.rs, or set FEARLESS_RUST to the folder in which rustc and cargo are",
    ),
    (
        "cannot find `cargo`",
        "install Rust from https://rustup.rs, or set FEARLESS_RUST to the folder in which rustc and cargo are",
    ),
    (
        "linker",
        "install a C linker: apt install build-essential, dnf install gcc, xcode-select --install, or pip install ziglang",
    ),
    (
        "FEARLESS_CACHE",
        "set FEARLESS_CACHE to a folder that can be written and has room",
    ),
    (
        "recording `std`",
        "rustup update stable; Fearless needs Rust 1.95 or newer",
    ),
];

#[cfg(test)]
mod tests {
    use client::Message;

    use super::*;

    fn cell(status: &str, outputs: &[(&str, Value)]) -> CellOutput {
        let message = |(kind, content): &(&str, Value)| Message {
            kind: (*kind).to_owned(),
            parent: String::new(),
            content: content.clone(),
            header: serde_json::Map::new(),
        };
        CellOutput {
            outputs: outputs.iter().map(message).collect(),
            reply: json!({"status": status}),
        }
    }

    fn reported(threads: usize, acquisitions: u64) -> CellOutput {
        let report = json!({
            "threads": vec![json!({}); threads],
            "locks": [{"name": "counter", "acquisitions": acquisitions}],
        });
        let printed = json!({"name": "stdout", "text": "the answer is 42\n"});
        cell(
            "ok",
            &[
                ("stream", printed),
                ("display_data", json!({"data": {REPORT: report}})),
            ],
        )
    }

    #[test]
    fn a_cell_must_print_and_report() {
        assert!(saw_in_cell(&reported(2, 2)).is_ok());
        let wrong = saw_in_cell(&reported(2, 3)).unwrap_err();
        assert!(wrong.saw.contains("3 acquisitions"), "{wrong:?}");
        let mute = saw_in_cell(&cell("ok", &[])).unwrap_err();
        assert!(mute.saw.contains("did not print"), "{mute:?}");
        let printed = json!({"name": "stdout", "text": "the answer is 42\n"});
        let bare = saw_in_cell(&cell("ok", &[("stream", printed)])).unwrap_err();
        assert!(bare.saw.contains("is missing"), "{bare:?}");
    }

    #[test]
    fn each_known_error_has_its_next_step() {
        for (sign, next) in NEXT_STEPS {
            let error =
                json!({"ename": "error", "evalue": format!("it {sign} so"), "traceback": []});
            let failure = saw_in_cell(&cell("error", &[("error", error)])).unwrap_err();
            assert_eq!(failure.next, next);
            assert!(failure.saw.contains(sign), "{failure:?}");
        }
    }

    #[test]
    fn a_failure_is_told_with_its_next_step() {
        let mut out = Vec::new();
        let mut told = Told {
            out: &mut out,
            well: true,
        };
        told.saw("one", Instant::now(), Ok("fine".to_owned()))
            .unwrap();
        let failure = Failure {
            saw: "no\nat all".to_owned(),
            next: "go home".to_owned(),
        };
        told.saw("two", Instant::now(), Err(failure)).unwrap();
        assert!(!told.well);
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].starts_with("✓ one ") && lines[0].ends_with("fine"),
            "{text}"
        );
        assert!(
            lines[1].starts_with("✗ two ") && lines[1].ends_with("no"),
            "{text}"
        );
        assert_eq!(&lines[2..], ["  at all", "  next: go home"]);
    }
}
