//! Locks that one thread had while another one relied on what it had seen under them.

use super::around::{Cause, around};
use super::model::{ExploredStep, Failure};

fn is_lock(operation: &str) -> bool {
    ["lock", "read lock"].contains(&operation)
}

/// Two times that a thread has a lock, and the time in between that another one has it.
struct Gap<'s> {
    first: &'s ExploredStep,
    other: &'s ExploredStep,
    again: &'s ExploredStep,
    /// The position of `again`.
    at: usize,
}

impl<'s> Gap<'s> {
    /// That before the step at this position, in which another thread has the lock at step `since`
    /// or later. None where a loop comes to the same place again, and where the thread waits in
    /// between: it knows that others have the lock meanwhile.
    fn before(steps: &'s [ExploredStep], at: usize, since: u32) -> Option<Gap<'s>> {
        let again = &steps[at];
        if !is_lock(&again.operation) {
            return None;
        }
        let has = |step: &ExploredStep| step.operation == "lock" && step.step >= since;
        let (first, other) = around(steps, at, is_lock, has)?;
        // Who waits gives the lock back then.
        let mut own = steps[..at].iter().rev();
        let before = own.find(|step| step.thread == again.thread && step.operation != "unlock")?;
        let waited = ["wait", "resume", "timeout"].contains(&before.operation.as_str());
        (first.at != again.at && !waited).then_some(Gap {
            first,
            other,
            again,
            at,
        })
    }

    /// Whether it lies in a longer one of the same thread.
    fn is_within(&self, longer: &Gap<'_>) -> bool {
        self.again.thread == longer.again.thread
            && self.first.step > longer.first.step
            && self.at < longer.at
    }

    /// Whether the other thread did what the first one then does as well.
    fn is_alike(&self) -> bool {
        self.other.at == self.again.at
    }
}

/// The thread that panics.
fn failing(steps: &[ExploredStep]) -> Option<u32> {
    let mut panics = steps.iter().rev().filter(|step| step.operation == "panic");
    panics.next().map(|step| step.thread)
}

/// A lock that another thread had between two holds of one thread: what was seen under the first
/// need not hold under the second. What the nearest order that passes does as well is not to blame.
/// Of several, what the thread did itself that fails comes first, and what both threads did before
/// what only one did. Without that, one in which the failing thread has a part, or that it sees the
/// outcome of, and of one within another that within.
pub(super) fn between(failure: &Failure) -> Option<Cause> {
    let steps = &failure.steps;
    let failing = failing(steps);
    let gaps_since = |since| -> Vec<Gap<'_>> {
        let positions = (0..steps.len()).rev();
        positions
            .filter_map(|at| Gap::before(steps, at, since))
            .collect()
    };
    let instead = failure.passing.as_ref();
    let instead = instead.and_then(|passing| passing.instead.as_ref());
    let mut gaps = gaps_since(instead.map_or(0, |step| step.step));
    if gaps.is_empty() {
        gaps = gaps_since(0);
    }
    let is_own = |gap: &&Gap<'_>| Some(gap.again.thread) == failing;
    let has_part = |gap: &&Gap<'_>| {
        failing.is_none_or(|failing| {
            let mut earlier = steps[..gap.at].iter();
            let uses = |it: &ExploredStep| it.thread == failing && it.object == gap.again.object;
            [gap.again.thread, gap.other.thread].contains(&failing) || !earlier.any(uses)
        })
    };
    let alike = || gaps.iter().filter(|gap| gap.is_alike());
    let gap = alike()
        .find(is_own)
        .or_else(|| alike().next())
        .or_else(|| {
            let mut gap = gaps.iter().find(has_part)?;
            while let Some(inner) = gaps.iter().filter(has_part).find(|it| it.is_within(gap)) {
                gap = inner;
            }
            Some(gap)
        })?;
    let name = gap.again.object.as_deref()?;
    Some(Cause {
        words: format!(
            "{} has `{name}`{} between two times that {} has it{}",
            failure.who(gap.other.thread),
            gap.other.line(),
            failure.who(gap.first.thread),
            lines(gap.first, gap.again)
        ),
        help: Some(format!(
            "What was seen under `{name}` may be old when it is locked again: hold the lock from \
             the one to the other."
        )),
    })
}

/// A lock that another thread had after the failing one was notified, and before it had the lock
/// again: what it was notified of may be over.
pub(super) fn after_notice(failure: &Failure) -> Option<Cause> {
    let steps = &failure.steps;
    let failing = failing(steps)?;
    let is_own = |step: &ExploredStep| step.thread == failing;
    let last = steps
        .iter()
        .rposition(|step| is_own(step) && is_lock(&step.operation))?;
    let resumed = steps[..last].iter().rposition(is_own)?;
    let waited = steps[..resumed]
        .iter()
        .rposition(|step| is_own(step) && step.operation == "wait")?;
    let mut since = steps[waited + 1..last].iter().filter(|step| is_own(step));
    if !since.all(|step| ["unlock", "resume"].contains(&step.operation.as_str())) {
        return None;
    }
    let (wait, again) = (&steps[waited], &steps[last]);
    let notice = steps[waited..resumed]
        .iter()
        .rfind(|step| step.operation.starts_with("notify") && step.object == wait.object)?;
    let other = steps[waited..last].iter().find(|step| {
        let is_third = ![failing, notice.thread].contains(&step.thread);
        let is_it = is_lock(&step.operation) && step.object == again.object;
        is_third && is_it && step.step > notice.step
    })?;
    let (bell, name) = (wait.object.as_deref()?, again.object.as_deref()?);
    let who = failure.who(failing);
    Some(Cause {
        words: format!(
            "{} has `{name}`{} after {who} was notified at `{bell}`, and before {who} has it \
             again{}",
            failure.who(other.thread),
            other.line(),
            again.line()
        ),
        help: Some(
            "What a thread is notified of may be over before it has the lock again: look in a \
             loop whether it holds (`while`, or `wait_while`)."
                .into(),
        ),
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
    use super::super::model::PassingRun;
    use super::super::model::tests::{done, panics};
    use super::*;

    /// The failure of `thread`, after steps of threads, of what and in which lines.
    fn failing(thread: u32, steps: &[(u32, &str, u32)]) -> Failure {
        let told = |(number, (thread, operation, line)): (u32, &(u32, &str, u32))| ExploredStep {
            step: number,
            ..done(*thread, operation, *line)
        };
        let mut steps: Vec<ExploredStep> = (1..).zip(steps).map(told).collect();
        for step in &mut steps {
            if ["wait", "resume", "notify one"].contains(&step.operation.as_str()) {
                step.object = Some("bell".into());
            }
        }
        steps.push(ExploredStep {
            thread,
            operation: "panic".into(),
            ..ExploredStep::default()
        });
        panics(steps)
    }

    fn words(thread: u32, steps: &[(u32, &str, u32)]) -> Option<String> {
        let failure = failing(thread, steps);
        let cause = after_notice(&failure).or_else(|| between(&failure));
        Some(cause?.words)
    }

    #[test]
    fn who_has_a_lock_in_between_is_named() {
        let steps = [
            (2, "lock", 5),
            (3, "lock", 5),
            (3, "lock", 8),
            (2, "lock", 8),
        ];
        assert_eq!(
            words(1, &steps).unwrap(),
            "T3 has `n` (line 8) between two times that T2 has it (lines 5 and 8)"
        );
    }

    #[test]
    fn what_the_failing_thread_saw_comes_first() {
        // T3 and T2 look in line 14 and act on it in line 17; T2 looks once more, in line 22.
        let steps = [
            (3, "lock", 14),
            (2, "lock", 14),
            (2, "lock", 17),
            (3, "lock", 17),
            (3, "lock", 22),
            (2, "lock", 22),
        ];
        assert_eq!(
            words(3, &steps).unwrap(),
            "T2 has `n` (line 17) between two times that T3 has it (lines 14 and 17)"
        );
    }

    #[test]
    fn who_looks_again_in_a_loop_or_waits_relies_on_nothing_earlier() {
        let polls = [(1, "lock", 11), (2, "lock", 8), (1, "lock", 11)];
        assert_eq!(words(1, &polls), None);
        let waits = [
            (1, "lock", 11),
            (1, "wait", 12),
            (1, "unlock", 12),
            (2, "lock", 8),
            (2, "notify one", 9),
            (1, "resume", 12),
            (1, "lock", 12),
        ];
        assert_eq!(words(1, &waits), None);
        // Notified before it sleeps.
        let at_once = [
            (1, "lock", 11),
            (1, "wait", 12),
            (2, "notify one", 9),
            (1, "unlock", 12),
            (2, "lock", 8),
            (1, "lock", 12),
        ];
        assert_eq!(words(1, &at_once), None);
        // T2 has a part in the lock, but in none of these holds.
        let others = [
            (2, "lock", 30),
            (3, "lock", 20),
            (4, "lock", 10),
            (3, "lock", 21),
        ];
        assert_eq!(words(2, &others), None);
        assert!(words(3, &others).is_some());
    }

    #[test]
    fn who_takes_what_another_one_was_notified_of_is_named() {
        let steps = [
            (2, "lock", 10),
            (2, "wait", 12),
            (2, "unlock", 12),
            (4, "lock", 21),
            (4, "notify one", 22),
            (3, "lock", 10),
            (2, "resume", 12),
            (2, "lock", 12),
            (4, "lock", 21),
        ];
        assert_eq!(
            words(2, &steps).unwrap(),
            "T3 has `n` (line 10) after T2 was notified at `bell`, and before T2 has it again \
             (line 12)"
        );
    }

    #[test]
    fn what_the_order_that_passes_does_as_well_is_not_to_blame() {
        let steps = [
            (3, "lock", 6),
            (3, "lock", 15),
            (2, "lock", 6),
            (2, "lock", 7),
            (4, "lock", 17),
            (3, "lock", 16),
            (3, "lock", 7),
        ];
        let mut failure = failing(3, &steps);
        for at in [1, 4, 5] {
            failure.steps[at].object = Some("value".into());
        }
        let told = |failure: &Failure| between(failure).unwrap().words;
        let alike = "T2 has `n` (line 7) between two times that T3 has it (lines 6 and 7)";
        assert_eq!(told(&failure), alike);
        failure.passing = Some(PassingRun {
            token: String::new(),
            instead: Some(ExploredStep {
                step: 5,
                ..done(3, "lock", 16)
            }),
        });
        let changed = "T4 has `value` (line 17) between two times that T3 has it (lines 15 and 16)";
        assert_eq!(told(&failure), changed);
    }
}
