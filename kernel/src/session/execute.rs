//! One cell, from its text to its reply.

use super::commands::{self, Command, RecordMode, ReportCommand};
use super::timing::Timing;
use super::{Session, errors, help};
use crate::cell::live::{Live, Watched};
use crate::cell::output::{LateText, PanicReport, Remains};
use crate::cell::report::{Ending, REPORT_TYPE, show_place};
use crate::engine::{
    ASK_EXIT, CellError, CellIo, ExecuteReply, ExecuteRequest, MimeBundle, Stream,
};
use crate::toolchain::stand_in::{COMPILE_TIME, PROGRESS};
use evcxr::{Error, EvalCallbacks, EvalOutputs};
use record::snapshot::Snapshot;
use record::{Baseline, Region};
use report::{Level, Outcome, Place, Report};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// How long the last output of a cell may be on its way after evcxr said that the cell has ended.
const OUTPUT_PATIENCE: Duration = Duration::from_secs(5);

/// What our `std` takes for the end of the input: Control-D.
const END_OF_INPUT: &str = "\u{4}";

/// How long the threads of a stopped cell may take to unwind before its report is made.
const SETTLE: Duration = Duration::from_millis(300);

/// The number of what is evaluated on a front end's behalf, which no notebook shows.
pub(crate) const HIDDEN_CELL: u32 = u32::MAX;

/// A cell with our commands taken out, on its way.
pub(super) struct Run<'a> {
    /// The request.
    pub request: &'a ExecuteRequest,
    /// Where its outputs go.
    pub io: &'a CellIo,
    /// The Rust code and evcxr's commands.
    pub code: String,
    /// What goes into the reply's `payload`.
    pub payload: Vec<Value>,
}

/// How one run of a cell went.
pub(super) struct Done {
    /// Why it failed, if it did.
    pub error: Option<CellError>,
    /// How long its code ran.
    pub ran: Duration,
    /// Its report as it is shown, if it had one.
    pub shown: Option<MimeBundle>,
}

impl Session {
    pub(super) fn run(&mut self, request: &ExecuteRequest, io: &CellIo) -> ExecuteReply {
        for notice in std::mem::take(&mut self.notices) {
            io.stream(&request.parent, Stream::Stderr, &notice);
        }
        let parsed = match commands::parse(&request.code, help::EVCXR) {
            Ok(parsed) => parsed,
            Err(message) => return ExecuteReply::Error(errors::plain("command", &message)),
        };
        let mut run = Run {
            request,
            io,
            code: parsed.code,
            payload: Vec::new(),
        };
        let mut way = Way::Cell;
        for (_, command) in parsed.commands {
            match self.command(command, &mut run) {
                Ok(None) => {}
                Ok(Some(other)) => way = other,
                Err(error) => return ExecuteReply::Error(error),
            }
        }
        let error = match way {
            _ if run.code.trim().is_empty() => None,
            Way::Cell => self.cell(&run),
            Way::Program => self.program(&run),
            Way::Repeat(times) => self.repeat(&run, times),
        };
        match error {
            Some(error) => ExecuteReply::Error(error),
            None => ExecuteReply::Ok {
                user_expressions: self.user_expressions(request),
                payload: run.payload,
            },
        }
    }

    fn command(&mut self, command: Command, run: &mut Run<'_>) -> Result<Option<Way>, CellError> {
        let say = |text: &str| run.say(Stream::Stdout, text);
        match command {
            Command::Threads(show) => self.output.set_show_threads(show),
            Command::Report(ReportCommand::Off) => self.reporter.set_level(None),
            Command::Report(ReportCommand::Summary) => {
                self.reporter.set_level(Some(Level::Summary))
            }
            Command::Report(ReportCommand::Full) => self.reporter.set_level(Some(Level::Full)),
            Command::Report(ReportCommand::Again) => match self.reporter.last() {
                Some(bundle) => run.show(bundle),
                None => say("no cell has had a report yet\n"),
            },
            Command::Report(ReportCommand::Json) => match self.reporter.last_json() {
                Some(json) => say(&format!("{json:#}\n")),
                None => say("no cell has had a report yet\n"),
            },
            Command::Record(mode) => self.set_record_mode(mode, run)?,
            Command::Trace(path) => {
                let saved = self.reporter.save_trace(&path);
                say(&saved.map_err(|message| errors::plain("trace", &message))?);
            }
            Command::Timing => {
                self.show_timing = !self.show_timing;
                say(if self.show_timing {
                    "timing: on\n"
                } else {
                    "timing: off\n"
                });
            }
            Command::Traits(kind) => {
                let bundle = self
                    .traits(&kind)
                    .map_err(|message| errors::plain("traits", &message))?;
                run.show(bundle);
            }
            Command::Check(condition) => {
                let json = self.reporter.last_json();
                say(&super::check::check(
                    &condition,
                    json.as_ref(),
                    &self.printed(),
                ));
            }
            Command::Help => run.show(help::all()),
            Command::Doc(name) => match self.page(&name) {
                Some(data) => run
                    .payload
                    .push(json!({"source": "page", "data": data, "start": 0})),
                None => say(&format!(
                    "no documentation found for `{name}`; `use` it or write its whole path, as in `:doc std::sync::Mutex`\n"
                )),
            },
            Command::Quit => run.payload.push(ask_exit()),
            Command::Main => return Ok(Some(Way::Program)),
            Command::Repeat(times) => return Ok(Some(Way::Repeat(times))),
        }
        Ok(None)
    }

    fn set_record_mode(&mut self, mode: RecordMode, run: &Run<'_>) -> Result<(), CellError> {
        let failed = |error: String| errors::plain("record", &error);
        match mode {
            RecordMode::Full => self.region.set_mode(record::Mode::Full),
            RecordMode::Counts => self.region.set_mode(record::Mode::Counts),
            RecordMode::Off => {}
        }
        let off = mode == RecordMode::Off;
        if off == self.settings.standard.is_none() {
            return Ok(());
        }
        // Values made with one std are no values of the other: the cell process starts anew.
        self.settings.standard = if off {
            None
        } else {
            self.recording_standard.clone()
        };
        self.settings
            .store(self.workspace.root())
            .map_err(|error| failed(error.to_string()))?;
        self.cell_number
            .set_recorded(!off)
            .map_err(|error| failed(format!("cannot tell the cell process: {error}")))?;
        self.context
            .execute(":restart")
            .map_err(|error| failed(format!("cannot start the cell process anew: {error}")))?;
        self.region.reset();
        self.reporter.forget_process();
        run.say(
            Stream::Stderr,
            if off {
                "Nothing is recorded from now on: cells and their dependencies are compiled against the real std. The variables were dropped.\n"
            } else {
                "Recording again. The variables were dropped.\n"
            },
        );
        Ok(())
    }

    /// Runs a cell once and shows everything; why it failed, if it did.
    fn cell(&mut self, run: &Run<'_>) -> Option<CellError> {
        let done = self.run_once(run);
        if self.show_timing {
            run.say(Stream::Stdout, &self.timing.to_string());
        }
        done.error
    }

    /// Runs a cell once, with its live view, and shows its report.
    pub(super) fn run_once(&mut self, run: &Run<'_>) -> Done {
        let request = run.request;
        let cell = request.execution_count;
        self.reporter
            .with_sources(|sources| sources.add_cell(cell, &request.code));
        let baseline = self.begin(run);
        let live = Live::start(Watched {
            publisher: (**run.io).clone(),
            parent: request.parent.clone(),
            cell,
            region: self.region.clone(),
            baseline: baseline.clone(),
            reporter: self.reporter.clone(),
            controls: self.controls.clone(),
            progress: self.workspace.root().join(PROGRESS),
        });
        let compiled = self.workspace.root().join(COMPILE_TIME);
        let _ = std::fs::remove_file(&compiled);
        let began = Instant::now();
        let result = self.evaluate(run);
        let evaluated = began.elapsed();
        let live_id = live.and_then(Live::stop);
        let began = Instant::now();
        let done = self.finish(run, &baseline, result);
        self.timing = Timing::new(evaluated, &compiled, done.ran, began.elapsed());
        if let Some(bundle) = done.shown.clone().filter(|_| !request.silent) {
            match live_id {
                Some(id) => {
                    run.io
                        .update_display_data(&request.parent, bundle, MimeBundle::new(), id)
                }
                None => run.show(bundle),
            }
        }
        done
    }

    fn begin(&mut self, run: &Run<'_>) -> Baseline {
        let request = run.request;
        let cell = request.execution_count;
        self.region.clear_cancel();
        let baseline = self.region.baseline();
        if let Err(error) = self.cell_number.set(cell) {
            tracing::error!("cannot tell the cell process its number: {error}");
        }
        self.output.begin(
            cell,
            &request.parent,
            cell,
            request.silent,
            speaks_of_threads(&run.code),
        );
        baseline
    }

    fn evaluate(&mut self, run: &Run<'_>) -> Result<EvalOutputs, Error> {
        let mut callbacks = EvalCallbacks {
            input_reader: &|question| {
                run.io
                    .request_input(&run.request.parent, &question.prompt, question.is_password)
                    .unwrap_or_else(|| END_OF_INPUT.to_owned())
            },
        };
        self.context
            .execute_with_callbacks(&run.code, &mut callbacks)
    }

    /// Collects what a cell left: the last output, its report, its error.
    fn finish(
        &mut self,
        run: &Run<'_>,
        baseline: &Baseline,
        result: Result<EvalOutputs, Error>,
    ) -> Done {
        let cell = run.request.execution_count;
        let mut snapshot = self.region.snapshot(cell, baseline);
        if result.is_ok() && (self.controls.interrupted() || !snapshot.verdicts.is_empty()) {
            // Nothing of the cell stays blocked for ever; the report shows how its threads ended.
            self.region.cancel(cell);
            self.settle(cell);
            snapshot = self.region.snapshot(cell, baseline);
        }
        let patience = if snapshot.ended {
            OUTPUT_PATIENCE
        } else {
            Duration::from_millis(20)
        };
        let mut remains = self.output.finish(cell, patience);
        if let Some(panic) = &mut remains.panic
            && panic.message.is_empty()
        {
            *panic = recorded_panic(&snapshot);
        }
        if let Ok(outputs) = &result {
            run.show_outputs(outputs);
        }
        let ran = Duration::from_nanos(snapshot.wall_ns);
        let crashed = matches!(result, Err(Error::SubprocessTerminated(_)));
        if !remains.late.is_empty() && !run.request.silent {
            run.show(late_lines(&remains.late));
        }
        let outcome = self.outcome(&snapshot, &remains, &result);
        let panic = remains.panic.clone();
        let early = remains
            .ended_by_error
            .then(|| remains.last_lines.last().cloned().unwrap_or_default());
        let (report, shown) = if matches!(result, Ok(_) | Err(Error::SubprocessTerminated(_))) {
            self.reporter.finish(
                snapshot,
                Ending {
                    outcome: outcome.clone(),
                    remains,
                },
            )
        } else {
            (None, None)
        };
        let error = self
            .error(run, &outcome, result, panic.as_ref(), report.as_ref())
            .or_else(|| early.map(|message| errors::plain("error", &message)));
        if crashed {
            self.region.reset();
            self.reporter.forget_process();
        }
        Done { error, ran, shown }
    }

    /// Gives the threads of a stopped cell a moment to unwind.
    fn settle(&self, cell: u32) {
        let deadline = Instant::now() + SETTLE;
        while self.region.live_threads(cell) > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn outcome(
        &self,
        snapshot: &Snapshot,
        remains: &Remains,
        result: &Result<EvalOutputs, Error>,
    ) -> Outcome {
        match result {
            Err(Error::SubprocessTerminated(_)) if self.controls.interrupted() => {
                Outcome::Interrupted
            }
            Err(Error::SubprocessTerminated(_)) if self.controls.killed() => Outcome::Deadlocked,
            Err(Error::SubprocessTerminated(message)) => {
                let overflow = remains
                    .last_lines
                    .iter()
                    .any(|line| line.contains("has overflowed its stack"));
                let what = cause_of_death(message);
                Outcome::Crashed {
                    what: if overflow {
                        format!("{what} (stack overflow)")
                    } else {
                        what
                    },
                }
            }
            _ if !snapshot.verdicts.is_empty() => Outcome::Deadlocked,
            _ if self.controls.interrupted() => Outcome::Interrupted,
            _ if remains.panic.is_some() => Outcome::Panicked,
            _ => Outcome::Ok,
        }
    }

    fn error(
        &self,
        run: &Run<'_>,
        outcome: &Outcome,
        result: Result<EvalOutputs, Error>,
        panic: Option<&PanicReport>,
        report: Option<&Report>,
    ) -> Option<CellError> {
        match outcome {
            Outcome::Deadlocked => {
                let mut error = deadlock(report);
                if self.controls.killed() {
                    error.traceback.push("None of these threads could be unwound, so their process was ended. The variables of all cells are lost; items (fn, struct, use) are kept.".into());
                }
                Some(error)
            }
            Outcome::Interrupted => Some(self.interruption()),
            Outcome::Crashed { what } => Some(crash(what)),
            Outcome::Panicked => panic.map(|panic| self.panic_error(panic)),
            Outcome::Ok => result.err().map(|error| {
                let generated = self.context.last_source().unwrap_or_default();
                let locate = self
                    .reporter
                    .with_sources(|sources| sources.locator_of_last(&generated));
                let described = errors::describe(&error, run.request.execution_count, &locate);
                self.about_the_cell(run, described)
            }),
        }
    }

    /// An error that is only about generated code is mostly a cell that ends too early: what its own parser says of it
    /// is more to the point.
    fn about_the_cell(&self, run: &Run<'_>, error: CellError) -> CellError {
        let cell = run.request.execution_count;
        let own_place = format!("[{cell}]:");
        if error.ename != "compile error"
            || error.traceback.iter().any(|line| line.contains(&own_place))
        {
            return error;
        }
        let found = self.reporter.with_sources(|sources| {
            let source = sources.cell(cell)?;
            let (line, column, message) = source.syntax_error()?;
            Some((
                line,
                column,
                message,
                source.line(line).unwrap_or_default().to_owned(),
            ))
        });
        match found {
            Some((line, column, message, text)) => {
                errors::syntax(cell, (line, column), &message, &text)
            }
            None => error,
        }
    }

    fn interruption(&self) -> CellError {
        if self.controls.killed() {
            errors::plain(
                "interrupted",
                "the cell was stopped by ending its process: it computed without touching a lock, channel, thread or print, so it could not be asked to stop.\nThe variables of all cells are lost; items (fn, struct, use) are kept.",
            )
        } else {
            errors::plain(
                "interrupted",
                "the cell was stopped; variables of earlier cells are kept",
            )
        }
    }

    fn panic_error(&self, panic: &PanicReport) -> CellError {
        self.panic_error_in(&self.region, panic)
    }

    /// The error of a panic that `region` recorded.
    pub(super) fn panic_error_in(&self, region: &Region, panic: &PanicReport) -> CellError {
        let place = self.place_of(region, panic.location);
        let (line, source) = match &place {
            Some(Place::Cell { cell, line, .. }) => (
                Some((*cell, *line)),
                self.reporter.with_sources(|sources| {
                    sources
                        .cell(*cell)
                        .and_then(|source| source.line(*line))
                        .map(str::to_owned)
                }),
            ),
            _ => (None, None),
        };
        let mut error = errors::panic(&panic.message, line, source.as_deref());
        if let (None, Some(place)) = (line, place) {
            error
                .traceback
                .insert(1, format!("  at {}", show_place(&place)));
        }
        error
    }

    /// The place behind an index of the recording's location table.
    fn place_of(&self, region: &Region, index: u32) -> Option<Place> {
        let location = region.location(index)?;
        self.reporter
            .with_sources(|sources| sources.place(&location))
    }

    fn user_expressions(&mut self, request: &ExecuteRequest) -> Map<String, Value> {
        let mut values = Map::new();
        for (name, expression) in &request.user_expressions {
            let captured = self.evaluate_quietly(expression);
            values.insert(
                name.clone(),
                match captured {
                    Ok(data) => json!({"status": "ok", "data": data, "metadata": {}}),
                    Err(error) => json!({
                        "status": "error",
                        "ename": error.ename,
                        "evalue": error.evalue,
                        "traceback": error.traceback,
                    }),
                },
            );
        }
        values
    }

    /// Runs code as a cell that shows nothing; what its last expression displays.
    pub(super) fn evaluate_quietly(&mut self, code: &str) -> Result<MimeBundle, CellError> {
        let baseline = self.region.baseline();
        let _ = self.cell_number.set(HIDDEN_CELL);
        self.output.begin_capture();
        let result = self.context.execute(code);
        let snapshot = self.region.snapshot(HIDDEN_CELL, &baseline);
        let patience = if result.is_ok() {
            OUTPUT_PATIENCE
        } else {
            Duration::from_millis(20)
        };
        let captured = self.output.finish_capture(patience);
        match result {
            Err(error) => Err(errors::describe(&error, 0, &|_, _| None)),
            Ok(_) if captured.panic.is_some() => {
                Err(self.panic_error(&captured.panic.unwrap_or_default()))
            }
            Ok(_) if !snapshot.verdicts.is_empty() => Err(deadlock(None)),
            Ok(outputs) => {
                let mut bundle = captured.bundle;
                for (mime, text) in outputs.content_by_mime_type {
                    bundle.entry(mime).or_insert(json!(text));
                }
                Ok(bundle)
            }
        }
    }

    /// The last lines that a cell printed, for `:check output contains`.
    fn printed(&self) -> String {
        self.output.printed()
    }
}

/// The last panic of a cell's main thread, which a hook of the user's has taken.
fn recorded_panic(snapshot: &Snapshot) -> PanicReport {
    let is_main = |index| {
        let mut threads = snapshot.threads.iter();
        threads.any(|thread| thread.index == index && thread.is_main)
    };
    let last = snapshot.panics.iter().rfind(|panic| is_main(panic.thread));
    last.map_or_else(PanicReport::default, |panic| PanicReport {
        location: panic.at,
        message: panic.message.clone(),
        ..PanicReport::default()
    })
}

enum Way {
    Cell,
    Program,
    Repeat(u32),
}

impl Run<'_> {
    /// Shows a bundle under the cell.
    pub(super) fn show(&self, bundle: MimeBundle) {
        self.io
            .display_data(&self.request.parent, bundle, MimeBundle::new(), None);
    }

    /// What evcxr's own commands (`:vars`, `:dep` …) answered.
    fn show_outputs(&self, outputs: &EvalOutputs) {
        let bundle: MimeBundle = outputs
            .content_by_mime_type
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(mime, text)| (mime.clone(), json!(text)))
            .collect();
        if !bundle.is_empty() && !self.request.silent && !bundle.contains_key(REPORT_TYPE) {
            self.io.execute_result(
                &self.request.parent,
                self.request.execution_count,
                bundle,
                MimeBundle::new(),
            );
        }
    }
}

/// What threads of earlier cells printed while this cell ran. It went to their own cells; clients that drop what comes
/// late (nbclient) show it here alone.
fn late_lines(late: &[((u32, u32), LateText)]) -> MimeBundle {
    let mut text = String::new();
    for ((cell, ordinal), printed) in late {
        let lines = if printed.lines == 1 { "line" } else { "lines" };
        text.push_str(&format!(
            "T{ordinal} of [{cell}] printed {} {lines} meanwhile:\n",
            printed.lines
        ));
        for line in &printed.text {
            text.push_str(&format!("  {line}\n"));
        }
        if printed.lines > printed.text.len() as u64 {
            text.push_str("  …\n");
        }
    }
    MimeBundle::from_iter([("text/plain".to_owned(), json!(text))])
}

/// Whether a cell's text speaks of threads, so that its first printed line already gets a gutter.
fn speaks_of_threads(code: &str) -> bool {
    ["spawn(", "scope(", "rayon", "par_iter", "tokio"]
        .iter()
        .any(|word| code.contains(word))
}

/// Tells front ends that the person wants to leave, and the kernel to end.
fn ask_exit() -> Value {
    json!({"source": ASK_EXIT, "keepkernel": false})
}

pub(super) fn deadlock(report: Option<&Report>) -> CellError {
    let (evalue, text) = report
        .and_then(report::deadlock_error)
        .unwrap_or_else(|| ("threads wait for each other for ever".into(), String::new()));
    let drawing = text
        .strip_prefix(&format!("deadlock: {evalue}"))
        .unwrap_or(&text);
    CellError {
        ename: "deadlock".into(),
        traceback: std::iter::once(format!("\x1b[1;31mdeadlock\x1b[0m: {evalue}"))
            .chain(drawing.trim_start_matches('\n').lines().map(str::to_owned))
            .collect(),
        evalue,
    }
}

fn crash(what: &str) -> CellError {
    errors::plain(
        "crashed",
        &format!(
            "the cell's process ended with {what}.\nThe variables of all cells are lost; items (fn, struct, use) are kept. The next cell starts a new process."
        ),
    )
}

/// The signal or exit code in evcxr's words: `… status: signal: 11 (SIGSEGV) (core dumped)`.
fn cause_of_death(message: &str) -> String {
    let status = message
        .rsplit("terminated with status: ")
        .next()
        .unwrap_or(message)
        .trim();
    if let Some(rest) = status.strip_prefix("signal: ") {
        let name = rest.split(['(', ')']).nth(1).unwrap_or(rest);
        return name.trim().to_owned();
    }
    let code = status
        .strip_prefix("exit status: ")
        .or(status.strip_prefix("exit code: "));
    match code {
        Some(code) => format!("exit code {code}"),
        None => status
            .lines()
            .last()
            .unwrap_or("an unknown cause")
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_is_called_by_its_name() {
        let of = |status| cause_of_death(&format!("Subprocess terminated with status: {status}"));
        assert_eq!(of("signal: 11 (SIGSEGV) (core dumped)"), "SIGSEGV");
        assert_eq!(of("signal: 9 (SIGKILL)"), "SIGKILL");
        assert_eq!(of("exit status: 3"), "exit code 3");
    }
}
