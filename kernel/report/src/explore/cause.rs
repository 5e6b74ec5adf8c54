//! What led to a failure, as far as the order of steps tells, and what would help.

use super::around::{Cause, around};
use super::model::{ExploredStep, Failure, FailureKind};
use super::{attempts, handover, holds, looks, stale, stuck};

/// What to change, as ordinary reports advise it.
pub(super) fn help(failure: &Failure) -> Option<String> {
    match failure.kind {
        FailureKind::Deadlock if failure.steps.iter().any(|it| it.operation == "panic") => Some(
            "Mend the panic first: a thread that panics doesn't do what others wait for.".into(),
        ),
        // An old value that has a part in it says itself what would help.
        FailureKind::Deadlock if cause(failure).is_none() => stuck::help(failure),
        _ => cause(failure)?.help,
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
        FailureKind::DataRace => {
            let mut positions = (0..steps.len()).rev();
            let lost = || positions.find_map(|at| lost_update(failure, at));
            return handover::of_race(steps)
                .or_else(|| handover::stored_early(steps))
                .map(Cause::told)
                .or_else(old)
                .or_else(lost);
        }
        FailureKind::UseAfterFree | FailureKind::Deadlock | FailureKind::Crash => return old(),
        FailureKind::Livelock => {
            return (0..steps.len())
                .rev()
                .find_map(|at| lost_update(failure, at));
        }
    }
    let of = |last| {
        stale::account(steps, last)
            .map(Cause::told)
            .or_else(|| lost_update(failure, last))
    };
    let positions = || (0..steps.len()).rev();
    let looked = || positions().find_map(|at| looks::before_a_change(failure, at));
    let initialised = || positions().find_map(|at| looks::before_it_was_initialised(failure, at));
    positions()
        .find_map(of)
        .or_else(|| holds::after_notice(failure))
        .or_else(looked)
        .or_else(initialised)
        .or_else(|| attempts::sent_to_nobody(failure))
        .or_else(|| holds::between(failure))
        .or_else(|| attempts::in_vain(failure))
        .or_else(|| looks::twice(failure))
}

/// A store over a store that was not seen: the thread had loaded before it. Of several, one within
/// the other, what comes first leads to the rest.
fn lost_update(failure: &Failure, last: usize) -> Option<Cause> {
    let steps = &failure.steps;
    let (mut load, mut other, mut store) = overwritten(steps, last)?;
    for at in (0..last)
        .rev()
        .filter(|at| steps[*at].thread == store.thread)
    {
        if let Some(inner) = overwritten(steps, at).filter(|(it, ..)| it.step > load.step) {
            (load, other, store) = inner;
        }
    }
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

/// A load, a store of another thread after it, and the store of the first one over that.
fn overwritten(
    steps: &[ExploredStep],
    last: usize,
) -> Option<(&ExploredStep, &ExploredStep, &ExploredStep)> {
    let store = Some(&steps[last]).filter(|step| step.operation == "store")?;
    let (load, other) = around(
        steps,
        last,
        |operation| operation == "load",
        |other| ["store", "read modify write"].contains(&other.operation.as_str()),
    )?;
    Some((load, other, store))
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
    fn of_two_lost_updates_the_inner_one_is_named() {
        let step = |number, thread, operation, name: &str, line| ExploredStep {
            step: number,
            object: Some(name.into()),
            ..done(thread, operation, line)
        };
        let lost = panics(vec![
            step(1, 3, "load", "tail", 18),
            step(2, 3, "load", "next", 21),
            step(3, 2, "store", "next", 22),
            step(4, 2, "store", "tail", 23),
            step(5, 3, "store", "next", 22),
            step(6, 3, "store", "tail", 23),
        ]);
        assert_eq!(
            cause(&lost).unwrap().words,
            "T3 loads `next` (line 21) before T2 stores it (line 22), and then stores over that: \
             an update is lost"
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
                ..panics(vec![newer.clone(), old.clone()])
            };
            let told = cause(&failure).unwrap().words;
            assert!(told.starts_with("T1 still sees the old value 0 of `n` (line 7)"));
        }
    }
}
