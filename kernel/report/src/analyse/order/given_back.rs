//! When a lock is given back, among the steps: where it matters, and who may rely on what is old.

use std::collections::BTreeSet;

use crate::model::{At, OrderStep, Outdated, Ref, StepKind};

/// That a lock is given back matters where somebody waits for it, or takes it before the same
/// thread takes it again at another line: what that thread saw may be old by then. Of such a lock
/// it is told each time, as long as there are not more than `most` steps,
/// since who is not told to give it back seems to have kept it; at least of all threads that come
/// by these two lines. Where there is room, it is told wherever a thread takes it again at another
/// line.
pub(super) fn drop_unlocks(steps: &mut Vec<OrderStep>, most: usize) {
    let between: Vec<Option<Between>> = (0..steps.len()).map(|at| between(steps, at)).collect();
    let let_in = between.iter().flatten().filter(|it| it.others_take_it);
    let lines: BTreeSet<Lines> = let_in.map(|it| it.lines.clone()).collect();
    let is_waited_for = waited_for(steps);
    let of_lines = |at: usize| {
        is_waited_for[at] || (between[at].as_ref()).is_some_and(|it| lines.contains(&it.lines))
    };
    let locks: BTreeSet<Option<Ref>> = lines.iter().map(|(lock, _, _)| *lock).collect();
    let of_locks = |at: usize| of_lines(at) || locks.contains(&steps[at].reference);
    let of_all = |at: usize| of_locks(at) || between[at].is_some();
    let kept = |is_told: &dyn Fn(usize) -> bool| -> Vec<bool> {
        let of =
            |(at, step): (usize, &OrderStep)| step.operation != StepKind::Unlock || is_told(at);
        steps.iter().enumerate().map(of).collect()
    };
    let ways: [&dyn Fn(usize) -> bool; 3] = [&of_all, &of_locks, &of_lines];
    let ways = ways.map(kept);
    let fits = |keep: &&Vec<bool>| keep.iter().filter(|&&it| it).count() <= most;
    let keep = ways.iter().find(fits).unwrap_or(&ways[2]).clone();
    let mut keep = keep.into_iter();
    steps.retain(|_| keep.next().unwrap_or(true));
}

/// Of each step, whether it gives back what another thread waits for then.
fn waited_for(steps: &[OrderStep]) -> Vec<bool> {
    // Who waits for what, at the step that is looked at.
    let mut waiting: Vec<(u32, Option<Ref>)> = Vec::new();
    let of = |step: &OrderStep| {
        waiting.retain(|(thread, _)| *thread != step.thread);
        if step.operation == StepKind::Wait {
            waiting.push((step.thread, step.reference));
        }
        let is_it = |(_, what): &(u32, Option<Ref>)| *what == step.reference;
        step.operation == StepKind::Unlock && waiting.iter().any(is_it)
    };
    steps.iter().map(of).collect()
}

/// A lock, where a thread took it, and where it takes it again.
type Lines = (Option<Ref>, Option<At>, Option<At>);

/// What comes between two uses of a lock by one thread.
struct Between {
    lines: Lines,
    others_take_it: bool,
}

/// Of the step at this position, if it gives back a lock that its thread takes again elsewhere.
fn between(steps: &[OrderStep], position: usize) -> Option<Between> {
    let step = &steps[position];
    if step.operation != StepKind::Unlock {
        return None;
    }
    let takes = |it: &&OrderStep| it.takes() && it.reference == step.reference;
    let is_own = |it: &&OrderStep| it.thread == step.thread;
    let mut before = steps[..position].iter().rev().filter(takes);
    let before = before.find(is_own)?;
    let mut after = steps[position + 1..].iter().filter(takes).peekable();
    let others_take_it = !after.peek().is_some_and(is_own);
    let after = after.find(is_own)?;
    (before.at != after.at).then(|| Between {
        lines: (step.reference, before.at.clone(), after.at.clone()),
        others_take_it,
    })
}

/// Who takes a lock at two lines while another one takes it between, as who may change what it
/// guards: best where the other one does so at the second of these lines.
pub(super) fn outdated(steps: &[OrderStep]) -> Option<Outdated> {
    let positions = 0..steps.len();
    let found = positions.filter_map(|position| outdated_at(steps, position));
    found
        .min_by_key(|(alike, it)| (!alike, it.again))
        .map(|(_, it)| it)
}

/// Of the step at this position, if it gives back such a lock; and whether the other one takes it
/// at the second line.
fn outdated_at(steps: &[OrderStep], position: usize) -> Option<(bool, Outdated)> {
    between(steps, position)?;
    let step = &steps[position];
    let takes = |it: &&OrderStep| it.takes() && it.reference == step.reference;
    let is_own = |it: &&OrderStep| it.thread == step.thread;
    let seen = steps[..position].iter().rev().filter(takes).find(is_own)?;
    let after = || steps[position + 1..].iter().filter(takes);
    let again = after().find(is_own)?;
    let writers = || {
        let others = after().take_while(|it| !is_own(it));
        others.filter(|it| it.operation == StepKind::Lock)
    };
    let alike = writers().find(|it| it.at == again.at);
    let changed = alike.or_else(|| writers().next())?;
    let it = Outdated {
        seen: seen.step,
        changed: changed.step,
        again: again.step,
    };
    Some((alike.is_some(), it))
}
