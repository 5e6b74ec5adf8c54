//! From what an explored program tells (`control/src/explorer.rs`) to what people read.

use super::program::Program;
use super::repeat::{printed, shorten};
use crate::source::places::Sources;
use crate::source::source_map::SourceMap;
use report::explore::{
    ExploredStep, Failure, FailureKind, OutcomeCount, PassingRun, RunOutcome, StepAt, StepThread,
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toolchain::lines::{SourceLine, lines};

/// One line that the program tells.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    /// `progress` or `done`.
    pub say: String,
    pub schedules: u64,
    pub seconds: f64,
    pub cut: u64,
    pub stuck: u64,
    pub seed: u64,
    /// A run used an order of memory that allows more than was tried.
    pub weak: bool,
    /// A run had more stores than were kept.
    pub truncated: bool,
    /// All of so many executions were tried.
    pub executions: Option<u64>,
    /// All with at most so many preemptions were tried.
    pub bound: Option<u32>,
    pub others: u64,
    pub outcomes: Vec<ToldOutcome>,
    pub failure: Option<ToldRun>,
}

/// Why nothing can be explored.
#[derive(Debug, Deserialize)]
pub(super) struct Complaint {
    pub why: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ToldOutcome {
    pub outcome: String,
    pub printed: String,
    pub error: Option<String>,
    pub times: u64,
    pub token: Option<String>,
}

/// One run, whole.
#[derive(Debug, Deserialize)]
pub(super) struct ToldRun {
    pub outcome: String,
    pub error: Option<String>,
    pub printed: String,
    pub errors: String,
    pub panics: Vec<ToldPanic>,
    pub token: Option<String>,
    pub preemptions: Option<u32>,
    pub steps: Option<Vec<ToldStep>>,
    pub blocked: Option<Vec<ToldStep>>,
    /// The two accesses of a data race.
    pub race: Option<Vec<ToldAccess>>,
    /// Who waits for a lock, and who has it.
    pub holders: Vec<(u32, u32)>,
    /// No schedule with fewer preemptions fails so.
    pub fewest: bool,
    /// The nearest run that passes.
    pub passing: Option<ToldPassing>,
    pub differs: Option<String>,
    pub divergence: Option<String>,
}

impl ToldRun {
    /// Whether its very schedule has passed, too.
    pub fn passes_as_well(&self) -> bool {
        let passing = self.passing.as_ref();
        passing.is_some_and(|passing| Some(&passing.token) == self.token.as_ref())
    }
}

/// The nearest run that passes.
#[derive(Debug, Deserialize)]
pub(super) struct ToldPassing {
    pub token: String,
    /// The first step that is another one.
    pub step: Option<u32>,
    /// What is done there.
    pub instead: Option<ToldStep>,
}

/// An access that races with another one.
#[derive(Debug, Deserialize)]
pub(super) struct ToldAccess {
    pub name: Option<String>,
    pub thread: u32,
    pub step: u32,
    pub writes: bool,
    pub atomic: bool,
    pub frees: bool,
    pub at: Option<ToldPlace>,
}

impl ToldAccess {
    fn word(&self) -> &'static str {
        match (self.atomic, self.writes) {
            _ if self.frees => "free",
            (true, true) => "atomic write",
            (true, false) => "atomic read",
            (false, true) => "write",
            (false, false) => "read",
        }
    }

    fn place(&self) -> ToldStep {
        let at = self.at.as_ref().map(|at| match at {
            ToldPlace::Code { code } => ToldPlace::Code { code: *code },
            ToldPlace::Source { file, line, column } => ToldPlace::Source {
                file: file.clone(),
                line: *line,
                column: *column,
            },
        });
        ToldStep {
            thread: self.thread,
            operation: self.word().into(),
            object: "0".into(),
            name: self.name.clone(),
            at,
            ..ToldStep::default()
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ToldPanic {
    pub thread: u32,
    pub message: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ToldStep {
    pub thread: u32,
    pub operation: String,
    pub object: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub read: Option<u64>,
    #[serde(default)]
    pub written: Option<u64>,
    #[serde(default)]
    pub order: Option<String>,
    #[serde(default)]
    pub reads_from: Option<u32>,
    #[serde(default)]
    pub stale: bool,
    #[serde(default)]
    pub blocked: bool,
    #[serde(default)]
    pub preempted: bool,
    pub at: Option<ToldPlace>,
}

impl ToldStep {
    /// Whether it acts on something that the source can have a name for.
    fn is_on_an_object(&self) -> bool {
        self.object != "0" && !["spawn", "begin", "end", "join"].contains(&self.operation.as_str())
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum ToldPlace {
    Code {
        code: u64,
    },
    Source {
        file: String,
        line: u32,
        column: u32,
    },
}

/// The word for how a run ended.
pub(super) fn outcome_of(word: &str) -> RunOutcome {
    match word {
        "ok" => RunOutcome::Ok,
        "panicked" => RunOutcome::Panicked,
        "deadlocked" => RunOutcome::Deadlocked,
        "raced" => RunOutcome::Raced,
        "livelocked" => RunOutcome::Livelocked,
        "returned_error" => RunOutcome::ReturnedError,
        "crashed" => RunOutcome::Crashed,
        "exited" => RunOutcome::Exited,
        _ => RunOutcome::Cut,
    }
}

/// The outcomes, the most frequent first.
pub(super) fn outcomes<'t>(told: impl Iterator<Item = &'t ToldOutcome>) -> Vec<OutcomeCount> {
    let mut all: Vec<OutcomeCount> = told
        .map(|told| {
            let outcome = outcome_of(&told.outcome);
            OutcomeCount {
                title: title(outcome, &told.printed, told.error.as_deref()),
                outcome,
                printed: told.printed.clone(),
                error: told.error.clone(),
                times: told.times,
                token: told.token.clone(),
            }
        })
        .collect();
    all.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.title.cmp(&b.title)));
    all
}

fn title(outcome: RunOutcome, text: &str, error: Option<&str>) -> String {
    let error = shorten(error.unwrap_or("").lines().next().unwrap_or(""));
    match outcome {
        RunOutcome::Ok => printed(text),
        RunOutcome::Panicked => format!("panicked: {error}"),
        RunOutcome::Deadlocked => "deadlocked".into(),
        RunOutcome::Raced => "raced for memory".into(),
        RunOutcome::Livelocked => "livelocked: its threads look at the same thing for ever".into(),
        RunOutcome::ReturnedError => format!("returned the error {error}"),
        RunOutcome::Crashed => format!("crashed with {error}"),
        RunOutcome::Exited => format!("ended with {error}"),
        RunOutcome::Cut => "was not followed to its end".into(),
    }
}

/// Methods of atomic types. Other atomic operations are counts of an `Arc`.
const ATOMIC: [&str; 7] = [
    "load", "store", "swap", "fetch_", "compare_", "get_and_", "update",
];

/// Turns places and keys into lines and names.
pub(super) struct Reader<'a> {
    cell: u32,
    sources: &'a Sources,
    /// The way from the lines of the program that come after the cell's.
    map: SourceMap,
    names: BTreeMap<String, String>,
    /// Objects that are counts of an `Arc`.
    counts: BTreeSet<String>,
    places: BTreeMap<u64, SourceLine>,
    /// How the path of the program's source ends.
    file: String,
}

impl<'a> Reader<'a> {
    /// For a run of `program`, which is the cell `cell`.
    pub fn new(cell: u32, sources: &'a Sources, program: &Program, run: &ToldRun) -> Reader<'a> {
        let mut reader = Reader {
            cell,
            sources,
            map: sources.map_of(&program.source),
            names: BTreeMap::new(),
            counts: BTreeSet::new(),
            places: BTreeMap::new(),
            file: source_file(&program.object),
        };
        let all = run.steps.iter().chain(&run.blocked).flatten();
        let accesses: Vec<ToldStep> = run.race.iter().flatten().map(ToldAccess::place).collect();
        reader.find_lines(&program.object, all.clone().chain(&accesses));
        // What the thread that made a thing calls it: most often that is the first thread.
        let mut in_order: Vec<&ToldStep> = all.filter(|step| step.is_on_an_object()).collect();
        in_order.sort_by_key(|step| step.thread);
        let mut taken = BTreeSet::new();
        for step in in_order {
            if !reader.names.contains_key(&step.object)
                && let Some(name) = reader.name_at(step)
            {
                let numbered = |count: u32| format!("{name} ({count})");
                let mut names = [name.clone()].into_iter().chain((2..).map(numbered));
                let name = names
                    .find(|name| taken.insert(name.clone()))
                    .unwrap_or_default();
                reader.names.insert(step.object.clone(), name);
            }
        }
        reader
    }

    fn find_lines<'s>(&mut self, object: &Path, steps: impl Iterator<Item = &'s ToldStep>) {
        let codes: BTreeSet<u64> = steps
            .filter_map(|step| match step.at {
                Some(ToldPlace::Code { code }) => Some(code),
                _ => None,
            })
            .collect();
        // The call itself stands before the address to which it returns.
        let calls: Vec<u64> = codes.iter().map(|code| code.saturating_sub(1)).collect();
        for (code, line) in codes.into_iter().zip(lines(object, &calls)) {
            if let Some(line) = line {
                self.places.insert(code, line);
            }
        }
    }

    /// File, line and column of a step.
    fn source<'s>(&'s self, step: &'s ToldStep) -> Option<(&'s str, u32, u32)> {
        match step.at.as_ref()? {
            ToldPlace::Code { code } => {
                let SourceLine { file, line, column } = self.places.get(code)?;
                Some((file, *line, *column))
            }
            ToldPlace::Source { file, line, column } => Some((file, *line, *column)),
        }
    }

    /// Cell, line and column of a step, if it is in a cell.
    fn place(&self, step: &ToldStep) -> Option<(u32, u32, u32)> {
        let (file, line, column) = self.source(step)?;
        if !file.ends_with(&self.file) {
            return None;
        }
        let is_own = self
            .sources
            .cell(self.cell)
            .is_some_and(|it| it.line(line).is_some());
        if is_own {
            return Some((self.cell, line, column));
        }
        self.map.locate(line, column)
    }

    /// What the source calls the object of a step, at its place.
    fn name_at(&mut self, step: &ToldStep) -> Option<String> {
        if step.name.is_some() {
            return step.name.clone();
        }
        let (cell, line, column) = self.place(step)?;
        let text = self.sources.cell(cell)?.line(line)?;
        let (receiver, method) = call_at(text, column).unwrap_or_default();
        if step.order.is_some() && !ATOMIC.iter().any(|name| method.starts_with(name)) {
            self.counts.insert(step.object.clone());
            return None;
        }
        (!receiver.is_empty()).then(|| receiver.to_owned())
    }

    fn name(&self, step: &ToldStep) -> Option<String> {
        self.names.get(&step.object).cloned()
    }

    fn step(&self, number: usize, step: &ToldStep) -> ExploredStep {
        let value = match (step.read, step.written) {
            (Some(read), Some(written)) => Some(format!("{} ➜ {}", value(read), value(written))),
            (Some(read), None) => Some(value(read)),
            (None, Some(written)) => Some(value(written)),
            (None, None) => None,
        };
        let at = self.place(step);
        ExploredStep {
            step: number as u32,
            thread: step.thread,
            operation: step.operation.clone(),
            object: self.name(step),
            order: step.order.clone(),
            value,
            reads_from: step.reads_from.map(|from| from + 1),
            stale: step.stale,
            blocked_on: None,
            preempted: step.preempted,
            at: at.map(|(cell, line, column)| StepAt { cell, line, column }),
        }
    }

    /// The run that fails.
    pub fn failure(&self, run: &ToldRun) -> Failure {
        let steps = run.steps.as_deref().unwrap_or_default();
        let shared = shared(steps, run.blocked.as_deref().unwrap_or_default());
        let last = steps.len().saturating_sub(1);
        let matters = |(position, step): &(usize, &ToldStep)| {
            let is_count = self.counts.contains(&step.object);
            let is_mere = ["fence", "begin", "spawn"].contains(&step.operation.as_str());
            // Where threads did not get to share anything, what one did alone.
            let is_shared = shared.contains(step.object.as_str())
                || shared.is_empty() && step.is_on_an_object() && !is_mere;
            let is_seen = *position == last && !is_mere || is_shared;
            is_seen && !is_count || step.blocked
        };
        let mut kept: Vec<ExploredStep> = Vec::new();
        // A switch at a step that is left out is shown at the next one of that thread.
        let mut switched_to = None;
        for (position, step) in steps.iter().enumerate() {
            if step.preempted {
                switched_to = Some(step.thread);
            }
            if matters(&(position, step)) {
                let preempted = switched_to.take() == Some(step.thread);
                kept.push(ExploredStep {
                    preempted,
                    ..self.step(position + 1, step)
                });
            }
        }
        if kept.len() > MOST_STEPS {
            kept.drain(..kept.len() - MOST_STEPS);
        }
        let omitted = steps.len() - kept.len();
        for access in run.race.iter().flatten() {
            kept.push(ExploredStep {
                object: access.name.clone(),
                ..self.step(access.step as usize, &access.place())
            });
        }
        kept.sort_by_key(|step| step.step);
        let waits = outcome_of(&run.outcome) == RunOutcome::Deadlocked;
        for blocked in run.blocked.iter().flatten().filter(|_| waits) {
            let holder = run
                .holders
                .iter()
                .find(|(waiter, _)| *waiter == blocked.thread);
            kept.push(ExploredStep {
                blocked_on: Some(holder.map_or(blocked.thread, |(_, holder)| *holder)),
                ..self.step(steps.len() + 1, blocked)
            });
        }
        // What passes on that another thread panicked says no more than that.
        let error = run.error.as_deref();
        let is_cause = |panic: &&ToldPanic| Some(panic.message.as_str()) == error;
        let has_cause = run.panics.iter().any(|panic| is_cause(&panic));
        for panic in run.panics.iter().filter(|it| !has_cause || is_cause(it)) {
            kept.push(ExploredStep {
                step: steps.len() as u32 + 1,
                thread: panic.thread,
                operation: "panic".into(),
                value: Some(one_line(&panic.message)),
                ..ExploredStep::default()
            });
        }
        let ids: BTreeSet<u32> = kept.iter().map(|step| step.thread).collect();
        let (kind, title) = self.sentence(run);
        Failure {
            kind,
            title,
            token: run.token.clone(),
            preemptions: run.preemptions.unwrap_or(0),
            fewest: run.fewest || run.preemptions == Some(0),
            passing: run
                .passing
                .as_ref()
                .filter(|_| !run.passes_as_well())
                .map(|passing| self.passing(passing)),
            threads: ids
                .into_iter()
                .map(|id| StepThread { id, name: None })
                .collect(),
            steps: kept,
            omitted: omitted as u32,
        }
    }

    fn passing(&self, passing: &ToldPassing) -> PassingRun {
        let number = passing.step.unwrap_or(0);
        PassingRun {
            token: passing.token.clone(),
            instead: passing
                .instead
                .as_ref()
                .map(|step| self.step(number as usize, step)),
        }
    }

    fn sentence(&self, run: &ToldRun) -> (FailureKind, String) {
        let error = run.error.as_deref().unwrap_or("");
        let first = shorten(error.lines().next().unwrap_or(""));
        match outcome_of(&run.outcome) {
            RunOutcome::Deadlocked => (FailureKind::Deadlock, self.deadlock(run)),
            RunOutcome::Raced => (FailureKind::DataRace, self.data_race(run)),
            RunOutcome::Livelocked => (
                FailureKind::Livelock,
                "Livelock: the threads look at the same thing for ever, and nobody changes it"
                    .into(),
            ),
            RunOutcome::ReturnedError => (
                FailureKind::ReturnedError,
                format!("The program returns the error {first}"),
            ),
            RunOutcome::Crashed => (
                FailureKind::Crash,
                format!("The program crashes with {first}"),
            ),
            _ => {
                let who = run.panics.iter().find(|panic| panic.message == error);
                let who =
                    who.map_or_else(|| "A thread".into(), |panic| format!("T{}", panic.thread));
                (
                    FailureKind::Panic,
                    format!("{who} panics: {}", one_line(error)),
                )
            }
        }
    }

    fn data_race(&self, run: &ToldRun) -> String {
        let told = |access: &ToldAccess| {
            let at = access.place();
            let line = match self.place(&at) {
                Some((cell, line, _)) if cell == self.cell => Some(format!(" (line {line})")),
                Some((cell, line, _)) => Some(format!(" ([{cell}] line {line})")),
                None => self
                    .source(&at)
                    .map(|(file, line, _)| format!(" ({}, line {line})", short_path(file))),
            };
            let verb = match (access.atomic, access.writes) {
                _ if access.frees => "frees it",
                (true, true) => "atomically writes",
                (true, false) => "atomically reads",
                (false, true) => "writes",
                (false, false) => "reads",
            };
            format!("T{} {verb}{}", access.thread, line.unwrap_or_default())
        };
        let accesses: Vec<String> = run.race.iter().flatten().map(told).collect();
        let name = run
            .race
            .iter()
            .flatten()
            .find_map(|access| access.name.as_deref());
        let what = name.map_or_else(|| "the same memory".into(), |name| format!("`{name}`"));
        let is_in_crate = |access: &ToldAccess| {
            let at = access.place();
            self.place(&at).is_none() && self.source(&at).is_some()
        };
        let whose = match run.race.iter().flatten().all(is_in_crate) {
            true => "; both are the crate's own, which the language allows no crate either",
            false => "",
        };
        format!(
            "Data race on {what}: {}, and nothing orders the two (a lock, a channel, or a store with `Release` that a load with `Acquire` sees would){whose}",
            accesses.join(" and ")
        )
    }

    fn deadlock(&self, run: &ToldRun) -> String {
        // Who only waits for the others to end has no part in it, if they have.
        let has_holder = |step: &&ToldStep| {
            let mut holders = run.holders.iter();
            holders.any(|(waiter, _)| *waiter == step.thread)
        };
        let is_ring = run.blocked.iter().flatten().any(|step| has_holder(&step));
        let parts = run.blocked.iter().flatten();
        let waits = parts
            .filter(|step| !is_ring || has_holder(step))
            .map(|step| {
                let name = self
                    .name(step)
                    .map_or_else(String::new, |name| format!(" `{name}`"));
                let holder = run
                    .holders
                    .iter()
                    .find(|(waiter, _)| *waiter == step.thread);
                match holder {
                    Some((_, holder)) if *holder == step.thread => {
                        format!("T{} waits for{name}, which it has itself", step.thread)
                    }
                    Some((_, holder)) => {
                        format!("T{} waits for{name}, which T{holder} has", step.thread)
                    }
                    None => format!("T{} {}", step.thread, waits_for(&step.operation, &name)),
                }
            });
        let waits: Vec<String> = waits.collect();
        format!("Deadlock: {}", waits.join("; "))
    }
}

/// A message in one line: `assertion failed (left: 1, right: 2)`, as a table has room for.
fn one_line(message: &str) -> String {
    let mut lines = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("").to_owned();
    let rest: Vec<&str> = lines.collect();
    shorten(&match rest.as_slice() {
        [] => first,
        rest => format!("{first} ({})", rest.join(", ")),
    })
}

/// What a thread waits for that is blocked in an operation; `name` begins with a blank, or is empty.
fn waits_for(operation: &str, name: &str) -> String {
    match operation {
        "receive" => format!("waits for a message from{name}"),
        "send" => format!("waits for room in{name}"),
        "join" => "waits for the end of a thread".into(),
        "wait" => format!("waits at{name} to be notified"),
        "park" => "is parked".into(),
        "barrier" => format!("waits at the barrier{name}"),
        "once" => format!("waits until{name} is initialised"),
        "wait word" => "sleeps until it is woken".into(),
        "lock" | "read lock" => format!("waits for{name}"),
        _ => format!("waits in {operation}{name}"),
    }
}

/// The receiver and the method of the call that stands in a line at a column, which is that of its
/// beginning or of the method's name. Also within a macro's arguments, which are no syntax.
fn call_at(line: &str, column: u32) -> Option<(&str, &str)> {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    let in_path = |c: char| in_name(c) || ".:[]*&".contains(c);
    let at = line.char_indices().nth(column.checked_sub(1)? as usize)?.0;
    let before = &line[..at];
    let start = match before.strip_suffix('.') {
        // At the method's name.
        Some(before) => before.rfind(|c| !in_path(c)).map_or(0, |end| {
            end + before[end..].chars().next().map_or(0, char::len_utf8)
        }),
        None => at,
    };
    let call = &line[start..];
    let end = call.find(|c| !in_path(c))?;
    let (receiver, method) = call[..end].rsplit_once('.')?;
    call[end..]
        .starts_with('(')
        .then(|| (receiver.trim_start_matches(['*', '&']), method))
}

/// How the path of the source ends whose program is `object`.
fn source_file(object: &Path) -> String {
    let name = object.file_stem().unwrap_or_default().to_string_lossy();
    format!("/{}.rs", name.strip_prefix("lib").unwrap_or(&name))
}

/// A path from the folder of its crate on: `flume-0.11.1/src/lib.rs`.
fn short_path(path: &str) -> &str {
    let Some((before, _)) = path.rsplit_once("/src/") else {
        return path;
    };
    let start = before.rfind('/').map_or(0, |at| at + 1);
    &path[start..]
}

/// Steps of the table at most: the last ones.
const MOST_STEPS: usize = 60;

/// The objects that more than one thread uses.
fn shared<'s>(steps: &'s [ToldStep], blocked: &'s [ToldStep]) -> BTreeSet<&'s str> {
    let mut users: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for step in steps
        .iter()
        .chain(blocked)
        .filter(|step| step.is_on_an_object())
    {
        users.entry(&step.object).or_default().insert(step.thread);
    }
    users
        .into_iter()
        .filter(|(_, threads)| threads.len() > 1)
        .map(|(object, _)| object)
        .collect()
}

/// A value as it lies in memory; what may be a small negative number, as that, too.
fn value(bits: u64) -> String {
    const NEAR: u64 = 1000;
    let negative = [u64::from(u32::MAX), u64::MAX]
        .into_iter()
        .find_map(|most| {
            let below = most.checked_sub(bits)?;
            (below < NEAR).then(|| format!("{bits} (−{})", below + 1))
        });
    negative.unwrap_or_else(|| bits.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_found_by_its_beginning_or_its_method() {
        let line = "    assert_eq!(state.n.load(SeqCst), 2);";
        assert_eq!(call_at(line, 16), Some(("state.n", "load")));
        assert_eq!(call_at(line, 24), Some(("state.n", "load")));
        assert_eq!(
            call_at("let y = right.lock();", 15),
            Some(("right", "lock"))
        );
        assert_eq!(call_at("}", 1), None);
        assert_eq!(call_at("drop(a)", 90), None);
    }

    #[test]
    fn a_path_in_a_crate_begins_with_the_crate() {
        let path = "/home/me/.cargo/registry/src/index.crates.io-1949/flume-0.11.1/src/async.rs";
        assert_eq!(short_path(path), "flume-0.11.1/src/async.rs");
        assert_eq!(short_path("build/x.rs"), "build/x.rs");
        assert_eq!(
            source_file(Path::new("/w/product/libprogram_1.so")),
            "/program_1.rs"
        );
    }

    #[test]
    fn a_message_of_lines_is_told_in_one() {
        assert_eq!(
            one_line("assertion `left == right` failed\n  left: 1\n right: 2"),
            "assertion `left == right` failed (left: 1, right: 2)"
        );
    }

    #[test]
    fn small_negative_numbers_are_told_as_well() {
        assert_eq!(value(7), "7");
        assert_eq!(value(u64::from(u32::MAX)), "4294967295 (−1)");
        assert_eq!(value(u64::MAX - 1), "18446744073709551614 (−2)");
    }
}
