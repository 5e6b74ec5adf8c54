//! All schedules with at most so many preemptions, without any reduction (iterative context
//! bounding: Musuvathi and Qadeer, PLDI 2007).

use crate::point::{Alternatives, Point, stay_of};
use crate::strategy::Strategy;
use crate::trace::Trace;

/// What was chosen at a point, in the order of trying.
#[derive(Clone, Copy, Debug)]
struct Node {
    tried: u32,
    of: u32,
}

/// Goes through all schedules with at most so many preemptions, the running thread first.
#[derive(Debug)]
pub struct Bounded {
    bound: usize,
    /// Loads see the newest store.
    newest: bool,
    stack: Vec<Node>,
    /// What the next run follows: of each point, which alternative in the order of trying.
    cursor: usize,
    limited: bool,
    finished: bool,
    diverged: bool,
}

impl Bounded {
    /// All schedules with at most `bound` preemptions; `usize::MAX` for all.
    pub fn new(bound: usize) -> Bounded {
        Bounded {
            bound,
            newest: false,
            stack: Vec::new(),
            cursor: 0,
            limited: false,
            finished: false,
            diverged: false,
        }
    }

    /// Those among them in which each load sees the newest store.
    pub fn of_newest(bound: usize) -> Bounded {
        Bounded {
            newest: true,
            ..Bounded::new(bound)
        }
    }

    /// The most preemptions.
    pub fn bound(&self) -> usize {
        self.bound
    }

    /// There are schedules with more preemptions.
    pub fn was_limited(&self) -> bool {
        self.limited
    }

    /// A run did not repeat itself.
    pub fn diverged(&self) -> bool {
        self.diverged
    }

    fn next(&mut self) -> u32 {
        let node = self.stack.get(self.cursor);
        self.cursor += 1;
        node.map_or(0, |node| node.tried)
    }
}

/// The alternative that is tried as the n-th: the thread that stays first, then the others.
fn in_order(tried: usize, stay: Option<usize>) -> usize {
    match stay {
        None => tried,
        Some(stay) if tried == 0 => stay,
        Some(stay) if tried <= stay => tried - 1,
        Some(_) => tried,
    }
}

impl Strategy for Bounded {
    fn begin_run(&mut self) {
        self.cursor = 0;
    }

    fn choose(&mut self, point: &Point<'_>) -> usize {
        if self.newest && matches!(point.alternatives, Alternatives::Store(_)) {
            return 0;
        }
        let tried = self.next() as usize;
        match point.alternatives {
            Alternatives::Thread(_) => in_order(tried, point.stay()),
            _ => tried,
        }
    }

    fn end_run(&mut self, trace: &Trace) {
        let (mut at, mut used) = (0, 0);
        let mut running = Default::default();
        let mut gave_way = false;
        for (position, step) in trace.steps.iter().enumerate() {
            let options = trace.options(position);
            let stay = stay_of(options, running);
            let costs = stay.is_some_and(|stay| !options[stay].operation.gives_way()) && !gave_way;
            let closed = costs && used >= self.bound;
            self.limited |= closed && options.len() > 1;
            let of = if closed { 1 } else { options.len() };
            self.note(&mut at, of);
            for datum in trace.data(position) {
                if !(self.newest && datum.is_store) {
                    self.note(&mut at, datum.of as usize);
                }
            }
            used += usize::from(step.preempted);
            running = step.thread();
            gave_way = step.pending.operation.gives_way();
        }
        self.diverged |= at < self.stack.len();
        self.stack.truncate(at);
        while let Some(node) = self.stack.last_mut() {
            node.tried += 1;
            if node.tried < node.of {
                return;
            }
            self.stack.pop();
        }
        self.finished = true;
    }

    fn is_finished(&self) -> bool {
        self.finished
    }
}

impl Bounded {
    /// A point of the run that is over.
    fn note(&mut self, at: &mut usize, of: usize) {
        let of = of as u32;
        match self.stack.get(*at) {
            Some(node) => self.diverged |= node.of != of,
            None => self.stack.push(Node { tried: 0, of }),
        }
        *at += 1;
    }
}
