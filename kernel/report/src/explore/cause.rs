//! What led to a failure, as far as the order of steps tells, and what would help.

use super::around::{Cause, around};
use super::model::{ExploredStep, Failure, FailureKind};
use super::{handover, holds, stale};
use crate::findings::{for_kind, for_locks};
use record::snapshot::WaitKind;
use std::collections::BTreeSet;

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
    };
    (0..steps.len())
        .rev()
        .find_map(of)
        .or_else(|| holds::after_notice(failure))
        .or_else(|| holds::between(failure))
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

#[cfg(test)]
mod tests {
    use super::super::model::tests::{done, panics};
    use super::*;

    #[test]
    fn a_lost_update_is_named() {
        let lost = panics(vec![
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
        let kept = panics(vec![
            done(2, "load", 3),
            done(2, "store", 4),
            done(3, "load", 3),
            done(3, "store", 4),
        ]);
        assert!(cause(&kept).is_none());
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
                ..panics(vec![newer.clone(), old.clone()])
            };
            let told = cause(&failure).unwrap().words;
            assert!(told.starts_with("T1 still sees the old value 0 of `n` (line 7)"));
        }
    }
}
