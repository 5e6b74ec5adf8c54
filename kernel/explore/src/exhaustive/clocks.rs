//! Which steps of a trace happen before which: those of one thread, and those that depend on each
//! other.

use std::collections::BTreeMap;

use crate::point::{Object, Pending, ThreadId};
use crate::trace::Trace;

/// A step that uses an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub(super) step: usize,
    pub(super) writes: bool,
}

/// What came before, step by step.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    width: usize,
    /// Of each step: of each thread, how many of its steps happen before or are it.
    all: Vec<u32>,
    /// Of each step: which one of its thread's it is, from 1.
    numbers: Vec<u32>,
    threads: Vec<usize>,
    /// Of each thread, up to now.
    current: Vec<u32>,
    counts: Vec<u32>,
    uses: BTreeMap<Object, Vec<Use>>,
}

impl Clocks {
    /// Forgets all, for a trace.
    pub(super) fn reset(&mut self, trace: &Trace) {
        let threads = trace.steps.iter().map(|step| step.thread().0);
        let blocked = trace.blocked.iter().map(|pending| pending.thread.0);
        let most = threads.chain(blocked).max().unwrap_or(0);
        self.width = most as usize + 1;
        self.all.clear();
        self.numbers.clear();
        self.threads.clear();
        self.current.clear();
        self.current.resize(self.width * self.width, 0);
        self.counts.clear();
        self.counts.resize(self.width, 0);
        for uses in self.uses.values_mut() {
            uses.clear();
        }
    }

    /// Who used an object so far, in order.
    pub(super) fn uses(&self, object: Object) -> &[Use] {
        self.uses.get(&object).map_or(&[], Vec::as_slice)
    }

    /// Whether a step happens before what a thread does next, by what that thread did so far.
    pub(super) fn before_thread(&self, step: usize, thread: ThreadId) -> bool {
        let clock = self.current[thread.0 as usize * self.width + self.threads[step]];
        clock >= self.numbers[step]
    }

    /// Whether a step happens before a later one.
    pub(super) fn before(&self, step: usize, later: usize) -> bool {
        self.all[later * self.width + self.threads[step]] >= self.numbers[step]
    }

    /// Whether a step happens before one that has this clock.
    pub(super) fn before_clock(&self, step: usize, clock: &[u32]) -> bool {
        clock[self.threads[step]] >= self.numbers[step]
    }

    /// How many steps a thread did.
    pub(super) fn count(&self, thread: ThreadId) -> u32 {
        self.counts[thread.0 as usize]
    }

    /// Which one of its thread's a step is, from 1.
    pub(super) fn number(&self, step: usize) -> u32 {
        self.numbers[step]
    }

    /// The clock that an operation would have as the next step.
    pub(super) fn clock_of(&self, pending: &Pending) -> Vec<u32> {
        let row = pending.thread.0 as usize * self.width;
        let mut clock = self.current[row..row + self.width].to_vec();
        for (object, writes) in pending.accesses() {
            for earlier in self.uses(object).iter().rev() {
                if earlier.writes || writes {
                    let from = earlier.step * self.width;
                    let its = &self.all[from..from + self.width];
                    for (mine, its) in clock.iter_mut().zip(its) {
                        *mine = (*mine).max(*its);
                    }
                }
                // What came before a write happens before it.
                if earlier.writes {
                    break;
                }
            }
        }
        clock
    }

    /// The next step of the trace.
    pub(super) fn push(&mut self, pending: &Pending) {
        let mut clock = self.clock_of(pending);
        let thread = pending.thread.0 as usize;
        self.counts[thread] += 1;
        clock[thread] = self.counts[thread];
        let step = self.numbers.len();
        self.numbers.push(self.counts[thread]);
        self.threads.push(thread);
        self.current[thread * self.width..][..self.width].copy_from_slice(&clock);
        self.all.extend_from_slice(&clock);
        for (object, writes) in pending.accesses() {
            self.uses
                .entry(object)
                .or_default()
                .push(Use { step, writes });
        }
    }
}
