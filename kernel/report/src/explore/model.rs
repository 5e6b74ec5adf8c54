//! The JSON contract.

use serde::Serialize;

/// What is known after a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A run failed.
    Failed,
    /// No run did.
    Passed,
    /// Every run was tried, and none fails.
    Proved,
    /// The search was stopped before it came to an end.
    Interrupted,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// As it should.
    Ok,
    /// By a panic.
    Panicked,
    /// Its threads wait for each other.
    Deadlocked,
    /// Two threads met at the same memory, unordered.
    Raced,
    /// A thread used memory that had been freed.
    UseAfterFree,
    /// Its threads look at the same thing for ever.
    Livelocked,
    /// Its `main` returned an error.
    ReturnedError,
    /// By a signal.
    Crashed,
    /// The program ended the process.
    Exited,
    /// It was not followed to its end: it took too many steps or too long.
    Cut,
}

impl RunOutcome {
    /// Whether the program is to blame for it.
    pub fn is_failure(self) -> bool {
        !matches!(self, RunOutcome::Ok | RunOutcome::Exited | RunOutcome::Cut)
    }
}

/// An outcome, and how often it came.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutcomeCount {
    /// What it is.
    pub outcome: RunOutcome,
    /// In a few words: `printed "1"`.
    pub title: String,
    /// What was printed.
    pub printed: String,
    /// A panic's message, a signal.
    pub error: Option<String>,
    /// In how many runs.
    pub times: u64,
    /// What `:replay` repeats such a run by.
    pub token: Option<String>,
}

/// What is wrong with the run that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A panic.
    Panic,
    /// A deadlock.
    Deadlock,
    /// A data race.
    DataRace,
    /// Memory is used that had been freed.
    UseAfterFree,
    /// A livelock.
    Livelock,
    /// An error that `main`, or a `?` of the cell, returned.
    ReturnedError,
    /// A crash.
    Crash,
}

/// A thread of the run that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepThread {
    /// Its number.
    pub id: u32,
    /// Its name, if the program gave it one.
    pub name: Option<String>,
}

/// A place in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StepAt {
    /// The cell.
    pub cell: u32,
    /// From 1.
    pub line: u32,
    /// From 1; 0 where it is not known.
    pub column: u32,
}

/// A step of the run that fails.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExploredStep {
    /// Its number in the whole run, from 1.
    pub step: u32,
    /// Whose it is.
    pub thread: u32,
    /// What was done: `load`, `lock` …
    pub operation: String,
    /// To what, as the source calls it.
    pub object: Option<String>,
    /// The number of that lock, by which it has its hue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<u32>,
    /// The order of an atomic operation.
    pub order: Option<String>,
    /// What was read or written: `0`, `0 ➜ 1`.
    pub value: Option<String>,
    /// The step whose store was read.
    pub reads_from: Option<u32>,
    /// A newer store was there.
    pub stale: bool,
    /// The thread that has what this one waits for, or this one's own number where nobody is known.
    pub blocked_on: Option<u32>,
    /// It was an attempt, and came to nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_vain: bool,
    /// Of a notification: the first thread that it woke. None if nobody waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub woke: Option<u32>,
    /// The thread before could have gone on.
    pub preempted: bool,
    /// Where.
    pub at: Option<StepAt>,
}

/// What the name of an `Arc`'s count begins with. How it is kept is not the person's to mend.
pub const COUNT_OF: &str = "count of ";

impl ExploredStep {
    /// Whether it acts on the count of an `Arc`.
    pub(super) fn is_of_count(&self) -> bool {
        let name = self.object.as_deref();
        name.is_some_and(|name| name.starts_with(COUNT_OF))
    }

    /// ` (line 7)`; nothing where that is not known.
    pub(super) fn line(&self) -> String {
        self.at
            .map_or_else(String::new, |at| format!(" (line {})", at.line))
    }
}

/// A run that passes, and goes along with the one that fails for as long as any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassingRun {
    /// What `:replay` repeats it by.
    pub token: String,
    /// The first step that it does otherwise.
    pub instead: Option<ExploredStep>,
}

/// The run that fails.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// What is wrong.
    pub kind: FailureKind,
    /// In one sentence.
    pub title: String,
    /// What `:replay` repeats it by.
    pub token: Option<String>,
    /// How often a thread was interrupted that could have gone on.
    pub preemptions: u32,
    /// Every schedule with fewer was tried, and none fails.
    pub fewest: bool,
    /// The nearest schedule that passes.
    pub passing: Option<PassingRun>,
    /// Its threads.
    pub threads: Vec<StepThread>,
    /// Its steps, those that matter.
    pub steps: Vec<ExploredStep>,
    /// How many were left out.
    pub omitted: u32,
}

impl Failure {
    /// A thread as sentences tell it: `T2`, and what the program calls it.
    pub(super) fn who(&self, thread: u32) -> String {
        let mut threads = self.threads.iter();
        let known = threads.find(|it| it.id == thread);
        match known.and_then(|it| it.name.as_deref()) {
            Some(name) => format!("T{thread} {name}"),
            None => format!("T{thread}"),
        }
    }
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exploration {
    /// Of this contract.
    pub version: u32,
    /// The cell.
    pub cell: u32,
    /// The file that the program is in, where it is not in the cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The answer.
    pub verdict: Verdict,
    /// Runs that were tried.
    pub schedules: u64,
    /// At which of them it failed first.
    pub schedules_to_failure: Option<u64>,
    /// How long it took.
    pub seconds: f64,
    /// Runs in a second.
    pub per_second: f64,
    /// How runs were chosen.
    pub strategy: String,
    /// Which memory model held.
    pub memory: String,
    /// Nothing was left to try.
    pub complete: bool,
    /// Up to how many preemptions everything was tried.
    pub preemption_bound: Option<u32>,
    /// Runs that a limit cut.
    pub cut: u64,
    /// What random choices began with.
    pub seed: u64,
    /// The outcomes, the most frequent first.
    pub outcomes: Vec<OutcomeCount>,
    /// The run that fails.
    pub failure: Option<Failure>,
    /// What was not controlled, and what else there is to know.
    pub notes: Vec<String>,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A step of a thread with `n`, at a line of the first cell.
    pub fn done(thread: u32, operation: &str, line: u32) -> ExploredStep {
        ExploredStep {
            thread,
            operation: operation.into(),
            object: Some("n".into()),
            value: Some("0".into()),
            at: Some(StepAt {
                cell: 1,
                line,
                column: 1,
            }),
            ..ExploredStep::default()
        }
    }

    /// The same step with another object.
    pub fn on(step: ExploredStep, name: &str) -> ExploredStep {
        ExploredStep {
            object: Some(name.into()),
            ..step
        }
    }

    /// A thread waits with another object, for good.
    pub fn waiting(thread: u32, operation: &str, name: &str) -> ExploredStep {
        ExploredStep {
            blocked_on: Some(thread),
            ..on(done(thread, operation, 40), name)
        }
    }

    /// A deadlock after these steps.
    pub fn deadlock(steps: Vec<ExploredStep>) -> Failure {
        Failure {
            kind: FailureKind::Deadlock,
            ..panics(steps)
        }
    }

    /// A panic after these steps.
    pub fn panics(steps: Vec<ExploredStep>) -> Failure {
        Failure {
            kind: FailureKind::Panic,
            title: "T1 panics".into(),
            token: None,
            preemptions: 1,
            fewest: true,
            passing: None,
            threads: Vec::new(),
            steps,
            omitted: 0,
        }
    }
}
