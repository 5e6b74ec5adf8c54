//! What an explored program tells (`control/src/explorer.rs`), one JSON text a line.

use record::snapshot::ObjectKind;
use report::explore::RunOutcome;
use serde::Deserialize;

/// One line that the program tells.
#[derive(Debug, Deserialize)]
pub struct Told {
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
    /// The most threads that a run had.
    pub threads: u32,
    /// What runs did that is not controlled: `files`, `sockets` …
    pub beyond: Vec<String>,
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
pub struct Complaint {
    pub why: String,
}

#[derive(Debug, Deserialize)]
pub struct ToldOutcome {
    pub outcome: String,
    pub printed: String,
    pub error: Option<String>,
    pub times: u64,
    pub token: Option<String>,
}

/// One run, whole.
#[derive(Debug, Deserialize)]
pub struct ToldRun {
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
    /// The thread in which it ended.
    pub thread: Option<u32>,
    /// Threads that the program gave a name.
    pub names: Vec<ToldName>,
    /// Objects of our `std`.
    pub objects: Vec<ToldObject>,
    /// What threads are to who joins or unparks them.
    pub joined: Vec<ToldJoined>,
    /// No schedule with fewer preemptions fails so.
    pub fewest: bool,
    /// The nearest run that passes.
    pub passing: Option<ToldPassing>,
    pub differs: Option<String>,
    pub divergence: Option<String>,
}

impl ToldRun {
    /// How it ended.
    pub fn ended(&self) -> RunOutcome {
        outcome_of(&self.outcome)
    }

    /// Who has what a thread waits for.
    pub fn holder_for(&self, thread: u32) -> Option<u32> {
        let mut holders = self.holders.iter();
        holders.find_map(|(waiter, holder)| (*waiter == thread).then_some(*holder))
    }

    /// Who has a lock at its end, as far as its steps tell, and whether for reading.
    pub fn holds_of(&self, object: &str) -> Vec<(u32, bool)> {
        let mut holds = Vec::new();
        let steps = self.steps.iter().flatten();
        for step in steps.filter(|step| step.object == object && !step.blocked) {
            let hold = |reads| (step.thread, reads);
            match step.operation.as_str() {
                "lock" => holds.push(hold(false)),
                "read lock" => holds.push(hold(true)),
                "unlock" => holds.retain(|it| *it != hold(false)),
                "read unlock" => {
                    let last = holds.iter().rposition(|it| *it == hold(true));
                    last.map(|at| holds.remove(at));
                }
                _ => {}
            }
        }
        holds
    }

    /// Who has begun to initialise something, and is not done with it: of all that came to do it
    /// since it was last given up, the first.
    pub fn who_initialises(&self, object: &str) -> Option<u32> {
        let mut who = None;
        let steps = self.steps.iter().flatten();
        for step in steps.filter(|step| step.object == object) {
            match step.operation.as_str() {
                "once" => who = who.or(Some(step.thread)),
                "end once" => who = None,
                _ => {}
            }
        }
        who
    }

    /// What each thread looked at last that does the same for ever, in their order.
    pub fn looks_for_ever(&self) -> Vec<&ToldStep> {
        let steps = self.steps.as_deref().unwrap_or_default();
        let tail = &steps[until_they_repeat(steps).len()..];
        let mut looks: Vec<&ToldStep> = Vec::new();
        for step in tail.iter().rev().filter(|step| step.looks()) {
            if looks.iter().all(|look| look.thread != step.thread) {
                looks.push(step);
            }
        }
        looks.sort_by_key(|step| step.thread);
        looks
    }

    /// The first panic of a thread that ended by it, before others waited for ever.
    pub fn panicked_before(&self) -> Option<&ToldPanic> {
        let is_blocked = |thread| self.blocked().iter().any(|step| step.thread == thread);
        self.panics.iter().find(|panic| !is_blocked(panic.thread))
    }

    /// The first panic of another thread before the one that it fails with.
    pub fn panicked_first(&self) -> Option<&ToldPanic> {
        let error = self.error.as_deref()?;
        let told = self.panics.iter().find(|panic| panic.message == error)?;
        let first = self.panics.first()?;
        (first.thread != told.thread).then_some(first)
    }

    /// What the program calls a thread.
    pub fn name_of(&self, thread: u32) -> Option<&str> {
        let mut names = self.names.iter();
        names.find_map(|it| (it.thread == thread).then_some(it.name.as_str()))
    }

    /// A thread as it is told: `T2`, and what the program calls it.
    pub fn who(&self, thread: u32) -> String {
        match self.name_of(thread) {
            Some(name) => format!("T{thread} {name}"),
            None => format!("T{thread}"),
        }
    }

    /// The two accesses of a data race, if it is one.
    pub fn accesses(&self) -> impl Iterator<Item = &ToldAccess> {
        self.race.iter().flatten()
    }

    /// What threads are blocked in at its end.
    pub fn blocked(&self) -> &[ToldStep] {
        self.blocked.as_deref().unwrap_or_default()
    }

    /// Whether its very schedule has passed, too.
    pub fn passes_as_well(&self) -> bool {
        let passing = self.passing.as_ref();
        passing.is_some_and(|passing| Some(&passing.token) == self.token.as_ref())
    }
}

/// A thread as the object of a step.
#[derive(Debug, Deserialize)]
pub struct ToldJoined {
    pub object: String,
    pub thread: u32,
}

/// What the program calls one of its threads.
#[derive(Debug, Deserialize)]
pub struct ToldName {
    pub thread: u32,
    pub name: String,
}

/// A lock, a channel and the like.
#[derive(Debug, Deserialize)]
pub struct ToldObject {
    pub object: String,
    /// An `ObjectKind` of the recording.
    pub kind: u32,
    /// The number of the place where it was made.
    pub place: u32,
    /// Its rank by time of creation, as a recording has it.
    pub order: u64,
    /// Where it was made.
    pub at: Option<ToldPlace>,
}

impl ToldObject {
    /// How many its place had made before it, where that is known.
    pub fn rank_at_place(&self) -> Option<u32> {
        record::snapshot::rank_at_place(self.order)
    }

    /// Whether it is a lock that reports give a hue.
    pub fn is_lock(&self) -> bool {
        [ObjectKind::Mutex, ObjectKind::RwLock]
            .into_iter()
            .any(|kind| kind as u32 == self.kind)
    }
}

/// The nearest run that passes.
#[derive(Debug, Deserialize)]
pub struct ToldPassing {
    pub token: String,
    /// The first step that is another one.
    pub step: Option<u32>,
    /// What is done there.
    pub instead: Option<ToldStep>,
}

/// An access that races with another one.
#[derive(Debug, Deserialize)]
pub struct ToldAccess {
    pub name: Option<String>,
    pub thread: u32,
    pub step: u32,
    pub writes: bool,
    pub atomic: bool,
    pub frees: bool,
    pub at: Option<ToldPlace>,
}

impl ToldAccess {
    fn operation(&self) -> &'static str {
        match (self.atomic, self.writes) {
            _ if self.frees => "free",
            (true, true) => "atomic write",
            (true, false) => "atomic read",
            (false, true) => "write",
            (false, false) => "read",
        }
    }

    /// It, as a step of its thread.
    pub fn as_step(&self) -> ToldStep {
        ToldStep {
            thread: self.thread,
            operation: self.operation().into(),
            object: "0".into(),
            name: self.name.clone(),
            at: self.at.clone(),
            ..ToldStep::default()
        }
    }
}

#[derive(Debug, Deserialize)]
pub struct ToldPanic {
    pub thread: u32,
    pub message: String,
}

#[derive(Debug, Default, Deserialize)]
pub struct ToldStep {
    pub thread: u32,
    pub operation: String,
    pub object: String,
    #[serde(default)]
    pub name: Option<String>,
    /// Where in the static variable of that name, and that one's size, in bytes.
    #[serde(default)]
    pub part: Option<(usize, usize)>,
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
    /// It came to nothing, as an attempt to lock can.
    #[serde(default)]
    pub failed: bool,
    #[serde(default)]
    pub preempted: bool,
    /// The first thread that it woke.
    #[serde(default)]
    pub woke: Option<u32>,
    /// A crate did it, within what the person called there.
    #[serde(default)]
    pub of_crate: bool,
    pub at: Option<ToldPlace>,
}

impl ToldStep {
    /// Whether the same thread does the same there, to the same end.
    pub fn is_again(&self, other: &ToldStep) -> bool {
        let what = |step: &ToldStep| (step.thread, step.read, step.written, step.stale);
        what(self) == what(other)
            && (&self.operation, &self.object, &self.at)
                == (&other.operation, &other.object, &other.at)
    }

    /// Whether it finds out something and changes nothing.
    pub fn looks(&self) -> bool {
        match self.operation.as_str() {
            "load" => true,
            "compare exchange" | "try lock" | "try read lock" | "try receive" => self.failed,
            "read modify write" => self.read == self.written,
            _ => false,
        }
    }

    /// Whether its thread goes to sleep, until it is unparked or a word is changed.
    pub fn sleeps(&self) -> bool {
        ["park", "wait word"].contains(&self.operation.as_str())
    }

    /// Whether the same thread does this to the same object.
    pub fn is_of(&self, other: &ToldStep) -> bool {
        let what = |step: &ToldStep| (step.thread, step.operation.clone(), step.object.clone());
        what(self) == what(other)
    }

    /// Whether it acts on something that the source can have a name for.
    pub fn is_on_an_object(&self) -> bool {
        self.object != "0" && !["spawn", "begin", "end", "join"].contains(&self.operation.as_str())
    }
}

/// The steps up to where threads do for ever what they have done already.
pub fn until_they_repeat(steps: &[ToldStep]) -> &[ToldStep] {
    let mut known: Vec<&ToldStep> = Vec::new();
    let mut end = 0;
    for (position, step) in steps.iter().enumerate() {
        if !known.iter().any(|known| known.is_again(step)) {
            known.push(step);
            end = position + 1;
        }
    }
    &steps[..end]
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum ToldPlace {
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
pub fn outcome_of(word: &str) -> RunOutcome {
    match word {
        "ok" => RunOutcome::Ok,
        "panicked" => RunOutcome::Panicked,
        "deadlocked" => RunOutcome::Deadlocked,
        "raced" => RunOutcome::Raced,
        "use_after_free" => RunOutcome::UseAfterFree,
        "livelocked" => RunOutcome::Livelocked,
        "returned_error" => RunOutcome::ReturnedError,
        "crashed" => RunOutcome::Crashed,
        "exited" => RunOutcome::Exited,
        _ => RunOutcome::Cut,
    }
}
