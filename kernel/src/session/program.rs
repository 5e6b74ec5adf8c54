//! `:main` and `:repeat`: a cell as a program of its own, in a fresh process with its own recording.
//!
//! The program is compiled the way cells are (same dependencies, same `std`), but it sees nothing of earlier cells.

use super::execute::{Run, output_patience};
use super::outcome::{Facts, deadlock, outcome};
use super::{Session, errors};
use crate::cell::live::{Live, Watched};
use crate::cell::output::Remains;
use crate::cell::report::Ending;
use crate::engine::{CellError, MimeBundle, Stream};
use crate::runtime::{IS_RUNTIME, PROGRAM, PROGRAM_ENTRY};
use crate::toolchain::{program, standard};
use record::{Baseline, Region};
use report::Outcome;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Arc;

/// Exit code of a Rust program whose main thread panicked.
const PANICKED: i32 = 101;

/// What one run of a program left.
pub(super) struct Finished {
    pub outcome: Outcome,
    pub shown: Option<MimeBundle>,
    pub printed: String,
    pub error: Option<CellError>,
}

/// A compiled program.
pub(super) struct Program {
    object: PathBuf,
    region: Arc<Region>,
}

/// How a cell's code becomes a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// It defines `fn main()`.
    Main,
    /// It is the body of `main`.
    Body,
}

impl Session {
    /// Runs a cell under `:main`; why it failed, if it did.
    pub(super) fn program(&mut self, run: &Run<'_>) -> Option<CellError> {
        let program = match self.compile_program(run, Shape::Main) {
            Ok(program) => program,
            Err(error) => return Some(error),
        };
        let live = Live::start(Watched {
            publisher: (**run.io).clone(),
            parent: run.request.parent.clone(),
            cell: run.request.execution_count,
            region: program.region.clone(),
            baseline: program.region.baseline(),
            reporter: self.reporter.clone(),
            controls: self.controls.clone(),
            workspace: self.workspace.root().to_owned(),
        });
        let finished = self.run_program(&program, run, true);
        let live_id = live.and_then(Live::stop);
        match (finished.shown, live_id) {
            (Some(bundle), Some(id)) => {
                run.io
                    .update_display_data(&run.request.parent, bundle, MimeBundle::new(), id);
            }
            (Some(bundle), None) => run.show(bundle),
            (None, _) => {}
        }
        finished.error
    }

    /// Compiles a cell as a program.
    pub(super) fn compile_program(
        &mut self,
        run: &Run<'_>,
        shape: Shape,
    ) -> Result<Program, CellError> {
        let cell = run.request.execution_count;
        self.reporter
            .with_sources(|sources| sources.add_cell(cell, &run.request.code));
        let code = self.apply_commands(&run.code)?;
        let source = wrap(&code, shape);
        let name = format!("program_{}", uuid::Uuid::new_v4().simple());
        let object = program::compile(self.workspace.root(), &name, &source)
            .map_err(|error| errors::plain("error", &error.to_string()))?;
        self.reporter
            .with_sources(|sources| sources.note_build(&name));
        let object = object.map_err(|messages| {
            let locate = self
                .reporter
                .with_sources(|sources| sources.locator_of_last(&source));
            errors::describe_messages(&messages, cell, &locate)
        })?;
        let region =
            Region::create().map_err(|error| errors::plain("error", &error.to_string()))?;
        Ok(Program {
            object,
            region: Arc::new(region),
        })
    }

    /// Lets evcxr carry out its own commands (`:dep`) and returns the rest of the cell, its lines in place.
    fn apply_commands(&mut self, code: &str) -> Result<String, CellError> {
        let start = super::source_map::rust_start(code);
        let commands: String = code[..start]
            .lines()
            .filter(|line| line.trim_start().starts_with(':'))
            .flat_map(|line| [line, "\n"])
            .collect();
        if !commands.is_empty() {
            self.context
                .execute(&commands)
                .map_err(|error| errors::describe(&error, 0, &|_, _| None))?;
        }
        let blank = "\n".repeat(code[..start].matches('\n').count());
        Ok(blank + &code[start..])
    }

    /// Runs a compiled program once. What it prints is shown only if `show`.
    pub(super) fn run_program(&mut self, program: &Program, run: &Run<'_>, show: bool) -> Finished {
        let cell = run.request.execution_count;
        program.region.reset();
        let baseline = program.region.baseline();
        let _ = self.cell_number.set(cell);
        self.output
            .begin(cell, &run.request.parent, cell, run.request.silent, true);
        self.output.set_hidden(cell, !show);
        let status = self.wait_for(program);
        let ended = program.region.snapshot(cell, &baseline).ended;
        let remains = self.output.finish(cell, output_patience(ended));
        let printed = self.output.printed();
        match status {
            Ok(status) => self.finish_program(program, cell, &baseline, status, remains, printed),
            Err(cause) => Finished {
                outcome: Outcome::Ok,
                shown: None,
                printed,
                error: Some(errors::plain(
                    "error",
                    &format!("cannot start the program: {cause}"),
                )),
            },
        }
    }

    fn finish_program(
        &mut self,
        program: &Program,
        cell: u32,
        baseline: &Baseline,
        status: ExitStatus,
        mut remains: Remains,
        printed: String,
    ) -> Finished {
        let snapshot = program.region.snapshot(cell, baseline);
        let deadlocked = !snapshot.verdicts.is_empty();
        let death = match status.code() {
            Some(0) => None,
            // What a deadlocked or panicked thread makes of the program.
            Some(_) if deadlocked => None,
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
        let panic = remains.panic.take();
        let ending = Ending {
            outcome: outcome.clone(),
            remains,
        };
        let (report, shown) = self.reporter.finish(snapshot, ending);
        let error = match &outcome {
            Outcome::Ok => None,
            Outcome::Deadlocked => Some(deadlock(report.as_ref())),
            Outcome::Interrupted => Some(errors::plain("interrupted", "the program was stopped")),
            Outcome::Panicked => {
                let panic = panic.unwrap_or_default();
                Some(self.panic_error_in(&program.region, &panic))
            }
            Outcome::Crashed { what } => Some(errors::plain(
                "crashed",
                &format!("the program ended with {what}; the session is untouched"),
            )),
        };
        Finished {
            outcome,
            shown,
            printed,
            error,
        }
    }

    fn wait_for(&mut self, program: &Program) -> std::io::Result<ExitStatus> {
        let mut child = self.spawn(program)?;
        self.controls
            .set_program(Some((child.id(), program.region.clone())));
        if self.controls.interrupted() {
            let _ = child.kill();
        }
        let status = child.wait();
        self.controls.set_program(None);
        status
    }

    fn spawn(&self, program: &Program) -> std::io::Result<Child> {
        let mut command = super::start::command(&self.settings)?;
        if let Some(folder) = &self.settings.standard {
            self.program_descriptors
                .hand_over(&program.region, &self.cell_number)?
                .give_to(&mut command, &folder.join(standard::LIBRARY))?;
        }
        command
            .arg(PROGRAM)
            .arg(&program.object)
            .env(IS_RUNTIME, "1")
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = std::fs::remove_file::<&Path>(self.object.as_ref());
    }
}

/// The source of a program; the cell's lines stay where they are, what is added comes after them.
fn wrap(code: &str, shape: Shape) -> String {
    let (before, after, run) = match shape {
        Shape::Main => ("", "", "fearless_exit(main())"),
        Shape::Body => (
            "fn fearless_body() { let _ = {\n",
            "\n}; }",
            "fearless_exit(fearless_body())",
        ),
    };
    format!(
        "{before}{code}\n{after}
trait FearlessExit {{ fn code(self) -> i32; }}
impl FearlessExit for () {{ fn code(self) -> i32 {{ 0 }} }}
impl<E: ::std::fmt::Debug> FearlessExit for ::std::result::Result<(), E> {{
    fn code(self) -> i32 {{ match self {{ Ok(()) => 0, Err(error) => {{ ::std::eprintln!(\"Error: {{error:?}}\"); 1 }} }} }}
}}
fn fearless_exit<T: FearlessExit>(value: T) -> i32 {{ value.code() }}
#[unsafe(no_mangle)]
pub extern \"C\" fn {PROGRAM_ENTRY}() -> i32 {{
    match ::std::panic::catch_unwind(|| {run}) {{
        Ok(code) => code,
        Err(_) => {{ ::std::println!(\"EVCXR_PANIC_NOTIFICATION\"); {PANICKED} }}
    }}
}}
"
    )
}

fn signal_name(status: ExitStatus) -> String {
    let text = status.to_string();
    match text.split(['(', ')']).nth(1) {
        Some(name) => name.to_owned(),
        None => format!("signal {}", status.signal().unwrap_or(0)),
    }
}

impl Run<'_> {
    /// Says something under the cell.
    pub(super) fn say(&self, stream: Stream, text: &str) {
        self.io.stream(&self.request.parent, stream, text);
    }
}
