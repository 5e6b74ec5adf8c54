//! `:main` and `:repeat`: a cell as a program of its own, in a fresh process with its own
//! recording.
//!
//! The program is compiled the way cells are (same dependencies, same `std`), with the items of
//! earlier cells; it sees no variables of theirs.

use super::compiled::Program;
use super::wrap::{Shape, wrap};
use crate::cell::live::Live;
use crate::cell::output::Output;
use crate::diagnostics::{compile_error, errors};
use crate::process;
use crate::run::{END_OF_INPUT, Run};
use crate::runtime::descriptors::{Handed, IS_RUNTIME, PROGRAM_OBJECT};
use crate::session::Session;
use crate::source::source_map::{PROGRAM_BUILD, rust_start};
use crate::start::find_places;
use jupyter::{CellError, Stream};
use record::{Baseline, Region};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use toolchain::explain::Explained;
use toolchain::program::{self, Build, Compiled, Origin, Purpose};
use toolchain::standard;

/// All that a program finds in `std::env::args()`.
const PROGRAM_NAME: &str = "main";

/// What a program says before it reads a line of input; the question follows.
pub(super) const ASKS: &str = "EVCXR_INPUT_REQUEST:";

/// Errors that may be about something of another cell.
const UNKNOWN_NAMES: [&str; 5] = ["E0412", "E0422", "E0425", "E0432", "E0433"];

impl Session {
    /// Compiles a cell as a program.
    pub(crate) fn compile_program(
        &mut self,
        run: &Run<'_>,
        shape: Shape,
        purpose: Purpose,
    ) -> Result<Arc<Program>, CellError> {
        let cell = run.request.execution_count;
        self.reporter
            .with_sources(|sources| sources.add_cell(cell, run.text()));
        let code = self.apply_commands(run)?;
        let is_inner = shape == Shape::Body;
        let items = program::items_of_earlier_cells(self.workspace.root(), &code, is_inner);
        let source = wrap(&code, shape) + &items;
        // Above the code stand commands, or nothing: one program in a cell and in a file.
        let essence = wrap(code.trim(), shape) + &items;
        let name = format!("{PROGRAM_BUILD}{}", uuid::Uuid::new_v4().simple());
        let plain = |error: toolchain::Error| errors::plain("error", &error.to_string());
        let build = self.build(run, purpose).map_err(plain)?;
        let fingerprint = build.fingerprint(&essence);
        if let Some(same) = self.program_again(purpose, fingerprint, &source) {
            return Ok(same);
        }
        let origin = run.script.as_ref().map(|script| Origin {
            folder: &script.folder,
            edition: script.edition.as_deref(),
        });
        let compiled = build
            .compile(self.workspace.root(), &name, source.clone(), origin)
            .map_err(plain)?;
        if self.controls.interrupted() {
            return Err(errors::plain(
                "interrupted",
                "the program was stopped while it was compiled",
            ));
        }
        self.reporter
            .with_sources(|sources| sources.note_build(&name));
        let object = match compiled {
            Compiled::Object(object) => object,
            Compiled::Refused(explained) => {
                let lines = code.lines().count() as u32;
                return Err(refused(&explained, cell, lines));
            }
        };
        let region =
            Region::create().map_err(|error| errors::plain("error", &error.to_string()))?;
        let program = Arc::new(Program {
            name,
            object,
            region: Arc::new(region),
            source,
            crates: build.crates,
            fingerprint,
            reporter: self.reporter.for_recording(),
        });
        if purpose == Purpose::Explore {
            self.last_explored = Some(program.clone());
        }
        Ok(program)
    }

    /// The program that was explored last, if it is this one: it is replayed, or explored once
    /// more. What it takes from other files may have changed.
    fn program_again(
        &mut self,
        purpose: Purpose,
        fingerprint: u64,
        source: &str,
    ) -> Option<Arc<Program>> {
        const FROM_ELSEWHERE: [&str; 3] = ["include", "env!", "#[path"];
        let known = self.last_explored.clone()?;
        let is_same = purpose == Purpose::Explore
            && (known.fingerprint, known.source.as_str()) == (fingerprint, source)
            && !FROM_ELSEWHERE.iter().any(|word| source.contains(word))
            && known.object.exists();
        if !is_same {
            return None;
        }
        self.reporter
            .with_sources(|sources| sources.note_build(&known.name));
        Some(known)
    }

    /// How programs are compiled. What is made for that, once, is told while it is made.
    fn build(&self, run: &Run<'_>, purpose: Purpose) -> Result<Build, toolchain::Error> {
        let baseline = self.region.baseline();
        let live = (purpose == Purpose::Explore)
            .then(|| self.watch(run, &self.region, &baseline, &self.reporter));
        let build = Build::new(self.workspace.root(), purpose);
        live.flatten().and_then(Live::stop);
        build
    }

    /// Lets evcxr carry out its own commands (`:dep`) and returns the rest of the cell, its lines
    /// in place.
    fn apply_commands(&mut self, run: &Run<'_>) -> Result<String, CellError> {
        let code = &run.code;
        let start = rust_start(code);
        let of_the_file = run.script.as_ref().map_or("", |script| &script.commands);
        let commands: String = of_the_file
            .lines()
            .chain(code[..start].lines())
            .filter(|line| line.trim_start().starts_with(':'))
            .flat_map(|line| [line, "\n"])
            .collect();
        if !commands.is_empty() {
            self.announce(&commands, 0);
            self.context.execute(&commands).map_err(|error| {
                let error = errors::describe(&error, 0);
                match &run.script {
                    Some(_) => errors::without_places(error),
                    None => error,
                }
            })?;
        }
        let blank = "\n".repeat(code[..start].matches('\n').count());
        Ok(blank + &code[start..])
    }

    /// Empties the recording, and has what comes now belong to this run of a program.
    pub(super) fn begin_run(&mut self, program: &Program, run: &Run<'_>, show: bool) -> Baseline {
        let cell = run.request.execution_count;
        program.region.reset();
        program.reporter.forget_process();
        let _ = self.cell_number.set(cell);
        self.output
            .begin(cell, &run.request.parent, cell, run.request.silent, true);
        self.output.set_hidden(cell, !show);
        let script = run.script.clone();
        find_places(&self.output, &program.region, &program.reporter, script);
        program.region.baseline()
    }

    /// Runs a program in a process of its own, and waits for its end.
    pub(super) fn wait_for(
        &mut self,
        program: &Program,
        run: &Run<'_>,
        ask: bool,
    ) -> std::io::Result<ExitStatus> {
        let mut child = self.spawn(program)?;
        self.controls
            .set_program(Some((child.id(), program.region.clone())));
        if self.controls.interrupted() {
            let _ = child.kill();
        }
        let errors = child.stderr.take();
        let output = &self.output;
        std::thread::scope(|scope| {
            scope.spawn(move || pass_on(output, Stream::Stderr, errors));
            self.converse(&mut child, run, ask);
        });
        let status = child.wait();
        self.controls.set_program(None);
        status
    }

    /// Answers a program's questions until it ends: by asking the person, or, if not `ask`, with
    /// the end of the input.
    fn converse(&self, child: &mut Child, run: &Run<'_>, ask: bool) {
        let said = child.stdout.take();
        if self.settings.standard.is_none() {
            // Against the real std its stdin can't be waited for: it is empty.
            drop(child.stdin.take());
            pass_on(&self.output, Stream::Stdout, said);
            return;
        }
        let Some((said, mut answers)) = said.zip(child.stdin.take()) else {
            return;
        };
        for line in BufReader::new(said).lines().map_while(Result::ok) {
            let Some(question) = line.strip_prefix(ASKS) else {
                continue;
            };
            let answer = ask
                .then(|| run.io.request_input(&run.request.parent, question, false))
                .flatten();
            let answer = answer.as_deref().unwrap_or(END_OF_INPUT);
            // A program that no longer reads has ended.
            let _ = answers.write_all(format!("{answer}\n").as_bytes());
        }
    }

    fn spawn(&self, program: &Program) -> std::io::Result<Child> {
        self.prepared(program)?.spawn()
    }

    /// The command that runs a program.
    pub(super) fn prepared(&self, program: &Program) -> std::io::Result<Command> {
        self.prepared_with(program, None)
    }

    /// The same, with a socket for orders.
    pub(super) fn prepared_with(
        &self,
        program: &Program,
        orders: Option<OwnedFd>,
    ) -> std::io::Result<Command> {
        let mut command = process::command(&self.settings)?;
        if let Some(folder) = &self.settings.standard {
            let handed = self
                .program_descriptors
                .hand_over(&program.region, &self.cell_number)?;
            Handed { orders, ..handed }.give_to(&mut command, &folder.join(standard::LIBRARY))?;
        } else {
            command.stderr(Stdio::piped());
        }
        command
            .arg0(PROGRAM_NAME)
            .env(PROGRAM_OBJECT, &program.object)
            .env(IS_RUNTIME, "1")
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        Ok(command)
    }
}

/// Why a cell of so many lines doesn't compile as a program.
fn refused(explained: &Explained, cell: u32, lines: u32) -> CellError {
    // The cell's lines keep their numbers.
    let locate = |line: u32, column| (1..=lines).contains(&line).then_some((cell, line, column));
    let mut error = compile_error::describe(explained, cell, &locate);
    if UNKNOWN_NAMES.contains(&error.ename.as_str()) {
        error.traceback.push(
            "   = note: the cell is a program of its own: it sees no variables of other cells"
                .into(),
        );
    }
    error
}

/// What a program that is compiled against the real std prints.
fn pass_on(output: &Output, stream: Stream, printed: Option<impl Read>) {
    let lines = printed
        .into_iter()
        .flat_map(|pipe| BufReader::new(pipe).lines());
    for line in lines.map_while(Result::ok) {
        if !line.starts_with("EVCXR_") {
            output.stream_to_current(stream, &format!("{line}\n"));
        }
    }
}
