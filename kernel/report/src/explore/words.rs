//! The sentences above the tables, and a step in words.

use super::model::{
    Exploration, ExploredStep, Failure, FailureKind, PassingRun, StepThread, Verdict,
};
use super::{handover, stale};
use crate::words::units::{count as thousands, counted};

/// The answer in one sentence: what fails, or how far the search came.
pub(super) fn headline(it: &Exploration) -> String {
    let runs = counted(it.schedules, "schedule");
    let every = match it.schedules {
        1 => format!("{runs} shows every execution, and it passes."),
        _ => format!("{runs} show every execution, and none fails."),
    };
    match (&it.failure, it.verdict) {
        (Some(failure), _) => failure.title.clone(),
        (None, Verdict::Proved) => format!("Proved: {every}"),
        (None, _) if it.complete => format!("Complete: {every}"),
        (None, Verdict::Interrupted) => format!("{runs} so far, none failed."),
        (None, _) => match it.preemption_bound {
            Some(bound) => format!(
                "{runs}, none fails; complete up to {}.",
                counted(u64::from(bound), "preemption")
            ),
            None => format!("{runs}, none fails. That is no proof."),
        },
    }
}

/// What led to the failure, where the order of steps tells, and how rare it is.
pub(super) fn account(it: &Exploration, failure: &Failure) -> String {
    let failing = it.outcomes.iter().filter(|it| it.outcome.is_failure());
    let times: u64 = failing.map(|outcome| outcome.times).sum();
    let mut rare = match it.schedules {
        0 | 1 => String::new(),
        all => format!(
            "{} of {}",
            thousands(times.max(1)),
            counted(all, "schedule")
        ),
    };
    if !rare.is_empty() {
        rare += "; ";
    }
    rare += &preemptions(failure);
    match cause(failure) {
        Some(cause) => format!("{cause} ({rare})."),
        None => format!("{}.", capitalised(&rare)),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

fn preemptions(failure: &Failure) -> String {
    let count = counted(u64::from(failure.preemptions), "preemption");
    match (failure.fewest, failure.preemptions) {
        (true, 0) => "fails without any preemption".into(),
        (true, 1) => format!("fails with {count}, never with 0"),
        (true, _) => format!("fails with {count}, never with fewer"),
        (false, _) => format!("fails with {count}"),
    }
}

/// What one thread did between two steps of another that belong together.
fn cause(failure: &Failure) -> Option<String> {
    let steps = &failure.steps;
    // An old value that is still seen in the smallest run that fails has a part in it.
    let old = || {
        (0..steps.len())
            .rev()
            .find_map(|at| stale::account(steps, at))
    };
    match failure.kind {
        FailureKind::Panic | FailureKind::ReturnedError => {}
        FailureKind::DataRace => return handover::of_race(steps).or_else(old),
        FailureKind::UseAfterFree | FailureKind::Deadlock | FailureKind::Crash => return old(),
        FailureKind::Livelock => return None,
    }
    let of = |last| {
        stale::account(steps, last)
            .or_else(|| lost_update(steps, last))
            .or_else(|| between_holds(steps, last))
    };
    (0..steps.len()).rev().find_map(of)
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
fn lost_update(steps: &[ExploredStep], last: usize) -> Option<String> {
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
    Some(format!(
        "T{} loads `{name}`{} before T{} stores it{}, and then stores over that: an update is lost",
        load.thread,
        load.line(),
        other.thread,
        other.line()
    ))
}

/// A lock that another thread had between two holds of one thread: what was seen under the first
/// need not hold under the second.
fn between_holds(steps: &[ExploredStep], last: usize) -> Option<String> {
    let again = &steps[last];
    let is_lock = |operation: &str| ["lock", "read lock"].contains(&operation);
    if !is_lock(&again.operation) {
        return None;
    }
    let (first, other) = around(steps, last, is_lock, |operation| operation == "lock")?;
    let name = again.object.as_deref()?;
    Some(format!(
        "T{} has `{name}`{} between two times that T{} has it{}",
        other.thread,
        other.line(),
        first.thread,
        lines(first, again)
    ))
}

fn lines(first: &ExploredStep, second: &ExploredStep) -> String {
    match (first.at, second.at) {
        (Some(a), Some(b)) if a.line != b.line => format!(" (lines {} and {})", a.line, b.line),
        _ => first.line(),
    }
}

/// The head of a thread's column.
pub(super) fn thread(thread: &StepThread) -> String {
    let main = (thread.id == 1).then_some("main");
    match thread.name.as_deref().or(main) {
        Some(name) => format!("T{} {name}", thread.id),
        None => format!("T{}", thread.id),
    }
}

/// How long it took, and how runs were chosen.
pub(super) fn foot(it: &Exploration) -> String {
    let mut foot = format!(
        "{} in {:.1} s ({} a second), {} search, seed {}",
        counted(it.schedules, "schedule"),
        it.seconds,
        thousands(it.per_second.round() as u64),
        it.strategy,
        it.seed
    );
    if it.cut > 0 {
        foot += &format!("; {} not followed to the end", counted(it.cut, "run"));
    }
    foot
}

/// How to see a run again.
pub(super) fn replay(it: &Exploration, token: &str) -> String {
    match &it.file {
        Some(file) => format!("fearless replay {} {token}", in_a_shell(file)),
        None => format!(":replay {token}"),
    }
}

/// Where that is to be written.
pub(super) fn to_see_it_again(it: &Exploration) -> &'static str {
    match it.file {
        Some(_) => "To see it again:",
        None => "To see it again, above the same cell:",
    }
}

/// A word as a shell takes it for one.
fn in_a_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// The step of a table in words: `n ➜ 0 · line 3` for a load, `n = 1` for a store.
pub(super) fn step(cell: u32, steps: &[ExploredStep], at: usize) -> String {
    written(cell, &steps[at], &stale::mark(steps, at))
}

fn written(cell: u32, step: &ExploredStep, mark: &str) -> String {
    let object = step.object.as_deref().unwrap_or("");
    let verb = verb(&step.operation);
    let mut words = match (
        step.blocked_on,
        step.operation.as_str(),
        step.value.as_deref(),
    ) {
        (Some(by), _, _) => blocked(step, object, by),
        (None, "load", Some(value)) => format!("{object} ➜ {value}"),
        (None, "store", Some(value)) => format!("{object} = {value}"),
        (None, "read modify write" | "compare exchange", Some(value)) => {
            format!("{object}: {value}")
        }
        (None, _, Some(value)) => format!("{verb} {object} {value}"),
        (None, _, None) => format!("{verb} {object}"),
    };
    words += mark;
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match step.at {
        Some(at) if at.cell == cell => format!("{words} · line {}", at.line),
        Some(at) => format!("{words} · [{}] line {}", at.cell, at.line),
        None => words,
    }
}

/// Where the nearest run that passes goes another way, and how to see it.
pub(super) fn passing(it: &Exploration, passing: &PassingRun) -> [String; 2] {
    let otherwise = passing.instead.as_ref().map_or_else(
        || "goes another way".to_owned(),
        |next| {
            format!(
                "goes on with T{}: {}, at step {}",
                next.thread,
                written(it.cell, next, ""),
                next.step
            )
        },
    );
    [
        format!("The nearest order that passes {otherwise}:"),
        replay(it, &passing.token),
    ]
}

fn blocked(step: &ExploredStep, object: &str, by: u32) -> String {
    match (object, step.operation.as_str()) {
        ("", "join" | "resume") => "waits for a thread to end".into(),
        ("", _) => "waits".into(),
        (_, "receive") => format!("waits for a message from {object}"),
        (_, "send") => format!("waits for room in {object}"),
        (_, "wait") => format!("waits to be notified at {object}"),
        _ if by == step.thread => format!("waits for {object}"),
        _ => format!("waits for {object}, held by T{by}"),
    }
}

fn verb(operation: &str) -> &str {
    match operation {
        "begin" => "begins",
        "end" => "ends",
        "spawn" => "spawns a thread",
        "join" => "joins",
        "lock" => "locks",
        "try lock" => "tries to lock",
        "unlock" => "unlocks",
        "read lock" => "reads",
        "try read lock" => "tries to read",
        "read unlock" => "ends reading",
        "wait" => "waits at",
        "notify one" => "notifies one at",
        "notify all" => "notifies all at",
        "send" => "sends to",
        "try send" => "tries to send to",
        "receive" => "receives from",
        "try receive" => "tries to receive from",
        "close" => "drops its end of",
        "load" => "loads",
        "store" => "stores",
        "park" => "parks",
        "unpark" => "unparks",
        "barrier" => "comes to",
        "yield" => "yields",
        "spin" => "spins",
        "sleep" => "sleeps",
        "clock" => "looks at the clock",
        "timeout" => "its time is over",
        "wait word" => "sleeps",
        "resume" => "goes on",
        "panic" => "panics:",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::StepAt;
    use super::*;

    fn done(thread: u32, operation: &str, line: u32) -> ExploredStep {
        ExploredStep {
            thread,
            operation: operation.into(),
            object: Some("n".into()),
            value: Some("0".into()),
            at: Some(StepAt {
                cell: 1,
                line,
                column: 1,
            }),
            ..ExploredStep::default()
        }
    }

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
    fn a_load_and_a_store_are_told_apart() {
        let steps = [done(2, "load", 3), done(2, "store", 3)];
        assert_eq!(step(1, &steps, 0), "n ➜ 0 · line 3");
        assert_eq!(step(1, &steps, 1), "n = 0 · line 3");
        assert_eq!(step(2, &steps, 1), "n = 0 · [1] line 3");
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
            cause(&lost).unwrap(),
            "T3 loads `n` (line 3) before T2 stores it (line 4), and then stores over that: \
             an update is lost"
        );
        let kept = failing(vec![
            done(2, "load", 3),
            done(2, "store", 4),
            done(3, "load", 3),
            done(3, "store", 4),
        ]);
        assert_eq!(cause(&kept), None);
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
            cause(&between).unwrap(),
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
            let told = cause(&failure).unwrap();
            assert!(told.starts_with("T1 still sees the old value 0 of `n` (line 7)"));
        }
    }
}
