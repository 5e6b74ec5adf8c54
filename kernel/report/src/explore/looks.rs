//! Who looks at something, and acts on what may hold no more.

use super::around::{Cause, around};
use super::model::{COUNT_OF, ExploredStep, Failure};

/// A change in one step, by a thread that had looked before another one did the same: what it saw
/// did not hold any more. Who looks once more by what it changes, as a `compare_exchange` does,
/// relies on nothing older.
pub(super) fn before_a_change(failure: &Failure, last: usize) -> Option<Cause> {
    let steps = &failure.steps;
    let change = &steps[last];
    if !changes(change) {
        return None;
    }
    let (load, _) = around(
        steps,
        last,
        |operation| operation == "load",
        |other| other.operation == CHANGE,
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

/// An initialisation, by a thread that had looked whether it is done while another one was at it,
/// or before.
pub(super) fn before_it_was_initialised(failure: &Failure, last: usize) -> Option<Cause> {
    let steps = &failure.steps;
    let comes = Some(&steps[last]).filter(|step| step.operation == "once")?;
    let is_it = |step: &ExploredStep, operation: &str| {
        step.operation == operation && step.object == comes.object
    };
    let looked = steps[..last]
        .iter()
        .rposition(|step| step.thread == comes.thread && is_it(step, "is complete"))?;
    let has_ended = |thread: u32| {
        let mut before = steps[..looked].iter();
        before.any(|step| step.thread == thread && is_it(step, "end once"))
    };
    let other = steps[..last].iter().find(|step| {
        step.thread != comes.thread && is_it(step, "once") && !has_ended(step.thread)
    })?;
    let (look, name) = (&steps[looked], comes.object.as_deref()?);
    Some(Cause {
        words: format!(
            "{} looks whether `{name}` is initialised{} before {} has done that{}, and then comes \
             to do it as well",
            failure.who(look.thread),
            look.line(),
            failure.who(other.thread),
            other.line()
        ),
        help: Some("`get_or_init` looks and initialises in one step.".into()),
    })
}

/// Two looks of the thread that fails at two places, between which another thread made a change:
/// what the first one saw did not hold any more.
pub(super) fn twice(failure: &Failure) -> Option<Cause> {
    let steps = &failure.steps;
    let failing = steps.iter().rfind(|step| step.operation == "panic")?.thread;
    let is_own = |step: &ExploredStep| step.thread == failing;
    // `Weak::upgrade` looks at a count, and exchanges it for one more.
    let looks = |step: &ExploredStep| {
        step.operation == "load" || step.is_of_count() && step.operation == "compare exchange"
    };
    let last = steps.iter().rposition(|step| is_own(step) && looks(step))?;
    let again = &steps[last];
    let is_it = |step: &&ExploredStep| step.object.is_some() && step.object == again.object;
    let first = steps[..last]
        .iter()
        .rposition(|step| {
            let is_within = step.is_of_count() && step.at == again.at;
            is_own(step) && is_it(&step) && !is_within
        })
        .filter(|first| steps[*first].operation == "load" && steps[*first].at != again.at)?;
    let look = &steps[first];
    let other = steps[first..last].iter().filter(is_it).find(|step| {
        let stores = step.operation == "store" && step.value != look.value;
        !is_own(step) && (stores || leaves_another_value(step))
    })?;
    let seen = again.value.as_deref()?;
    let name = match look.object.as_deref()?.strip_prefix(COUNT_OF) {
        Some(name) => format!("the count of `{name}`"),
        None => format!("`{}`", look.object.as_deref()?),
    };
    (Some(seen) != look.value.as_deref() && !again.stale && !look.stale).then(|| {
        Cause::told(format!(
            "{who} looks at {name}{} before {} changes it{}: what it saw holds no more when {who} \
             goes on{}",
            look.line(),
            failure.who(other.thread),
            other.line(),
            again.line(),
            who = failure.who(failing),
        ))
    })
}

/// An operation that reads and writes in one step.
pub(super) const CHANGE: &str = "read modify write";

/// Whether a step is one that left another value than it found.
fn changes(step: &ExploredStep) -> bool {
    step.operation == CHANGE && !step.is_of_count() && leaves_another_value(step)
}

/// Whether what it acts on is another value after it, as its own value tells.
fn leaves_another_value(step: &ExploredStep) -> bool {
    let value = step.value.as_deref();
    let values = value.and_then(|value| value.split_once(" ➜ "));
    values.is_some_and(|(found, left)| found != left)
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::{done, panics};
    use super::*;

    fn last_change(failure: Failure) -> Option<String> {
        let last = failure.steps.len() - 1;
        before_a_change(&failure, last).map(|cause| cause.words)
    }

    #[test]
    fn who_initialises_after_a_look_is_named() {
        let told = |steps: Vec<ExploredStep>| {
            let last = steps.len() - 1;
            before_it_was_initialised(&panics(steps), last).map(|cause| cause.words)
        };
        let (looks, comes) = (done(2, "is complete", 3), done(2, "once", 4));
        let between = vec![
            done(1, "once", 4),
            looks.clone(),
            done(1, "end once", 4),
            comes.clone(),
        ];
        assert_eq!(
            told(between).unwrap(),
            "T2 looks whether `n` is initialised (line 3) before T1 has done that (line 4), and \
             then comes to do it as well"
        );
        let after = vec![done(1, "once", 4), done(1, "end once", 4), looks, comes];
        assert_eq!(told(after), None);
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
            last_change(panics(steps))
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
    fn what_changed_between_two_looks_is_named() {
        let panic = ExploredStep {
            operation: "panic".into(),
            ..done(2, "panic", 0)
        };
        let valued = |step, value: &str| ExploredStep {
            value: Some(value.into()),
            ..step
        };
        let told = |steps: Vec<ExploredStep>| twice(&panics(steps)).map(|cause| cause.words);
        let looks = |line, value| valued(done(2, "load", line), value);
        let stores = valued(done(1, "store", 15), "1");
        let closed = vec![looks(9, "0"), stores.clone(), looks(18, "1"), panic.clone()];
        assert_eq!(
            told(closed).unwrap(),
            "T2 looks at `n` (line 9) before T1 changes it (line 15): what it saw holds no more \
             when T2 goes on (line 18)"
        );
        let spins = vec![looks(9, "0"), stores, looks(9, "1"), panic.clone()];
        assert_eq!(told(spins), None);
        let count = |step| ExploredStep {
            object: Some("count of child".into()),
            ..step
        };
        let upgrade = vec![
            count(looks(12, "1")),
            count(looks(13, "1")),
            count(valued(done(1, CHANGE, 17), "1 ➜ 0")),
            count(valued(done(2, "compare exchange", 13), "0")),
            panic,
        ];
        assert_eq!(
            told(upgrade).unwrap(),
            "T2 looks at the count of `child` (line 12) before T1 changes it (line 17): what it \
             saw holds no more when T2 goes on (line 13)"
        );
    }
}
