//! What would help where threads wait for ever.

use super::looks::CHANGE;
use super::model::ExploredStep;
use super::notified;
use crate::findings::{for_kind, for_locks};
use record::snapshot::WaitKind;
use std::collections::{BTreeMap, BTreeSet};

/// What to change, as ordinary reports advise it.
pub(super) fn help(steps: &[ExploredStep]) -> Option<String> {
    of_upgrade(steps)
        .or_else(|| of_locks(steps))
        .or_else(|| of_others(steps))
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
fn of_others(steps: &[ExploredStep]) -> Option<String> {
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
            if let Some(advice) = others.find_map(|step| notified::help(steps, step)) {
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
    use super::super::model::tests::{done, on, waiting};
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
            help(&steps).unwrap(),
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
            help(&steps).unwrap()
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
            help(&ring("to b")).unwrap(),
            "T2 sends to `to b` (line 14) and waits for an answer; T3, who reads that, waits (line \
             40) for another message first. Let T3 go on reading while it waits, or ask in a \
             thread of its own."
        );
        assert!(help(&ring("to c")).unwrap().starts_with("`recv` ends"));
    }
}
