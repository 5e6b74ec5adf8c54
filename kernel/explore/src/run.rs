//! One run: who controls the program asks here, and everything is written down.

use crate::point::{Alternatives, Operation, Pending, Point, ThreadId, Visible};
use crate::spin::{Able, Spins};
use crate::strategy::Strategy;
use crate::trace::{Effect, End, Trace};

/// A run that goes on. It asks the strategy and writes the trace.
///
/// The controller calls [`Run::thread`] when every thread has reached its next operation or waits,
/// lets the chosen thread do that operation, calls [`Run::waiter`], [`Run::store`] or
/// [`Run::value`] for what is left open within it, and [`Run::effect`] for what came of it.
pub struct Run<'s> {
    strategy: &'s mut dyn Strategy,
    trace: Trace,
    limit: usize,
    spins: Spins,
    /// Whether the last step is known to `spins`.
    noted: bool,
    able: Vec<usize>,
    options: Vec<Pending>,
}

impl<'s> Run<'s> {
    /// Begins a run of at most `limit` steps; a livelock takes some thousand steps of each thread
    /// that spins. `buffer` is an old trace, whose memory is used again.
    pub fn new(strategy: &'s mut dyn Strategy, mut buffer: Trace, limit: usize) -> Run<'s> {
        buffer.clear();
        strategy.begin_run();
        Run::of_begun(strategy, buffer, limit)
    }

    /// The same, where the strategy knows already that a run begins: in a process that was forked.
    pub fn of_begun(strategy: &'s mut dyn Strategy, mut buffer: Trace, limit: usize) -> Run<'s> {
        buffer.clear();
        Run {
            strategy,
            trace: buffer,
            limit,
            spins: Spins::default(),
            noted: true,
            able: Vec::new(),
            options: Vec::new(),
        }
    }

    /// Who goes on, as a position in `options`: all threads that can, in ascending order, with what
    /// they are about to do. An error says that the run is over. Threads that spin give way to
    /// others.
    ///
    /// # Panics
    ///
    /// If there is no option: that is a deadlock or the end, which the controller knows.
    pub fn thread(&mut self, options: &[Pending]) -> Result<usize, End> {
        assert!(!options.is_empty(), "no thread can go on: the run is over");
        self.note();
        if self.trace.steps.len() >= self.limit {
            return Err(End::Cut);
        }
        match self.spins.able(options, &mut self.able) {
            Able::All => self.choose(options),
            Able::Some => {
                let mut able = std::mem::take(&mut self.options);
                able.clear();
                able.extend(self.able.iter().map(|at| options[*at]));
                let chosen = self.choose(&able);
                self.options = able;
                chosen.map(|chosen| self.able[chosen])
            }
            Able::None => Err(End::Livelocked),
        }
    }

    fn choose(&mut self, options: &[Pending]) -> Result<usize, End> {
        let point = Point {
            step: self.trace.steps.len() as u32,
            running: self.running(),
            alternatives: Alternatives::Thread(options),
        };
        let chosen = self.strategy.choose(&point);
        if chosen >= options.len() {
            return Err(End::Redundant);
        }
        let stay = point.stay().filter(|stay| *stay != chosen);
        let goes_on = stay.is_some_and(|stay| !options[stay].operation.gives_way());
        self.trace
            .begin_step(options, chosen, goes_on && !self.gave_way());
        self.noted = false;
        Ok(chosen)
    }

    /// What came of the last step is known now.
    fn note(&mut self) {
        if let Some(step) = self.trace.steps.last()
            && !self.noted
        {
            self.spins.done(&step.pending, &step.effect);
        }
        self.noted = true;
    }

    /// Whom a notification wakes, as a position in `waiters`.
    pub fn waiter(&mut self, waiters: &[ThreadId]) -> usize {
        self.datum(Alternatives::Waiter(waiters))
    }

    /// Which store a load sees, as a position in `stores`; the newest comes first. A store becomes
    /// visible in finite time: who looks again and again sees the newest at last. A
    /// read-modify-write that stores what it saw would be the newest itself, so it sees one that
    /// its thread does not know.
    pub fn store(&mut self, stores: &[Visible]) -> usize {
        if self.spins.spins(self.running()) {
            let last = self.trace.steps.last();
            let modifies =
                last.is_some_and(|step| step.pending.operation == Operation::ReadModifyWrite);
            let unknown = stores.iter().rposition(|store| !store.known);
            return unknown.filter(|_| modifies).unwrap_or(0);
        }
        self.datum(Alternatives::Store(stores))
    }

    /// Anything else with `count` alternatives, the usual one first.
    pub fn value(&mut self, count: usize) -> usize {
        self.datum(Alternatives::Value(count))
    }

    /// What came of the step that goes on.
    pub fn effect(&mut self, effect: Effect) {
        if let Some(step) = self.trace.steps.last_mut() {
            step.effect = effect;
        }
    }

    /// The steps so far.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The run is over: `blocked` are the threads that could not go on, with what they wait for.
    /// Give the trace to [`Strategy::end_run`].
    pub fn finish(mut self, end: End, blocked: &[Pending]) -> Trace {
        self.note();
        self.trace.end = end;
        self.trace.spinning = self.spins.seen();
        self.trace.blocked.extend_from_slice(blocked);
        self.trace
    }

    fn running(&self) -> ThreadId {
        let last = self.trace.steps.last();
        last.map_or(ThreadId(0), |step| step.thread())
    }

    fn gave_way(&self) -> bool {
        let last = self.trace.steps.last();
        last.is_some_and(|step| step.pending.operation.gives_way())
    }

    /// One alternative is no choice, and leaves no trace.
    fn datum(&mut self, alternatives: Alternatives<'_>) -> usize {
        let of = alternatives.len();
        if of <= 1 {
            return 0;
        }
        let point = Point {
            step: self.trace.steps.len() as u32 - 1,
            running: self.running(),
            alternatives,
        };
        let chosen = self.strategy.choose(&point).min(of - 1);
        self.trace.push_datum(chosen, alternatives);
        chosen
    }
}
