//! Which steps of a run could come the other way round, and who must be tried earlier for it.

use super::clocks::Clocks;
use crate::point::{Operation, Pending, ThreadId};
use crate::trace::Trace;

/// "Before this step, one of these threads must be tried."
pub(super) struct Reversal<'a> {
    pub(super) step: usize,
    /// Those that could begin the other order, the one that races first.
    pub(super) initials: &'a [ThreadId],
}

/// Tells all reversals whose second operation is step `from` or a later one, or still blocked at
/// the end (source sets: Abdulla, Aronis, Jonsson and Sagonas, "Optimal dynamic partial order
/// reduction", POPL 2014; blocked operations: Flanagan and Godefroid, "Dynamic partial-order
/// reduction for model checking software", POPL 2005).
pub(super) fn reversals(
    trace: &Trace,
    from: usize,
    clocks: &mut Clocks,
    mut tell: impl FnMut(Reversal<'_>),
) {
    clocks.reset(trace);
    for (position, step) in trace.steps.iter().enumerate() {
        if position >= from && step.pending.ends_all() {
            of_end(trace, position, clocks, &mut tell);
        } else if position >= from {
            of_operation(trace, position, &step.pending, clocks, &mut tell);
        }
        clocks.push(&step.pending);
    }
    for pending in &trace.blocked {
        of_operation(trace, trace.steps.len(), pending, clocks, &mut tell);
    }
}

/// The reversals of the end of the process, which depends on all: it could come before the last
/// step of each other thread.
fn of_end(trace: &Trace, position: usize, clocks: &Clocks, tell: &mut impl FnMut(Reversal<'_>)) {
    let end = &trace.steps[position].pending;
    let mut seen = vec![end.thread];
    for step in (0..position).rev() {
        let thread = trace.steps[step].thread();
        if seen.contains(&thread) {
            continue;
        }
        seen.push(thread);
        let is_last = !(step + 1..position).any(|later| clocks.before(step, later));
        if !is_last || clocks.before_thread(step, end.thread) {
            continue;
        }
        let initials = initials(trace, step, position, end, clocks);
        if !initials.is_empty() {
            tell(Reversal {
                step,
                initials: &initials,
            });
        }
    }
}

/// The reversals of one operation, which came or would come at `position`.
fn of_operation(
    trace: &Trace,
    position: usize,
    pending: &Pending,
    clocks: &Clocks,
    tell: &mut impl FnMut(Reversal<'_>),
) {
    let thread = pending.thread;
    for (object, writes) in pending.accesses() {
        let mut covered = false;
        for earlier in clocks.uses(object).iter().rev() {
            if !(earlier.writes || writes) {
                continue;
            }
            if clocks.before_thread(earlier.step, thread) {
                if earlier.writes {
                    break;
                }
                continue;
            }
            if earlier.writes && covered {
                break;
            }
            let first = &trace.steps[earlier.step].pending;
            if never_together(first, pending) {
                continue;
            }
            let initials = initials(trace, earlier.step, position, pending, clocks);
            if initials.is_empty() {
                continue;
            }
            tell(Reversal {
                step: earlier.step,
                initials: &initials,
            });
            let here = clocks.count(thread) + 1 == number_at(trace, clocks, earlier.step, thread);
            if here && is_able(trace, earlier.step, thread) || !may_block(pending.operation) {
                covered = true;
                if earlier.writes {
                    break;
                }
            }
        }
    }
}

/// Which of its steps a thread was about to do before a step of the trace, from 1.
fn number_at(trace: &Trace, clocks: &Clocks, step: usize, thread: ThreadId) -> u32 {
    let mut before = (0..step).rev();
    let last = before.find(|earlier| trace.steps[*earlier].thread() == thread);
    last.map_or(1, |last| clocks.number(last) + 1)
}

/// The threads that could go on before step `first`, and can come first in an order in which
/// `pending` comes before that step, and all that does not hang on it comes before `pending`.
fn initials(
    trace: &Trace,
    first: usize,
    position: usize,
    pending: &Pending,
    clocks: &Clocks,
) -> Vec<ThreadId> {
    let independent = |step: &usize| !clocks.before(first, *step);
    let between: Vec<usize> = (first + 1..position).filter(independent).collect();
    let mut seen: Vec<ThreadId> = Vec::new();
    let mut initials = Vec::new();
    for (at, step) in between.iter().enumerate() {
        let thread = trace.steps[*step].thread();
        if seen.contains(&thread) {
            continue;
        }
        seen.push(thread);
        if !between[..at]
            .iter()
            .any(|earlier| clocks.before(*earlier, *step))
        {
            initials.push(thread);
        }
    }
    if pending.ends_all() {
        if between.is_empty() {
            initials.push(pending.thread);
        }
    } else if !seen.contains(&pending.thread) {
        let clock = clocks.clock_of(pending);
        if !between
            .iter()
            .any(|earlier| clocks.before_clock(*earlier, &clock))
        {
            initials.push(pending.thread);
        }
    }
    if let Some(at) = initials.iter().position(|thread| *thread == pending.thread) {
        initials.swap(0, at);
    }
    initials.retain(|thread| is_able(trace, first, *thread));
    initials
}

/// Whether a thread could go on before a step.
fn is_able(trace: &Trace, step: usize, thread: ThreadId) -> bool {
    let mut options = trace.options(step).iter();
    options.any(|next| next.thread == thread)
}

/// Whether the second can't go on where the first can, on the object that they share: who gives a
/// lock back holds it.
fn never_together(first: &Pending, second: &Pending) -> bool {
    use Operation::*;
    let takes = matches!(second.operation, Lock | ReadLock) && first.object == second.object;
    let takes_write = second.operation == Lock && first.object == second.object;
    let from_wait = first.operation == Wait
        && first.also == second.object
        && matches!(second.operation, Lock | ReadLock);
    match first.operation {
        Unlock => takes,
        ReadUnlock => takes_write,
        _ => from_wait,
    }
}

/// Whether the operation may have to wait.
fn may_block(operation: Operation) -> bool {
    use Operation::*;
    !matches!(
        operation,
        Begin
            | End
            | Spawn
            | TryLock
            | Unlock
            | TryReadLock
            | ReadUnlock
            | NotifyOne
            | NotifyAll
            | TrySend
            | TryReceive
            | Close
            | Load
            | Store
            | ReadModifyWrite
            | CompareExchange
            | Fence
            | Read
            | Write
            | Unpark
            | Yield
            | Spin
            | Sleep
            | Clock
            | WakeWord
            | Wait
    )
}
