//! One interleaving of each kind: dynamic partial-order reduction with source sets and sleep sets.

use std::collections::BTreeSet;
use std::iter;

use super::clocks::Clocks;
use super::races::reversals;
use crate::point::{Alternatives, Pending, Point, ThreadId};
use crate::strategy::Strategy;
use crate::trace::{End, Trace};

/// A point at which a thread was chosen, with what was chosen within its step.
#[derive(Debug)]
struct Node {
    chosen: ThreadId,
    /// To be tried here, and those that were.
    backtrack: Vec<ThreadId>,
    done: Vec<ThreadId>,
    /// What these would do next was tried before, from a point that comes to the same.
    asleep: Vec<ThreadId>,
    /// Of each choice within the step, which one and of how many.
    data: Vec<(u32, u32)>,
}

/// Goes through all executions that differ in more than the order of independent operations.
#[derive(Debug, Default)]
pub struct Reduced {
    stack: Vec<Node>,
    clocks: Clocks,
    /// Steps before this one are as in the run before.
    from: usize,
    /// Fingerprints of the executions so far.
    executions: BTreeSet<u64>,
    finished: bool,
    diverged: bool,
    live: Live,
}

/// The run that goes on.
#[derive(Debug, Default)]
struct Live {
    step: usize,
    datum: usize,
    asleep: Vec<ThreadId>,
}

impl Reduced {
    /// Before the first run.
    pub fn new() -> Reduced {
        Reduced::default()
    }

    /// The executions so far that differ: see [`Trace::fingerprint`].
    pub fn executions(&self) -> u64 {
        self.executions.len() as u64
    }

    /// A run did not repeat itself.
    pub fn diverged(&self) -> bool {
        self.diverged
    }
}

/// Who still sleeps after a step: what depends on it wakes up.
fn still_asleep(asleep: &mut Vec<ThreadId>, options: &[Pending], chosen: &Pending) {
    asleep.retain(|thread| {
        let next = options.iter().find(|next| next.thread == *thread);
        next.is_some_and(|next| !next.depends_on(chosen))
    });
}

/// The first thread to try: who runs, or the first that is awake.
fn awake(options: &[Pending], running: ThreadId, asleep: &[ThreadId]) -> Option<usize> {
    let is_awake = |next: &Pending| !asleep.contains(&next.thread);
    let stays = |next: &Pending| next.thread == running && !next.operation.gives_way();
    let stay = options
        .iter()
        .position(|next| stays(next) && is_awake(next));
    stay.or_else(|| options.iter().position(is_awake))
}

impl Strategy for Reduced {
    fn begin_run(&mut self) {
        self.live = Live::default();
    }

    fn choose(&mut self, point: &Point<'_>) -> usize {
        let live = &mut self.live;
        let Alternatives::Thread(options) = point.alternatives else {
            let node = self.stack.get(live.step.wrapping_sub(1));
            let datum = node.and_then(|node| node.data.get(live.datum));
            live.datum += 1;
            return datum.map_or(0, |(chosen, _)| *chosen as usize);
        };
        let chosen = match self.stack.get(live.step) {
            Some(node) => {
                live.asleep.clear();
                live.asleep.extend(node.asleep.iter().chain(&node.done));
                options.iter().position(|next| next.thread == node.chosen)
            }
            None => awake(options, point.running, &live.asleep),
        };
        live.step += 1;
        live.datum = 0;
        match chosen {
            Some(chosen) => {
                still_asleep(&mut live.asleep, options, &options[chosen]);
                chosen
            }
            None => usize::MAX,
        }
    }

    fn end_run(&mut self, trace: &Trace) {
        if trace.end != End::Redundant {
            self.executions.insert(trace.fingerprint());
        }
        if self.extend(trace) {
            self.backtrack(trace);
        } else {
            self.diverged = true;
        }
        self.advance();
    }

    fn is_finished(&self) -> bool {
        self.finished
    }
}

impl Reduced {
    /// Puts the run's new points on the stack; false if it left what it was to follow.
    fn extend(&mut self, trace: &Trace) -> bool {
        let mut asleep = Vec::new();
        for (position, step) in trace.steps.iter().enumerate() {
            let thread = step.thread();
            if let Some(node) = self.stack.get(position) {
                if node.chosen != thread {
                    return false;
                }
                asleep.clear();
                asleep.extend(node.asleep.iter().chain(&node.done));
            } else {
                // What others would have done when the process ended was not seen: they are tried
                // first as well.
                let options = trace.options(position);
                let all_others = options.iter().any(Pending::ends_all);
                let others = options.iter().map(|next| next.thread);
                let others = others.filter(|other| all_others && *other != thread);
                self.stack.push(Node {
                    chosen: thread,
                    backtrack: iter::once(thread).chain(others).collect(),
                    done: Vec::new(),
                    asleep: asleep.clone(),
                    data: Vec::new(),
                });
            }
            let data = &mut self.stack[position].data;
            for (at, datum) in trace.data(position).iter().enumerate() {
                match data.get(at) {
                    Some((chosen, of)) if (*chosen, *of) != (datum.chosen, datum.of) => {
                        return false;
                    }
                    Some(_) => {}
                    None => data.push((datum.chosen, datum.of)),
                }
            }
            still_asleep(&mut asleep, trace.options(position), &step.pending);
        }
        self.stack.len() == trace.steps.len()
    }

    fn backtrack(&mut self, trace: &Trace) {
        let stack = &mut self.stack;
        reversals(trace, self.from, &mut self.clocks, |reversal| {
            let node = &mut stack[reversal.step];
            let known = |thread: &ThreadId| node.backtrack.contains(thread);
            if !reversal.initials.iter().any(known) {
                node.backtrack.push(reversal.initials[0]);
            }
        });
    }

    /// The next run follows the stack, whose last point has another choice.
    fn advance(&mut self) {
        while let Some(from) = self.stack.len().checked_sub(1) {
            self.from = from;
            let node = &mut self.stack[from];
            while let Some((chosen, of)) = node.data.last_mut() {
                *chosen += 1;
                if chosen < of {
                    return;
                }
                node.data.pop();
            }
            node.done.push(node.chosen);
            let next = node
                .backtrack
                .iter()
                .find(|thread| !node.done.contains(thread) && !node.asleep.contains(thread));
            if let Some(next) = next {
                node.chosen = *next;
                return;
            }
            self.stack.pop();
        }
        self.finished = true;
    }
}
