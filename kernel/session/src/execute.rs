//! One cell, from its text to its reply.

use crate::cell::effort::{at_most, processor_time};
use crate::cell::live::Live;
use crate::cell::number::HIDDEN_CELL;
use crate::cell::output::LateText;
use crate::cell::report::Ending;
use crate::cell::timing::Timing;
use crate::commands::check::{self, Runs, Subject};
use crate::commands::{help, parse, shell};
use crate::diagnostics::errors;
use crate::outcome::{
    Facts, cause_of_death, deadlock, no_rust, outcome, place_of_resumed, recorded_panic,
};
use crate::run::{END_OF_INPUT, Run, Way, output_patience};
use crate::session::Session;
use crate::source::dialect;
use crate::source::source_map::{CellSource, has_code, rust_start, with_documentation};
use crate::source::threads::speaks_of_threads;
use crate::variables::End;
use evcxr::{Error, EvalCallbacks, EvalOutputs};
use jupyter::{CellError, CellIo, ExecuteReply, ExecuteRequest, MimeBundle, Stream};
use record::Baseline;
use report::Outcome;
use serde_json::{Map, Value, json};
use std::cell::LazyCell;
use std::time::{Duration, Instant};
use toolchain::Failure;
use toolchain::cell::Cell;
use toolchain::notes;

/// How long the threads of a stopped cell may take to unwind before its report is made.
const SETTLE: Duration = Duration::from_millis(300);

/// How one run of a cell went.
pub(crate) struct Done {
    /// Why it failed, if it did.
    pub error: Option<CellError>,
    /// How long its code ran.
    pub ran: Duration,
    /// Its report as it is shown, if it had one.
    pub shown: Option<MimeBundle>,
}

impl Session {
    pub(crate) fn run(&mut self, request: &ExecuteRequest, io: &CellIo) -> ExecuteReply {
        let parsed = match parse::parse(&request.code, help::EVCXR) {
            Ok(parsed) => parsed,
            Err(message) => return ExecuteReply::Error(errors::plain("command", &message)),
        };
        let is_known = |name: &str| {
            self.variables.kind(name).is_some()
                || self.context.defined_item_names().any(|item| item == name)
        };
        let code = shell::with_negation(&parsed.code, &is_known).into_owned();
        let mut run = Run {
            request,
            io,
            code,
            script: None,
            payload: Vec::new(),
        };
        run.remark(&std::mem::take(&mut self.notices).concat());
        let mut way = Way::Cell;
        let mut checks = Vec::new();
        for (_, command) in parsed.commands {
            match (self.command(command, &mut run, &mut checks), &way) {
                (Ok(None), _)
                | (Ok(Some(Way::Program)), Way::Repeat(_) | Way::Explore(_) | Way::Replay(_)) => {}
                (Ok(Some(other)), _) => way = other,
                (Err(error), _) => return ExecuteReply::Error(error),
            }
        }
        if matches!(way, Way::Cell) {
            run.code = dialect::adapted(&run.code, &self.settings).into_owned();
        }
        let has_code = has_code(&run.code);
        if has_code {
            self.reporter.begin();
            self.output.forget_printed();
            self.explored = None;
        }
        let mut runs = Runs::default();
        let error = match way {
            Way::Cell if run.script.is_some() => Some(errors::plain(
                "command",
                "`:file` goes with `:main`, `:repeat`, `:explore` or `:replay` in the same cell",
            )),
            Way::Cell if run.code.trim().is_empty() => None,
            Way::Cell => self.cell(&run),
            _ if !has_code => Some(errors::plain(
                "command",
                "`:main`, `:repeat`, `:explore` and `:replay` run the code that stands below them in the same cell, and there is none",
            )),
            Way::Program => self.program(&run),
            Way::Explore(search) => self.explore(&run, &search).err(),
            Way::Replay(token) => self.replay(&run, &token).err(),
            Way::Repeat(times) => self
                .repeat(&run, times)
                .map(|repeated| runs = repeated)
                .err(),
        };
        let error = match (error, &run.script) {
            (Some(error), Some(script)) => Some(script.name_places(error, request.execution_count)),
            (error, _) => error,
        };
        if has_code {
            self.checked = Some(Subject {
                cell: request.execution_count,
                error: error.clone(),
                runs,
                explored: self.explored,
                printed: self.output.printed(),
                is_recorded: self.settings.standard.is_some(),
            });
        }
        if !checks.is_empty() {
            let report = self.reporter.whole();
            let answers = check::all(&checks, self.checked.as_ref(), report.as_ref());
            run.say(Stream::Stdout, &answers);
        }
        match error {
            Some(error) => ExecuteReply::Error(error),
            None => ExecuteReply::Ok {
                user_expressions: self.user_expressions(request),
                payload: run.payload,
            },
        }
    }

    /// Runs a cell once and shows everything; why it failed, if it did.
    fn cell(&mut self, run: &Run<'_>) -> Option<CellError> {
        if dialect::is_passed_over(&run.code) {
            return no_rust(&CellSource::new(run.request.execution_count, &run.code));
        }
        let done = self.run_once(run);
        if self.show_timing {
            run.say(Stream::Stdout, &self.timing.to_string());
        }
        done.error
    }

    /// Runs a cell once, with its live view, and shows its report.
    pub(crate) fn run_once(&mut self, run: &Run<'_>) -> Done {
        let request = run.request;
        let cell = request.execution_count;
        let text = dialect::adapted(&request.code, &self.settings);
        self.reporter
            .with_sources(|sources| sources.add_cell(cell, &text));
        let baseline = self.begin(run);
        let live = self.watch(run, &self.region, &baseline, &self.reporter);
        let _ = notes::take_times(self.workspace.root());
        let before = self.processor_time();
        let began = Instant::now();
        self.controls.set_evaluated(false);
        let result = self.evaluate(run);
        self.controls.set_evaluated(true);
        let after = self.processor_time();
        self.tell_changes(run);
        let evaluated = began.elapsed();
        let compiled = notes::take_times(self.workspace.root());
        let told = notes::take_told(self.workspace.root());
        run.remark(&told);
        let live_id = live.and_then(Live::stop);
        let began = Instant::now();
        let done = self.finish(run, &baseline, result);
        self.tell_effort(run, before, after, done.ran);
        self.timing = Timing::new(evaluated, compiled, done.ran, began.elapsed());
        if let Some(bundle) = done.shown.clone().filter(|_| !request.silent) {
            run.show_report(bundle, live_id);
        }
        done
    }

    fn begin(&mut self, run: &Run<'_>) -> Baseline {
        let request = run.request;
        let cell = request.execution_count;
        Failure::forget(self.workspace.root());
        self.announce(&run.code, cell);
        self.region.clear_cancel();
        let baseline = self.region.baseline_since(&self.seen);
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
        if has_command(&run.code, ":restart") {
            self.variables.process_ended(run.request.execution_count);
        }
        let code = self.variables.begin(&run.code);
        self.context
            .execute_with_callbacks(&with_documentation(&code), &mut callbacks)
    }

    /// The cell process, and the processor time that it has used.
    fn processor_time(&self) -> Option<(u32, Duration)> {
        let process = self.context.process_handle();
        let process = process.lock().ok()?.id();
        Some((process, processor_time(process)?))
    }

    /// Tells, once, that a cell computed unoptimised, if it did for long or is judged by its times.
    fn tell_effort(
        &mut self,
        run: &Run<'_>,
        before: Option<(u32, Duration)>,
        after: Option<(u32, Duration)>,
        ran: Duration,
    ) {
        if let (Some((process, before)), Some((same, after))) = (before, after)
            && process == same
        {
            let computed = at_most(ran, after.saturating_sub(before));
            let has_threads = speaks_of_threads(&run.code);
            if let Some(told) = self.effort.note_run(&run.code, computed, has_threads) {
                run.remark(&told);
            }
        }
    }

    /// Tells the stand-in for cargo which cell it is about to compile.
    pub(super) fn announce(&mut self, code: &str, cell: u32) {
        self.serial += 1;
        self.effort.note_commands(&code[..rust_start(code)]);
        let clears = has_command(code, ":clear");
        self.process += u64::from(clears || has_command(code, ":restart"));
        self.cleared += u64::from(clears);
        let cell = Cell {
            serial: self.serial,
            process: self.process,
            cleared: self.cleared,
            count: cell,
            is_optimised: self.effort.is_optimised(code),
            code: with_documentation(code).into_owned(),
        };
        if let Err(error) = cell.announce(self.workspace.root()) {
            tracing::error!("{error}");
        }
    }

    /// Collects what a cell left: the last output, its report, its error.
    fn finish(
        &mut self,
        run: &Run<'_>,
        baseline: &Baseline,
        result: Result<EvalOutputs, Error>,
    ) -> Done {
        let cell = run.request.execution_count;
        let (mut snapshot, mut seen) = self.region.last_snapshot(cell, baseline);
        if result.is_ok() && (self.controls.interrupted() || !snapshot.verdicts.is_empty()) {
            // Nothing of the cell stays blocked for ever; the report shows how its threads ended.
            self.region.cancel(cell);
            self.settle(cell);
            (snapshot, seen) = self.region.last_snapshot(cell, baseline);
        }
        // Of a cell that did not begin there is nothing to tell.
        if let Some(seen) = seen {
            self.seen = seen;
        }
        if matches!(result, Err(Error::SubprocessTerminated(_))) {
            self.output.drain();
        }
        let patience = match &result {
            // Nothing was run.
            Err(Error::CompilationErrors(_)) => Duration::ZERO,
            _ => output_patience(snapshot.ended),
        };
        let mut remains = self.output.finish(cell, patience);
        if let Some(panic) = &mut remains.panic
            && panic.message.is_empty()
        {
            *panic = recorded_panic(&snapshot);
        }
        if let Some(panic) = &mut remains.panic
            && !panic.location.is_some()
        {
            panic.location = place_of_resumed(&snapshot, &panic.message).unwrap_or_default();
        }
        if let Ok(outputs) = &result {
            run.show_outputs(outputs);
        }
        let ran = Duration::from_nanos(snapshot.wall_ns);
        let death = match &result {
            Err(Error::SubprocessTerminated(message)) => Some(cause_of_death(message)),
            _ => None,
        };
        let crashed = death.is_some();
        if !remains.late.is_empty() && !run.request.silent {
            run.show(late_lines(&remains.late));
        }
        let outcome = outcome(&Facts {
            death,
            deadlocked: !snapshot.verdicts.is_empty(),
            interrupted: self.controls.interrupted(),
            killed: self.controls.killed(),
            remains: &remains,
        });
        let panic = remains.panic.clone();
        let early = remains.ended_by_error.map(|at| {
            let message = remains.last_lines.last().cloned().unwrap_or_default();
            self.returned_error(&message, at)
        });
        let returned_before_end = remains.returned_before_end;
        let report = if result.is_ok() || crashed {
            self.reporter.finish(
                snapshot,
                Ending {
                    outcome: outcome.clone(),
                    remains,
                },
            )
        } else {
            None
        };
        let shown = report.as_ref().and_then(|it| self.reporter.show(it));
        let end = match (&result, &outcome) {
            (Err(Error::SubprocessTerminated(_)), _) => End::Died,
            (Err(_), _) => End::Refused,
            (_, Outcome::Interrupted) => End::Stopped,
            (_, Outcome::Deadlocked) => End::Deadlocked,
            (_, Outcome::Panicked) => End::Panicked,
            _ if early.is_some() => End::Panicked,
            _ if returned_before_end => End::Returned,
            _ => End::Complete,
        };
        self.note_variables(run, end);
        self.note_items(run, end);
        let error = self
            .error(run, &outcome, result, panic.as_ref(), report.as_ref())
            .or(early);
        if crashed {
            self.process += 1;
            self.region.reset();
            self.reporter.forget_process();
        }
        Done { error, ran, shown }
    }

    /// Notes what the cell did to the notebook's variables, and tells the person.
    fn note_variables(&mut self, run: &Run<'_>, end: End) {
        let locate = LazyCell::new(|| {
            let generated = self.context.last_source().unwrap_or_default();
            self.reporter
                .with_sources(|sources| sources.locator_of_last(&generated))
        });
        let place = |line| locate(line, 1).map(|(cell, line, _)| (cell, line));
        let cell = run.request.execution_count;
        let notes = self.variables.end(cell, end, &self.context, &place);
        run.remark(&notes.join("\n"));
    }

    /// Gives the threads of a stopped cell a moment to unwind.
    fn settle(&self, cell: u32) {
        let deadline = Instant::now() + SETTLE;
        while self.region.live_threads(cell) > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn user_expressions(&mut self, request: &ExecuteRequest) -> Map<String, Value> {
        let mut values = Map::new();
        if !request.user_expressions.is_empty() && !has_code(&request.code) {
            let cell = request.execution_count;
            self.output.adopt(cell, &request.parent, request.silent);
        }
        for (name, expression) in &request.user_expressions {
            let captured = self.evaluate_quietly(expression, Some(request.execution_count));
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

    /// Runs code as a cell that shows nothing; what its last expression displays. What it prints
    /// stands under `cell`.
    pub(crate) fn evaluate_quietly(
        &mut self,
        code: &str,
        cell: Option<u32>,
    ) -> Result<MimeBundle, CellError> {
        Failure::forget(self.workspace.root());
        self.announce(code, HIDDEN_CELL);
        let baseline = self.region.baseline();
        let _ = self.cell_number.set(HIDDEN_CELL);
        self.output.begin_capture(cell);
        let result = self.context.execute(code);
        let snapshot = self.region.snapshot(HIDDEN_CELL, &baseline);
        let captured = self.output.finish_capture(output_patience(result.is_ok()));
        match result {
            Err(error) => Err(self.quiet_error(&error, code)),
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
}

/// What threads of earlier cells printed while this cell ran. It went to their own cells; clients
/// that drop what comes late (nbclient) show it here alone.
fn late_lines(late: &[((u32, u32), LateText)]) -> MimeBundle {
    let mut text = String::from("Printed meanwhile by threads of earlier cells:\n");
    for ((cell, ordinal), printed) in late {
        let who = record::frame::name(*ordinal);
        for line in &printed.text {
            text.push_str(&format!("{who} of [{cell}]│ {line}\n"));
        }
        let more = printed.lines.saturating_sub(printed.text.len() as u64);
        if more > 0 {
            text.push_str(&format!("{who} of [{cell}]│ … {more} more\n"));
        }
    }
    MimeBundle::from_iter([("text/plain".to_owned(), json!(text))])
}

/// Whether one of evcxr's commands stands before a cell's code.
fn has_command(code: &str, name: &str) -> bool {
    let mut commands = code[..rust_start(code)].lines().map(str::trim);
    commands.any(|line| line == name)
}
