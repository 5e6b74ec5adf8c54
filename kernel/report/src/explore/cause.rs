//! What led to a failure, as far as the order of steps tells, and what would help.

use super::model::{ExploredStep, Failure, FailureKind};
use super::{handover, stale};
use crate::findings::{for_kind, for_locks};
use record::snapshot::WaitKind;
use std::collections::BTreeSet;

/// What led to a failure.
pub(super) struct Cause {
    /// In one sentence, without its full stop.
    pub(super) words: String,
    /// What to change, where the sentence does not say it.
    help: Option<String>,
}

impl Cause {
    /// A sentence that says itself what would help.
    fn told(words: String) -> Cause {
        Cause { words, help: None }
    }
}

/// What to change, as ordinary reports advise it.
pub(super) fn help(failure: &Failure) -> Option<String> {
    match failure.kind {
        FailureKind::Deadlock if failure.steps.iter().any(|it| it.operation == "panic") => Some(
            "Mend the panic first: a thread that panics doesn't do what others wait for.".into(),
        ),
        FailureKind::Deadlock => of_upgrade(&failure.steps)
            .or_else(|| of_locks(failure))
            .or_else(|| of_others(&failure.steps)),
        _ => cause(failure)?.help,
    }
}

/// Of a deadlock in which a thread waits to write what it reads itself.
fn of_upgrade(steps: &[ExploredStep]) -> Option<String> {
    let stuck = |step: &&ExploredStep| step.blocked_on.is_some() && step.operation == "lock";
    steps.iter().filter(stuck).find_map(|wants| {
        let mut own = steps.iter().rev().filter(|step| {
            step.thread == wants.thread && step.object == wants.object && step.blocked_on.is_none()
        });
        let name = wants.object.as_deref()?;
        let last = own.find(|step| ["read lock", "read unlock"].contains(&&*step.operation))?;
        let reads = last.operation == "read lock";
        reads.then(|| {
            format!(
                "A read guard can't be turned into a write guard: drop that of `{name}` before \
                 `write()`, or take `write()` from the start."
            )
        })
    })
}

/// Of a deadlock in which threads wait for locks that others of them have.
fn of_locks(failure: &Failure) -> Option<String> {
    let stuck = failure
        .steps
        .iter()
        .filter(|step| step.blocked_on.is_some());
    let in_ring: Vec<&ExploredStep> = stuck.filter(|step| step.lock.is_some()).collect();
    let wanted = in_ring
        .iter()
        .filter_map(|step| Some((step.lock?, step.object.as_deref()?)));
    let wanted: BTreeSet<(u32, &str)> = wanted.collect();
    let names = wanted.iter().map(|(_, name)| format!("`{name}`"));
    let names: Vec<String> = names.collect();
    let is_held = |step: &&ExploredStep| step.blocked_on != Some(step.thread);
    match names.as_slice() {
        [] => None,
        [name] if in_ring.iter().any(is_held) => Some(for_locks::held_while_waiting(name)),
        names => Some(for_locks::in_order(names)),
    }
}

/// What one thread did between two steps of another that belong together.
pub(super) fn cause(failure: &Failure) -> Option<Cause> {
    let steps = &failure.steps;
    // An old value that is still seen in the smallest run that fails has a part in it.
    let old = || {
        (0..steps.len())
            .rev()
            .find_map(|at| stale::account(steps, at))
            .map(Cause::told)
    };
    match failure.kind {
        FailureKind::Panic | FailureKind::ReturnedError => {}
        FailureKind::DataRace => return handover::of_race(steps).map(Cause::told).or_else(old),
        FailureKind::UseAfterFree | FailureKind::Deadlock | FailureKind::Crash => return old(),
        FailureKind::Livelock => return None,
    }
    let of = |last| {
        stale::account(steps, last)
            .map(Cause::told)
            .or_else(|| lost_update(failure, last))
            .or_else(|| between_holds(failure, last))
    };
    (0..steps.len()).rev().find_map(of)
}

/// Of a deadlock without locks, by what the first thread waits for. That threads are joined, which
/// main does most often, is told only where nothing else is waited for.
fn of_others(steps: &[ExploredStep]) -> Option<String> {
    let stuck = || steps.iter().filter(|step| step.blocked_on.is_some());
    let joins = |step: &&ExploredStep| step.operation == "join";
    let first = stuck().find(|step| !joins(step)).or(stuck().find(joins))?;
    let name = first.object.as_deref().map(|name| format!("`{name}`"));
    let notifies =
        |step: &&ExploredStep| step.operation.starts_with("notify") && step.object == first.object;
    let (kind, sends) = match first.operation.as_str() {
        "receive" => (WaitKind::Channel, false),
        "send" => (WaitKind::Channel, true),
        "wait" => (WaitKind::Condvar, false),
        "barrier" => (WaitKind::Barrier, false),
        "once" => (WaitKind::Once, false),
        "park" => {
            let unparks =
                |step: &&ExploredStep| step.operation == "unpark" && step.object == first.object;
            let past = steps.iter().any(|step| unparks(&step));
            return for_kind(WaitKind::Park, false, "", past);
        }
        "join" => return for_kind(WaitKind::Join, false, "", false),
        _ => return None,
    };
    for_kind(
        kind,
        sends,
        &name?,
        steps.iter().any(|step| notifies(&step)),
    )
}

/// The step before `last` that `is_it`, of the same thread and on the same object; and, between
/// the two, one of another thread that `is_other`.
fn around(
    steps: &[ExploredStep],
    last: usize,
    is_it: impl Fn(&str) -> bool,
    is_other: impl Fn(&str) -> bool,
) -> Option<(&ExploredStep, &ExploredStep)> {
    let end = &steps[last];
    let same = |step: &&ExploredStep| step.object.is_some() && step.object == end.object;
    let before = steps[..last].iter().enumerate();
    let (first, begin) = before
        .filter(|(_, step)| same(step) && step.thread == end.thread)
        .rfind(|(_, step)| is_it(&step.operation))?;
    let others = steps[first..last].iter().filter(same);
    let mut others = others.filter(|step| step.thread != end.thread && is_other(&step.operation));
    // Where the other one does at the same line what is done last, that is what changed something.
    let alike = others.clone().find(|step| step.at == end.at);
    Some((begin, alike.or_else(|| others.next())?))
}

/// A store over a store that was not seen: the thread had loaded before it.
fn lost_update(failure: &Failure, last: usize) -> Option<Cause> {
    let steps = &failure.steps;
    let store = &steps[last];
    if store.operation != "store" {
        return None;
    }
    let (load, other) = around(
        steps,
        last,
        |operation| operation == "load",
        |operation| ["store", "read modify write"].contains(&operation),
    )?;
    let name = store.object.as_deref()?;
    Some(Cause {
        words: format!(
            "{} loads `{name}`{} before {} stores it{}, and then stores over that: an update is \
             lost",
            failure.who(load.thread),
            load.line(),
            failure.who(other.thread),
            other.line()
        ),
        help: Some(format!(
            "Change `{name}` in one step: by a method that does both (`fetch_add`, \
             `fetch_update`, …), or under a lock."
        )),
    })
}

/// A lock that another thread had between two holds of one thread: what was seen under the first
/// need not hold under the second.
fn between_holds(failure: &Failure, last: usize) -> Option<Cause> {
    let steps = &failure.steps;
    let again = &steps[last];
    let is_lock = |operation: &str| ["lock", "read lock"].contains(&operation);
    if !is_lock(&again.operation) {
        return None;
    }
    let (first, other) = around(steps, last, is_lock, |operation| operation == "lock")?;
    let name = again.object.as_deref()?;
    Some(Cause {
        words: format!(
            "{} has `{name}`{} between two times that {} has it{}",
            failure.who(other.thread),
            other.line(),
            failure.who(first.thread),
            lines(first, again)
        ),
        help: Some(format!(
            "What was seen under `{name}` may be old when it is locked again: hold the lock from \
             the one to the other."
        )),
    })
}

fn lines(first: &ExploredStep, second: &ExploredStep) -> String {
    match (first.at, second.at) {
        (Some(a), Some(b)) if a.line != b.line => format!(" (lines {} and {})", a.line, b.line),
        _ => first.line(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::done;
    use super::*;

    fn failing(steps: Vec<ExploredStep>) -> Failure {
        Failure {
            kind: FailureKind::Panic,
            title: "T1 panics".into(),
            token: None,
            preemptions: 1,
            fewest: true,
            passing: None,
            threads: Vec::new(),
            steps,
            omitted: 0,
        }
    }

    #[test]
    fn a_lost_update_is_named() {
        let lost = failing(vec![
            done(3, "load", 3),
            done(2, "load", 3),
            done(2, "store", 4),
            done(3, "store", 4),
        ]);
        assert_eq!(
            cause(&lost).unwrap().words,
            "T3 loads `n` (line 3) before T2 stores it (line 4), and then stores over that: \
             an update is lost"
        );
        let kept = failing(vec![
            done(2, "load", 3),
            done(2, "store", 4),
            done(3, "load", 3),
            done(3, "store", 4),
        ]);
        assert!(cause(&kept).is_none());
    }

    #[test]
    fn who_has_a_lock_in_between_is_named() {
        let between = failing(vec![
            done(2, "lock", 5),
            done(3, "lock", 5),
            done(3, "lock", 8),
            done(2, "lock", 8),
        ]);
        assert_eq!(
            cause(&between).unwrap().words,
            "T3 has `n` (line 8) between two times that T2 has it (lines 5 and 8)"
        );
    }

    #[test]
    fn an_old_value_is_the_cause_of_any_failure() {
        let newer = ExploredStep {
            step: 1,
            ..done(2, "store", 4)
        };
        let old = ExploredStep {
            step: 2,
            stale: true,
            ..done(1, "load", 7)
        };
        for kind in [
            FailureKind::DataRace,
            FailureKind::UseAfterFree,
            FailureKind::Deadlock,
        ] {
            let failure = Failure {
                kind,
                ..failing(vec![newer.clone(), old.clone()])
            };
            let told = cause(&failure).unwrap().words;
            assert!(told.starts_with("T1 still sees the old value 0 of `n` (line 7)"));
        }
    }
}
