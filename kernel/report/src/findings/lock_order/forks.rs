//! Which threads can be at work at the same time: not who starts another one before it does so, nor
//! after it has joined it. Two that were started one after the other was joined are told of all the
//! same: that is chance as long as nothing else keeps them apart.
//!
//! The same holds across cells, of which each goes on where the main thread ended the one before.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use record::snapshot::{Action, Thread, WaitKind, WaitOutcome, WaitTarget};

use crate::analyse::{Facts, thread_key};
use crate::input::{Nesting, ThreadKey};

/// Most ancestors of a thread that are looked at.
const ANCESTORS: usize = 16;

/// Where the threads of a cell come from and go to.
pub(super) struct Forks<'a> {
    cell: u32,
    threads: HashMap<ThreadKey, Fork>,
    /// Threads of earlier cells that main had joined before this one.
    joined_before: &'a BTreeSet<ThreadKey>,
}

/// A thread's start, and its end as others know of it. Times in ns since the cell began.
#[derive(Clone, Copy)]
struct Fork {
    parent: ThreadKey,
    started: u64,
    /// When its parent had waited for its end, if it did.
    joined: Option<u64>,
}

impl<'a> Forks<'a> {
    /// Of the cell's own threads, and of earlier ones that still lived when it began.
    pub(super) fn new(facts: &Facts<'a>) -> Forks<'a> {
        let all = facts.snapshot.threads.iter();
        let started = all.filter(|thread| !thread.is_main && !thread.is_foreign);
        let threads = started.map(|thread| {
            let fork = Fork {
                parent: thread_key(facts, thread.parent),
                started: thread.start_ns,
                joined: joined(facts, thread),
            };
            (thread_key(facts, thread.index), fork)
        });
        Forks {
            cell: facts.snapshot.cell,
            threads: threads.collect(),
            joined_before: &facts.context.history.joined,
        }
    }

    /// Whether one of two nestings was over before the other could begin.
    pub(super) fn separate(&self, one: &Nesting, other: &Nesting) -> bool {
        self.precedes(one, other) || self.precedes(other, one)
    }

    fn precedes(&self, first: &Nesting, second: &Nesting) -> bool {
        let came_after = match first.cell.cmp(&second.cell) {
            Ordering::Less => first.thread.is_main && second.thread.cell > first.cell,
            Ordering::Equal => first.cell == self.cell && self.started_after(first, second),
            Ordering::Greater => return false,
        };
        came_after || second.cell == self.cell && self.joined_by(first, second)
    }

    /// Whether the second's thread, or who started it, was started by the first's only after that.
    fn started_after(&self, first: &Nesting, second: &Nesting) -> bool {
        let line = self.line(second.thread);
        let came_of = line.iter().find(|fork| fork.parent == first.thread);
        came_of.is_some_and(|fork| fork.started >= first.inner_ns)
    }

    /// Whether the first's thread had been joined by the second's, in this cell or before.
    fn joined_by(&self, first: &Nesting, second: &Nesting) -> bool {
        let before = second.thread.is_main && self.joined_before.contains(&first.thread);
        let in_this = self.threads.get(&first.thread).is_some_and(|fork| {
            let joined = fork.joined.is_some_and(|at| at <= second.inner_ns);
            fork.parent.same(&second.thread) && joined
        });
        before || in_this
    }

    /// A thread and those that it comes of, up to the one that runs the cell.
    fn line(&self, thread: ThreadKey) -> Vec<Fork> {
        let mut line = Vec::new();
        let mut next = thread;
        while let Some(fork) = self.threads.get(&next)
            && line.len() < ANCESTORS
        {
            line.push(*fork);
            next = fork.parent;
        }
        line
    }
}

/// When the thread's parent had waited for its end: in `join`, or at the end of a scope. A join
/// that had not to wait is not among the events: it came at some time after the end.
fn joined(facts: &Facts<'_>, thread: &Thread) -> Option<u64> {
    let end = thread.end_ns?;
    facts
        .events_at(&facts.scan.joins)
        .filter(|event| event.thread == thread.parent && event.end_ns >= end)
        .find(|event| {
            let Action::Wait {
                kind: WaitKind::Join,
                target,
                outcome: WaitOutcome::Done,
                ..
            } = event.action
            else {
                return false;
            };
            target == WaitTarget::Thread(thread.index)
                || target == WaitTarget::Nothing && thread.joined
        })
        .map(|event| event.end_ns)
        .or(thread.joined.then_some(end))
}
