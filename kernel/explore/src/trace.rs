//! What a run did: its steps, and what else could have been chosen at each.

use std::collections::BTreeMap;

use crate::point::{Alternatives, Object, Pending, ThreadId};
use crate::random::mix;
use crate::schedule::Schedule;

/// The order of an atomic operation, by the number that the compiler's instrumentation uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the language's own words")]
pub enum Order {
    Relaxed = 0,
    Acquire = 2,
    Release = 3,
    AcquireRelease = 4,
    SeqCst = 5,
}

impl Order {
    /// The order of a number; consume (1) is acquire.
    pub fn from_number(number: u8) -> Option<Order> {
        Some(match number {
            0 => Order::Relaxed,
            1 | 2 => Order::Acquire,
            3 => Order::Release,
            4 => Order::AcquireRelease,
            5 => Order::SeqCst,
            _ => return None,
        })
    }

    /// Whether what came before the store that is read happens before.
    #[inline]
    pub fn acquires(self) -> bool {
        matches!(self, Order::Acquire | Order::AcquireRelease | Order::SeqCst)
    }

    /// Whether what comes before is published.
    #[inline]
    pub fn releases(self) -> bool {
        matches!(self, Order::Release | Order::AcquireRelease | Order::SeqCst)
    }
}

/// What a step turned out to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// The value that was read; of a plain store, the one that was written.
    pub read: Option<u64>,
    /// The value that was written.
    pub written: Option<u64>,
    /// The order of an atomic operation.
    pub order: Option<Order>,
    /// The step whose store was read; none for the value from before the run.
    pub reads_from: Option<u32>,
    /// A newer store was there.
    pub stale: bool,
    /// The thread could not finish it, and waits.
    pub blocked: bool,
    /// It tried and changed nothing: a failed `try_lock` or `compare_exchange`.
    pub failed: bool,
    /// The first thread that it woke.
    pub woke: Option<ThreadId>,
}

/// A choice within a step: whom to wake, which store to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datum {
    /// Which alternative was chosen.
    pub chosen: u32,
    /// Of how many.
    pub of: u32,
    /// Whether they are stores that a load may see, the newest first.
    pub is_store: bool,
}

/// One step of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Who did what.
    pub pending: Pending,
    /// What came of it.
    pub effect: Effect,
    /// The thread before could have gone on, and did not give way.
    pub preempted: bool,
    options: (u32, u32),
    data: (u32, u32),
}

impl Step {
    /// Who.
    #[inline]
    pub fn thread(&self) -> ThreadId {
        self.pending.thread
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// All threads ended.
    #[default]
    Finished,
    /// It failed: a panic, an assertion, an abort, a race.
    Failed,
    /// Threads wait for each other.
    Deadlocked,
    /// Threads spin, and nobody can change what they look at.
    Livelocked,
    /// The limit of steps was reached. A search with such a run proves nothing.
    Cut,
    /// The strategy gave the run up: others cover what it could show.
    Redundant,
}

impl End {
    /// Whether the run shows a mistake of the program.
    pub fn is_failure(self) -> bool {
        matches!(self, End::Failed | End::Deadlocked | End::Livelocked)
    }
}

/// Whether threads of a run gave way because they spin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spinning {
    /// None did.
    #[default]
    No,
    /// Some did. That is all the same if their loops do nothing but look.
    GaveWay,
    /// One left its loop though nobody had helped it: the loop counts its turns, so giving way
    /// left something out.
    Counted,
}

/// What a run did, step by step. Flat, so that a buffer serves for many runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The steps in order.
    pub steps: Vec<Step>,
    /// How it ended.
    pub end: End,
    /// Whether threads gave way because they spin.
    pub spinning: Spinning,
    /// What the threads that could not go on at the end were about to do.
    pub blocked: Vec<Pending>,
    pub(crate) options: Vec<Pending>,
    pub(crate) data: Vec<Datum>,
}

impl Trace {
    /// The threads that could go on before a step, with what they were about to do.
    pub fn options(&self, step: usize) -> &[Pending] {
        let (from, to) = self.steps[step].options;
        &self.options[from as usize..to as usize]
    }

    /// The choices within a step.
    pub fn data(&self, step: usize) -> &[Datum] {
        let (from, to) = self.steps[step].data;
        &self.data[from as usize..to as usize]
    }

    /// All choices, so that the run can be had again.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            threads: self.steps.iter().map(Step::thread).collect(),
            data: self.data.iter().map(|datum| datum.chosen).collect(),
            checks: self.checks(),
        }
    }

    /// Whether there was anything to choose, or would have been in a longer run.
    pub fn has_choices(&self) -> bool {
        let several = |step: &Step| step.options.1 - step.options.0 > 1;
        !self.data.is_empty()
            || self.steps.iter().any(several)
            || self.spinning != Spinning::No
            || matches!(self.end, End::Cut | End::Redundant)
    }

    /// How often a thread was preempted.
    pub fn preemptions(&self) -> usize {
        self.steps.iter().filter(|step| step.preempted).count()
    }

    /// How many loads saw an old store.
    pub fn stale_reads(&self) -> usize {
        let stale = |step: &&Step| step.effect.stale;
        self.steps.iter().filter(stale).count()
    }

    /// The first step at which the two differ in what was done or what came of it.
    pub fn first_difference(&self, other: &Trace) -> Option<usize> {
        let same =
            |(mine, its): (&Step, &Step)| mine.pending == its.pending && mine.effect == its.effect;
        let mut both = self.steps.iter().zip(&other.steps);
        let differs = both.position(|pair| !same(pair));
        let shorter = self.steps.len().min(other.steps.len());
        let unequal = self.steps.len() != other.steps.len() || self.end != other.end;
        differs.or(unequal.then_some(shorter))
    }

    /// A byte for every few steps, so that a replay knows where it left the way.
    pub fn checks(&self) -> Vec<u8> {
        let mut hash = 0;
        let mut checks = Vec::with_capacity(self.steps.len() / Schedule::CHECKED + 1);
        for (position, step) in self.steps.iter().enumerate() {
            let what = u64::from(step.thread().0) << 8 | step.pending.operation as u64;
            hash = mix(hash ^ what);
            if (position + 1) % Schedule::CHECKED == 0 {
                checks.push(hash as u8);
            }
        }
        checks
    }

    /// Equal for runs in which all read the same: atomic loads from the same stores, locks and all
    /// else in the same order. In which order stores were executed that nobody reads does not
    /// count.
    pub fn fingerprint(&self) -> u64 {
        let mut threads: BTreeMap<ThreadId, (u64, u64)> = BTreeMap::new();
        // Of each object: how often it was changed, and the step that did so last.
        let mut objects: BTreeMap<Object, (u64, u64)> = BTreeMap::new();
        // Of each step, its thread and which of its steps it is.
        let mut names: Vec<u64> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let (pending, effect) = (&step.pending, &step.effect);
            let (hash, count) = threads.entry(step.thread()).or_default();
            *count += 1;
            let name = u64::from(step.thread().0) << 32 | *count;
            let mut seen = mix(pending.operation as u64 ^ mix(pending.object.0));
            if effect.order.is_some() {
                let newest = objects.get(&pending.object).map_or(0, |object| object.1);
                let known = effect.reads_from.and_then(|from| names.get(from as usize));
                let source = known
                    .copied()
                    .unwrap_or(if effect.stale { 0 } else { newest });
                seen = mix(seen ^ if effect.read.is_some() { source } else { 0 });
            } else {
                for (object, _) in pending.accesses() {
                    seen = mix(seen ^ objects.get(&object).map_or(0, |object| object.0));
                }
            }
            for (object, writes) in pending.accesses() {
                if writes && !effect.failed {
                    let (changes, last) = objects.entry(object).or_default();
                    *changes += 1;
                    *last = name;
                }
            }
            names.push(name);
            *hash = mix(*hash ^ seen);
        }
        let all = threads
            .iter()
            .map(|(thread, (hash, _))| hash ^ u64::from(thread.0));
        all.fold(0, |all, thread| mix(all ^ thread))
    }

    /// Forgets the run, and keeps the memory.
    pub fn clear(&mut self) {
        self.steps.clear();
        self.blocked.clear();
        self.options.clear();
        self.data.clear();
        self.end = End::Finished;
        self.spinning = Spinning::No;
    }

    pub(crate) fn begin_step(&mut self, options: &[Pending], chosen: usize, preempted: bool) {
        let from = self.options.len() as u32;
        self.options.extend_from_slice(options);
        let data = self.data.len() as u32;
        self.steps.push(Step {
            pending: options[chosen],
            effect: Effect::default(),
            preempted,
            options: (from, self.options.len() as u32),
            data: (data, data),
        });
    }

    pub(crate) fn push_datum(&mut self, chosen: usize, alternatives: Alternatives<'_>) {
        self.data.push(Datum {
            chosen: chosen as u32,
            of: alternatives.len() as u32,
            is_store: matches!(alternatives, Alternatives::Store(_)),
        });
        if let Some(step) = self.steps.last_mut() {
            step.data.1 = self.data.len() as u32;
        }
    }
}
