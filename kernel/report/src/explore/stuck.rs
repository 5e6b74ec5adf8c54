//! What would help where threads wait for ever.

use super::looks::CHANGE;
use super::model::{ExploredStep, Failure};
use super::notified;
use crate::findings::{for_kind, for_locks};
use record::snapshot::WaitKind;
use std::collections::{BTreeMap, BTreeSet};

/// What to change, as ordinary reports advise it.
pub(super) fn help(failure: &Failure) -> Option<String> {
    let steps = &failure.steps;
    of_upgrade(steps)
        .or_else(|| of_locks(steps))
        .or_else(|| of_others(failure))
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

/// A thread that waits at the end of the run.
fn stuck(steps: &[ExploredStep]) -> impl Iterator<Item = &ExploredStep> {
    steps.iter().filter(|step| step.blocked_on.is_some())
}

/// Of a deadlock in which threads wait for locks that others of them have.
fn of_locks(steps: &[ExploredStep]) -> Option<String> {
    let in_ring: Vec<&ExploredStep> = stuck(steps).filter(|step| step.lock.is_some()).collect();
    let wanted = in_ring
        .iter()
        .filter_map(|step| Some((step.lock?, step.object.as_deref()?)));
    let wanted: BTreeSet<(u32, &str)> = wanted.collect();
    let names = wanted.iter().map(|(_, name)| format!("`{name}`"));
    let names: Vec<String> = names.collect();
    let is_held = |step: &&ExploredStep| step.blocked_on != Some(step.thread);
    match names.as_slice() {
        [] => None,
        [_] if in_ring.iter().any(|it| waits_for_who_joins(steps, it)) => None,
        [name] if in_ring.iter().any(is_held) => Some(for_locks::held_while_waiting(name)),
        names => Some(for_locks::in_order(names)),
    }
}

/// Whether who has the lock that a thread waits for waits for a message, and all that have sent
/// such ones, and can still, join threads. Receiving under the lock is no mistake then.
fn waits_for_who_joins(steps: &[ExploredStep], wants: &ExploredStep) -> bool {
    let mut holders = stuck(steps).filter(|step| Some(step.thread) == wants.blocked_on);
    let Some(receives) = holders.find(|step| step.operation == "receive") else {
        return false;
    };
    // What each thread did last with its sender.
    let mut last_of: BTreeMap<u32, &str> = BTreeMap::new();
    for step in steps.iter().filter(|it| it.object == receives.object) {
        if ["send", "try send", "close"].contains(&step.operation.as_str()) {
            last_of.insert(step.thread, &step.operation);
        }
    }
    last_of.retain(|_, operation| *operation != "close");
    let joins =
        |thread: &u32| stuck(steps).any(|it| it.thread == *thread && it.operation == "join");
    !last_of.is_empty() && last_of.keys().all(joins)
}

/// Of a deadlock without locks, by what the first thread waits for. That threads are joined, which
/// main does most often, is told only where nothing else is waited for.
fn of_others(failure: &Failure) -> Option<String> {
    let steps = &failure.steps;
    let stuck = || stuck(steps).filter(|step| step.lock.is_none());
    let joins = |step: &&ExploredStep| step.operation == "join";
    let first = stuck().find(|step| !joins(step)).or(stuck().find(joins))?;
    let name = first.object.as_deref().map(|name| format!("`{name}`"));
    let notifies =
        |step: &&ExploredStep| step.operation.starts_with("notify") && step.object == first.object;
    let (kind, sends) = match first.operation.as_str() {
        "receive" => {
            let mut receives = stuck().filter(|step| step.operation == "receive");
            if let Some(advice) = receives.find_map(|step| lies_unread(steps, step)) {
                return Some(advice);
            }
            (WaitKind::Channel, false)
        }
        "send" => (WaitKind::Channel, true),
        "wait" => {
            let mut others = stuck().filter(|step| step.operation == "wait");
            if let Some(advice) = others.find_map(|step| notified::help(failure, step)) {
                return Some(advice);
            }
            (WaitKind::Condvar, false)
        }
        "barrier" => (WaitKind::Barrier, false),
        "once" => {
            let mut all = stuck().filter(|step| step.operation == "once");
            if let Some(advice) = all.find_map(|step| of_itself(steps, step)) {
                return Some(advice);
            }
            (WaitKind::Once, false)
        }
        "park" => {
            let unparks =
                |step: &&ExploredStep| step.operation == "unpark" && step.object == first.object;
            if let Some(advice) = unparked_early(steps, first).or_else(|| left_late(steps, first)) {
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

/// Of a thread that is parked for ever: who would unpark it looked for its handle before it was
/// there, and changed what it waits for after it had looked at that.
fn left_late(steps: &[ExploredStep], stuck: &ExploredStep) -> Option<String> {
    let is_own = |step: &ExploredStep| step.thread == stuck.thread && step.blocked_on.is_none();
    let comes_to = |step: &ExploredStep| {
        let looks = ["lock", "load", "store", CHANGE].contains(&step.operation.as_str());
        looks && step.object.is_some()
    };
    let touches = |step: &ExploredStep| is_own(step) && comes_to(step);
    let left = steps.iter().rposition(touches)?;
    let handle = &steps[left];
    let looked = steps[..left]
        .iter()
        .rposition(|step| touches(step) && step.object != handle.object)?;
    let look = &steps[looked];
    let between = || steps[looked..left].iter().enumerate();
    let change = between().find(|(_, step)| {
        let changes = ["lock", "store", CHANGE].contains(&step.operation.as_str());
        step.thread != stuck.thread && changes && step.object == look.object
    });
    let (at, change) = change?;
    let is_others = |step: &&ExploredStep| step.thread == change.thread;
    let mut after = between().skip(at + 1).map(|(_, step)| step);
    let search =
        after.find(|step| is_others(step) && comes_to(step) && step.object == handle.object)?;
    let unparks = |step: &ExploredStep| step.operation == "unpark" && step.object == stuck.object;
    if steps[looked..].iter().any(unparks) {
        return None;
    }
    let (value, place) = (look.object.as_deref()?, handle.object.as_deref()?);
    Some(format!(
        "T{} comes to `{place}`{} before T{} has left its handle there{}, and so wakes nobody; \
         `{value}`{} was looked at before. Look at `{value}` once more after leaving the handle, \
         and before `park`.",
        search.thread,
        search.line(),
        stuck.thread,
        handle.line(),
        look.line()
    ))
}

/// Of a thread that waits for ever until something is initialised: it does that itself.
fn of_itself(steps: &[ExploredStep], stuck: &ExploredStep) -> Option<String> {
    let is_it = |step: &&ExploredStep| step.object == stuck.object && step.blocked_on.is_none();
    let mut comes = steps.iter().filter(is_it);
    let first = comes.find(|step| step.operation == "once")?;
    let is_own = first.thread == stuck.thread && first.at != stuck.at;
    let is_done = comes.any(|step| step.operation == "end once");
    let name = stuck.object.as_deref()?;
    (is_own && !is_done).then(|| {
        format!(
            "T{} needs `{name}`{} for the value that it is to give `{name}` itself{}: let what \
             initialises `{name}` do without it.",
            stuck.thread,
            stuck.line(),
            first.line()
        )
    })
}

/// Of a thread that waits for a message for ever: another one that waits for such does not read
/// meanwhile what the first one has sent it.
fn lies_unread(steps: &[ExploredStep], waits: &ExploredStep) -> Option<String> {
    let is = |step: &ExploredStep, operation: &str, name: &Option<String>| {
        step.operation == operation && step.object == *name && step.blocked_on.is_none()
    };
    let mut sends = steps.iter().rev().filter(|step| {
        let is_other = step.object.is_some() && step.object != waits.object;
        step.thread == waits.thread && step.operation == "send" && is_other
    });
    sends.find_map(|send| {
        let name = &send.object;
        let readers: BTreeSet<u32> = steps
            .iter()
            .filter(|step| is(step, "receive", name))
            .map(|step| step.thread)
            .collect();
        let count = |operation| steps.iter().filter(|it| is(it, operation, name)).count();
        let reader = *readers.first().filter(|_| readers.len() == 1)?;
        let meanwhile = stuck(steps).find(|step| {
            let elsewhere = step.object != *name;
            step.thread == reader && step.operation == "receive" && elsewhere
        })?;
        (count("send") > count("receive")).then_some(())?;
        Some(format!(
            "T{} sends to `{}`{} and waits for an answer; T{reader}, who reads that, waits{} for \
             another message first. Let T{reader} go on reading while it waits, or ask in a \
             thread of its own.",
            waits.thread,
            name.as_deref()?,
            send.line(),
            meanwhile.line()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::{deadlock, done, on, waiting};
    use super::*;

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
        assert_eq!(
            help(&deadlock(steps)).unwrap(),
            "T2 unparks T1 (line 11) before it changes `n` (line 12), which T1 looks at: change \
             that first, and then `unpark`."
        );
    }

    #[test]
    fn who_receives_under_a_lock_makes_no_mistake_where_its_sender_joins() {
        let lock = |step| ExploredStep {
            lock: Some(1),
            blocked_on: Some(2),
            ..on(step, "inbox")
        };
        let told = |more: Vec<ExploredStep>| {
            let mut steps = vec![on(done(1, "send", 5), "jobs")];
            steps.extend(more);
            steps.push(waiting(1, "join", "T2"));
            steps.push(lock(done(3, "lock", 9)));
            steps.push(waiting(2, "receive", "jobs"));
            help(&deadlock(steps)).unwrap()
        };
        let kept = "`recv` ends when a message comes or when the last sender is dropped.";
        assert!(told(vec![]).starts_with(kept), "{}", told(vec![]));
        let waits = "Don't wait for another thread while holding a lock";
        assert!(told(vec![on(done(1, "close", 6), "jobs")]).starts_with(waits));
        assert!(told(vec![on(done(3, "send", 6), "jobs")]).starts_with(waits));
    }

    #[test]
    fn two_that_wait_for_each_others_answers_are_named() {
        let asks = |thread, name| on(done(thread, "send", 14), name);
        let reads = |thread, name| on(done(thread, "receive", 10), name);
        let ring = |unread| {
            vec![
                asks(1, "to b"),
                asks(2, unread),
                reads(2, "to a"),
                reads(3, "to b"),
                waiting(2, "receive", "answer"),
                waiting(3, "receive", "other answer"),
            ]
        };
        assert_eq!(
            help(&deadlock(ring("to b"))).unwrap(),
            "T2 sends to `to b` (line 14) and waits for an answer; T3, who reads that, waits (line \
             40) for another message first. Let T3 go on reading while it waits, or ask in a \
             thread of its own."
        );
        assert!(
            help(&deadlock(ring("to c")))
                .unwrap()
                .starts_with("`recv` ends")
        );
    }

    #[test]
    fn who_looks_for_a_handle_before_it_is_left_is_named() {
        let (value, place) = (|step| on(step, "value"), |step| on(step, "place"));
        let told = |woken: Vec<ExploredStep>| {
            let mut steps = vec![
                value(done(1, "lock", 11)),
                value(done(2, "lock", 21)),
                place(done(2, "lock", 22)),
                place(done(1, "lock", 12)),
            ];
            steps.extend(woken);
            steps.push(waiting(1, "park", "T1"));
            help(&deadlock(steps)).unwrap()
        };
        assert_eq!(
            told(vec![]),
            "T2 comes to `place` (line 22) before T1 has left its handle there (line 12), and so \
             wakes nobody; `value` (line 11) was looked at before. Look at `value` once more \
             after leaving the handle, and before `park`."
        );
        let woken = told(vec![on(done(2, "unpark", 23), "T1")]);
        assert!(woken.starts_with("`unpark` before `park` is kept, but once"));
        let looked = told(vec![value(done(1, "lock", 13))]);
        assert!(looked.starts_with("`park` needs an `unpark`"), "{looked}");
    }

    #[test]
    fn what_needs_itself_is_named() {
        let once = |thread, line| on(done(thread, "once", line), "A");
        let told = |thread| {
            let stuck = ExploredStep {
                blocked_on: Some(2),
                ..once(2, 4)
            };
            help(&deadlock(vec![once(thread, 7), once(2, 4), stuck])).unwrap()
        };
        assert_eq!(
            told(2),
            "T2 needs `A` (line 4) for the value that it is to give `A` itself (line 7): let what \
             initialises `A` do without it."
        );
        assert!(told(3).starts_with("Initialise `A` without waiting"));
    }
}
