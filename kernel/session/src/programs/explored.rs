//! From what an explored program tells to what people read.

mod places;
mod sentence;
mod told;

pub use places::Places;
pub use told::{Complaint, Told};

use super::repeat::{printed, shorten};
use report::explore::{
    ExploredStep, Failure, OutcomeCount, PassingRun, RunOutcome, StepAt, StepThread,
};
use sentence::{one_line, sentence};
use std::collections::{BTreeMap, BTreeSet};
use told::{ToldOutcome, ToldPanic, ToldPassing, ToldRun, ToldStep, outcome_of, until_they_repeat};

/// The outcomes, the most frequent first.
pub fn outcomes<'t>(told: impl Iterator<Item = &'t ToldOutcome>) -> Vec<OutcomeCount> {
    let mut all: Vec<OutcomeCount> = told
        .map(|told| {
            let outcome = outcome_of(&told.outcome);
            OutcomeCount {
                title: title(outcome, &told.printed, told.error.as_deref()),
                outcome,
                printed: told.printed.clone(),
                error: told.error.clone(),
                times: told.times,
                token: told.token.clone(),
            }
        })
        .collect();
    all.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.title.cmp(&b.title)));
    all
}

fn title(outcome: RunOutcome, text: &str, error: Option<&str>) -> String {
    let error = shorten(error.unwrap_or("").lines().next().unwrap_or(""));
    match outcome {
        RunOutcome::Ok => printed(text),
        RunOutcome::Panicked => format!("panicked: {error}"),
        RunOutcome::Deadlocked => "deadlocked".into(),
        RunOutcome::Raced => "raced for memory".into(),
        RunOutcome::UseAfterFree => "used memory that had been freed".into(),
        RunOutcome::Livelocked => "livelocked: its threads look at the same thing for ever".into(),
        RunOutcome::ReturnedError => format!("returned the error {error}"),
        RunOutcome::Crashed => format!("crashed with {error}"),
        RunOutcome::Exited => format!("ended with {error}"),
        RunOutcome::Cut => "was not followed to its end".into(),
    }
}

/// The run that fails.
pub fn failure(places: &Places<'_>, run: &ToldRun) -> Failure {
    let steps = run.steps.as_deref().unwrap_or_default();
    let (mut kept, omitted) = steps_that_matter(places, run);
    for access in run.accesses() {
        kept.push(ExploredStep {
            object: access.name.clone(),
            ..explored_step(places, access.step as usize, &access.as_step())
        });
    }
    kept.sort_by_key(|step| step.step);
    let after = steps.len() + 1;
    if run.ended() == RunOutcome::Deadlocked {
        for blocked in run.blocked() {
            let holder = run.holder_for(blocked.thread);
            kept.push(ExploredStep {
                blocked_on: Some(holder.unwrap_or(blocked.thread)),
                ..explored_step(places, after, blocked)
            });
        }
    }
    // A panic that only passes on that another thread did comes after that, and says no more.
    let error = run.error.as_deref();
    let is_cause = |panic: &ToldPanic| Some(panic.message.as_str()) == error;
    let cause = run.panics.iter().position(is_cause);
    for panic in &run.panics[..cause.map_or(run.panics.len(), |at| at + 1)] {
        kept.push(ExploredStep {
            step: after as u32,
            thread: panic.thread,
            operation: "panic".into(),
            value: Some(one_line(&panic.message)),
            ..ExploredStep::default()
        });
    }
    let ids: BTreeSet<u32> = kept.iter().map(|step| step.thread).collect();
    let threads = ids.into_iter().map(|id| StepThread {
        id,
        name: run.name_of(id).map(str::to_owned),
    });
    let passing = run.passing.as_ref().filter(|_| !run.passes_as_well());
    let (kind, title) = sentence(places, run);
    Failure {
        kind,
        title,
        token: run.token.clone(),
        preemptions: run.preemptions.unwrap_or(0),
        fewest: run.fewest || run.preemptions == Some(0),
        passing: passing.map(|passing| passing_run(places, passing)),
        threads: threads.collect(),
        steps: kept,
        omitted: omitted as u32,
    }
}

/// The last steps by which threads have to do with each other, and how many are left out.
fn steps_that_matter(places: &Places<'_>, run: &ToldRun) -> (Vec<ExploredStep>, usize) {
    let all = run.steps.as_deref().unwrap_or_default();
    let steps = match run.ended() {
        RunOutcome::Livelocked => until_they_repeat(all),
        _ => all,
    };
    let shared = shared(steps, run.blocked());
    let last = steps.len().saturating_sub(1);
    let looks = match run.ended() {
        RunOutcome::Livelocked => run.looks_for_ever(),
        _ => Vec::new(),
    };
    // What crates do among themselves, without a line of the person's or a name, tells nothing.
    let tells_some = steps.iter().any(|step| places.tells(step));
    let matters = |position: usize, step: &ToldStep| {
        let is_mere = ["fence", "begin", "spawn"].contains(&step.operation.as_str());
        // Where threads did not get to share anything, what one did alone.
        let is_shared = shared.contains(step.object.as_str())
            || shared.is_empty() && step.is_on_an_object() && !is_mere;
        // Nobody else may have a part in a wait that lasts for ever, or whose time was over.
        let is_looked_at = looks.iter().any(|look| look.is_again(step));
        let waits = ["timeout", "wait"].contains(&step.operation.as_str());
        // So may whoever comes to what waits for its own end.
        let is_within_itself = step.operation == "once"
            && (run.blocked().iter())
                .any(|end| end.operation == "once" && end.object == step.object);
        let is_seen =
            position == last && !is_mere || is_shared || waits || is_looked_at || is_within_itself;
        // That it waits for such a lock to the end is told at the end.
        let wants = step.blocked && ["lock", "read lock"].contains(&step.operation.as_str());
        let is_told = wants && run.blocked().iter().any(|end| end.is_of(step));
        (is_seen && !places.is_count(step) || step.blocked)
            && !is_told
            && (places.tells(step) || !tells_some)
    };
    let mut kept: Vec<ExploredStep> = Vec::new();
    let mut of_kept: Vec<&ToldStep> = Vec::new();
    // A switch at a step that is left out is shown at the next one of that thread.
    let mut switched_to = None;
    for (position, step) in steps.iter().enumerate() {
        if step.preempted {
            switched_to = Some(step.thread);
        }
        if matters(position, step) {
            let preempted = switched_to.take() == Some(step.thread);
            let told = step;
            let step = ExploredStep {
                preempted,
                ..explored_step(places, position + 1, step)
            };
            if let Some(at) = looked_before(&of_kept, told).filter(|at| !kept[*at].preempted) {
                kept.remove(at);
                of_kept.remove(at);
            }
            // What a crate does in one call is told once, where nobody comes in between; so is what
            // its guard does, dropped in the same line.
            let is_more = |last: &ExploredStep| {
                let line = |it: &ExploredStep| it.at.map(|at| (it.thread, at.cell, at.line));
                let is_within = [last, &step].iter().all(|it| it.operation == "within");
                let is_same = last.at == step.at || step.object.is_none();
                is_within && line(last) == line(&step) && is_same && !preempted
            };
            if !kept.last().is_some_and(is_more) {
                kept.push(step);
                of_kept.push(told);
            }
        }
    }
    if kept.len() > MOST_STEPS {
        kept.drain(..kept.len() - MOST_STEPS);
    }
    let omitted = all.len() - kept.len();
    (kept, omitted)
}

/// Of a thread that looks at the same again and again, with nobody in between: the look before this
/// one, unless it was the first.
fn looked_before(kept: &[&ToldStep], step: &ToldStep) -> Option<usize> {
    let begin = kept
        .iter()
        .rposition(|it| it.thread != step.thread || !it.looks());
    let begin = begin.map_or(0, |at| at + 1);
    let mut same = (begin..kept.len()).filter(|at| kept[*at].is_again(step));
    same.next()?;
    same.next_back()
}

fn explored_step(places: &Places<'_>, number: usize, step: &ToldStep) -> ExploredStep {
    let value = match (step.read, step.written) {
        (Some(read), Some(written)) => Some(format!("{} ➜ {}", value(read), value(written))),
        (Some(only), None) | (None, Some(only)) => Some(value(only)),
        (None, None) => None,
    };
    let at = places.place(step);
    let at = at.map(|(cell, line, column)| StepAt { cell, line, column });
    if let Some(call) = places.call_of_crate(step) {
        return ExploredStep {
            step: number as u32,
            thread: step.thread,
            operation: "within".into(),
            object: (!call.is_empty()).then_some(call),
            preempted: step.preempted,
            at,
            ..ExploredStep::default()
        };
    }
    ExploredStep {
        step: number as u32,
        thread: step.thread,
        operation: step.operation.clone(),
        object: places.name(step),
        lock: places.lock(step),
        order: step.order.clone(),
        value,
        reads_from: step.reads_from.map(|from| from + 1),
        stale: step.stale,
        blocked_on: None,
        in_vain: step.failed && step.operation.starts_with("try "),
        woke: step.woke.filter(|_| step.operation.starts_with("notify")),
        preempted: step.preempted,
        at,
    }
}

fn passing_run(places: &Places<'_>, passing: &ToldPassing) -> PassingRun {
    let number = passing.step.unwrap_or(0) as usize;
    let instead = passing.instead.as_ref();
    PassingRun {
        token: passing.token.clone(),
        instead: instead.map(|step| explored_step(places, number, step)),
    }
}

/// Steps of the table at most: the last ones.
const MOST_STEPS: usize = 60;

/// The objects that more than one thread uses, and the locks that are given back for a wait: who
/// notifies may have forgotten to take them.
fn shared<'s>(steps: &'s [ToldStep], blocked: &'s [ToldStep]) -> BTreeSet<&'s str> {
    let mut users: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for step in steps
        .iter()
        .chain(blocked)
        .filter(|step| step.is_on_an_object())
    {
        users.entry(&step.object).or_default().insert(step.thread);
    }
    let of_several = users.iter().filter(|(_, threads)| threads.len() > 1);
    let waits = steps.iter().enumerate();
    let given_back = waits
        .filter(|(_, step)| step.operation == "wait")
        .filter_map(|(at, wait)| {
            let mut own = steps[at + 1..].iter();
            own.find(|step| step.thread == wait.thread && step.operation == "unlock")
        });
    of_several
        .map(|(object, _)| *object)
        .chain(given_back.map(|step| step.object.as_str()))
        .collect()
}

/// A value as it lies in memory; what may be a small negative number, as that, too.
fn value(bits: u64) -> String {
    const NEAR: u64 = 1000;
    let negative = [u64::from(u32::MAX), u64::MAX]
        .into_iter()
        .find_map(|most| {
            let below = most.checked_sub(bits)?;
            (below < NEAR).then(|| format!("{bits} (−{})", below + 1))
        });
    match negative {
        Some(told) => told,
        // So large are addresses and hashes.
        None if bits > u64::from(u32::MAX) => format!("{bits:#x}"),
        None => bits.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_looks_without_end_the_first_and_the_last_are_kept() {
        let step = |thread, operation: &str, at| ToldStep {
            thread,
            operation: operation.into(),
            read: Some(at),
            ..ToldStep::default()
        };
        let (look, other) = (step(1, "load", 0), step(1, "load", 7));
        assert_eq!(looked_before(&[&look], &look), None);
        assert_eq!(looked_before(&[&look, &other, &look], &look), Some(2));
        assert_eq!(looked_before(&[&look, &other, &look], &other), None);
        // Somebody may have changed it, or the thread itself.
        let store = step(2, "store", 0);
        assert_eq!(looked_before(&[&look, &look, &store], &look), None);
    }

    #[test]
    fn small_negative_numbers_are_told_as_well() {
        assert_eq!(value(7), "7");
        assert_eq!(value(u64::from(u32::MAX)), "4294967295 (−1)");
        assert_eq!(value(u64::MAX - 1), "18446744073709551614 (−2)");
        assert_eq!(value(68_719_477_840), "0x1000000450");
    }
}
