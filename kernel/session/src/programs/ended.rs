//! How a run of a program has ended, and its report.

use super::compiled::Program;
use crate::cell::output::Remains;
use crate::cell::report::Ending;
use crate::diagnostics::errors;
use crate::outcome::{Facts, deadlock, outcome};
use crate::run::{Run, output_patience};
use crate::session::Session;
use crate::start::find_places;
use jupyter::CellError;
use record::Baseline;
use report::{Outcome, Report};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// Exit code of a Rust program whose main thread panicked.
const PANICKED: i32 = 101;

/// How a run ended. There is no report of it yet, which takes longer to make than a small program
/// takes to run.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    pub outcome: Outcome,
    pub printed: String,
    /// Why it failed; what a deadlock was, only its report tells.
    pub error: Option<CellError>,
    pub(super) remains: Remains,
}

/// What one run of a program left.
pub(crate) struct Finished {
    pub report: Option<Report>,
    pub error: Option<CellError>,
}

impl Session {
    /// Looks at what a run has left, when its process has ended with `status`.
    pub(super) fn end_run(
        &mut self,
        program: &Program,
        run: &Run<'_>,
        status: std::io::Result<ExitStatus>,
    ) -> Ended {
        let cell = run.request.execution_count;
        let has_ended = program.region.has_ended(cell);
        // What is dropped when a process ends may print after `main` has returned.
        self.output.drain();
        let remains = self.output.finish(cell, output_patience(has_ended));
        let printed = self.output.printed();
        find_places(&self.output, &self.region, &self.reporter, None);
        match status {
            Ok(status) => self.ended(program, status, remains, printed),
            Err(cause) => Ended {
                printed,
                error: Some(errors::plain(
                    "error",
                    &format!("cannot start the program: {cause}"),
                )),
                ..Ended::default()
            },
        }
    }

    fn ended(
        &self,
        program: &Program,
        status: ExitStatus,
        mut remains: Remains,
        printed: String,
    ) -> Ended {
        let returned_error = remains.ended_by_error.is_some();
        let deadlocked = program.region.has_verdict();
        let death = match status.code() {
            Some(0) => None,
            // What a deadlocked or panicked thread, or a `main` that returned an error, makes of
            // the program.
            Some(_) if deadlocked || returned_error => None,
            Some(PANICKED) if remains.panic.is_some() => None,
            Some(code) => Some(format!("exit code {code}")),
            None => Some(signal_name(status)),
        };
        let outcome = outcome(&Facts {
            death,
            deadlocked,
            interrupted: self.controls.interrupted(),
            killed: self.controls.killed(),
            remains: &remains,
        });
        let error = match &outcome {
            Outcome::Ok if returned_error => {
                let last = remains.last_lines.last().map_or("", String::as_str);
                let message = last.trim_start_matches("Error: ");
                Some(errors::plain(
                    "returned",
                    &format!("main returned an error: {message}"),
                ))
            }
            Outcome::Ok | Outcome::Deadlocked => None,
            Outcome::Interrupted => Some(errors::plain("interrupted", "the program was stopped")),
            Outcome::Panicked => {
                let panic = remains.panic.take().unwrap_or_default();
                Some(self.panic_error_in(&program.region, &panic))
            }
            Outcome::Crashed { what } => Some(errors::plain(
                if status.code().is_some() {
                    "exit"
                } else {
                    "crashed"
                },
                &format!("the program ended with {what}; the session is untouched"),
            )),
        };
        Ended {
            outcome,
            printed,
            error,
            remains,
        }
    }

    /// The report of the last run of a program, of which the recording still tells.
    pub(super) fn report_on(
        &self,
        program: &Program,
        run: &Run<'_>,
        baseline: &Baseline,
        ended: Ended,
    ) -> Finished {
        let snapshot = program
            .region
            .snapshot(run.request.execution_count, baseline);
        let deadlocked = ended.outcome == Outcome::Deadlocked;
        let ending = Ending {
            outcome: ended.outcome,
            remains: ended.remains,
        };
        let report = program.reporter.finish(snapshot, ending);
        Finished {
            error: if deadlocked {
                Some(deadlock(report.as_ref()))
            } else {
                ended.error
            },
            report,
        }
    }
}

fn signal_name(status: ExitStatus) -> String {
    let text = status.to_string();
    match text.split(['(', ')']).nth(1) {
        Some(name) => name.to_owned(),
        None => format!("signal {}", status.signal().unwrap_or(0)),
    }
}
