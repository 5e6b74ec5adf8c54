//! What would help where a thread waits at a condition variable for ever, though it was notified.

use super::looks::CHANGE;
use super::model::{ExploredStep, Failure};

/// Who took the notification, or why it came too early or too late.
pub(super) fn help(failure: &Failure, stuck: &ExploredStep) -> Option<String> {
    let steps = &failure.steps;
    woke_another(steps, stuck)
        .or_else(|| changed_without_lock(steps, stuck))
        .or_else(|| swallowed(steps, stuck))
        .or_else(|| undone(failure, stuck))
        .or_else(|| untold(steps, stuck))
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

/// Whether a step notifies the condition variable at which a thread waits.
fn notifies(step: &ExploredStep, stuck: &ExploredStep) -> bool {
    step.operation.starts_with("notify") && step.object == stuck.object
}

/// Whether a step takes the same lock as another one.
fn locks(step: &ExploredStep, other: &ExploredStep) -> bool {
    step.operation == "lock" && step.object == other.object
}

/// The step by which a thread began to wait at a condition variable, and that by which it had got
/// the lock that it gives back then.
fn wait_of(steps: &[ExploredStep], stuck: &ExploredStep) -> Option<(usize, usize)> {
    let is_own = |step: &ExploredStep| step.thread == stuck.thread && step.blocked_on.is_none();
    let waited = steps
        .iter()
        .rposition(|step| is_own(step) && step.operation == "wait")?;
    let locked = steps[..waited]
        .iter()
        .rposition(|step| is_own(step) && step.operation == "lock")?;
    Some((locked, waited))
}

/// Of a thread that waits at a condition variable for ever: what it looks at was changed, and it
/// was notified, between that look and the wait, by one that did not take its lock for it.
fn changed_without_lock(steps: &[ExploredStep], stuck: &ExploredStep) -> Option<String> {
    let (locked, waited) = wait_of(steps, stuck)?;
    let notified = steps[locked..waited]
        .iter()
        .rposition(|step| notifies(step, stuck))?;
    let notice = &steps[locked + notified];
    let held = &steps[locked..locked + notified];
    held.iter().enumerate().find_map(|(at, change)| {
        let changes = ["store", CHANGE].contains(&change.operation.as_str());
        let looks = |step: &&ExploredStep| {
            let is_look = ["load", CHANGE].contains(&step.operation.as_str());
            step.thread == stuck.thread && is_look && step.object == change.object
        };
        let look = held[..at].iter().rev().find(looks)?;
        let (name, lock) = (change.object.as_deref()?, steps[locked].object.as_deref()?);
        (changes && change.thread == notice.thread).then(|| {
            format!(
                "T{} changes `{name}`{} without `{lock}`, between the look of T{}{} and its wait. \
                 Lock `{lock}` for that, also where the value itself is an atomic.",
                change.thread,
                change.line(),
                stuck.thread,
                look.line()
            )
        })
    })
}

/// Of a thread that waits at a condition variable for ever: it was notified before, when nobody
/// waited, and had the lock at two places since, the last of which is that of the wait. At the
/// first one it may have set back what told of the notification, or have noted its new state.
fn swallowed(steps: &[ExploredStep], stuck: &ExploredStep) -> Option<String> {
    let (locked, waited) = wait_of(steps, stuck)?;
    let notified = steps[..waited]
        .iter()
        .rposition(|step| notifies(step, stuck))?;
    let (notice, last) = (&steps[notified], &steps[locked]);
    let since = steps[notified..].iter().take(locked.checked_sub(notified)?);
    let mut own = since.filter(|step| step.thread == stuck.thread && locks(step, last));
    let first = own.next().filter(|first| first.at != last.at)?;
    let mut before = steps[..notified].iter();
    let is_kept = before.any(|step| step.thread == notice.thread && locks(step, last));
    let name = last.object.as_deref()?;
    (is_kept && notice.woke.is_none()).then(|| {
        format!(
            "T{} is notified{} before it locks `{name}`{}, and waits all the same: let who \
             notifies change a flag under `{name}`, wait in `while !flag`, and set the flag back, \
             or note its state, before looking for something to do, never after that.",
            stuck.thread,
            notice.line(),
            first.line()
        )
    })
}

/// Of a thread that waits at a condition variable for ever: it was notified while it waited, and
/// before it had the lock, who notified it had that again and waits there now as well. The nearest
/// order that passes, if one is known, lets it have the lock first.
fn undone(failure: &Failure, stuck: &ExploredStep) -> Option<String> {
    let steps = &failure.steps;
    let (locked, waited) = wait_of(steps, stuck)?;
    let notified = steps.iter().rposition(|step| notifies(step, stuck))?;
    let (notice, last) = (&steps[notified], &steps[locked]);
    let waits_as_well = steps.iter().find(|step| {
        let is_stuck = step.blocked_on.is_some() && step.operation == "wait";
        step.thread == notice.thread && is_stuck && step.object == stuck.object
    })?;
    let again = steps[notified..waited]
        .iter()
        .take(locked.checked_sub(notified)?)
        .find(|step| step.thread == notice.thread && locks(step, last))?;
    let passing = failure.passing.as_ref();
    let holds = match passing.and_then(|passing| passing.instead.as_ref()) {
        Some(it) if it.thread != stuck.thread => return None,
        Some(it) if !(notice.step..=again.step).contains(&it.step) => return None,
        Some(_) => "holds",
        None if waits_as_well.at != stuck.at => return None,
        None => "may hold",
    };
    let name = last.object.as_deref().filter(|_| notice.woke.is_some())?;
    Some(format!(
        "T{} is notified{}, and before it has `{name}` again, T{} has it{} for its next round: \
         what was waited for {holds} no more. Wait for something that doesn't come back, as a \
         number that goes up with each round: `while generation == mine`.",
        stuck.thread,
        notice.line(),
        again.thread,
        again.line()
    ))
}

/// Of a thread that waits at a condition variable for ever: another one had its lock after it began
/// to wait, and notifies nobody after that. Who waits itself then has changed nothing.
fn untold(steps: &[ExploredStep], stuck: &ExploredStep) -> Option<String> {
    let (locked, waited) = wait_of(steps, stuck)?;
    let notifies = |step: &ExploredStep| notifies(step, stuck);
    let last = &steps[locked];
    let is_others = |step: &ExploredStep| {
        step.thread != stuck.thread && locks(step, last) && step.blocked_on.is_none()
    };
    let changed = waited + steps[waited..].iter().rposition(is_others)?;
    let change = &steps[changed];
    let mut own = steps[changed + 1..].iter();
    let next = own.find(|step| step.thread == change.thread);
    let waits = next.is_some_and(|step| step.operation == "wait");
    let was_told = steps[..waited].iter().any(notifies);
    if waits || !was_told || steps[changed..].iter().any(notifies) {
        return None;
    }
    let (bell, name) = (stuck.object.as_deref()?, last.object.as_deref()?);
    Some(format!(
        "T{} has `{name}`{} while T{} waits at `{bell}`, and nobody notifies that after it: who \
         changes what T{} waits for calls `notify_one` or `notify_all` then.",
        change.thread,
        change.line(),
        stuck.thread,
        stuck.thread
    ))
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::{deadlock, done, on, waiting};
    use super::super::stuck::help;
    use super::ExploredStep;

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
        let told = |steps: Vec<ExploredStep>| help(&deadlock(steps)).unwrap();
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
    fn who_takes_its_own_notification_away_is_named() {
        let bell = |thread, operation| on(done(thread, operation, 12), "bell");
        let told = |first| {
            let steps = vec![
                done(2, "lock", 11),
                bell(2, "notify one"),
                done(1, "lock", first),
                done(1, "unlock", first),
                done(1, "lock", 22),
                bell(1, "wait"),
                waiting(1, "wait", "bell"),
            ];
            help(&deadlock(steps)).unwrap()
        };
        assert_eq!(
            told(21),
            "T1 is notified (line 12) before it locks `n` (line 21), and waits all the same: let who \
             notifies change a flag under `n`, wait in `while !flag`, and set the flag back, or \
             note its state, before looking for something to do, never after that."
        );
        // A loop comes to the same place again.
        assert!(told(22).starts_with("A notification that comes before the wait is not kept"));
    }

    #[test]
    fn who_changes_a_flag_without_the_lock_is_named() {
        let told = |woke| {
            let steps = vec![
                on(done(1, "lock", 17), "LOCK"),
                on(done(1, "load", 18), "READY"),
                on(done(2, "store", 13), "READY"),
                ExploredStep {
                    woke,
                    ..on(done(2, "notify all", 14), "CV")
                },
                on(done(1, "wait", 19), "CV"),
                waiting(1, "wait", "CV"),
            ];
            help(&deadlock(steps)).unwrap()
        };
        // Whether another thread is woken instead makes no difference.
        for woke in [None, Some(3)] {
            assert_eq!(
                told(woke),
                "T2 changes `READY` (line 13) without `LOCK`, between the look of T1 (line 18) and \
                 its wait. Lock `LOCK` for that, also where the value itself is an atomic."
            );
        }
    }

    #[test]
    fn who_comes_back_before_the_notified_one_has_the_lock_is_named() {
        let bell = |thread, operation| on(done(thread, operation, 12), "bell");
        let notice = ExploredStep {
            woke: Some(1),
            ..bell(2, "notify all")
        };
        let told = |back: u32| {
            let steps = vec![
                done(1, "lock", 11),
                bell(1, "wait"),
                done(2, "lock", 11),
                notice.clone(),
                done(back, "lock", 11),
                bell(back, "wait"),
                done(1, "lock", 13),
                bell(1, "wait"),
                waiting(1, "wait", "bell"),
                waiting(2, "wait", "bell"),
            ];
            help(&deadlock(steps)).unwrap()
        };
        assert_eq!(
            told(2),
            "T1 is notified (line 12), and before it has `n` again, T2 has it (line 11) for its \
             next round: what was waited for may hold no more. Wait for something that doesn't \
             come back, as a number that goes up with each round: `while generation == mine`."
        );
        assert!(told(3).starts_with("A notification that comes before the wait is not kept"));
    }

    #[test]
    fn who_changes_something_and_tells_nobody_is_named() {
        let bell = |thread, operation| on(done(thread, operation, 12), "bell");
        let told = |after: Vec<ExploredStep>| {
            let mut steps = vec![
                bell(2, "notify one"),
                done(1, "lock", 11),
                bell(1, "wait"),
                done(2, "lock", 21),
            ];
            steps.extend(after);
            steps.push(waiting(1, "wait", "bell"));
            help(&deadlock(steps)).unwrap()
        };
        assert_eq!(
            told(vec![done(2, "unlock", 21)]),
            "T2 has `n` (line 21) while T1 waits at `bell`, and nobody notifies that after it: \
             who changes what T1 waits for calls `notify_one` or `notify_all` then."
        );
        let kept = "A notification that comes before the wait is not kept";
        assert!(told(vec![bell(2, "wait")]).starts_with(kept));
        assert!(told(vec![bell(2, "notify all")]).starts_with(kept));
    }
}
