//! `:explore` and `:replay`: a cell in one order after another, or once more in the same.

use super::compiled::Program;
use super::explored::{Complaint, Places, Told, failure, outcomes};
use super::wrap::Shape;
use crate::commands::check::Explored;
use crate::commands::search::Search;
use crate::diagnostics::errors;
use crate::run::Run;
use crate::session::Session;
use crate::source::source_map::{runs_nothing, rust_start};
use jupyter::{CellError, MimeBundle, Stream};
use report::explore::{self, Exploration, Verdict};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use toolchain::program::{Crates, Purpose};

/// What front ends know the data by.
const EXPLORE_TYPE: &str = "application/vnd.fearless.explore+json";
/// How long `:explore` searches where nothing is said.
const DEFAULT_SECONDS: f64 = 10.0;
/// Between two looks at the stop button.
pub(super) const GLANCE: Duration = Duration::from_millis(20);
/// Between two pictures while the search goes on.
const INTERVAL: Duration = Duration::from_secs(1);

/// How a search ended.
struct Searched {
    told: Option<Told>,
    interrupted: bool,
    errors: String,
}

impl Session {
    /// Searches for the order in which a cell fails.
    ///
    /// # Errors
    /// When it doesn't compile, can't be explored, fails, or is stopped.
    pub(crate) fn explore(&mut self, run: &Run<'_>, search: &Search) -> Result<(), CellError> {
        let program = self.explored_program(run)?;
        let limit = search
            .seconds
            .or_else(|| (search.runs.is_none() && !search.all).then_some(DEFAULT_SECONDS));
        let mut orders = format!("seed={};strategy={}", search.seed, search.strategy);
        orders += &rules(&program, search);
        if search.all {
            orders += ";all";
        }
        if let Some(runs) = search.runs {
            orders += &format!(";runs={runs}");
        }
        if let Some(seconds) = limit {
            orders += &format!(";seconds={seconds}");
        }
        let display = display_id(run);
        let mut shown: Option<Instant> = None;
        let mut began: Option<Instant> = None;
        let searched = self.search(run, &program, &orders, |told| {
            let began = *began.get_or_insert_with(Instant::now);
            if shown.unwrap_or(began).elapsed() > INTERVAL {
                let so_far = self.exploration(run, &program, search, told, true);
                show(run, &so_far, &display, shown.is_some());
                shown = Some(Instant::now());
            }
        })?;
        let Some(told) = searched.told else {
            return Err(nothing("explore", &searched));
        };
        let found = self.exploration(run, &program, search, &told, searched.interrupted);
        show(run, &found, &display, shown.is_some());
        self.explored = Some(summary(&found));
        match &found.failure {
            Some(failure) => Err(errors::plain("explored", &failure.title)),
            None if searched.interrupted => Err(errors::plain(
                "interrupted",
                &format!("stopped after {} schedules", found.schedules),
            )),
            None => Ok(()),
        }
    }

    /// Runs a cell in the order that a token tells.
    ///
    /// # Errors
    /// When the token is none of this cell's, or as for [`Session::explore`].
    pub(crate) fn replay(&mut self, run: &Run<'_>, token: &str) -> Result<(), CellError> {
        let program = self.explored_program(run)?;
        let token = token.split_whitespace().next().unwrap_or("");
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !token.chars().all(letters) {
            return Err(errors::plain(
                "replay",
                "this is no token: it holds characters that no token has; copy it from the report, without quotes",
            ));
        }
        let search = Search::of_replay();
        let orders = format!("replay={token}{}", rules(&program, &search));
        let searched = self.search(run, &program, &orders, |_| {})?;
        let Some(told) = searched.told else {
            return Err(nothing("replay", &searched));
        };
        let again = told.failure.as_ref();
        if let Some(run_again) = again {
            run.say(Stream::Stdout, &run_again.printed);
            run.say(Stream::Stderr, &run_again.errors);
            if let Some(divergence) = &run_again.divergence {
                return Err(errors::plain(
                    "replay",
                    &format!("the run did not follow its schedule: {divergence}"),
                ));
            }
        }
        let found = self.exploration(run, &program, &search, &told, searched.interrupted);
        if let Some(failure) = &found.failure {
            show(run, &found, &display_id(run), false);
            return Err(errors::plain("replayed", &failure.title));
        }
        Ok(())
    }

    fn explored_program(&mut self, run: &Run<'_>) -> Result<Arc<Program>, CellError> {
        if self.settings.standard.is_none() {
            return Err(errors::plain(
                "explore",
                "only what is recorded can be explored: write `:record full` first",
            ));
        }
        if runs_nothing(&run.code[rust_start(&run.code)..]) {
            return Err(errors::plain(
                "explore",
                "nothing would run: the cell has items alone, and none of them is `fn main()`",
            ));
        }
        self.compile_program(run, Shape::of(&run.code), Purpose::Explore)
    }

    /// Lets the program explore itself, until it has done what the orders say or the person stops
    /// it.
    fn search(
        &self,
        run: &Run<'_>,
        program: &Program,
        orders: &str,
        mut progress: impl FnMut(&Told),
    ) -> Result<Searched, CellError> {
        let failed = |error: std::io::Error| {
            errors::plain("explore", &format!("cannot start the program: {error}"))
        };
        let mut command = self.controlled(run, program, orders)?;
        let mut child = command.spawn().map_err(failed)?;
        self.controls
            .set_program(Some((child.id(), program.region.clone())));
        let searched = self.follow(&mut child, &mut progress);
        self.controls.set_program(None);
        Ok(searched)
    }

    fn follow(&self, child: &mut Child, progress: &mut dyn FnMut(&Told)) -> Searched {
        let said = child.stdout.take();
        let (sender, receiver) = mpsc::channel();
        let mut searched = Searched {
            told: None,
            interrupted: false,
            errors: String::new(),
        };
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let lines = said
                    .into_iter()
                    .flat_map(|said| BufReader::new(said).lines());
                for line in lines.map_while(Result::ok) {
                    let told = serde_json::from_str::<Told>(&line).map_err(|_| {
                        let complaint = serde_json::from_str::<Complaint>(&line);
                        complaint.map_or(line, |complaint| complaint.why)
                    });
                    let _ = sender.send(told);
                }
            });
            loop {
                if self.controls.interrupted() && !searched.interrupted {
                    searched.interrupted = true;
                    let _ = child.kill();
                }
                match receiver.recv_timeout(GLANCE) {
                    Ok(Err(why)) => searched.errors = why,
                    Ok(Ok(told)) => {
                        if told.say == "progress" {
                            progress(&told);
                        }
                        searched.told = Some(told);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            let _ = child.wait();
        });
        searched
    }

    fn exploration(
        &self,
        run: &Run<'_>,
        program: &Program,
        search: &Search,
        told: &Told,
        interrupted: bool,
    ) -> Exploration {
        let cell = run.request.execution_count;
        let failing = told.failure.as_ref().filter(|run| run.ended().is_failure());
        let failure = failing.map(|run| {
            self.reporter
                .with_sources(|sources| failure(&Places::new(cell, sources, program, run), run))
        });
        let limits = self.limits(program, search, told);
        let verdict = match (&failure, interrupted) {
            (Some(_), _) => Verdict::Failed,
            (None, true) => Verdict::Interrupted,
            (None, false) if told.executions.is_some() && limits.is_empty() => Verdict::Proved,
            (None, false) => Verdict::Passed,
        };
        let mut notes = self.notes(told);
        notes.extend(limits);
        Exploration {
            version: 1,
            cell,
            file: run.script.as_ref().map(|script| script.path.clone()),
            verdict,
            schedules: told.schedules,
            schedules_to_failure: failure.as_ref().map(|_| told.schedules),
            seconds: told.seconds,
            per_second: told.schedules as f64 / told.seconds.max(1e-9),
            strategy: match search.strategy.as_str() {
                _ if search.all => "exhaustive".into(),
                "all" => "portfolio".into(),
                other => other.into(),
            },
            memory: if search.sequential { "sc" } else { "c11" }.into(),
            complete: told.executions.is_some(),
            preemption_bound: told.bound,
            cut: told.cut + told.stuck,
            seed: told.seed,
            outcomes: outcomes(told.outcomes.iter()),
            failure,
            notes,
        }
    }

    /// What was left out of the search, so that it proves nothing.
    fn limits(&self, program: &Program, search: &Search, told: &Told) -> Vec<String> {
        let mut limits = Vec::new();
        if told.weak && search.sequential {
            limits.push(
                "Memory was taken to be sequentially consistent: what orders weaker than `SeqCst` allow was not tried.".into(),
            );
        }
        if told.truncated {
            limits.push(
                "Some loads could have seen older stores than were kept; those were not tried."
                    .into(),
            );
        }
        let unseen = ["fetch_max", "fetch_min", "asm!"];
        if unseen.iter().any(|word| program.source.contains(word)) {
            limits.push(
                "`fetch_max`, `fetch_min` and assembly are not told by the compiler: it is not chosen what other threads do right before and after them.".into(),
            );
        }
        if !told.beyond.is_empty() {
            limits.push(beyond(&told.beyond));
        }
        match &program.crates {
            Crates::Ordinary => limits.push(
                "The crates could not be compiled to be explored (the kernel's log says why). They are controlled where they use `std`'s locks, channels and threads, and where they sleep; their atomic operations are not, and plain memory is not checked for data races.".into(),
            ),
            Crates::Explored { foreign } if !foreign.is_empty() => limits.push(format!(
                "Code of other languages is not controlled, and what it does to memory is not seen: that of {}.",
                foreign.join(", ")
            )),
            Crates::Explored { .. } | Crates::None => {}
        }
        limits
    }

    fn notes(&self, told: &Told) -> Vec<String> {
        let mut notes = Vec::new();
        if told.threads == 1 {
            notes.push(
                "The program has one thread: there is no order of threads to be tried.".into(),
            );
        }
        let failure = told.failure.as_ref();
        let passes = failure.filter(|run| run.passes_as_well());
        let differs = failure
            .and_then(|run| run.differs.as_deref())
            .or(passes.map(|_| "once it passed"));
        if let Some(differs) = differs {
            notes.push(format!(
                "The same schedule did not give the same run ({differs}): the program depends on something that is not controlled here, such as a file, an address or a thread of C."
            ));
        }
        if told.stuck > 0 {
            notes.push(
                "In some runs a thread ran for 10 s without an operation that is controlled here; they were given up.".into(),
            );
        }
        if told.others > 0 {
            notes.push(format!("{} runs ended in further ways.", told.others));
        }
        notes
    }
}

/// Why a program has told nothing that was to be explored, or replayed.
fn nothing(wanted: &str, searched: &Searched) -> CellError {
    if searched.interrupted {
        return errors::plain("interrupted", "stopped before the first run was over");
    }
    let why = match searched.errors.trim() {
        "" => "the program could not be explored",
        why => why,
    };
    errors::plain(wanted, why)
}

/// The sentence on what a program does that is not controlled.
fn beyond(what: &[String]) -> String {
    let does: Vec<&str> = what
        .iter()
        .map(|word| match word.as_str() {
            "files" => "opens files",
            "sockets" => "opens sockets",
            "processes" => "starts processes",
            "clock" => "asks the system for the time by a call of its own",
            "threads" => "starts threads by a system call of its own",
            other => other,
        })
        .collect();
    let does = match does.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        all => all.join(""),
    };
    format!(
        "The program {does}: what comes of that is not controlled here, and may be another in each run."
    )
}

/// What holds in the runs of a program. Where only `SeqCst` is used, memory is sequentially
/// consistent anyway; crates use weaker orders. What crates order by atomic operations that are not
/// seen would be taken for races.
fn rules(program: &Program, search: &Search) -> String {
    const WEAK: [&str; 4] = ["Relaxed", "Acquire", "Release", "AcqRel"];
    let is_weak = || WEAK.iter().any(|order| program.source.contains(order));
    let weak = !search.sequential && (program.crates != Crates::None || is_weak());
    let mut rules = String::new();
    if weak {
        rules += ";weak";
    }
    if program.crates != Crates::Ordinary {
        rules += ";races";
    }
    rules
}

/// What `:check` asks about.
fn summary(found: &Exploration) -> Explored {
    let failed = found.outcomes.iter().filter(|it| it.outcome.is_failure());
    Explored {
        failures: failed.map(|it| it.times).sum(),
        outcomes: found.outcomes.len(),
        proved: found.verdict == Verdict::Proved,
    }
}

fn display_id(run: &Run<'_>) -> String {
    let cell = run.request.execution_count;
    format!("fearless-explore-{cell}-{}", uuid::Uuid::new_v4().simple())
}

fn show(run: &Run<'_>, found: &Exploration, display: &str, again: bool) {
    let mut bundle = MimeBundle::from_iter([
        ("text/plain".to_owned(), json!(explore::text(found))),
        ("text/html".to_owned(), json!(explore::html(found))),
    ]);
    if let Ok(data) = serde_json::to_value(found) {
        bundle.insert(EXPLORE_TYPE.to_owned(), data);
    }
    run.show_table(bundle, display, again);
}
