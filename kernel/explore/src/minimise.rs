//! The smallest failure: one without stale reads if there is one, then fewest preemptions, then
//! fewest stale reads, then fewest steps.
//!
//! First the failing schedule is edited (after Jalbert and Sen, "A trace simplification technique
//! for effective debugging of concurrent programs", FSE 2010): stretches are left out or joined,
//! loads see newer stores. If it needs stale reads still, schedules without any are tried: what
//! fails in one of them, no orders of memory would mend. Then all schedules with fewer preemptions
//! are tried, as far as the budget goes: only that shows that there are none. Last comes the
//! nearest schedule that passes.

mod edits;

use edits::Plan;

use crate::exhaustive::Bounded;
use crate::point::Point;
use crate::strategy::Strategy;
use crate::trace::{End, Trace};

/// What is going on.
#[derive(Debug)]
enum Phase {
    /// The schedule is edited.
    Editing,
    /// Of a failure with stale reads: all schedules without, with at most so many preemptions.
    Ordering(Bounded),
    /// All schedules with at most so many preemptions are tried.
    Trying(Bounded),
    /// Schedules that leave the failing one at one of its switches, the last one first.
    Passing,
    Done,
}

/// Makes a failure smaller, run by run.
#[derive(Debug)]
pub struct Minimiser {
    best: Trace,
    passing: Option<Trace>,
    phase: Phase,
    /// What is still to be tried, the last one first.
    plans: Vec<Plan>,
    plan: Plan,
    live: edits::Live,
    runs: u64,
    budget: u64,
    /// Runs in which the failure is looked for without stale reads, that are left.
    orderings: u64,
    fewest: bool,
    /// The fewest preemptions of all that failed, also of those with stale reads.
    least: usize,
    /// A run was cut while all were tried: it might have failed.
    unclear: bool,
}

/// Most preemptions of a failure without stale reads that is looked for.
const MOST_ORDERED: usize = 2;

/// What is smaller is better.
fn size(trace: &Trace) -> (bool, usize, usize, usize, usize) {
    let pairs = trace.steps.windows(2);
    let switches = pairs.filter(|pair| pair[0].thread() != pair[1].thread());
    (
        trace.stale_reads() > 0,
        trace.preemptions(),
        trace.stale_reads(),
        trace.steps.len(),
        switches.count(),
    )
}

impl Minimiser {
    /// Begins with a failure, and tries at most `budget` schedules.
    pub fn new(failure: Trace, budget: u64) -> Minimiser {
        let mut minimiser = Minimiser {
            fewest: failure.preemptions() == 0,
            least: failure.preemptions(),
            best: failure,
            passing: None,
            phase: Phase::Editing,
            plans: Vec::new(),
            plan: Plan::default(),
            live: edits::Live::default(),
            runs: 0,
            budget,
            orderings: budget / 4,
            unclear: false,
        };
        minimiser.plans = edits::all(&minimiser.best);
        minimiser.next_plan();
        minimiser
    }

    /// The smallest failure so far.
    pub fn best(&self) -> &Trace {
        &self.best
    }

    /// Whether all schedules with fewer preemptions were tried, and none of them fails like that.
    pub fn is_fewest(&self) -> bool {
        self.fewest && self.best.preemptions() <= self.least
    }

    /// The schedule that passes and goes along with the failing one for the longest time.
    pub fn passing(&self) -> Option<&Trace> {
        self.passing.as_ref()
    }

    /// How many schedules were tried.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// A run is over; `same` says whether it failed as the first one did.
    pub fn end_run_as(&mut self, trace: &Trace, same: bool) {
        self.runs += 1;
        if trace.end == End::Finished && !same {
            self.keep_passing(trace);
        }
        if same {
            self.least = self.least.min(trace.preemptions());
        }
        let smaller = same && size(trace) < size(&self.best);
        if smaller {
            // One without stale reads may have more.
            self.fewest &= trace.preemptions() <= self.best.preemptions();
            self.fewest |= trace.preemptions() == 0;
            self.best = trace.clone();
        }
        match &mut self.phase {
            Phase::Editing if smaller => {
                self.plans = edits::all(&self.best);
                self.next_plan();
            }
            Phase::Editing | Phase::Passing => self.next_plan(),
            Phase::Ordering(bounded) => {
                bounded.end_run(trace);
                self.orderings = self.orderings.saturating_sub(1);
                let (bound, over) = (bounded.bound(), bounded.is_finished());
                let most = bound == MOST_ORDERED || !bounded.was_limited();
                self.after_ordering(bound, over, smaller, most);
            }
            Phase::Trying(bounded) => {
                bounded.end_run(trace);
                self.unclear |= trace.end == End::Cut || bounded.diverged();
                let (bound, over) = (bounded.bound(), bounded.is_finished());
                self.after_try(bound, over, smaller);
            }
            Phase::Done => {}
        }
        if self.runs >= self.budget && !matches!(self.phase, Phase::Passing | Phase::Done) {
            self.begin_passing();
        }
    }

    /// All schedules with fewer than `bound` preemptions were tried before.
    fn after_try(&mut self, bound: usize, over: bool, smaller: bool) {
        if smaller && self.best.preemptions() <= bound {
            self.fewest = !self.unclear;
            self.plans = edits::all(&self.best);
            self.phase = Phase::Editing;
            self.next_plan();
        } else if over && bound + 1 >= self.best.preemptions() {
            self.fewest = !self.unclear;
            self.begin_passing();
        } else if over {
            self.phase = Phase::Trying(Bounded::new(bound + 1));
        }
    }

    /// All schedules with fewer than `bound` preemptions and without stale reads were tried before.
    fn after_ordering(&mut self, bound: usize, over: bool, found: bool, most: bool) {
        if found {
            self.orderings = 0;
            self.plans = edits::all(&self.best);
            self.phase = Phase::Editing;
            self.next_plan();
        } else if self.orderings == 0 || over && most {
            self.orderings = 0;
            self.begin_trying();
        } else if over {
            self.phase = Phase::Ordering(Bounded::of_newest(bound + 1));
        }
    }

    fn begin_trying(&mut self) {
        if self.fewest {
            self.begin_passing();
        } else {
            self.phase = Phase::Trying(Bounded::new(0));
        }
    }

    fn begin_passing(&mut self) {
        self.plans = edits::departures(&self.best);
        self.phase = Phase::Passing;
        self.next_plan();
    }

    fn next_plan(&mut self) {
        if let Some(plan) = self.plans.pop() {
            self.plan = plan;
            return;
        }
        match self.phase {
            Phase::Editing if self.best.stale_reads() > 0 && self.orderings > 0 => {
                self.phase = Phase::Ordering(Bounded::of_newest(0));
            }
            Phase::Editing => self.begin_trying(),
            _ => self.phase = Phase::Done,
        }
    }

    fn keep_passing(&mut self, trace: &Trace) {
        let together = |trace: &Trace| {
            let best = self.best.steps.iter().map(|step| step.thread());
            let its = trace.steps.iter().map(|step| step.thread());
            best.zip(its)
                .take_while(|(one, other)| one == other)
                .count()
        };
        let known = self.passing.as_ref().map(together);
        if known.is_none_or(|known| together(trace) > known) {
            self.passing = Some(trace.clone());
        }
    }
}

impl Strategy for Minimiser {
    fn begin_run(&mut self) {
        self.live = edits::Live::default();
        if let Phase::Trying(bounded) | Phase::Ordering(bounded) = &mut self.phase {
            bounded.begin_run();
        }
    }

    fn choose(&mut self, point: &Point<'_>) -> usize {
        match &mut self.phase {
            Phase::Trying(bounded) | Phase::Ordering(bounded) => bounded.choose(point),
            _ => self.plan.choose(point, &mut self.live),
        }
    }

    /// Takes every run that ends as the failure did for the same failure.
    fn end_run(&mut self, trace: &Trace) {
        self.end_run_as(trace, trace.end == self.best.end);
    }

    fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }
}
