//! How a cell or a program ended, and what a failed cell says of it.

use crate::cell::output::{PanicReport, Remains};
use crate::diagnostics::{self, compile_error, errors};
use crate::run::Run;
use crate::session::Session;
use crate::source::places::show_place;
use crate::source::source_map::{CellSource, SourceMap};
use evcxr::{Error, EvalOutputs};
use jupyter::CellError;
use record::snapshot::Snapshot;
use record::{LocationSlot, Region};
use report::{Outcome, Place, Report};
use toolchain::explain::explain;

/// What decides the outcome.
pub(crate) struct Facts<'a> {
    /// What the process died of, if it did: `SIGSEGV`, `exit code 3`.
    pub death: Option<String>,
    /// Whether a deadlock was proved.
    pub deadlocked: bool,
    /// Whether the person stopped it.
    pub interrupted: bool,
    /// Whether the kernel ended the process.
    pub killed: bool,
    /// What it left.
    pub remains: &'a Remains,
}

/// How it ended.
pub(crate) fn outcome(facts: &Facts<'_>) -> Outcome {
    match &facts.death {
        Some(_) if facts.interrupted => Outcome::Interrupted,
        Some(_) if facts.killed || facts.deadlocked => Outcome::Deadlocked,
        Some(cause) => {
            // std writes this line in pieces, which may have come one by one.
            let last = facts.remains.last_lines.concat();
            let hint = match overflowed(&last) {
                Some("main") => " (stack overflow)".to_owned(),
                Some(thread) => format!(" (stack overflow in thread `{thread}`)"),
                None => String::new(),
            };
            Outcome::Crashed {
                what: format!("{cause}{hint}"),
            }
        }
        None if facts.deadlocked => Outcome::Deadlocked,
        None if facts.interrupted => Outcome::Interrupted,
        None if facts.remains.panic.is_some() => Outcome::Panicked,
        None => Outcome::Ok,
    }
}

/// The thread that has overflowed its stack, if its last words say so.
fn overflowed(text: &str) -> Option<&str> {
    let (before, _) = text.split_once(" has overflowed its stack")?;
    // `thread 'main' (4711)`
    let (_, named) = before.rsplit_once("thread '")?;
    named.split('\'').next()
}

/// What goes with a process.
const LOST: &str = "The variables of all cells are lost, and so is what was in statics; items (fn, struct, use) are kept.";

/// What is wrong with `rng.gen()`.
const GEN: &str = "found reserved keyword `gen`, which is none before Rust 2024: write `r#gen`, or `:edition 2021` in a cell before";

/// Where a cell is no Rust, and why; `None` if it is.
pub(crate) fn no_rust(source: &CellSource) -> Option<CellError> {
    let found = source.unbalanced().or_else(|| source.syntax_error());
    let (line, column, message) = found?;
    let text = source.line(line).unwrap_or_default();
    Some(errors::syntax(source.cell, (line, column), &message, text))
}

impl Session {
    /// What a failed cell shows; `None` if it did not fail.
    pub(crate) fn error(
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
                if let Err(Error::SubprocessTerminated(message)) = &result {
                    let why = if self.controls.killed() {
                        "None of these threads could be unwound, so their process was ended.".into()
                    } else {
                        format!(
                            "While they unwound, their process ended with {}, as it does when a destructor panics then (an `unwrap` in a `drop`, say).",
                            cause_of_death(message)
                        )
                    };
                    error.traceback.push(format!("{why} {LOST}"));
                }
                Some(error)
            }
            Outcome::Interrupted => Some(self.interruption(&result)),
            Outcome::Crashed { what } => Some(crash(what)),
            Outcome::Panicked => panic.map(|panic| self.panic_error(panic)),
            Outcome::Ok => result.err().map(|error| {
                let described = self.compile_error(&error, run.request.execution_count);
                self.about_the_cell(run, described)
            }),
        }
    }

    /// Why a cell was not run.
    fn compile_error(&self, error: &Error, cell: u32) -> CellError {
        let explained = match error {
            Error::CompilationErrors(_) => explain(self.workspace.root()),
            _ => None,
        };
        let Some(explained) = explained else {
            return errors::describe(error, cell);
        };
        let locate = self
            .reporter
            .with_sources(|sources| sources.locator_of_last(&explained.source));
        let mut described = compile_error::describe(&explained, cell, &locate);
        for (name, wanted) in diagnostics::numbers(&explained.errors) {
            let kind = self
                .variables
                .kind(&name)
                .filter(|kind| kind == "i32" || kind == "f64");
            let note = kind.map(|kind| diagnostics::number(&name, &wanted, &kind));
            let note = note.map(|note| errors::addition("note", &note));
            described.traceback.extend(note);
        }
        described
    }

    /// Why code that is no cell's was not run.
    pub(crate) fn quiet_error(&self, error: &Error, code: &str) -> CellError {
        let explained = match error {
            Error::CompilationErrors(_) => explain(self.workspace.root()),
            _ => None,
        };
        let Some(explained) = explained else {
            return errors::describe(error, 0);
        };
        let map = SourceMap::new(&explained.source, [&CellSource::new(0, code)]);
        compile_error::describe(&explained, 0, &|line, column| map.locate(line, column))
    }

    /// Adds what only the notebook knows: that the cell ends too early, and what became of earlier
    /// cells' variables.
    fn about_the_cell(&self, run: &Run<'_>, mut error: CellError) -> CellError {
        let cell = run.request.execution_count;
        error.traceback = self.reporter.with_sources(|sources| {
            let line = |cell, line| Some(sources.cell(cell)?.line(line)?.to_owned());
            diagnostics::with_whole_lines(std::mem::take(&mut error.traceback), line)
        });
        let own_place = format!("[{cell}]:");
        let found = self.reporter.with_sources(|sources| {
            let source = sources.cell(cell)?;
            if error.evalue.contains("reserved keyword `gen`") {
                // evcxr takes such a call apart, and rustc speaks of the parts.
                let (line, column, _) = source.syntax_error()?;
                let text = source.line(line).unwrap_or_default();
                return Some(errors::syntax(cell, (line, column), GEN, text));
            }
            // rustc would speak of the code that follows the cell.
            let is_told = || error.traceback.iter().any(|line| line.contains(&own_place));
            if source.unbalanced().is_none() && is_told() {
                return None;
            }
            no_rust(source)
        });
        if let Some(found) = found {
            return found;
        }
        let is_variable = |name: &str| {
            let variables = &self.variables;
            variables.kind(name).is_some() && variables.what_became_of(name, cell).is_none()
        };
        if let Some(note) = diagnostics::variable(&error.ename, &error.evalue, is_variable) {
            error.traceback.push(errors::addition("note", &note));
        }
        let text = diagnostics::strip_ansi(&error.traceback.join("\n"));
        let names = diagnostics::missing(&text);
        let notes: Vec<String> = names
            .iter()
            .filter_map(|name| self.what_became_of(name, cell))
            .collect();
        if !notes.is_empty() && notes.len() == names.len() {
            error.traceback = diagnostics::without_guesses(error.traceback);
        }
        let members = diagnostics::missing_members(&text);
        let members = members
            .iter()
            .filter_map(|name| self.fallen.get(name).cloned());
        let boxed = self.variables.boxed(&run.code, &text);
        for note in notes.into_iter().chain(members).chain(boxed) {
            error.traceback.push(errors::addition("note", &note));
        }
        error
    }

    /// Why a variable or a function is not there, if there was one.
    fn what_became_of(&self, name: &str, cell: u32) -> Option<String> {
        let variable = self.variables.what_became_of(name, cell);
        variable.or_else(|| self.fallen.get(name).cloned())
    }

    fn interruption(&self, result: &Result<EvalOutputs, Error>) -> CellError {
        if self.controls.killed() {
            let why = if self.controls.insisted() {
                "you asked a second time before it had stopped by itself."
            } else {
                "it did not stop by itself in time. It computes, or waits in the system or in C code (for a connection, a child process …), without touching a lock, channel, thread or print of std, where it could be asked to stop; or it catches the panic that would stop it."
            };
            errors::plain(
                "interrupted",
                &format!("the cell was stopped by ending its process: {why}\n{LOST}"),
            )
        } else if let Err(Error::SubprocessTerminated(message)) = result {
            let cause = cause_of_death(message);
            errors::plain(
                "interrupted",
                &format!(
                    "the cell was stopped, and its process ended with {cause} while it unwound.\n{LOST}"
                ),
            )
        } else {
            errors::plain(
                "interrupted",
                "the cell was stopped; variables of earlier cells are kept",
            )
        }
    }

    pub(crate) fn panic_error(&self, panic: &PanicReport) -> CellError {
        self.panic_error_in(&self.region, panic)
    }

    /// The error of a panic that `region` recorded.
    pub(crate) fn panic_error_in(&self, region: &Region, panic: &PanicReport) -> CellError {
        let place = self.place_of(region, panic.location);
        let (line, source) = self.line_at(place.as_ref());
        let mut error = errors::panic(&panic.message, line, source.as_deref());
        if let (None, Some(place)) = (line, place) {
            error
                .traceback
                .insert(1, format!("  at {}", show_place(&place)));
        }
        error
    }

    /// The error of a cell that a `?` has ended.
    pub(crate) fn returned_error(&self, message: &str, at: LocationSlot) -> CellError {
        let place = self.place_of(&self.region, at);
        let (line, source) = self.line_at(place.as_ref());
        errors::returned(message, line, source.as_deref())
    }

    /// The cell and line of a place in a cell, and the line's text.
    fn line_at(&self, place: Option<&Place>) -> (Option<(u32, u32)>, Option<String>) {
        let Some(&Place::Cell { cell, line, .. }) = place else {
            return (None, None);
        };
        let source = self.reporter.with_sources(|sources| {
            let source = sources.cell(cell)?.line(line)?;
            Some(source.to_owned())
        });
        (Some((cell, line)), source)
    }

    /// The place behind an index of the recording's location table.
    fn place_of(&self, region: &Region, index: LocationSlot) -> Option<Place> {
        let location = region.location(index)?;
        self.reporter
            .with_sources(|sources| sources.place(&location))
    }
}

/// The error of a deadlock that `report` tells of.
pub(crate) fn deadlock(report: Option<&Report>) -> CellError {
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

/// The last panic of a cell's main thread, which a hook of the user's has taken.
pub(crate) fn recorded_panic(snapshot: &Snapshot) -> PanicReport {
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

/// Where a panic was that was passed on to the cell's main thread, such as one of a thread that it
/// joined.
pub(crate) fn place_of_resumed(snapshot: &Snapshot, message: &str) -> Option<LocationSlot> {
    let is_it = |recorded: &str| {
        message == recorded || (recorded.len() > 1000 && message.starts_with(recorded))
    };
    let mut panics = snapshot.panics.iter();
    let panic = panics.rfind(|panic| is_it(&panic.message))?;
    Some(panic.at)
}

fn crash(what: &str) -> CellError {
    let cause = if what.contains("stack overflow") {
        "A recursion has no end, or what it keeps on the stack is too large; `std::thread::Builder` starts a thread with a larger one (`stack_size`).\n"
    } else {
        ""
    };
    errors::plain(
        "crashed",
        &format!(
            "the cell's process ended with {what}.\n{cause}{LOST} The next cell starts a new process."
        ),
    )
}

/// The signal or exit code in evcxr's words: `… status: signal: 11 (SIGSEGV) (core dumped)`.
pub(crate) fn cause_of_death(message: &str) -> String {
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

    fn facts(remains: &Remains) -> Facts<'_> {
        Facts {
            death: None,
            deadlocked: false,
            interrupted: false,
            killed: false,
            remains,
        }
    }

    #[test]
    fn the_end_of_the_process_comes_before_what_led_to_it() {
        let none = Remains::default();
        let died = |facts| {
            outcome(&Facts {
                death: Some("SIGKILL".into()),
                ..facts
            })
        };
        let stopped = Facts {
            interrupted: true,
            killed: true,
            ..facts(&none)
        };
        assert_eq!(died(stopped), Outcome::Interrupted);
        let stuck = Facts {
            deadlocked: true,
            killed: true,
            ..facts(&none)
        };
        assert_eq!(died(stuck), Outcome::Deadlocked);
        let died_unwinding = Facts {
            deadlocked: true,
            ..facts(&none)
        };
        assert_eq!(died(died_unwinding), Outcome::Deadlocked);
        let what = "SIGKILL".to_owned();
        assert_eq!(died(facts(&none)), Outcome::Crashed { what });
        let overflowed = Remains {
            last_lines: vec!["thread 'main' has overflowed its stack".into()],
            ..Remains::default()
        };
        let what = "SIGKILL (stack overflow)".to_owned();
        assert_eq!(died(facts(&overflowed)), Outcome::Crashed { what });
        let of_a_thread = Remains {
            last_lines: vec!["thread 'digger' has overflowed its stack".into()],
            ..Remains::default()
        };
        let what = "SIGKILL (stack overflow in thread `digger`)".to_owned();
        assert_eq!(died(facts(&of_a_thread)), Outcome::Crashed { what });
    }

    #[test]
    fn a_deadlock_or_the_stop_button_explains_a_panic() {
        let panicked = Remains {
            panic: Some(PanicReport::default()),
            ..Remains::default()
        };
        assert_eq!(outcome(&facts(&panicked)), Outcome::Panicked);
        let interrupted = Facts {
            interrupted: true,
            ..facts(&panicked)
        };
        assert_eq!(outcome(&interrupted), Outcome::Interrupted);
        let deadlocked = Facts {
            deadlocked: true,
            interrupted: true,
            ..facts(&panicked)
        };
        assert_eq!(outcome(&deadlocked), Outcome::Deadlocked);
        assert_eq!(outcome(&facts(&Remains::default())), Outcome::Ok);
    }

    #[test]
    fn a_death_is_called_by_its_name() {
        let of = |status| cause_of_death(&format!("Subprocess terminated with status: {status}"));
        assert_eq!(of("signal: 11 (SIGSEGV) (core dumped)"), "SIGSEGV");
        assert_eq!(of("signal: 9 (SIGKILL)"), "SIGKILL");
        assert_eq!(of("exit status: 3"), "exit code 3");
    }
}
