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
        FailureKind::DataRace => {
            let mut positions = (0..steps.len()).rev();
            let lost = || positions.find_map(|at| lost_update(failure, at));
            return handover::of_race(steps)
                .map(Cause::told)
                .or_else(old)
                .or_else(lost);
        }
        FailureKind::UseAfterFree | FailureKind::Deadlock | FailureKind::Crash => return old(),
        FailureKind::Livelock => return None,
    }
    let of = |last| {
        stale::account(steps, last)
            .map(Cause::told)
            .or_else(|| lost_update(failure, last))
    };
    let positions = || (0..steps.len()).rev();
    let looked = || positions().find_map(|at| looked_before(failure, at));
    positions()
        .find_map(of)
        .or_else(|| holds::after_notice(failure))
        .or_else(looked)
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
        "wait" => {
            let mut others = stuck().filter(|step| step.operation == "wait");
            if let Some(advice) = others.find_map(|step| woke_another(steps, step)) {
                return Some(advice);
            }
            (WaitKind::Condvar, false)
        }
        "barrier" => (WaitKind::Barrier, false),
        "once" => (WaitKind::Once, false),
        "park" => {
            let unparks =
                |step: &&ExploredStep| step.operation == "unpark" && step.object == first.object;
            if let Some(advice) = unparked_early(steps, first) {
                return Some(advice);
            }
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

/// Of a thread that is parked for ever: who unparked it changed what it looks at after that.
fn unparked_early(steps: &[ExploredStep], stuck: &ExploredStep) -> Option<String> {
    let is_unpark = |step: &ExploredStep| step.operation == "unpark" && step.object == stuck.object;
    let unparked = steps.iter().rposition(is_unpark)?;
    let unpark = &steps[unparked];
    let looks = |name: &Option<String>| {
        let mut own = steps.iter().filter(|step| step.thread == stuck.thread);
        own.any(|step| step.operation == "load" && step.object == *name)
    };
    let late = steps[unparked..].iter().find(|step| {
        step.thread == unpark.thread
            && ["store", CHANGE].contains(&step.operation.as_str())
            && step.object.is_some()
            && looks(&step.object)
    })?;
    Some(format!(
        "T{} unparks T{}{} before it changes `{}`{}, which T{} looks at: change that first, and \
         then `unpark`.",
        unpark.thread,
        stuck.thread,
        unpark.line(),
        late.object.as_deref()?,
        late.line(),
        stuck.thread
    ))
}

/// Of a thread that waits at a condition variable for ever: the last notification came while it
/// waited, and went to another one alone.
fn woke_another(steps: &[ExploredStep], stuck: &ExploredStep) -> Option<String> {
    let at_it = |step: &ExploredStep| step.object == stuck.object;
    let began = steps.iter().rposition(|step| {
        at_it(step)
            && (step.thread, step.operation.as_str(), step.blocked_on)
                == (stuck.thread, "wait", None)
    })?;
    let notice = steps[began..]
        .iter()
        .rfind(|step| step.operation == "notify one" && at_it(step))?;
    let (woken, name) = (notice.woke?, stuck.object.as_deref()?);
    Some(format!(
        "`notify_one`{} wakes T{woken} alone, and T{} waits at `{name}` as well: with \
         `notify_all` each of them looks whether it may go on. Or wait for each thing at a \
         condition variable of its own.",
        notice.line(),
        stuck.thread
    ))
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

/// A change in one step, by a thread that had looked before another one did the same: what it saw
/// did not hold any more. Who looks once more by what it changes, as a `compare_exchange` does,
/// relies on nothing older.
fn looked_before(failure: &Failure, last: usize) -> Option<Cause> {
    let steps = &failure.steps;
    let change = &steps[last];
    if !changes(change) {
        return None;
    }
    let (load, _) = around(
        steps,
        last,
        |operation| operation == "load",
        |operation| operation == CHANGE,
    )?;
    let between = steps[..last].iter().filter(|step| step.step > load.step);
    let other = between
        .filter(|step| step.thread != change.thread && step.object == change.object)
        .find(|step| changes(step) && step.at.is_some() && step.at == change.at)?;
    let name = change.object.as_deref()?;
    Some(Cause {
        words: format!(
            "{} looks at `{name}`{} before {} changes it{}, and then does the same: what it saw \
             holds no more",
            failure.who(load.thread),
            load.line(),
            failure.who(other.thread),
            other.line()
        ),
        help: Some(format!(
            "Look at `{name}` and change it in one step: by `fetch_update` or \
             `compare_exchange`, or under a lock."
        )),
    })
}

/// An operation that reads and writes in one step.
const CHANGE: &str = "read modify write";

/// Whether a step is one that left another value than it found.
fn changes(step: &ExploredStep) -> bool {
    let mut values = step
        .value
        .iter()
        .filter_map(|value| value.split_once(" ➜ "));
    step.operation == CHANGE && !step.is_of_count() && values.any(|(found, left)| found != left)
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
    fn who_looks_before_it_changes_is_named() {
        let numbered = |(number, step)| ExploredStep {
            step: number,
            ..step
        };
        let changed = |thread, line, value: &str| ExploredStep {
            value: Some(value.into()),
            ..done(thread, CHANGE, line)
        };
        let told = |steps: Vec<ExploredStep>| {
            let steps = (1..).zip(steps).map(numbered).collect();
            cause(&panics(steps)).map(|cause| cause.words)
        };
        let taken = vec![
            done(3, "load", 3),
            done(2, "load", 3),
            changed(2, 4, "1 ➜ 0"),
            changed(3, 4, "0 ➜ 18446744073709551615 (−1)"),
        ];
        assert_eq!(
            told(taken).unwrap(),
            "T3 looks at `n` (line 3) before T2 changes it (line 4), and then does the same: what \
             it saw holds no more"
        );
        // T3 finds by what it does that T2 was there before.
        let tried = vec![
            done(3, "load", 3),
            changed(2, 4, "0 ➜ 1"),
            changed(3, 4, "1 ➜ 1"),
        ];
        assert_eq!(told(tried), None);
        let counts = vec![
            done(3, "load", 3),
            changed(2, 9, "0 ➜ 1"),
            changed(3, 4, "1 ➜ 2"),
        ];
        assert_eq!(told(counts), None);
    }

    #[test]
    fn who_is_unparked_before_the_change_is_named() {
        let parks = |operation, thread, line| ExploredStep {
            object: Some("T1".into()),
            ..done(thread, operation, line)
        };
        let stuck = ExploredStep {
            blocked_on: Some(1),
            ..parks("park", 1, 15)
        };
        let steps = vec![
            done(1, "load", 15),
            parks("unpark", 2, 11),
            done(1, "load", 15),
            done(2, "store", 12),
            stuck,
        ];
        let told = help(&Failure {
            kind: FailureKind::Deadlock,
            ..panics(steps)
        });
        assert_eq!(
            told.unwrap(),
            "T2 unparks T1 (line 11) before it changes `n` (line 12), which T1 looks at: change \
             that first, and then `unpark`."
        );
    }

    #[test]
    fn who_is_not_notified_since_another_one_is_is_named() {
        let woken = |thread| ExploredStep {
            woke: Some(thread),
            ..done(4, "notify one", 9)
        };
        let stuck = |thread| ExploredStep {
            blocked_on: Some(thread),
            ..done(thread, "wait", 5)
        };
        let told = |steps| {
            help(&Failure {
                kind: FailureKind::Deadlock,
                ..panics(steps)
            })
            .unwrap()
        };
        let waits = done(2, "wait", 5);
        let both = vec![waits.clone(), done(3, "wait", 6), woken(3), stuck(2)];
        assert_eq!(
            told(both),
            "`notify_one` (line 9) wakes T3 alone, and T2 waits at `n` as well: with `notify_all` \
             each of them looks whether it may go on. Or wait for each thing at a condition \
             variable of its own."
        );
        // Who was woken finds nothing, and waits again.
        let again = vec![
            waits.clone(),
            done(3, "wait", 6),
            woken(2),
            done(2, "wait", 5),
            stuck(2),
            stuck(3),
        ];
        assert!(told(again).starts_with("`notify_one` (line 9) wakes T2 alone, and T3 waits"));
        let late = vec![done(3, "wait", 6), woken(3), waits, stuck(2)];
        assert!(told(late).starts_with("A notification that comes before the wait is not kept"));
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
